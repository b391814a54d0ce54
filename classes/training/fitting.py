"""Creates a `Trainer` from the user's arguments: checks, validation data, sample weights, streams."""

import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from backend import InputError
from classes.callbacks import as_callbacks
from classes.checks import checked_number, warn_of_unscaled
from classes.network import Network
from classes.schedules import LearningRate
from classes.training.data_parallel import chosen_workers
from classes.training.loop import Trainer
from classes.training.options import TrainingOptions
from classes.training.records import History
from classes.training.streams import StreamedBatches
from initializers.augmentation.mixing import LabelledAugmenter
from initializers.batches import checked_weights
from initializers.splits import stratified_split

# Seed of `validation_split`: a constant, so that further training, also of a loaded model, holds out the same samples.
SPLIT_SEED = 0


@dataclass(frozen=True)
class TrainingData:
    """The data arguments of `NeuralNetwork.train_epochs`, unchecked."""

    X_train: Any
    y_train: Any = None
    X_val: Any = None
    y_val: Any = None
    validation_data: Any = None
    validation_split: float = 0.0
    class_weight: Mapping[Any, float] | str | None = None
    sample_weight: Any = None


def new_trainer(network: Network, data: TrainingData, options: TrainingOptions, history: History) -> Trainer:
    """Return a trainer for the network, after checking all arguments.

    Raises
    ------
    InputError
        If data or options do not fit the network or each other.
    """
    if data.y_train is None and not hasattr(data.X_train, "dtype"):
        return _streaming_trainer(network, data, options, history)
    if options.steps_per_epoch is not None:
        found, advice = repr(options.steps_per_epoch), "With arrays, an epoch is one pass over all samples."
        raise InputError("steps_per_epoch", expected="none with arrays", found=found, advice=advice)
    X, y = network._checked(data.X_train, data.y_train)
    warn_of_unscaled(X)
    weight = None if data.sample_weight is None else checked_weights(data.sample_weight, len(y))
    data = _with_validation(network, replace(data, X_train=X, y_train=y, sample_weight=weight))
    batches = network._batches(
        data.X_train, data.y_train, options.batch_size, shuffled=options.shuffle,
        weights=_weights(network, data, data.y_train), accumulate=options.accumulate,
        augmenter=_augmenter(network, data.X_train, data.y_train, options),
    )  # fmt: skip
    epochs = options.epochs - options.initial_epoch
    workers = chosen_workers(_wanted_workers(options), network.stack, batches, epochs, options.ranks)
    return _trainer(network, batches, data, options, history, workers)


def _augmenter(network: Network, X: np.ndarray, y: np.ndarray, options: TrainingOptions) -> LabelledAugmenter | None:
    """Return the augmenter of the training images and targets, if augmentation is wanted.

    It draws from the random generator of the network, which is part of checkpoints; if that generator is on a GPU, it
    draws from another one.
    """
    how = options.augmentation
    if how is None:
        return None
    if how.changes_targets and not network.loss.takes_targets:
        found, advice = type(network.loss).__name__, "Leave mixup and non_digits at 0, or set takes_targets."
        raise InputError("augment", expected="a loss that takes targets", found=found, advice=advice)
    generator = network._noise if network.backend.on_host else network._shuffles.spawn(1)[0]
    return LabelledAugmenter(how, X, y, network.output_size, min(options.batch_size, len(X)), generator)


def _wanted_workers(options: TrainingOptions) -> int | None:
    """Return the number of processes that the user asks for; a resumed training run uses as many as before."""
    if options.resume is None:
        return options.workers
    saved = options.resume.get("plan") if isinstance(options.resume, dict) else None
    if not isinstance(saved, dict) or "workers" not in saved:
        found, advice = reprlib.repr(options.resume), "Pass a state that on_checkpoint received."
        raise InputError("the checkpoint's plan", expected="what was trained", found=found, advice=advice)
    return saved["workers"]


def _streaming_trainer(network: Network, data: TrainingData, options: TrainingOptions, history: History) -> Trainer:
    """Return a trainer that reads its batches from a stream."""
    given = {"class_weight": data.class_weight, "sample_weight": data.sample_weight}
    given |= {"augment": options.augmentation}
    given |= {
        "validation_split": data.validation_split or None,
        "workers": None if options.workers == 1 else options.workers,
        "ranks": options.ranks.count if options.ranks.count > 1 else None,
    }
    for name, value in given.items():
        if value is not None:
            raise InputError(
                name,
                expected="none with a stream of batches",
                found=reprlib.repr(value),
                advice="A stream may yield (x, y, weights); pass validation data as arrays.",
            )
    batches = StreamedBatches(network, data.X_train, options.steps_per_epoch, options.accumulate)
    _check_can_resume(batches, options)
    _wanted_workers(options)  # refuses anything but a checkpoint
    return _trainer(network, batches, _with_validation(network, data), options, history, workers=1)


