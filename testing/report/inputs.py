"""The inputs of a report: a network, its test data, and the evaluation."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from classes.neural_network import NeuralNetwork
from initializers.dataset import Dataset
from testing.inference.ensemble import Ensemble, members
from testing.metrics.evaluation import Evaluation
from testing.metrics.model_comparison import ModelComparison


@dataclass(frozen=True, eq=False)
class ReportInputs:
    """Everything that reports and their figures are made from.

    Parameters
    ----------
    evaluation : Evaluation
        What `evaluate_model` found on the data set's test images.
    network : NeuralNetwork or Ensemble
        What was evaluated.
    dataset : Dataset
        The data set.
    against : ModelComparison, optional
        Comparison with another model.
    evaluated : str
        Time of the evaluation, in ISO 8601.
    """

    evaluation: Evaluation
    network: NeuralNetwork | Ensemble
    dataset: Dataset
    against: ModelComparison | None = None
    evaluated: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    @property
    def single(self) -> NeuralNetwork | None:
        """The network if there is exactly one; None for an ensemble of several."""
        networks = members(self.network)
        return networks[0] if len(networks) == 1 else None

    def to_dict(self) -> dict[str, Any]:
        """Return the evaluation and its provenance as built-in types, for report.json."""
        return self.evaluation.to_dict() | {
            "dataset_fingerprint": self.dataset.fingerprint,
            "dataset_source": self.dataset.source,
            "parameters": self.network.parameter_count,
            "models": list(self.network.files) if isinstance(self.network, Ensemble) else [self.evaluation.model],
            "views": self.network.views if isinstance(self.network, Ensemble) else 1,
            "device": self.network.backend.describe(),
            "evaluated": self.evaluated,
            "against": None if self.against is None else self.against.to_dict(),
        }
