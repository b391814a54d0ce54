"""The measured process: reads a task as JSON from standard input, and writes the result as a line of JSON.

Only the standard library is imported at the top: the clock is running, and a peer's library must come before ours.
"""

import importlib
import itertools
import json
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, cast

from benchmarks.peers import OURS, PEERS
from benchmarks.race import memory
from benchmarks.race.data import load
from benchmarks.race.setting import Setting

if TYPE_CHECKING:
    import numpy as np

    from benchmarks.peers.ours import Ours
    from benchmarks.peers.peer import Peer

Task = dict[str, Any]
Result = dict[str, Any]
WATCHED = 1.0  # seconds for which a prediction is repeated
FEWEST, MOST = 5, 5000  # limits on the number of repetitions
CUBE = 2048


def train(task: Task) -> Result:
    """Train a peer: seconds of every epoch, memory after it, and, on the way to a target, when it was reached.

    ``epochs`` are trained after the first, which warms up. With a ``target``, a test accuracy, training goes on until
    it is reached or ``longest`` epochs have passed; the test images are classified after every epoch then.
    """
    peer = PEERS[task["peer"]].load()(Setting(**task["setting"]))
    imported = time.monotonic()
    dataset = load(task)
    peer.take(dataset.X_train, dataset.y_train)
    result: Result = {
        "dataset": dataset.name,
        "import_seconds": imported - task["started"],
        "load_seconds": time.monotonic() - imported - peer.compile_seconds,
        "compile_seconds": peer.compile_seconds,
    }
    watch = EpochWatch(peer, dataset.X_test, dataset.y_test, task)
    with memory.most_private() if task.get("watch_memory") else nullcontext() as private:
        peer.run(max(task["epochs"] + 1, task["longest"] if task["target"] else 0), watch.after_epoch)
    if private:
        result["private_mb"] = private[-1]
    peak = memory.peak()
    result |= watch.result() | {"peak_mb": peak and peak + watch.helpers, "images": peer.images_per_epoch}
    if not task["target"]:
        watch.test()
    return result | {"accuracies": watch.accuracies} | threads(peer)


class EpochWatch:
    """Records every epoch, and decides when to stop."""

    def __init__(self, peer: "Peer", X: "np.ndarray", y: "np.ndarray", task: Task) -> None:
        self.peer, self.X, self.y, self.task = peer, X, y, task
        self.seconds: list[float] = []
        self.accuracies: list[float] = []
        self.memory: list[float | None] = []
        self.reached: float | None = None
        self.cpu, self.wall = 0.0, 0.0
        self.helpers = 0.0  # most memory of processes that the peer has started
        self.processor = memory.processor_seconds()

    def after_epoch(self, seconds: float) -> bool:
        """Record an epoch; return whether to continue."""
        if self.seconds:  # the first one warms up
            self.cpu += memory.processor_seconds() - self.processor
            self.wall += seconds
        self.seconds.append(seconds)
        resident = memory.field("VmRSS")
        self.memory.append(resident and resident + memory.of_helpers("VmRSS"))
        self.helpers = max(self.helpers, memory.of_helpers("VmHWM"))
        goes_on = self.still_below_target() if self.task["target"] else len(self.seconds) <= self.task["epochs"]
        self.processor = memory.processor_seconds()
        return goes_on

    def still_below_target(self) -> bool:
        """Test, and note the time since the process was started if that is enough."""
        if self.test() < self.task["target"]:
            return True
        self.reached = time.monotonic() - self.task["started"]
        return False

    def test(self) -> float:
        """Return the accuracy on the test images."""
        self.peer.get_ready_to_predict()
        hits = self.peer.predict(self.peer.own_form(self.X)) == self.y
        self.accuracies.append(float(hits.mean()))
        return self.accuracies[-1]

    def result(self) -> Result:
        """Return all that was noted."""
        return {
            "seconds": self.seconds,
            "memory_mb": self.memory,
            "target_seconds": self.reached,
            "cores_busy": self.cpu / self.wall if self.wall else None,
        }


def keep_weights(task: Task) -> Result:
    """Train our network for a few epochs; write its weights, the test images and their classes for all peers."""
    peer = cast("Ours", PEERS[OURS].load()(Setting(**task["setting"])))
    import numpy as np

    dataset = load(task)
    peer.take(dataset.X_train, dataset.y_train)
    peer.run(task["epochs"], lambda seconds: True)
    arrays: dict[str, Any] = {"X": dataset.X_test, "classes": peer.predict(dataset.X_test)}
    for place, (W, b) in enumerate(peer.weights()):
        arrays |= {f"W{place}": W, f"b{place}": b}
    np.savez(task["weights"], **arrays)
    return {}


def predict(task: Task) -> Result:
    """Measure one image's latency and 10,000 images' throughput, on the same weights for every peer."""
    peer = PEERS[task["peer"]].load()(Setting(**task["setting"]))
    import numpy as np

    with np.load(task["weights"]) as kept:
        stored = dict(kept)
    layers = range(sum(name.startswith("W") for name in stored))
    peer.set_weights([(stored[f"W{place}"], stored[f"b{place}"]) for place in layers])
    peer.get_ready_to_predict()
    X = peer.own_form(stored["X"])
    rows = itertools.cycle([peer.own_form(stored["X"][i : i + 1]) for i in range(64)])
    differing = int((peer.predict(X) != stored["classes"]).sum())
    many = repeated_seconds(lambda: peer.predict(X))
    one = repeated_seconds(lambda: peer.predict_one(next(rows)))
    return {
        "images": len(stored["X"]),
        "differing": differing,
        "one_us": statistics.median(one) * 1e6,
        "one_p99_us": sorted(one)[int(0.99 * len(one))] * 1e6,
        "many_ms": statistics.median(many) * 1e3,
        "many_best_ms": min(many) * 1e3,
        "peak_mb": memory.peak(),
    } | threads(peer)


def repeated_seconds(call: Callable[[], object]) -> list[float]:
    """Return the seconds of every call but the first, for as long as a measurement lasts."""
    call()
    seconds: list[float] = []
    begun = time.perf_counter()
    while len(seconds) < FEWEST or (len(seconds) < MOST and time.perf_counter() - begun < WATCHED):
        started = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - started)
    return seconds


def limit(task: Task) -> Result:
    """Measure the best rate of our BLAS."""
    importlib.import_module("backend")  # before NumPy, since it may choose kernels
    return {"flops_per_second": best_rate()} | threads()


def best_rate() -> float:
    """Return the most floating-point operations a second in float32 products of a cube of 2048."""
    import numpy as np

    generator = np.random.default_rng(0)
    a, b = (generator.random((CUBE, CUBE), dtype="float32") for _ in range(2))
    product = np.empty_like(a)
    return 2 * CUBE**3 / min(repeated_seconds(lambda: np.matmul(a, b, out=product)))


def threads(peer: "Peer | None" = None) -> Result:
    """Return each loaded BLAS with its kernels and threads, and the library's own thread settings."""
    from threadpoolctl import threadpool_info

    pools = [
        f"{pool['internal_api']} {pool.get('version') or ''} {pool.get('architecture', '')} {pool['num_threads']}"
        for pool in threadpool_info()
    ]
    return {"pools": [" ".join(pool.split()) for pool in pools], "threads": peer.threads() if peer else ""}


KINDS: dict[str, Callable[[Task], Result]] = {
    "train": train,
    "weights": keep_weights,
    "predict": predict,
    "limit": limit,
}

if __name__ == "__main__":
    task = json.load(sys.stdin)
    print(json.dumps(KINDS[task["kind"]](task)))
