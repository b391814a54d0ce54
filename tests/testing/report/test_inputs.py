"""Additional contents of report.json."""

import json
from datetime import UTC, datetime, timedelta

from testing.inference.ensemble import Ensemble
from testing.report.inputs import ReportInputs
from tests.helpers.cases import small_case


def test_it_tells_when_where_and_of_what():
    inputs = small_case()
    report = inputs.to_dict()
    assert report | inputs.evaluation.to_dict() == report
    assert report["dataset_fingerprint"] == "0" * 64
    assert report["dataset_source"] == "a generator"
    assert report["parameters"] == 64 * 8 + 8 + 8 * 3 + 3
    assert report["device"].startswith("CPU")
    assert report["evaluated"] == "2026-01-02T03:04:05+00:00"
    assert report["against"] is None
    assert (report["models"], report["views"]) == (["model/a.pkl"], 1)


def test_another_model_stands_in_it():
    report = small_case(rival_epochs=1).to_dict()
    assert json.loads(json.dumps(report, allow_nan=False)) == report  # built-in types alone
    assert report["against"]["model"] == "model/b.pkl"


def test_an_ensemble_names_its_files_and_views_and_has_no_single_network():
    inputs = small_case()
    both = Ensemble([inputs.network, inputs.network], 2, ["a.pkl", "b.pkl"])
    report = ReportInputs(inputs.evaluation, both, inputs.dataset).to_dict()
    assert (report["models"], report["views"]) == (["a.pkl", "b.pkl"], 2)
    assert report["parameters"] == 2 * inputs.network.parameter_count
    assert ReportInputs(inputs.evaluation, both, inputs.dataset).single is None
    assert ReportInputs(inputs.evaluation, Ensemble([inputs.network], 2), inputs.dataset).single is inputs.network
    assert inputs.single is inputs.network


def test_the_time_is_now_unless_told():
    inputs = small_case()
    now = ReportInputs(inputs.evaluation, inputs.network, inputs.dataset).evaluated
    assert timedelta(0) <= datetime.now(UTC) - datetime.fromisoformat(now) < timedelta(minutes=1)
