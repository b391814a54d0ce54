"""The one training that may run: its child process, its state, and everybody who watches it."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

from backend.places import CODE, HOME
from web.server.errors import Refusal
from web.server.training.settings import chosen

ACTIVE = ("starting", "running", "stopping")
_MOST_LISTENERS = 32
_MOST_WAITING = 200  # events that a listener may be late before it is left behind
_CURVE = 600  # points of the curve that a new listener receives at most
_HEARTBEAT = 15.0  # seconds without an event after which a comment shows that the connection is alive
_LONGEST_LINE = 1 << 22  # bytes of an event of the child
_IDLE: dict[str, Any] = {
    "state": "idle", "preset": None, "config": {}, "dataset": None, "epochs": 0, "steps": 0, "epoch": 0, "step": 0,
    "best_epoch": None, "history": [], "model": None, "test_accuracy": None, "error": None, "started": None,
}  # fmt: skip


class TrainingManager:
    """Starts, follows and stops trainings, one at a time.

    A training belongs to the server, not to a page: it goes on when all pages are closed, and everybody sees the same.

    Parameters
    ----------
    places : mapping of str to str
        Where models are written and data are read, ``output`` and ``data_dir``, if not where the scripts do.
    """

    def __init__(self, places: Mapping[str, str] | None = None) -> None:
        self._places = dict(places or {})
        self._state = dict(_IDLE)
        self._curve: list[dict[str, Any]] = []
        self._weights: dict[str, Any] | None = None
        self._child: asyncio.subprocess.Process | None = None
        self._follower: asyncio.Task[None] | None = None
        self._listeners: set[asyncio.Queue[str | None]] = set()
        self._is_closed = False

    @property
    def state(self) -> dict[str, Any]:
        """The state of the running or the last training, as JSON has it."""
        return dict(self._state)

    async def start(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Start a training; return its state.

        Raises
        ------
        InputError
            If the settings are wrong, or, with status 409, if a training is running.
        """
        if self._state["state"] in ACTIVE or self._is_closed:
            advice = "Stop it first, or wait for its end."
            raise Refusal(409, "training", expected="no other training", found="one that is running", advice=advice)
        preset, _ = chosen(body)
        self._state = {**_IDLE, "history": [], "state": "starting", "preset": preset, "started": time.time()}
        self._curve, self._weights = [], None
        try:
            self._child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", f"{__package__}.child", cwd=HOME, limit=_LONGEST_LINE,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
            )  # fmt: skip
            assert self._child.stdin is not None
            self._child.stdin.write(json.dumps({**body, **self._places}).encode())
            self._child.stdin.close()
        except OSError as error:
            self._end_badly(error.strerror or "no new process")
            return self.state
        self._follower = asyncio.create_task(self._follow(self._child))
        self._publish_state()
        return self.state

    def stop(self) -> dict[str, Any]:
        """Stop the training, which then saves its best weights; return its state.

        Raises
        ------
        Refusal
            With status 409 if none is running.
        """
        if self._state["state"] not in ACTIVE or self._child is None:
            raise Refusal(409, "training", expected="one that is running", found="none", advice="Start one.")
        if self._state["state"] != "stopping":
            self._state["state"] = "stopping"
            with contextlib.suppress(ProcessLookupError):
                self._child.send_signal(signal.SIGINT)
            self._publish_state()
        return self.state

    async def listen(self) -> AsyncIterator[str]:
        """Yield server-sent events: the state so far, then what happens, until the listener or the server goes."""
        if len(self._listeners) >= _MOST_LISTENERS:
            advice = "Close a page that watches the training."
            raise Refusal(503, "events", expected="fewer listeners", found="too many", advice=advice)
        queue: asyncio.Queue[str | None] = asyncio.Queue(_MOST_WAITING)
        self._listeners.add(queue)
        try:
            yield _event("state", {**self._state, "curve": self._curve})
            if self._weights is not None:
                yield _event("weights", self._weights)
            while not self._is_closed:
                try:
                    event = await asyncio.wait_for(queue.get(), _HEARTBEAT)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                if event is None:
                    return
                yield event
        finally:
            self._listeners.discard(queue)

    def close_listeners(self) -> None:
        """End all streams of events, so that the server can shut down."""
        self._is_closed = True
        for queue in self._listeners:
            with contextlib.suppress(asyncio.QueueEmpty):
                queue.get_nowait()
            queue.put_nowait(None)

    async def close(self, seconds: float = 20.0) -> None:
        """Stop a training that is running, let it save its best weights, and end all streams of events."""
        self.close_listeners()
        if self._child is None or self._follower is None:
            return
        if self._state["state"] in ACTIVE:
            self.stop()
        try:
            await asyncio.wait_for(asyncio.shield(self._follower), seconds)
        except TimeoutError:
            _kill(self._child)
            await self._follower

    async def _follow(self, child: asyncio.subprocess.Process) -> None:
        """Read the child's events until its end."""
        assert child.stdout is not None
        assert child.stderr is not None
        said = asyncio.create_task(_last_line(child.stderr))
        try:
            while line := await child.stdout.readline():
                self._process(json.loads(line))
        except ValueError:  # a line that is too long, or no JSON
            _kill(child)
        await child.wait()
        complaint = await said
        if self._state["state"] == "stopping":  # before it could say anything
            self._state["state"] = "stopped"
            self._publish_state()
            self._publish("end", self._state)
        elif self._state["state"] in ACTIVE:
            self._end_badly(complaint or f"a process that ended with {child.returncode}")

    def _process(self, content: dict[str, Any]) -> None:
        """Take in an event of the child, and pass it on."""
        event = content.pop("event")
        if event in ("state", "end"):
            if self._state["state"] == "stopping" and event == "state":
                content.pop("state", None)
            self._state |= content
            self._publish_state()
            if event == "end":
                self._publish("end", self._state)
            return
        if event == "step":
            self._state |= {name: content[name] for name in ("epoch", "step", "steps")}
            self._curve = _thinned([*self._curve, content])
        elif event == "epoch":
            self._state["history"].append(content)
            self._state["epoch"] = content["epoch"]
            self._state["best_epoch"] = _best(self._state["history"])
        elif event == "weights":
            self._weights = content
        self._publish(event, content)

    def _end_badly(self, found: str) -> None:
        """Record a training that ended without saying why."""
        advice = "The output of the server may show more."
        error = {"what": "the training", "expected": "to come to its end", "found": found[-300:], "advice": advice}
        self._state |= {"state": "failed", "error": error}
        self._publish_state()
        self._publish("end", self._state)

    def _publish_state(self) -> None:
        self._publish("state", {**self._state, "curve": self._curve})

    def _publish(self, name: str, content: Mapping[str, Any]) -> None:
        """Give an event to every listener; one that does not keep up is sent away, and may come back."""
        text = _event(name, content)
        for queue in list(self._listeners):
            try:
                queue.put_nowait(text)
            except asyncio.QueueFull:
                self._listeners.discard(queue)
                queue.get_nowait()
                queue.put_nowait(None)


