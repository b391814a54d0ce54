"""Every figure of this project, each a function from numbers to a matplotlib figure."""

from testing.figures.charts import (
    confidence_histogram,
    confusion_heatmap,
    per_class_scores,
    reliability_diagram,
    training_curves,
)

__all__ = ["confidence_histogram", "confusion_heatmap", "per_class_scores", "reliability_diagram", "training_curves"]
