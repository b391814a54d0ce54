"""A stack of layers with one vector of parameters."""

import copy
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from backend import Backend, InputError
from backend.blas import one_blas_thread
from classes.layers.layer import Layer, Slot
from classes.layers.parameters import ParameterVector, Shape


class Sequential:
    """Layers applied one after the other, ``f = f_L o ... o f_1``.

    Parameters
    ----------
    layers : sequence of Layer
        In the order of the forward pass.
    input_shape : tuple of int
        Shape of an input sample.
    backend : Backend
        The array library and the device.
    dtype : str
        "float32" or "float64".

    Attributes
    ----------
    parameters : ParameterVector
        The parameters of all layers, named ``0.W``, ``0.b``, ``1.W`` ... by the index of the layer; initially zeros.
    output_shape : tuple of int
        Shape of an output sample.
    bindings : int
        Number of times that buffers have been allocated; earlier ones are not used any more.
    state_names : set of str
        Names of the parameters that are not trained, such as running averages.

    Raises
    ------
    InputError
        If there are no layers, or the output shape of one does not suit the next.
    """

    def __init__(self, layers: Sequence[Layer], input_shape: Shape, backend: Backend, dtype: str) -> None:
        self.layers, self.backend, self.dtype = list(layers), backend, dtype
        self.input_shape = input_shape
        self.output_shapes, shapes = declare_all(self.layers, input_shape)
        self.output_shape = self.output_shapes[-1]
        self.parameters = ParameterVector(backend.xp, shapes, dtype)
        self.state_names = {f"{place}.{name}" for place, layer in enumerate(self.layers) for name in layer.state}
        self.capacity = self.bindings = 0
        self._first = min((int(name.split(".")[0]) for name in shapes), default=0)  # first layer with parameters
        self.on_gradients: Callable[[int], None] | None = None  # see `backward`
        self._starts = self.parameters.matrix_starts(len(self.layers))
        self.share(lambda vector: vector, keeps_state=True)

    @property
    def has_images(self) -> bool:
        """Whether a layer works on images, with many small matrix products instead of a few large ones."""
        return any(layer.takes_images for layer in self.layers)

    def blas_setting(self) -> AbstractContextManager[None]:
        """Return a context with as many threads of BLAS as suit the layers: one for images, else the usual number."""
        return one_blas_thread() if self.has_images else nullcontext()

    def twin(self) -> "Sequential":
        """Return the same layers with the same parameters, and no buffers yet, for another thread."""
        other = copy.copy(self)
        other.layers = [copy.copy(layer) for layer in self.layers]
        other.capacity = 0
        return other

    def share(self, add_up: Callable[[Any], Any], *, keeps_state: bool) -> None:
        """Use these in the next `bind`; see `Slot`."""
        self._add_up, self._keeps_state = add_up, keeps_state

    def initialize(self, generator: np.random.Generator) -> None:
        """Draw the initial values of all layers, in order, on the host."""
        for place, layer in enumerate(self.layers):
            for name, values in layer.first_values(generator).items():
                self.parameters.view(f"{place}.{name}")[...] = self.backend.from_host(values.astype(self.dtype))

    def bind(self, capacity: int, generator: Any) -> None:
        """Give each layer views of its parameters, and allocate buffers for batches of up to `capacity` samples.

        Parameters
        ----------
        capacity : int
            Number of samples.
        generator : object
            Random generator of the backend, for layers that draw random numbers in training.
        """
        self.capacity, self.generator = capacity, generator
        self.bindings += 1
        for place, layer in enumerate(self.layers):
            slot = Slot(
                self.backend, self.dtype, capacity, generator, add_up=self._add_up, keeps_state=self._keeps_state
            )
            for name in self.parameters.shapes:
                number, own_name = name.split(".")
                if int(number) == place:
                    slot.values[own_name] = self.parameters.view(name)
                    slot.grads[own_name] = self.parameters.gradient(name)
            layer.bind(slot)

    def move(self, values: Any, grads: Any) -> None:
        """Move the parameters and gradients to other storage (P,), and give each layer views of it."""
        self.parameters.move(values, grads)
        self.bind(self.capacity, self.generator)

    def multiply_adds(self) -> int:
        """Return the number of multiply-add operations of the forward pass of a sample, in matrix products only."""
        return sum(layer.multiply_adds() for layer in self.layers)

    def forward(self, x: Any, *, training: bool = False) -> Any:
        """Return the output of the last layer (n, *output_shape), which is valid until the next `forward`."""
        for layer in self.layers:
            x = layer.forward(x, training=training)
        return x

    def backward(self, dy: Any) -> None:
        """Assign the gradients of all parameters.

        This goes back from the last layer to the first one with parameters, which computes no dL/dx. After each layer
        but that one, `on_gradients` is called with the position from which on the gradients of matrices are final.
        """
        for place in range(len(self.layers) - 1, self._first, -1):
            dy = self.layers[place].backward(dy)
            if self.on_gradients is not None:
                self.on_gradients(self._starts[place])
        self.layers[self._first].backward(dy, propagate=False)


def declare_all(layers: Sequence[Layer], input_shape: Shape) -> tuple[list[Shape], dict[str, Shape]]:
    """Return the output shape of each layer, and the shape of each parameter by its full name ``index.name``.

    Nothing is allocated, so that the layers of an untrusted file can be checked first.

    Examples
    --------
    >>> from classes.layers import Dense
    >>> declare_all([Dense(3)], (2,))
    ([(3,)], {'0.W': (2, 3), '0.b': (3,)})
    """
    if not layers:
        raise InputError("layers", expected="at least one", found="none", advice="Add a dense layer.")
    outputs: list[Shape] = []
    shapes: dict[str, Shape] = {}
    for place, layer in enumerate(layers):
        output, own = layer.declare(outputs[-1] if outputs else input_shape)
        outputs.append(output)
        shapes.update({f"{place}.{name}": own[name] for name in own})
    return outputs, shapes
