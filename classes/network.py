"""The core of a network: its parts, and its forward and backward pass."""

import math
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from backend import Backend, InputError, choose_backend
from backend.registry import look_up
from classes.checks import checked_images, checked_labels, checked_shape
from classes.construction import DTYPES, check_outputs, checked_class_names, described_layers, generator_from
from classes.layers import Dense, Dropout, Layer
from classes.layers.notation import notation_of
from classes.layers.reshape import with_images
from classes.layers.sequential import Sequential
from classes.layers.summary import summary_table
from classes.losses import LOSSES, Loss
from classes.optimizers import OPTIMIZERS
from classes.schedules import checked_learning_rate
from classes.threads import threaded_logits
from classes.training.loop import evaluate
from classes.training.records import History
from initializers.batches import INPUT_SCALINGS, Batches

EVALUATION_BATCH = 1000  # samples at a time when nothing is learned; a constant, so that results are reproducible
# Numbers in all outputs of layers for a batch when nothing is learned, 16 MB in float32: they should stay in the cache.
EVALUATION_NUMBERS = 2**22


class Network:
    """The core of `NeuralNetwork`, which documents the arguments.

    Training, gradient checks, copies and model files are functions of such a network in other modules; `NeuralNetwork`
    offers them as methods.
    """

    def __init__(
        self,
        input_size: int | Sequence[int] = 784,
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
        device: str | Backend = "auto",
        layers: Sequence[Layer] | str | None = None,
        loss: Loss | None = None,
        class_names: Sequence[str] | None = None,
    ) -> None:
        input_shape = checked_shape(input_size, "input_size")
        self.input_size = math.prod(input_shape)
        self.input_scaling = input_scaling
        self._scaling = look_up(INPUT_SCALINGS, input_scaling, "input_scaling")
        self.dtype = look_up(dict.fromkeys(DTYPES, dtype), dtype, "dtype")
        self.backend = choose_backend(device) if isinstance(device, str) else device
        if not isinstance(layers, (list, tuple)):
            layers = described_layers(layers, hidden_sizes, output_size, activation, dropout, initializer)
        self.stack = Sequential(with_images(layers, input_shape), (self.input_size,), self.backend, dtype)
        self.output_size = self.stack.output_shape[0]
        self.evaluation_batch = _evaluation_batch(self.stack)
        self.class_names = checked_class_names(class_names, self.output_size)
        self.loss = loss if loss is not None else LOSSES["cross_entropy"](label_smoothing=label_smoothing)
        check_outputs(self.output_size, self.loss)
        self.optimizer = look_up(OPTIMIZERS, optimizer, "optimizer")(weight_decay=weight_decay)
        rate = self.optimizer.usual_rate if learning_rate is None else learning_rate
        self.learning_rate = checked_learning_rate(rate)
        weights, self._shuffles, noise = generator_from(seed).spawn(3)
        self._noise = self.backend.generator(int(noise.integers(2**63)))
        self.stack.initialize(weights)
        self.optimizer.bind(self.backend.xp, self.stack.parameters)
        self.temperature = 1.0
        self.history = History()
        self.info: dict[str, Any] = {}

    def _bind(self, capacity: int) -> None:
        """Allocate buffers for batches of `capacity` samples. Raises InputError if the device has too little memory."""
        if capacity <= self.stack.capacity:
            return
        try:
            self._allocate(capacity)
        except MemoryError as error:
            fitting = self._fitting(capacity)
            advice = f"Take batches of {fitting:,} or fewer." if fitting else "Take a smaller network."
            found = "too little memory"
            raise InputError(
                "memory", expected=f"room for a batch of {capacity:,} samples", found=found, advice=advice
            ) from error

    def _allocate(self, capacity: int) -> None:
        """Allocate buffers for batches of `capacity` samples; after an error, there are none."""
        try:
            self.stack.bind(capacity, self._noise)
            self.loss.bind(self.backend, self.output_size, capacity, self.dtype)
            self._x = self.backend.xp.empty((capacity, self.input_size), dtype=self.dtype)
        except MemoryError:
            self.stack.capacity = 0
            raise

    def _fitting(self, capacity: int) -> int:
        """Return the first of a half, a quarter ... of `capacity` for which there is memory; 0 if there is none."""
        while capacity := capacity // 2:
            with suppress(MemoryError):
                self._allocate(capacity)
                return capacity
        return 0

    def _checked(self, X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return images and labels as arrays, after checking that they fit each other and this network."""
        X = checked_images(X, self.input_size)
        return X, checked_labels(y, len(X), self.output_size)

    def _batches(
        self, X: np.ndarray, y: np.ndarray, size: int | None = None, *, shuffled: bool = False, **options: Any
    ) -> Batches:
        """Return checked images and labels in batches, and allocate buffers for them."""
        size = size or self.evaluation_batch
        self._bind(min(size, len(X)))
        return Batches(
            X, y, size, backend=self.backend, dtype=self.dtype, scaling=self._scaling,
            generator=self._shuffles if shuffled else None, **options,
        )  # fmt: skip

    def forward(self, X: Any) -> np.ndarray:
        """Return the probabilities (N, C) of all classes; the same as `predict_proba`."""
        return self.predict_proba(X)

    def backward(self, X: Any, y: Any) -> dict[str, np.ndarray]:
        """Return the gradients of the mean loss, without dropout, by parameter name (``0.W``, ``0.b``, ...), as copies.

        All of `X` (N, I) with labels `y` is one batch. Raises InputError if the data do not fit the network.
        """
        self._gradients(X, y)
        parameters = self.stack.parameters
        names = [name for name in parameters.shapes if name not in self.stack.state_names]
        return {name: self.backend.to_host(parameters.gradient(name)).copy() for name in names}

    def _gradients(self, X: Any, y: Any) -> float:
        """Run the forward and the backward pass of one batch; return its mean loss."""
        X, y = self._checked(X, y)
        (batch,) = self._batches(X, y, len(X))
        loss = float(self.loss.forward(self.stack.forward(batch.x), batch.y).mean())
        dz = self.loss.backward()
        dz *= 1.0 / len(X)
        self.stack.backward(dz)
        return loss

    def predict(self, X: Any) -> np.ndarray:
        """Return the class number with the highest probability for each image, (N,) int64."""
        parts = [self.backend.to_host(z.argmax(axis=1)) for z in self._logits(X)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probabilities of all classes.

        Parameters
        ----------
        X : array_like (N, I) or images of I pixels
            Whole numbers are pixels from 0 to 255; floats are inputs that have been scaled already.

        Returns
        -------
        ndarray (N, C)
            Probabilities; rows sum to 1.

        Raises
        ------
        InputError
            If `X` does not fit the network.
        """
        cooling = 1.0 / self.temperature  # softmax(z / T), Guo et al. 2017
        parts = (self.loss.probabilities(z if cooling == 1.0 else z * cooling) for z in self._logits(X))
        return np.concatenate([self.backend.to_host(p).copy() for p in parts])

    def _logits(self, X: Any) -> Iterator[Any]:
        """Yield the logits of the images part by part; each part is valid until the next."""
        X = checked_images(X, self.input_size)
        size = self.evaluation_batch
        self._bind(min(len(X), size))
        if self.stack.has_images and self.backend.on_host and len(X) > size:
            yield from threaded_logits(self.stack, self._scaling, X, size)
            return
        with self.stack.blas_setting():
            for start in range(0, len(X), size):
                yield self.stack.forward(self._input(X[start : start + size]))

    def _input(self, X: np.ndarray) -> Any:
        """Return images as input of the network: unchanged if they have its dtype, else scaled in a buffer."""
        if self.backend.on_host and X.dtype == self.dtype:
            return X
        x = self._x[: len(X)]
        self._scaling.apply(self.backend.xp, self.backend.from_host(X), x)
        return x

    def evaluate(self, X: Any, y: Any) -> tuple[float, float]:
        """Return the mean loss and the accuracy in [0, 1]. Raises InputError if the data do not fit the network."""
        return evaluate(self.stack, self.loss, self._batches(*self._checked(X, y)))

    @property
    def parameter_count(self) -> int:
        """Number of trained parameters."""
        parameters = self.stack.parameters
        return parameters.size - sum(math.prod(parameters.shapes[name]) for name in self.stack.state_names)

    def summary(self) -> str:
        """Return a table of the layers with output shapes and numbers of parameters, as text."""
        return summary_table(self.stack)

    def __repr__(self) -> str:
        layers = self.stack.layers
        is_plain = all(isinstance(layer, (Dense, Dropout)) for layer in layers)
        units = [str(layer.units) for layer in layers[:-1] if isinstance(layer, Dense)]
        hidden = units if is_plain else filter(None, [notation_of(layers)])
        sizes = "-".join([str(self.input_size), *hidden, str(self.output_size)])
        kinds = dict.fromkeys(getattr(layer, "activation", "identity") for layer in layers[:-1])
        kinds = {kind: None for kind in kinds if is_plain or kind != "identity"}
        parts = [sizes, *kinds, self.optimizer.kind, f"{self.parameter_count:,} parameters"]
        return f"{type(self).__name__}({', '.join(parts)})"

    @property
    def model(self) -> Sequential:
        """The stack of layers, under its name in earlier versions; the same as `stack`."""
        return self.stack


def _evaluation_batch(stack: Sequential) -> int:
    """Return the number of samples at a time when nothing is learned; fewer if the outputs of layers are large."""
    numbers = sum(math.prod(shape) for shape in stack.output_shapes)
    return max(1, min(EVALUATION_BATCH, EVALUATION_NUMBERS // numbers))
