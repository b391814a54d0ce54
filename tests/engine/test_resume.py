"""Trainings that are killed at random moments and resumed are bitwise identical to uninterrupted ones.

The environment variable RESUME_KILLS is the number of kills at random moments, for the script and for copies of this
process, and for each number of workers: ``RESUME_KILLS=20 python -m pytest tests/engine/test_resume.py -s``.
"""

import dataclasses
import itertools
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path

import numpy as np
import pytest

from backend import InputError
from tests.helpers.project import ROOT
from tests.helpers.terminal import Recorded, environment
from tests.helpers.trainings import WORKERS, without_curves
from tests.training.test_checkpoints import end_of
from training.checkpoints import CheckpointFolder
from training.config import TrainingConfig
from training.train import main
from training.workflow import TrainedModel, checkpoint_to_resume, train_model

KILLS = int(os.environ.get("RESUME_KILLS", "0"))
FORKS = pytest.mark.skipif(sys.platform != "linux", reason="copies of a process with threads are safe on Linux alone")
SETTINGS = {"hidden_sizes": (24,), "dropout": (0.3,), "batch_size": 32, "checkpoint_every": "2steps", "epochs": 4}
IN_A_ROW = 5  # kills of one training


@pytest.fixture(scope="module", params=WORKERS)
def uninterrupted(request, digits, tmp_path_factory):
    """A configuration, and how its training ends."""
    config = TrainingConfig(**SETTINGS, workers=request.param, output=tmp_path_factory.mktemp("whole") / "model.pkl")
    with without_curves():
        return config, end_of(train_model(Recorded(), config, "fast", digits))


def train_on(config, digits):
    """Train as ``--resume`` does."""
    console = Recorded()
    overrides = {"output": config.output, "resume": True}
    checkpoint = checkpoint_to_resume(console, None, overrides)
    if checkpoint is not None:
        config = checkpoint.config_under(None, overrides)
    train_model(console, config, "fast", digits, checkpoint)


