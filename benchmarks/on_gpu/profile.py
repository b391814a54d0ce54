"""Where the time of a training step goes: on the host, and in which kernels on the device."""

import statistics
import time
from collections import Counter
from typing import Any

from benchmarks.on_gpu import GpuRun
from benchmarks.peers.ours import network_of
from benchmarks.race.jobs import NETWORKS, setting_of

LISTED = 25  # kernels in the result, those with the most time


def measure(run: GpuRun) -> dict[str, Any]:
    """Return, for every network, microseconds per step, and the kernels of one epoch."""
    return {"networks": {network: profile(run, network) for network in NETWORKS}}


def profile(run: GpuRun, name: str) -> dict[str, Any]:
    """Return the time of a step, how long the host takes to issue it, and the device's kernels."""
    setting = setting_of(name)
    network = network_of(setting, device=run.backend)
    issued: list[float] = []
    X, y = run.dataset.X_train, run.dataset.y_train
    options: dict[str, Any] = {"batch_size": setting.batch_size, "verbose": False}
    history = network.train(X, y, epochs=2, on_step=lambda _: issued.append(time.perf_counter()), **options)
    steps = -(-len(X) // setting.batch_size)
    gaps = [later - sooner for sooner, later in zip(issued[steps:], issued[steps + 1 :], strict=False)]
    result = {
        "step_us": history.records[-1].seconds / steps * 1e6,
        "host_us": statistics.median(gaps) * 1e6,
    }
    run.console.say(f"  {name}: {result['step_us']:.0f} µs per step, {result['host_us']:.0f} µs on the host")
    return result | kernels_of(lambda: network.train(X, y, epochs=1, **options), steps)


def kernels_of(function: Any, steps: int) -> dict[str, Any]:
    """Return the kernels of a step and their times, by PyTorch's profiler; empty where it is not installed."""
    try:
        from torch.profiler import ProfilerActivity
        from torch.profiler import profile as profiler
    except ImportError:
        return {}
    with profiler(activities=[ProfilerActivity.CUDA]) as found:
        function()
    seconds: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for event in found.events():
        seconds[event.name] += event.device_time_total
        counts[event.name] += 1
    listed = {
        name: {"us_per_step": round(us / steps, 2), "per_step": round(counts[name] / steps, 2)}
        for name, us in seconds.most_common(LISTED)
    }
    return {
        "kernels_per_step": round(sum(counts.values()) / steps, 1),
        "device_us": round(sum(seconds.values()) / steps, 1),
        "kernels": listed,
    }