def _kill(child: asyncio.subprocess.Process) -> None:
    """Kill a training with the processes that share its work."""
    with contextlib.suppress(ProcessLookupError):
        if os.name == "posix":
            os.killpg(child.pid, signal.SIGKILL)  # it leads a session of its own
        else:
            child.kill()


def _event(name: str, content: Mapping[str, Any]) -> str:
    """Return a server-sent event."""
    return f"event: {name}\ndata: {json.dumps(content, separators=(',', ':'))}\n\n"


def _thinned(curve: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a curve without every second point if it has become too long; the last one stays."""
    return curve if len(curve) <= _CURVE else curve[(len(curve) - 1) % 2 :: 2]


def _best(history: list[dict[str, Any]]) -> int:
    """Return the epoch whose weights are the best so far, as `BestWeights` chooses it."""

    def score(record: dict[str, Any]) -> tuple[float, ...]:
        if record["val_accuracy"] is None or record["val_loss"] is None:
            return (float(record["epoch"]),)
        return (record["val_accuracy"], -record["val_loss"])

    return int(max(history, key=score)["epoch"])


async def _last_line(stream: asyncio.StreamReader) -> str:
    """Return the last line of a stream without the folders in it, after passing all of it on to standard error."""
    last = ""
    while part := await stream.read(4096):
        text = part.decode("utf-8", "replace")
        sys.stderr.write(text)
        last = (last + text)[-2000:]
    lines = last.strip().splitlines()
    return lines[-1].replace(str(CODE), "").strip() if lines else ""