def forked(task):
    """Begin `task` in a copy of this process; return its number."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # BLAS has threads
        pid = os.fork()
    if pid == 0:
        try:
            with without_curves():
                task()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return pid


def was_killed(pid):
    """Wait for a process; return whether it was killed, rather than came to a good end."""
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert code in (0, -signal.SIGKILL)
    return code != 0


def assert_only_the_model_is_left(config):
    names = {path.name for path in config.output.parent.iterdir() if not path.name.startswith(".")}
    assert names == {"model.pkl", "model.history.csv", "model.history.json"}


# --- at random moments ----------------------------------------------------------------------------------------------


@FORKS
def test_killed_at_random_moments(uninterrupted, digits, tmp_path):
    whole, expected = uninterrupted
    rng, kills = np.random.default_rng(whole.workers), 0
    for row in range(-(-(KILLS or IN_A_ROW) // IN_A_ROW)):
        config = dataclasses.replace(whole, output=tmp_path / str(row) / "model.pkl")
        for _ in range(IN_A_ROW):
            pid = forked(lambda config=config: train_on(config, digits))
            time.sleep(rng.uniform(0.0, 0.1))
            os.kill(pid, signal.SIGKILL)
            kills += was_killed(pid)
        assert not was_killed(forked(lambda config=config: train_on(config, digits)))
        assert end_of(TrainedModel(None, config.output, 0.0)) == expected
        assert_only_the_model_is_left(config)
    sys.stdout.write(f"workers {whole.workers}: {kills} kills of {row + 1} trainings\n")


# --- within the write -----------------------------------------------------------------------------------------------


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def dying(function, after_calls, *, before):
    """Return the function, which kills the process at one of its calls, before or after its work."""
    calls = itertools.count(1)

    def call(*arguments, **options):
        if (last := next(calls) == after_calls) and before:
            die()
        result = function(*arguments, **options)
        if last:
            die()
        return result

    return call


def torn(after_calls):
    """Return a `Path.write_bytes` that dies in the middle of its work."""
    calls, real = itertools.count(1), Path.write_bytes

    def write_bytes(self, data):
        if next(calls) == after_calls:
            real(self, data[: len(data) // 2])
            die()
        return real(self, data)

    return write_bytes


POINTS = {
    "before the temporary file": lambda n: (tempfile, "mkstemp", dying(tempfile.mkstemp, n, before=True)),
    "after the temporary file": lambda n: (tempfile, "mkstemp", dying(tempfile.mkstemp, n, before=False)),
    "half written": lambda n: (Path, "write_bytes", torn(n)),
    "before the move": lambda n: (os, "replace", dying(os.replace, n, before=True)),
    "after the move": lambda n: (os, "replace", dying(os.replace, n, before=False)),
    "before the older one goes": lambda n: (os, "unlink", dying(os.unlink, n, before=True)),
    "after the older one went": lambda n: (os, "unlink", dying(os.unlink, n, before=False)),
}


@FORKS
def test_killed_within_the_write_again_and_again(uninterrupted, digits, tmp_path):
    whole, expected = uninterrupted
    config = dataclasses.replace(whole, output=tmp_path / "model.pkl")
    rng = np.random.default_rng(whole.workers)

    def die_at(point, call):
        setattr(*POINTS[point](call))
        train_on(config, digits)

    for point in rng.permutation(list(POINTS)):
        call = int(rng.integers(2, 9))
        assert was_killed(forked(lambda point=point, call=call: die_at(point, call))), point
    assert not was_killed(forked(lambda: train_on(config, digits)))
    assert end_of(TrainedModel(None, config.output, 0.0)) == expected
    assert_only_the_model_is_left(config)


@FORKS
@pytest.mark.parametrize("file", ["model.pkl", "model.history.json"])
def test_killed_when_only_the_model_is_to_be_written(file, uninterrupted, digits, tmp_path):
    whole, expected = uninterrupted
    config = dataclasses.replace(whole, output=tmp_path / "model.pkl")

    def die_before_the_move():
        real = os.replace
        os.replace = lambda source, target: die() if Path(target).name == file else real(source, target)
        train_on(config, digits)

    assert was_killed(forked(die_before_the_move))
    assert list(config.output.with_suffix(".checkpoints").iterdir())
    assert not was_killed(forked(lambda: train_on(config, digits)))
    assert end_of(TrainedModel(None, config.output, 0.0)) == expected


# --- the script -----------------------------------------------------------------------------------------------------


SCRIPT = """
import sys
from interface.script import run_script
from training import saving, train
saving.training_curves, saving.save_figure = lambda *_: None, lambda _, path: path
sys.exit(run_script(train.main))
"""


def flags_of_script(output, workers):
    own = ("--data", "embedded", "--hidden-sizes", 24, "--dropout", 0.3, "--batch-size", 32, "--epochs", 10)
    return [str(flag) for flag in (*own, "--workers", workers, "--output", output)]


def script(output, workers, *flags):
    """Start what ``python training/train.py`` does, but for the curves, whose drawing would take most of the time."""
    command = [sys.executable, "-W", "error", "-c", SCRIPT, *flags_of_script(output, workers), *flags]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "encoding": "utf-8"}
    return subprocess.Popen(command, cwd=ROOT, env=environment(), **pipes)


def end_of_script(process, output):
    """Wait for a process that comes to a good end; return how its training ended."""
    text, _ = process.communicate(timeout=100)
    assert process.returncode == 0, text
    assert not output.with_suffix(".checkpoints").exists()
    return end_of(TrainedModel(None, output, 0.0))


@pytest.mark.parametrize("workers", WORKERS if KILLS else WORKERS[-1:])
def test_the_script_killed_at_random_moments(workers, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["train.py", *flags_of_script(tmp_path / "whole.pkl", workers)])
    with without_curves():
        assert main(Recorded()) == 0
    expected = end_of(TrainedModel(None, tmp_path / "whole.pkl", 0.0))
    rng, kills, wanted = np.random.default_rng(workers), 0, KILLS or 2
    for row in itertools.count():
        output = tmp_path / f"{row}.pkl"
        for _ in range(min(IN_A_ROW, wanted - kills)):
            process = script(output, workers, "--checkpoint-every", "2steps", "--resume")
            while not process.stdout.readline().startswith("Device"):  # the last line before the first step
                assert process.poll() is None
            time.sleep(rng.uniform(0.0, 0.3))
            process.kill()
            process.communicate(timeout=100)
            kills += process.returncode != 0
        process = script(output, workers, "--checkpoint-every", "2steps", "--resume")
        assert end_of_script(process, output) == expected
        if kills >= wanted:
            break
    sys.stdout.write(f"script, workers {workers}: {kills} kills of {row + 1} trainings\n")


def test_the_script_continues_with_its_own_flags_alone(tmp_path, monkeypatch):
    def run(*flags):
        own = ("--data", "embedded", "--output", tmp_path / "model.pkl", *flags)
        monkeypatch.setattr(sys, "argv", ["train.py", *map(str, own)])
        console = Recorded()
        with without_curves():
            assert main(console) == 0
        return console

    with monkeypatch.context() as patched:
        patched.setattr(CheckpointFolder, "remove", CheckpointFolder.files)  # as if killed just before
        run("--preset", "compact-128", "--epochs", 2, "--checkpoint-every", 1)
    for flags, named in (
        (("--epochs", 3), "--epochs .*expected 2.*found 3"),
        (("--preset", "fast"), "--preset .*expected compact-128.*found fast"),
    ):
        with pytest.raises(InputError, match=named):
            run("--resume", *flags)
    with pytest.raises(InputError, match="Add --resume"):
        run("--preset", "compact-128", "--epochs", 2, "--checkpoint-every", 1)
    console = run("--resume", "--epochs", 2)
    assert "Training the preset compact-128" in console.out
    assert "2 of 2 epochs are done." in console.out
    assert "begins at its beginning" in run("--resume", "--epochs", 1).err