def _check_can_resume(batches: StreamedBatches, options: TrainingOptions) -> None:
    """Refuse checkpoints of a training run whose stream could not be read again."""
    for name, value in {"resume": options.resume, "on_checkpoint": options.on_checkpoint}.items():
        if value is not None and not batches.can_resume:
            raise InputError(
                name,
                expected="a stream that can be read from its beginning again",
                found="a single iterator",
                advice="Pass a function that returns a new iterator of the same batches at every call.",
            )


def _trainer(
    network: Network, batches: Any, data: TrainingData, options: TrainingOptions, history: History, workers: int
) -> Trainer:
    """Return the trainer with these parts."""
    validation = None if data.X_val is None else network._batches(*network._checked(data.X_val, data.y_val))
    steps = len(batches)
    history.chosen_epoch = None  # of an earlier training run, from whose weights this one starts
    rate = LearningRate(
        network.learning_rate, options.epochs * steps, options.schedule, round(options.warmup_epochs * steps)
    )
    return Trainer(
        network.stack, network.loss, network.optimizer, batches, validation, rate, options,
        as_callbacks(options.callbacks), workers, history,
    )  # fmt: skip


def _with_validation(network: Network, data: TrainingData) -> TrainingData:
    """Return the data with validation data as X_val and y_val, however they were given."""
    given = [data.X_val is not None or data.y_val is not None, data.validation_data is not None]
    if data.validation_split:
        given.append(True)
    if sum(given) > 1:
        found = "more than one"
        raise InputError(
            "validation data", expected="one of its forms", found=found, advice="Pass X_val and y_val only."
        )
    X_val, y_val = data.X_val, data.y_val
    if data.validation_data is not None:
        if not isinstance(data.validation_data, (tuple, list)) or len(data.validation_data) != 2:
            found = reprlib.repr(data.validation_data)
            raise InputError("validation_data", expected="(X_val, y_val)", found=found, advice="Give both.")
        X_val, y_val = data.validation_data
    if (X_val is None) != (y_val is None):
        raise InputError("validation data", expected="X_val and y_val", found="one of them", advice="Give both.")
    if not data.validation_split:
        return replace(data, X_val=X_val, y_val=y_val, validation_data=None)
    return _split(data)


def _split(data: TrainingData) -> TrainingData:
    """Return the data with a stratified part held out, which is always the same for the same labels."""
    checked_number(
        data.validation_split, "validation_split", "a number in [0, 1)", lambda f: 0.0 <= f < 1.0, "0.1 is usual."
    )
    X, y = data.X_train, data.y_train
    kept, held_out = stratified_split(y, data.validation_split, SPLIT_SEED)
    weight = None if data.sample_weight is None else data.sample_weight[kept]
    return replace(
        data, X_train=X[kept], y_train=y[kept], X_val=X[held_out], y_val=y[held_out], sample_weight=weight,
        validation_split=0.0,
    )  # fmt: skip


def _weights(network: Network, data: TrainingData, y: np.ndarray) -> np.ndarray | None:
    """Return the weights of the samples (N,) in the network's dtype; None if all are equal."""
    if data.sample_weight is None and data.class_weight is None:
        return None
    weights = np.ones(len(y)) if data.sample_weight is None else data.sample_weight
    if data.class_weight is not None:
        weights = weights * _class_weights(network, data.class_weight, y, weights)[y]
    with np.errstate(over="ignore"):
        weights = weights.astype(network.dtype)
        total = float(weights.sum())
    if not 0.0 < total < np.inf:
        found, advice = f"a sum of {total:g}", "Divide all weights by the largest, or omit them for equal weights."
        raise InputError("weights", expected="a finite sum above 0", found=found, advice=advice)
    return weights


def _class_weights(network: Network, given: Any, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return one weight per class: as given by number or name, 1 by default.

    "balanced" gives each of the C classes that occur the same total weight: ``n / (C n_c)``, where ``n`` is the sum of
    the sample weights and ``n_c`` that of a class.
    """
    if isinstance(given, str) and given == "balanced":
        sums = np.bincount(y, weights, minlength=network.output_size)
        return sums.sum() / (max(np.count_nonzero(sums), 1) * np.where(sums, sums, np.inf))
    if not isinstance(given, Mapping):
        found = reprlib.repr(given)
        raise InputError(
            "class_weight",
            expected="a dict or 'balanced'",
            found=found,
            advice="{0: 2.0} doubles the weight of class 0.",
        )
    factors = np.ones(network.output_size)
    places: dict[Any, int] = {name: number for number, name in enumerate(network.class_names)}
    places |= {number: number for number in range(network.output_size)}
    for name, weight in given.items():
        if name not in places:
            expected = f"classes out of {', '.join(network.class_names)}"
            raise InputError("class_weight", expected=expected, found=repr(name), advice="Use their numbers or names.")
        advice = "0 ignores a class."
        factors[places[name]] = checked_number(
            weight, f"class_weight of {name}", "a finite number of at least 0", lambda w: 0.0 <= w < np.inf, advice
        )
    return factors
