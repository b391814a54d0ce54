"""`NeuralNetworkClassifier`: the network with scikit-learn's interface, for pipelines, searches and ensembles."""

import copy
import reprlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state, column_or_1d
from sklearn.utils.multiclass import check_classification_targets, unique_labels
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from backend import Backend, InputError
from classes import NeuralNetwork
from classes.callbacks import Callback, EarlyStopping
from classes.training.records import History


@dataclass(eq=False, repr=False)
class NeuralNetworkClassifier(ClassifierMixin, BaseEstimator):
    """A `NeuralNetwork` that is used like scikit-learn's `MLPClassifier`.

    Parameters
    ----------
    hidden_sizes : sequence of int
        Units of each hidden layer (`hidden_layer_sizes`).
    layers : str, optional
        All hidden layers in compact notation, such as ``"32C3-MP2-128"``, instead of `hidden_sizes` and `dropout`.
        Convolutions take rows as square images.
    activation : str or sequence of str
        A key of `ACTIVATIONS`, for all hidden layers or one for each; "sigmoid" is scikit-learn's "logistic".
    optimizer : str
        A key of `OPTIMIZERS` (`solver`, `momentum`, `nesterovs_momentum`).
    learning_rate : float, optional
        The highest rate (`learning_rate_init`); None takes the optimizer's own usual one.
    schedule : str
        A key of `SCHEDULES`: how the rate changes (`learning_rate`, `power_t`).
    weight_decay : float, optional
        Decoupled weight decay of matrices, instead of the penalty `alpha`; None uses the optimizer's default.
    dropout, label_smoothing : float
        As in `NeuralNetwork`.
    batch_size, epochs : int
        Rows a step, and the most passes over the data (`max_iter`).
    shuffle : bool
        Draw a new order for every pass.
    early_stopping : bool
        Hold out `validation_fraction` of every class, unless `fit` is given X_val and y_val, and end with the weights
        of the epoch with the highest validation accuracy. If not, the training loss decides when to end.
    validation_fraction : float
        Share that is held out.
    patience : int, optional
        Epochs in a row without progress after which training ends (`n_iter_no_change`); None trains through all.
    min_delta : float
        How much better counts as progress (`tol`).
    class_weight : mapping or "balanced", optional
        How much rows count by label; what is left out counts 1.
    dtype : {"auto", "float32", "float64"}
        Of parameters and arithmetic; "auto" takes float64 for all input but float32 and uint8.
    workers : int, optional
        Processes that share a step; None takes what suits task and machine.
    device : {"auto", "cpu", "gpu"} or Backend
        Where the arithmetic happens.
    callbacks : sequence of callable
        As in `TrainingOptions`. `fit` works on copies of `Callback` objects, as with all that it is given.
    random_state : int, RandomState or None
        An int gives reproducible results, those of ``NeuralNetwork(seed=random_state)``; None draws from NumPy's global
        state.
    verbose : bool
        Print one line per epoch.

    Attributes
    ----------
    classes_ : ndarray (C,)
        All labels, in order.
    network_ : NeuralNetwork
        What has been learned; `network_.save_model` writes it.
    n_features_in_, feature_names_in_ : int, ndarray
        Width of the input, and its columns' names if they are strings.

    Notes
    -----
    uint8 arrays are pixels, which the network maps from 0 ... 255 to 0 ... 1, so that images and images / 255 learn
    and predict the same. All other integers are ordinary numbers, as in scikit-learn. An estimator fitted on integers
    interprets all later integers in the same way.

    `warm_start` is what `partial_fit` does. Pickles hold the optimizer's state too, so that `partial_fit` goes on. Do
    not call one estimator from two threads at once.

    Examples
    --------
    >>> X, y = np.eye(4), ["odd", "even", "odd", "even"]
    >>> model = NeuralNetworkClassifier((8,), learning_rate=0.05, random_state=0).fit(X, y)
    >>> model.predict(X[:2]).tolist()
    ['odd', 'even']
    """

    hidden_sizes: Sequence[int] = (100,)
    _: KW_ONLY
    layers: str | None = None
    activation: str | Sequence[str] = "relu"
    optimizer: str = "adam"
    learning_rate: float | None = None
    schedule: str = "constant"
    weight_decay: float | None = None
    dropout: float | Sequence[float] = 0.0
    label_smoothing: float = 0.0
    batch_size: int = 128
    epochs: int = 200
    shuffle: bool = True
    early_stopping: bool = False
    validation_fraction: float = 0.1
    patience: int | None = 10
    min_delta: float = 1e-4
    class_weight: Mapping[Any, float] | str | None = None
    dtype: str = "auto"
    workers: int | None = None
    device: str | Backend = "auto"
    callbacks: Sequence[Callable[..., Any]] = ()
    random_state: Any = None
    verbose: bool = False

    # --- learning ---------------------------------------------------------------------------------------------------

    def fit(self, X: Any, y: Any, sample_weight: Any = None, X_val: Any = None, y_val: Any = None) -> Self:
        """Learn from the beginning.

        Parameters
        ----------
        X : array_like (N, I)
            Dense; see the notes on integers.
        y : array_like (N,)
            Labels: strings, integers or booleans.
        sample_weight : array_like (N,) or float, optional
            How much every row counts: 2 is as good as having it twice.
        X_val, y_val : array_like, optional
            Validation data of the same kinds.

        Raises
        ------
        InputError
            If an argument of the estimator will not do.
        ValueError
            If the data will not do.
        DivergenceError
            If the loss becomes NaN or infinite.
        """
        X, y, weights = self._checked(X, y, sample_weight, reset=True)
        self.classes_ = np.unique(y)
        network = self._new_network(X)
        network.train(
            self._input(X), self._numbers(y), *self._validation(X_val, y_val), self.epochs, self.batch_size,
            bool(self.verbose), validation_split=self.validation_fraction if self._holds_out(X_val) else 0.0,
            class_weight=self._class_weight(), sample_weight=weights, schedule=self.schedule, shuffle=self.shuffle,
            workers=self.workers, callbacks=[*map(_own, self.callbacks), self._stopping()],
        )  # fmt: skip
        self.network_ = network
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Train one more epoch on the given data, continuing from the current state, also after `fit`.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.
        classes : array_like (C,)
            All labels that can occur; required at the first call.

        Raises
        ------
        InputError
            If classes are missing or other ones than before, or an argument of the estimator needs all data at once.
        ValueError
            If the data will not do.
        """
        self._refuse_what_needs_all_data()
        first = not hasattr(self, "network_")
        X, y, weights = self._checked(X, y, sample_weight, reset=first)
        self.classes_ = self._known_classes(classes)
        network = self._new_network(X) if first else self.network_
        numbers = self._numbers(y)
        if self.class_weight is not None:
            factors = self._class_weight()
            weights = (1.0 if weights is None else weights) * np.array([factors.get(c, 1.0) for c in numbers.tolist()])
        network.partial_fit(self._input(X), numbers, sample_weight=weights, batch_size=self.batch_size)
        self.network_ = network
        return self

    def _checked(self, X: Any, y: Any, sample_weight: Any, *, reset: bool) -> tuple[np.ndarray, np.ndarray, Any]:
        """Return validated rows, labels and weights; determine the interpretation of integers."""
        X, y = validate_data(self, X, y, reset=reset)
        check_classification_targets(y)
        if reset:
            self._pixels = X.dtype == np.uint8 if X.dtype.kind in "ui" else None
        return X, y, None if sample_weight is None else _check_sample_weight(sample_weight, X)

    def _new_network(self, X: np.ndarray) -> NeuralNetwork:
        """Return an untrained network for such rows."""
        usual = "float32" if X.dtype in ("float32", "uint8") else "float64"
        return NeuralNetwork(
            self.n_features_in_, self.hidden_sizes, len(self.classes_), self.learning_rate, self.activation,
            optimizer=self.optimizer, dropout=self.dropout, layers=self.layers, weight_decay=self.weight_decay,
            label_smoothing=self.label_smoothing, dtype=usual if self.dtype == "auto" else self.dtype,
            seed=self._seed(), device=self.device, class_names=[str(label) for label in self.classes_],
        )  # fmt: skip

    def _seed(self) -> int:
        """Return the network's seed: the very number that was given, or one drawn as scikit-learn draws."""
        if isinstance(self.random_state, (int, np.integer)):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _numbers(self, y: np.ndarray) -> np.ndarray:
        """Return the class number of every label."""
        places = {label: number for number, label in enumerate(self.classes_.tolist())}
        try:
            return np.array([places[label] for label in y.tolist()])
        except KeyError as unknown:
            raise InputError(
                "labels",
                expected=f"some of {reprlib.repr(list(places))}",
                found=repr(unknown.args[0]),
                advice="Call fit on data with all labels, or pass all labels to the first call of partial_fit.",
            ) from None

    def _validation(self, X_val: Any, y_val: Any) -> tuple[Any, Any]:
        """Return validation data as the network takes them; of two, the missing one stays None."""
        return (
            None if X_val is None else self._input(validate_data(self, X_val, reset=False)),
            None if y_val is None else self._numbers(column_or_1d(y_val)),
        )

    def _holds_out(self, X_val: Any) -> bool:
        """Return whether validation data are taken from the training data."""
        return bool(self.early_stopping) and X_val is None

    def _stopping(self) -> EarlyStopping:
        """Return the callback that ends the training."""
        monitor = "val_accuracy" if self.early_stopping else "train_loss"
        patience = self.epochs if self.patience is None else self.patience
        return EarlyStopping(monitor, patience, self.min_delta, restore_best_weights=bool(self.early_stopping))

    def _class_weight(self) -> Any:
        """Return the weights by class number instead of by label."""
        if not isinstance(self.class_weight, Mapping):
            return self.class_weight
        numbers = self._numbers(np.array(list(self.class_weight), dtype=object))
        return dict(zip(numbers.tolist(), self.class_weight.values(), strict=True))

    def _known_classes(self, classes: Any) -> np.ndarray:
        """Return all labels: those from before, or else those that the first call of `partial_fit` names."""
        fitted = hasattr(self, "network_")
        if classes is None:
            if not fitted:
                advice = "Pass classes=np.unique(all labels)."
                raise InputError("classes", expected="all labels at the first call", found="none", advice=advice)
            return self.classes_
        named = unique_labels(classes)
        if fitted and not np.array_equal(named, self.classes_):
            found, expected = (reprlib.repr(labels.tolist()) for labels in (named, self.classes_))
            raise InputError("classes", expected=f"{expected} again", found=found, advice="Or start again with fit.")
        return named

    def _refuse_what_needs_all_data(self) -> None:
        """Raise an error if `partial_fit` does not support the arguments."""
        for name, asked in (("early_stopping", self.early_stopping), ("class_weight", self.class_weight == "balanced")):
            if asked:
                found, advice = repr(getattr(self, name)), "Use fit, or set_params first."
                raise InputError(name, expected="nothing that needs all data", found=found, advice=advice)

    # --- using ------------------------------------------------------------------------------------------------------

    def predict(self, X: Any) -> np.ndarray:
        """Return the most likely label of every row, (N,)."""
        network = self._fitted()
        return self.classes_[network.predict(self._seen(X))]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probabilities (N, C) of all classes, in the order of `classes_`."""
        return self._fitted().predict_proba(self._seen(X))

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithms (N, C) of the probabilities; of one that is too small for a float, -inf."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def _fitted(self) -> NeuralNetwork:
        """Return the network, once there is one."""
        check_is_fitted(self, "network_")
        return self.network_

    def _seen(self, X: Any) -> np.ndarray:
        """Return new rows as the network takes them."""
        return self._input(validate_data(self, X, reset=False))

    def _input(self, X: np.ndarray) -> np.ndarray:
        """Return rows in the network's format: floats, or integers that are pixels."""
        pixels = X.dtype == np.uint8 if self._pixels is None else self._pixels
        if X.dtype == np.float32 or (X.dtype.kind in "ui" and pixels):
            return X
        return X.astype(np.float64, copy=False)

    # --- looking, by scikit-learn's names ---------------------------------------------------------------------------

    @property
    def history_(self) -> History:
        """Every epoch, by `fit` and `partial_fit`."""
        return self.network_.history

    @property
    def n_iter_(self) -> int:
        """How many epochs there were."""
        return len(self.history_)

    @property
    def loss_curve_(self) -> list[float]:
        """Training loss of every epoch, in nats."""
        return self.history_.column("train_loss")

    @property
    def loss_(self) -> float:
        """Training loss of the last epoch, in nats."""
        return self.history_.last.train_loss

    @property
    def validation_scores_(self) -> list[float | None]:
        """Accuracy on the validation data after every epoch; None where there were none."""
        return self.history_.column("val_accuracy")

    @property
    def coefs_(self) -> list[np.ndarray]:
        """Copies of all layers' matrices, (inputs, outputs)."""
        return _copies(self.network_, dimensions=2)

    @property
    def intercepts_(self) -> list[np.ndarray]:
        """Copies of all layers' biases."""
        return _copies(self.network_, dimensions=1)

    # --- keeping ----------------------------------------------------------------------------------------------------


def _own(callback: Callable[..., Any]) -> Callable[..., Any]:
    """Return a callback to train with: a copy where training changes it, since `fit` must not change arguments."""
    return copy.deepcopy(callback) if isinstance(callback, Callback) else callback


def _copies(network: NeuralNetwork, dimensions: int) -> list[np.ndarray]:
    """Return copies of all parameters with this number of dimensions, in the order of the layers."""
    parameters, to_host = network.stack.parameters, network.backend.to_host
    names = [name for name, shape in parameters.shapes.items() if len(shape) == dimensions]
    return [np.array(to_host(parameters.view(name))) for name in names]
