"""PyTorch in eager mode: with tensors in memory, with fused Adam, and with a DataLoader."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.peers.peer import Peer, Weights
from benchmarks.race.setting import CLASSES, Setting


class Eager(Peer):
    """The usual loop; the whole training set is one tensor, and a batch is an index into it.

    The loop computes the loss, but neither its running mean nor the accuracy.
    """

    device = "cpu"

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        torch.manual_seed(setting.seed)
        self.model = network(setting).to(self.device)
        self.optimizer = self.make_optimizer()

    def make_optimizer(self) -> torch.optim.Optimizer:
        """Return the optimizer as its constructor's defaults have it."""
        make, more = OPTIMIZERS[self.setting.optimizer]
        return make(self.model.parameters(), lr=self.setting.learning_rate, **more)

    def own_form(self, X: np.ndarray) -> torch.Tensor:
        """Return a float32 tensor."""
        return torch.from_numpy(super().own_form(X)).to(self.device)

    def take(self, X: np.ndarray, y: np.ndarray) -> None:
        """Prepare tensors once."""
        self.X, self.y = self.own_form(X), torch.from_numpy(y.astype(np.int64)).to(self.device)
        self.images_per_epoch = len(X)

    def epoch(self) -> None:
        """Learn from every image once."""
        self.model.train()
        for rows in torch.randperm(len(self.X), device=self.device).split(self.setting.batch_size):
            self.learn(self.X[rows], self.y[rows])

    def learn(self, x: torch.Tensor, y: torch.Tensor) -> None:
        """Take one step."""
        self.optimizer.zero_grad()
        loss = functional.cross_entropy(self.model(x), y)
        loss.backward()
        self.optimizer.step()

    def set_weights(self, weights: Weights) -> None:
        """Copy into the linear layers, which hold W transposed."""
        linear = [layer for layer in self.model if isinstance(layer, nn.Linear)]
        with torch.no_grad():
            for layer, (W, b) in zip(linear, weights, strict=True):
                layer.weight.copy_(torch.from_numpy(W.T.copy()))
                layer.bias.copy_(torch.from_numpy(b))

    def get_ready_to_predict(self) -> None:
        """Switch dropout off."""
        self.model.eval()

    @torch.inference_mode()
    def predict(self, X: torch.Tensor) -> np.ndarray:
        """Return the place of the largest logit."""
        return self.model(X).argmax(1).cpu().numpy()

    def threads(self) -> str:
        """Return the number within an operation."""
        return f"torch {torch.get_num_threads()}"


class ChannelsLast(Eager):
    """The same with the channels of a pixel next to each other in memory, as PyTorch advises for convolution."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.model = self.model.to(memory_format=torch.channels_last)
        self.optimizer = self.make_optimizer()


class Fused(Eager):
    """Adam as one kernel over all parameters."""

    def make_optimizer(self) -> torch.optim.Optimizer:
        """Return the fused Adam."""
        return torch.optim.Adam(self.model.parameters(), lr=self.setting.learning_rate, fused=True)


class Loader(Eager):
    """Batches from a DataLoader over a TensorDataset, in the main process, with default settings."""

    def take(self, X: np.ndarray, y: np.ndarray) -> None:
        """Put the tensors behind a DataLoader."""
        super().take(X, y)
        self.batches = DataLoader(TensorDataset(self.X, self.y), batch_size=self.setting.batch_size, shuffle=True)

    def epoch(self) -> None:
        """Learn from every image once."""
        self.model.train()
        for x, y in self.batches:
            self.learn(x, y)


def network(setting: Setting) -> nn.Sequential:
    """Return the layers; the output of the last is logits."""
    if setting.layers:
        return image_network(setting)
    layers: list[nn.Module] = []
    width = setting.sizes[0]
    for units, rate in zip(setting.hidden_sizes, setting.dropout, strict=True):
        layers += [nn.Linear(width, units), nn.ReLU()]
        layers += [nn.Dropout(rate)] if rate else []
        width = units
    return nn.Sequential(*layers, nn.Linear(width, CLASSES))


def image_network(setting: Setting) -> nn.Sequential:
    """Return a network of images, which are (N, C, H, W) here; a call after each layer tells the next one's shape."""
    layers: list[nn.Module] = []
    for layer in setting.layers:
        x = nn.Sequential(*layers)(torch.zeros(2, setting.sizes[0]))
        layers.append(IMAGE_LAYERS[layer["kind"]](layer, x))
        layers += [nn.ReLU()] if layer.get("activation") == "relu" else []
    return nn.Sequential(*layers)


def convolution(layer: dict[str, Any], x: torch.Tensor) -> nn.Module:
    """Return a convolution; padding is the same on both sides, which PyTorch needs with a stride."""
    padding = [size // 2 if layer["padding"] == "same" else 0 for size in layer["kernel"]]
    return nn.Conv2d(x.shape[1], layer["filters"], layer["kernel"], layer["stride"], padding, bias=layer["bias"])


def normalisation(layer: dict[str, Any], x: torch.Tensor) -> nn.Module:
    """Return batch normalisation of images or rows."""
    kind = nn.BatchNorm2d if x.dim() == 4 else nn.BatchNorm1d
    return kind(x.shape[1], layer["epsilon"], 1.0 - layer["momentum"])


IMAGE_LAYERS: dict[str, Callable[[dict[str, Any], torch.Tensor], nn.Module]] = {
    "reshape": lambda layer, _: nn.Unflatten(1, (layer["shape"][2], *layer["shape"][:2])),
    "conv2d": convolution,
    "max_pool2d": lambda layer, _: nn.MaxPool2d(layer["size"], layer["stride"]),
    "dropout": lambda layer, _: nn.Dropout(layer["rate"]),
    "batch_norm": normalisation,
    "flatten": lambda *_: nn.Flatten(),
    "dense": lambda layer, x: nn.Linear(x.shape[1], layer["units"]),
}
OPTIMIZERS: dict[str, tuple[Any, dict[str, float]]] = {
    "adam": (torch.optim.Adam, {}),
    "sgd": (torch.optim.SGD, {}),
    "momentum": (torch.optim.SGD, {"momentum": 0.9}),
    "rmsprop": (torch.optim.RMSprop, {"alpha": 0.9}),
}
