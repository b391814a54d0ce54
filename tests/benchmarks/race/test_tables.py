"""Tables and figures of the speed comparison, from synthetic measurements."""

import json

import pytest

from benchmarks import scaling, speed
from benchmarks.race.scaling_figure import scaling_figure
from benchmarks.race.speed_figure import speed_figure
from benchmarks.race.tables import report
from interface.console import Console

MACHINE = {"cores": 2, "processor": "Abacus", "python": "3.11.0", "versions": {"numpy": "2.4", "torch": None}}


def trained(peer, network, number, seconds, **more):
    row = {
        "kind": "train", "part": "training", "network": network, "optimizer": "adam", "peer": peer, "round": number,
        "seconds": [9.0, seconds], "images": 60_000, "compile_seconds": 0.0, "peak_mb": 100.0, "cores_busy": 2.0,
        "accuracies": [0.975], "pools": ["openblas 1 Zen 2"], "threads": "", "import_seconds": 0.5,
        "load_seconds": 0.25, "target_seconds": None,
    }  # fmt: skip
    return row | more


def limit(network, number, rate):
    return {
        "kind": "limit", "part": "training", "network": network, "optimizer": None, "peer": "limit",
        "round": number, "flops_per_second": rate,
    }  # fmt: skip


@pytest.fixture
def results():
    rows = [
        limit("classic", 0, 200e9),
        trained("torch", "classic", 0, 0.9),
        trained("ours", "classic", 0, 0.5),
        limit("classic", 1, 300e9),
        trained("ours", "classic", 1, 0.4),
        trained("torch", "classic", 1, 0.8),
        trained("ours", "dropout-512", 0, 1.5),
        trained("ours", "classic", 0, 0.4, part="target", target_seconds=4.0),
        trained("ours", "classic", 1, 0.4, part="target", target_seconds=5.0),
        trained("torch", "classic", 0, 0.8, part="target", target_seconds=12.0),
        trained("torch", "classic", 1, 0.8, part="target"),
    ]
    return {"machine": MACHINE, "load": 0.1, "data": "MNIST", "rows": rows, "skipped": ["Keras: not installed"]}


def line_of(text, *starts):
    """Return the cells of the first line that begins so."""
    lines = (line for line in text.splitlines() if line.startswith(starts))
    return [cell.strip(" *") for cell in next(lines).strip("|").split("|")]


def section(text, title):
    return text.split(f"### {title}")[1].split("\n###")[0]


def test_overview_has_seconds_and_ratios_and_dashes(results):
    text = section(report(results), "Seconds per epoch")
    assert line_of(text, "| **this project")[1:] == ["0.45", "1.50"]
    assert line_of(text, "| PyTorch")[1:] == ["0.85 (1.90 x)", "-"]


def test_detail_has_rate_spread_and_memory(results):
    text = section(report(results), "Training, network by network")
    cells = line_of(text, "| PyTorch")
    assert cells[1:4] == ["70,833", "0.850 (0.800 to 0.900)", "1.90 (1.80 to 2.00)"]
    assert cells[-3:] == ["100", "2.0", "97.50%"]


def test_share_of_the_limit_takes_the_best_rate_of_all_rounds(results):
    text = section(report(results), "Share of the limit")
    flops = 2 * (2 * (784 * 256 + 256 * 128 + 128 * 10) + 256 * 128 + 128 * 10) * 60_000
    assert line_of(text, "| `classic`")[-1] == f"{flops / 300e9 / 0.45:.0%}"
    assert "300 GFLOP/s" in text
    assert "slowest of them: 200" in text


def test_who_missed_the_target_once_has_no_time(results):
    text = section(report(results), "From the start")
    assert line_of(text, "| **this project")[1:4] == ["4.5 (4.0 to 5.0)", "-", "2 of 2"]
    assert line_of(text, "| PyTorch")[1:4] == ["-", "-", "1 of 2"]


def test_report_names_machine_data_threads_and_what_is_missing(results):
    text = report(results)
    assert "2 cores of Abacus, Python 3.11.0, numpy 2.4" in text
    assert "torch" not in text.splitlines()[0]
    assert "data: MNIST" in text
    assert "openblas 1 Zen 2" in section(text, "Threads")
    assert text.endswith("- Keras: not installed\n")
    assert "### Prediction" not in text


