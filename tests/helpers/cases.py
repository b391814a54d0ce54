"""A small evaluation for reports, with names that need escaping."""

from dataclasses import replace

from testing.metrics.evaluation import evaluate_on
from testing.metrics.model_comparison import ModelComparison
from testing.report.inputs import ReportInputs
from tests.helpers.small import small_dataset, small_network

HOSTILE = (
    '<script>alert("1")</script>',
    '" onload="alert(2)" x="',
    "a|b `c` [d](javascript:e) *f* &amp; \\ $g$ \x1b[2J \ud800\n# h",
)


def small_case(*, epochs=3, noise=60.0, model="model/a.pkl", rival_epochs=None, names=None, info=None):
    """Return a inputs of the three stripes, beside another network's with `rival_epochs`."""
    dataset = small_dataset(noise=noise)
    network = small_network(dataset, epochs)
    if names:
        dataset = replace(dataset, class_names=tuple(names))
    network.info |= info or {}
    evaluation, against = evaluate_on(network, dataset, model), None
    if rival_epochs is not None:
        against = ModelComparison(evaluation, evaluate_on(small_network(dataset, rival_epochs), dataset, "model/b.pkl"))
    return ReportInputs(evaluation, network, dataset, against, "2026-01-02T03:04:05+00:00")
