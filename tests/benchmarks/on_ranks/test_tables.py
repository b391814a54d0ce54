"""Tables, figure and model of the measurements on ranks, from made-up rows that follow the model."""

import numpy as np
import pytest

from benchmarks.cluster import BATCH, LAYOUTS, NETWORKS
from benchmarks.on_ranks.figure import scaling_figure
from benchmarks.on_ranks.step_time import Point, efficiency, estimate, fitted
from benchmarks.on_ranks.tables import HELD_OUT, medians, point_of, tables

TRUE = np.array([2e-4, 2e-11, 3e-10, 5e-5, 2e-10])


def rows():
    """Return what `benchmarks.cluster.measure` would, with the times of the model."""
    found = []
    for sizes, parameters in zip(NETWORKS, (300_000, 570_000, 1_900_000), strict=True):
        network = "784-" + "-".join(map(str, sizes)) + "-10"
        for layout, (ranks, workers) in LAYOUTS.items():
            for scaling in ("weak", "strong"):
                processes = ranks * workers
                batch = BATCH * processes if scaling == "weak" else BATCH
                row = {"place": "machine", "layout": layout, "network": network, "scaling": scaling, "ranks": ranks}
                row |= {"processes": processes, "batch": batch, "parameters": parameters, "megabytes": 0.0}
                exact = estimate(TRUE, Point(processes, batch / processes, parameters))
                found += [row | {"round": number, "seconds": exact * (1 + number)} for number in (0, 0, 8)]
        row = found[-1] | {"place": "1 Gbit/s", "layout": "2 hosts, MPI", "scaling": "weak", "megabytes": 1.2}
        found.append(row)
    return found


def test_the_model_is_found_again_and_the_held_out_step_is_estimated():
    best = [row for row in medians(rows()) if row["place"] == "machine" and "shared" not in row["layout"]]
    found = fitted([point_of(row) for row in best], [row["seconds"] for row in best])
    for row in best:
        assert estimate(found, point_of(row)) == pytest.approx(row["seconds"], rel=1e-6)


def test_more_hosts_are_less_efficient_and_faster_links_more():
    values = [efficiency(TRUE, hosts, 128, 570_000, message=5e-5, byte=1e-9) for hosts in (1, 8, 64, 512)]
    assert values[0] == pytest.approx(1.0)
    assert values == sorted(values, reverse=True)
    assert efficiency(TRUE, 8, 128, 570_000, message=2e-6, byte=1e-10) > values[1]


def test_the_tables_say_what_is_measured_and_what_is_estimated():
    text = tables(rows())
    assert text.index("efficiency of a host") < text.index("Held out") < text.index("Estimated, not measured")
    assert f"- {HELD_OUT}, 2 ranks, MPI, weak: estimated" in text
    assert "| 1 Gbit/s | 784-320-128-10 | 1.20 |" in text
    assert "100%" in text
    assert text.count("512 hosts") == 1


def test_rounds_become_their_median():
    assert {row["seconds"] for row in medians(rows())} < {row["seconds"] for row in rows()}


def test_the_figure_has_a_bar_for_each_network_and_layout():
    (axes,) = scaling_figure(rows()).axes
    assert len(axes.patches) == 3 * 3
