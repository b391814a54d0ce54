"""The training setting of a comparison, the same for every peer. Imports nothing that could load a BLAS."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

INPUTS, CLASSES, IMAGES = 784, 10, 60_000


@dataclass(frozen=True)
class Setting:
    """A network and how it is trained.

    Attributes
    ----------
    network : str
        Its name.
    hidden_sizes : tuple of int
        Units of each hidden layer, all ReLU.
    dropout : tuple of float
        Probability after each hidden layer; 0 is none.
    batch_size : int
        Images a step.
    optimizer : {"adam", "sgd", "momentum", "rmsprop"}
        Rule of the steps.
    learning_rate : float
        Constant.
    input_scaling : str
        What our network calls ``x = (pixel / 255 - mean) / deviation``.
    mean, deviation : float
        The numbers in it, for those who prepare floats.
    seed : int
        Of weights, shuffles and dropout.
    notation : str
        All hidden layers of a network of images in our notation; empty for a network of dense layers.
    layers : sequence of dict
        Kind and settings of each layer of a network of images, as in our model files.
    flops : int
        `flops_per_image` of a network of images.

    Examples
    --------
    >>> setting = Setting("small", (100,), (0.0,), 64, "adam", 0.001, "unit", 0.0, 1.0, 0)
    >>> setting.title, setting.flops_per_image
    ('784-100-10, batch 64', 319600)
    """

    network: str
    hidden_sizes: tuple[int, ...]
    dropout: tuple[float, ...]
    batch_size: int
    optimizer: str
    learning_rate: float
    input_scaling: str
    mean: float
    deviation: float
    seed: int
    notation: str = ""
    layers: Sequence[dict[str, Any]] = ()
    flops: int = 0

    @property
    def sizes(self) -> tuple[int, ...]:
        """Numbers a row between the layers, from the input to the logits."""
        return INPUTS, *self.hidden_sizes, CLASSES

    @property
    def title(self) -> str:
        """Sizes, batch and dropout, for headings."""
        if self.notation:
            return f"{self.notation}, batch {self.batch_size}"
        dropout = ", dropout" if any(self.dropout) else ""
        return f"{'-'.join(map(str, self.sizes))}, batch {self.batch_size}{dropout}"

    @property
    def flops_per_image(self) -> int:
        """Floating-point operations of a step's matrix products, for one image.

        ``2 I O`` each for ``X W``, ``X^T dZ`` and ``dZ W^T``, the last in all layers but the first, whose input
        needs no gradient.
        """
        if self.layers:
            return self.flops
        products = [inputs * outputs for inputs, outputs in pairwise(self.sizes)]
        return 2 * (3 * sum(products) - products[0])
