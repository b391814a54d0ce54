"""Seconds per epoch of every network, in turn with PyTorch and JAX on the same GPU."""

import os
import statistics
import time
from typing import Any

from benchmarks.on_gpu import GpuRun
from benchmarks.peers import GPU_PEERS
from benchmarks.race.jobs import CONVOLUTIONS, NETWORKS, in_turn, setting_of

WARM_UP = 3  # epochs before the measured ones: compilation, and the graphs, also that of the shorter last batch


def measure(run: GpuRun) -> dict[str, Any]:
    """Return the median seconds of each peer's epoch, and the ratio to ours, for every network."""
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # JAX would take most of the memory
    result: dict[str, Any] = {"seconds": {}, "ratio to ours": {}, "skipped": []}
    for network in (*NETWORKS, *CONVOLUTIONS):
        seconds = race(run, network, result["skipped"])
        medians = {peer: statistics.median(each) for peer, each in seconds.items()}
        result["seconds"][network] = seconds
        ours = medians["ours-gpu"]
        result["ratio to ours"][network] = {peer: round(each / ours, 2) for peer, each in medians.items()}
        run.console.say(f"  {network}: " + ", ".join(f"{peer} {each:.3f} s" for peer, each in medians.items()))
    return result


def race(run: GpuRun, network: str, skipped: list[str]) -> dict[str, list[float]]:
    """Return the seconds of each peer's measured epochs."""
    peers = {}
    for name, entry in GPU_PEERS.items():
        try:
            peer = entry.load()(setting_of(network))
            peer.take(run.dataset.X_train, run.dataset.y_train)
            peer.run(WARM_UP, lambda _: True)
        except Exception as error:  # a peer that does not work here must not end the others' race
            skipped.append(f"{name}, {network}: {type(error).__name__}: {error}")
        else:
            peers[name] = peer
    seconds: dict[str, list[float]] = {name: [] for name in peers}
    for number in range(run.rounds):
        for name in in_turn(list(peers), number):
            started = time.perf_counter()
            peers[name].epoch()
            seconds[name].append(time.perf_counter() - started)
    return seconds
