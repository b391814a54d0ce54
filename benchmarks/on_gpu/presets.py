"""Every usual preset, trained on the GPU."""

from dataclasses import replace
from typing import Any

from benchmarks.on_gpu import GpuRun
from training.comparison.trials import Candidate, run_trial
from training.presets import PRESETS, USUAL


def measure(run: GpuRun) -> dict[str, Any]:
    """Return accuracy on the test images and seconds of every usual preset, for one seed."""
    found: dict[str, Any] = {}
    for name in USUAL:
        config = replace(PRESETS[name].config, device="gpu")
        trial = run_trial(Candidate(name, "", config), run.dataset)
        found[name] = {"accuracy": trial.test_accuracy, "target": PRESETS[name].target, "seconds": trial.seconds}
        run.console.say(f"  {name}: {trial.test_accuracy:.2%} in {trial.seconds:.1f} s")
    missed = [name for name, row in found.items() if row["accuracy"] < row["target"]]
    return {"trials": found} | ({"failed": f"below target: {', '.join(missed)}"} if missed else {})