def test_a_run_without_any_result_still_has_a_report(results):
    assert "Abacus" in report(results | {"rows": [], "skipped": []})


def test_figure_has_a_panel_a_network_and_a_bar_a_peer(results):
    figure = speed_figure(results["rows"], "made up")
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "784-256-128-10, batch 128",
        "784-512-256-128-10, batch 64, dropout",
    ]
    assert [bar.get_width() for bar in figure.axes[0].patches] == pytest.approx([0.45, 0.85])
    assert "cannot" in [text.get_text() for text in figure.axes[1].texts]


@pytest.fixture
def grown():
    def row(part, value, seconds, images=20_000, **more):
        common = {"part": part, "value": value, "round": 0, "seconds": [9.0, seconds], "images": images}
        return common | {"flops_per_image": 1_000_000} | more

    return [
        row("width", 16, 0.1),
        row("width", 32, 0.2),
        row("images", 62_500, 0.5, 62_500, private_mb=26.4),
        row("images", 2_000_000, 16.0, 2_000_000, private_mb=59.0),
    ]


def test_scaling_tables_are_in_seconds_of_sixty_thousand_images_or_of_all(grown):
    text = scaling.tables(grown, rate=1e12)
    assert line_of(text, "| 16 ") == ["16", "0.300", "200,000", "0.060"]
    assert line_of(text, "| 2,000,000") == ["2,000,000", "16.000", "125,000", "2.000", "59"]


def test_scaling_figure_has_a_panel_for_each_variation(grown):
    figure = scaling_figure(grown, 1e12, "made up")
    drawn, limits = figure.axes[0].lines
    assert drawn.get_ydata() == pytest.approx([0.3, 0.6])
    assert limits.get_ydata() == pytest.approx([0.06, 0.06])
    assert "memory: 26 to 59 MB" in [text.get_text() for text in figure.axes[1].texts]


def test_scaling_plan_varies_one_thing_at_a_time(tmp_path):
    config = scaling.ScalingConfig(widths=(8,), depths=(1, 3), batches=(16,), images=(100, 200), rounds=2)
    jobs = scaling.plan(config, "mnist", tmp_path / "images")
    assert [(job["part"], job["value"]) for job in jobs[4:]] == [
        ("width", 8), ("depth", 1), ("depth", 3), ("batch size", 16), ("images", 100), ("images", 200),
    ]  # fmt: skip
    assert jobs[2]["setting"]["hidden_sizes"] == (128, 128, 128)
    assert [job["rows"] for job in jobs[-3:]] == [20_000, 100, 200]
    json.dumps(jobs)


class Answers:
    """In the place of a fresh process: an answer, or a failure, for every peer."""

    def __init__(self, failing):
        self.failing, self.asked = failing, []

    def __call__(self, job):
        self.asked.append((job["network"], job["peer"]))
        if job["peer"] == self.failing:
            raise speed.WorkerError("ImportError: no such thing")
        return {"seconds": [2.0, 1.0], "images": 60_000}


def test_a_peer_that_fails_is_named_and_left_out_of_what_remains(monkeypatch, capsys):
    answers = Answers("torch")
    monkeypatch.setattr(speed, "run_worker", answers)
    jobs = [
        {"kind": "train", "part": "training", "network": network, "peer": peer, "round": number, "optimizer": "adam"}
        for network in ("classic", "compact-128")
        for number in range(2)
        for peer in ("ours", "torch")
    ]
    results = {"rows": [], "skipped": []}
    speed.run_jobs(Console(), jobs, results)
    assert [row["peer"] for row in results["rows"]] == ["ours"] * 4
    assert answers.asked.count(("classic", "torch")) == 1
    assert [sentence.split(", ")[-1] for sentence in results["skipped"]] == [
        "classic: failed with ImportError: no such thing",
        "compact-128: failed with ImportError: no such thing",
    ]
    assert "no such thing" in capsys.readouterr().err


def test_quick_changes_what_no_flag_has_set(monkeypatch):
    monkeypatch.setattr("sys.argv", ["speed.py", "--quick", "--rounds", "2"])
    config = speed.asked_for()
    assert (config.rounds, config.epochs, config.only) == (2, 2, ("classic", "compact-128"))
