"""`NeuralNetwork`: the face of the engine."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from backend import Backend, choose_backend
from backend.registry import look_up
from classes import gradient_check
from classes.checks import checked_count, checked_images, checked_labels
from classes.construction import DTYPES, checked_class_names, dense_layers, generator_from
from classes.files import copying, model_file
from classes.layers import Layer
from classes.layers.sequential import Sequential
from classes.layers.summary import summary_table
from classes.losses import LOSSES, Loss
from classes.optimizers import OPTIMIZERS
from classes.schedules import checked_learning_rate
from classes.training.callbacks import BestWeights, as_callbacks
from classes.training.fitting import TrainingData, new_trainer
from classes.training.loop import Trainer, evaluate
from classes.training.options import TrainingPlan
from classes.training.records import EpochRecord, History
from initializers.batches import INPUT_SCALINGS, Batches

EVALUATION_BATCH = 1000  # rows at a time when nothing is learned; always the same, so that the same bits come out


class NeuralNetwork:
    """A feed-forward classifier.

    Parameters
    ----------
    input_size : int
        Numbers a row, 784 for MNIST.
    hidden_sizes : sequence of int
        Units of each hidden layer.
    output_size : int
        Classes C.
    learning_rate : float, optional
        None takes the optimizer's own usual rate.
    activation : str or sequence of str
        A key of `ACTIVATIONS`, for all hidden layers or one for each.
    optimizer : str
        A key of `OPTIMIZERS`.
    dropout : float or sequence of float
        Probability that a hidden unit is dropped while training, for all hidden layers or one for each.
    weight_decay : float, optional
        Decoupled, on matrices alone; None takes the optimizer's own usual one.
    initializer : str or sequence of str, optional
        A key of `INITIALIZERS`, for all layers or one for each, that of the logits included; None takes, layer by
        layer, the one that suits the activation.
    label_smoothing : float
        Share of every target that is spread over all classes.
    input_scaling : str
        A key of `INPUT_SCALINGS`: how uint8 images become inputs. Float images are taken as they are.
    dtype : {"float32", "float64"}
        Of parameters and arithmetic.
    seed : int or numpy.random.Generator
        Where weights, shuffles and dropout come from.
    device : {"cpu", "gpu", "auto"} or Backend
        Where the arithmetic happens.
    layers : sequence of Layer, optional
        The layers themselves, in place of `hidden_sizes`, `activation`, `dropout` and `initializer`; the last gives
        the logits.
    loss : Loss, optional
        In place of the softmax cross-entropy.
    class_names : sequence of str, optional
        One a class; by default the class numbers.

    Attributes
    ----------
    history : History
        Every epoch of the last training.
    temperature : float
        What `predict_proba` divides the logits by; 1 unless something has fitted it. It is saved with the model.
    info : dict
        Built-in types that are saved with the model: data set, preset, accuracy and the like.

    Raises
    ------
    InputError
        If an argument is not one of those above.

    Notes
    -----
    The methods use the layers' buffers: do not call one network from two threads at once.

    Examples
    --------
    >>> X, y = np.eye(4, dtype="float32"), np.array([0, 1, 0, 1])
    >>> network = NeuralNetwork(4, (8,), 2, optimizer="adam", learning_rate=0.05)
    >>> history = network.train(X, y, epochs=50, batch_size=4, verbose=False)
    >>> network.predict(X).tolist()
    [0, 1, 0, 1]
    """

    def __init__(
        self,
        input_size: int = 784,
        hidden_sizes: Sequence[int] = (256, 128),
        output_size: int = 10,
        learning_rate: float | None = None,
        activation: str | Sequence[str] = "relu",
        *,
        optimizer: str = "sgd",
        dropout: float | Sequence[float] = 0.0,
        weight_decay: float | None = None,
        initializer: str | Sequence[str] | None = None,
        label_smoothing: float = 0.0,
        input_scaling: str = "unit",
        dtype: str = "float32",
        seed: int | np.random.Generator = 0,
        device: str | Backend = "cpu",
        layers: Sequence[Layer] | None = None,
        loss: Loss | None = None,
        class_names: Sequence[str] | None = None,
    ) -> None:
        self.input_size = checked_count(input_size, "input_size")
        self.input_scaling = input_scaling
        self._scaling = look_up(INPUT_SCALINGS, input_scaling, "input_scaling")
        self.dtype = look_up(dict.fromkeys(DTYPES, dtype), dtype, "dtype")
        self.backend = choose_backend(device) if isinstance(device, str) else device
        if layers is None:
            layers = dense_layers(hidden_sizes, output_size, activation, dropout, initializer)
        self.model = Sequential(layers, (self.input_size,), self.backend, dtype)
        self.output_size = self.model.output_shape[0]
        self.class_names = checked_class_names(class_names, self.output_size)
        self.loss = loss if loss is not None else LOSSES["cross_entropy"](label_smoothing=label_smoothing)
        self.optimizer = look_up(OPTIMIZERS, optimizer, "optimizer")(weight_decay=weight_decay)
        rate = self.optimizer.usual_rate if learning_rate is None else learning_rate
        self.learning_rate = checked_learning_rate(rate)
        weights, self._shuffles, noise = generator_from(seed).spawn(3)
        self._noise = self.backend.generator(int(noise.integers(2**63)))
        self.model.initialize(weights)
        self.optimizer.bind(self.backend.xp, self.model.parameters)
        self.temperature = 1.0
        self.history = History()
        self.info: dict[str, Any] = {}

    def _bind(self, capacity: int) -> None:
        """Make room for batches of `capacity` rows."""
        if capacity > self.model.capacity:
            self.model.bind(capacity, self._noise)
            self.loss.bind(self.backend, self.output_size, capacity, self.dtype)
            self._x = self.backend.xp.empty((capacity, self.input_size), dtype=self.dtype)

    def _checked(self, X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return images and labels as arrays that belong together and to this network."""
        X = checked_images(X, self.input_size)
        return X, checked_labels(y, len(X), self.output_size)

    def _batches(
        self, X: np.ndarray, y: np.ndarray, size: int = EVALUATION_BATCH, *, shuffled: bool = False, **options: Any
    ) -> Batches:
        """Return checked images and labels in batches, and make room for them."""
        batches = Batches(
            X, y, size, backend=self.backend, dtype=self.dtype, scaling=self._scaling,
            generator=self._shuffles if shuffled else None, **options,
        )  # fmt: skip
        self._bind(batches.batch_size)
        return batches

    # --- learning ---------------------------------------------------------------------------------------------------

    def train(
        self,
        X_train: Any,
        y_train: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        epochs: int = 10,
        batch_size: int = 128,
        verbose: bool = True,
        *,
        keep_best: bool = False,
        **options: Any,
    ) -> History:
        """Train, and return the history, which is the attribute `history` too.

        Parameters
        ----------
        verbose : bool
            Write a line an epoch to standard output.
        keep_best : bool
            End with the weights of the epoch that did best on the validation data, not with those of the last.
        X_train, y_train, X_val, y_val, epochs, batch_size, **options
            As for `train_epochs`, which says too what is raised.
        """
        if keep_best:
            options["callbacks"] = [*as_callbacks(options.get("callbacks", ())), BestWeights()]
        for record in self.train_epochs(X_train, y_train, X_val, y_val, epochs, batch_size, **options):
            if verbose:
                sys.stdout.write(f"{record}\n")
        return self.history

    def train_epochs(
        self,
        X_train: Any,
        y_train: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        epochs: int = 10,
        batch_size: int = 128,
        *,
        validation_data: tuple[Any, Any] | None = None,
        validation_split: float = 0.0,
        class_weight: Mapping[Any, float] | str | None = None,
        sample_weight: Any = None,
        **options: Any,
    ) -> Iterator[EpochRecord]:
        """Train, an epoch for every record taken from the iterator that this returns.

        A further training goes on with the optimizer's state and begins a history of its own.

        Parameters
        ----------
        X_train : array_like (N, I) or images of I pixels, or a stream
            Whole numbers are pixels from 0 to 255, floats are inputs that are scaled already. Arrays may be mapped
            from a file. A stream is an iterable of batches ``(x, y)`` or ``(x, y, weights)``, or a function that
            returns one; `y_train` is None then.
        y_train : array_like (N,) or (N, C)
            Class numbers, or one-hot rows.
        X_val, y_val : array_like, optional
            Validation data of the same kinds.
        epochs, batch_size : int
            Passes over the data, and rows a step.
        validation_data : tuple, optional
            ``(X_val, y_val)``, as Keras has it.
        validation_split : float
            Share of every class that is held out for validation instead.
        class_weight : mapping or "balanced", optional
            How much images count by class, number or name; what is left out counts 1. "balanced" makes all classes
            count alike.
        sample_weight : array_like (N,), optional
            How much every image counts: 2 is as good as having it twice.
        **options
            See `classes.training.options.TrainingPlan`: schedule, clip_norm, callbacks, accumulate, workers and so on.

        Raises
        ------
        InputError
            At the call, if the data or an option is wrong.
        DivergenceError
            From the iterator, if the loss becomes NaN or infinite; the weights are those from before that epoch.
        """
        data = TrainingData(
            X_train, y_train, X_val, y_val, validation_data, validation_split, class_weight, sample_weight
        )
        plan = TrainingPlan(epochs, batch_size, **options)
        return self._recorded(new_trainer(self, data, plan, History()))

    def partial_fit(self, X: Any, y: Any, *, sample_weight: Any = None, batch_size: int = 128) -> EpochRecord:
        """Learn from some more data in one pass, going on where everything stands; return the pass's record.

        The record joins the history. Arguments and errors are those of `train_epochs`.
        """
        done = self.history.last.epoch if len(self.history) else 0
        plan = TrainingPlan(done + 1, batch_size, initial_epoch=done)
        data = TrainingData(X, y, sample_weight=sample_weight)
        (record,) = self._recorded(new_trainer(self, data, plan, self.history))
        return record

    def _recorded(self, trainer: Trainer) -> Iterator[EpochRecord]:
        """Run the trainer, whose history is the network's from now on."""
        self.history = trainer.history
        yield from trainer.run()

    # --- using ------------------------------------------------------------------------------------------------------

    def forward(self, X: Any) -> np.ndarray:
        """Return the probabilities (N, C) of all classes: another name for `predict_proba`."""
        return self.predict_proba(X)

    def backward(self, X: Any, y: Any) -> dict[str, np.ndarray]:
        """Return the gradient of the mean loss, with dropout off, by parameter name (``0.W``, ``0.b``, ...), as copies.

        All of `X` (N, I) with its labels `y` is taken as one batch; data that do not suit are an InputError.
        """
        self._gradients(X, y)
        parameters = self.model.parameters
        return {name: self.backend.to_host(parameters.gradient(name)).copy() for name in parameters.shapes}

    def _gradients(self, X: Any, y: Any) -> float:
        """Run one batch forward and backward; return its mean loss."""
        X, y = self._checked(X, y)
        (batch,) = self._batches(X, y, len(X))
        loss = float(self.loss.forward(self.model.forward(batch.x), batch.y).mean())
        dz = self.loss.backward()
        dz *= 1.0 / len(X)
        self.model.backward(dz)
        return loss

    def predict(self, X: Any) -> np.ndarray:
        """Return the most likely class number of every image, (N,) int64."""
        parts = [self.backend.to_host(z.argmax(axis=1)) for z in self._logits(X)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probabilities of all classes.

        Parameters
        ----------
        X : array_like (N, I) or images of I pixels
            Whole numbers are pixels from 0 to 255, floats are inputs that are scaled already.

        Returns
        -------
        ndarray (N, C)
            Rows sum to 1.

        Raises
        ------
        InputError
            If `X` does not suit the network.
        """
        cooling = 1.0 / self.temperature  # softmax(z / T), Guo et al. 2017
        parts = (self.loss.probabilities(z if cooling == 1.0 else z * cooling) for z in self._logits(X))
        return np.concatenate([self.backend.to_host(p).copy() for p in parts])

    def _logits(self, X: Any) -> Iterator[Any]:
        """Yield the logits of one part of the images after the other, each valid until the next."""
        X = checked_images(X, self.input_size)
        self._bind(min(len(X), EVALUATION_BATCH))
        for start in range(0, len(X), EVALUATION_BATCH):
            yield self.model.forward(self._input(X[start : start + EVALUATION_BATCH]))

    def _input(self, X: np.ndarray) -> Any:
        """Return images as the network's input: themselves, where that is what they are, or scaled in a buffer."""
        if self.backend.on_host and X.dtype == self.dtype:
            return X
        x = self._x[: len(X)]
        self._scaling.apply(self.backend.xp, self.backend.from_host(X), x)
        return x

    def evaluate(self, X: Any, y: Any) -> tuple[float, float]:
        """Return mean loss and accuracy, a fraction in [0, 1]; data that do not suit are an InputError."""
        return evaluate(self.model, self.loss, self._batches(*self._checked(X, y)))

    # --- looking ----------------------------------------------------------------------------------------------------

    @property
    def parameter_count(self) -> int:
        """How many numbers are learned."""
        return self.model.parameters.size

    def summary(self) -> str:
        """Return a table of the layers with output shapes and numbers of parameters."""
        return summary_table(self.model)

    def check_gradients(self, X: Any, y: Any, *, directions: int = 10, seed: int = 0) -> float:
        """Return the worst relative error of `backward` against central differences, in float64.

        See `classes.gradient_check`.
        """
        return gradient_check.check_gradients(self, X, y, directions=directions, seed=seed)

    def __reduce__(self) -> tuple[Any, ...]:
        return copying.network_of, (type(self), copying.state_of(self))

    # --- keeping ----------------------------------------------------------------------------------------------------

    def save_model(self, path: str | Path, *, weights: str | None = None) -> Path:
        """Write the model to a `.pkl` of built-in types alone, whole or not at all; return the path.

        `weights`, "float16" say, keeps them rounded to that; they are read back into the network's own dtype.

        Raises
        ------
        InputError
            If a weight is not finite, or more than `weights` holds.
        OSError
            If the file cannot be written.
        """
        return model_file.write_contents(path, model_file.contents_of(self, weights=weights))

    @classmethod
    def load_model(cls, path: str | Path, *, device: str | Backend = "cpu") -> "NeuralNetwork":
        """Return the network that a file holds.

        Parameters
        ----------
        path : str or Path
            As written by `save_model`. A file from elsewhere runs nothing: whatever is not a number, a string, a
            list, a dict or bytes is refused.
        device : {"cpu", "gpu", "auto"} or Backend
            Where the arithmetic shall happen.

        Raises
        ------
        InputError
            If there is no such file, or it is not a whole and sound model.
        """
        return model_file.build_network(cls, model_file.read_contents(path), str(path), device=device)
