"""Metrics: scores, probabilities, confidence intervals and significance."""

from testing.metrics.classification import (
    CONFIDENCE,
    ClassScores,
    accuracy,
    confusion_matrix,
    precision_recall_f1,
    wilson_interval,
)

__all__ = ["CONFIDENCE", "ClassScores", "accuracy", "confusion_matrix", "precision_recall_f1", "wilson_interval"]
