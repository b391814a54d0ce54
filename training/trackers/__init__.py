"""Callbacks that pass a training's metrics on to experiment trackers: TensorBoard and MLflow."""

from training.trackers.mlflow import MLflow
from training.trackers.tensorboard import TensorBoard

__all__ = ["MLflow", "TensorBoard"]
