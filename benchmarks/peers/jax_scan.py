"""JAX: one compiled function per epoch, a `lax.scan` over its batches, with Adam written out."""

import time
from functools import partial
from typing import Any

import jax
import numpy as np
from jax import lax
from jax import numpy as jnp

from benchmarks.peers.peer import Peer, Weights
from benchmarks.race.setting import Setting

B1, B2, E = 0.9, 0.999, 1e-8


class JaxScan(Peer):
    """Compiled once, ahead of the first epoch.

    A scan needs batches of one size: the images of the last, smaller batch are left out, others in every epoch.
    """

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.key, own = jax.random.split(jax.random.key(setting.seed))
        self.params = first_params(setting, own)
        zeros = jax.tree.map(jnp.zeros_like, self.params)
        self.state = (zeros, jax.tree.map(jnp.zeros_like, zeros), jnp.zeros((), "int32"))

    def own_form(self, X: np.ndarray) -> jax.Array:
        """Return a float32 array on the device."""
        return jnp.asarray(super().own_form(X))

    def take(self, X: np.ndarray, y: np.ndarray) -> None:
        """Prepare arrays once, and compile."""
        s = self.setting
        self.X, self.y = self.own_form(X), jnp.asarray(y.astype(np.int32))
        self.images_per_epoch = len(X) // s.batch_size * s.batch_size
        started = time.perf_counter()
        output = partial(image_logits, s.layers) if s.layers else partial(logits, dropout=s.dropout)
        function = partial(run_epoch, batch_size=s.batch_size, rate=s.learning_rate, output=output)
        jitted = jax.jit(function, donate_argnums=(0, 1))
        self.compiled = jitted.lower(self.params, self.state, self.X, self.y, self.key).compile()
        self.compile_seconds = time.perf_counter() - started

    def epoch(self) -> None:
        """Train one epoch on all complete batches."""
        self.key, key = jax.random.split(self.key)
        self.params, self.state, losses = self.compiled(self.params, self.state, self.X, self.y, key)
        losses.block_until_ready()

    def set_weights(self, weights: Weights) -> None:
        """Put them on the device."""
        self.params = [(jnp.asarray(W), jnp.asarray(b)) for W, b in weights]

    def predict(self, X: jax.Array) -> np.ndarray:
        """Return the place of the largest logit; compiled for every shape of `X`."""
        if self.setting.layers:
            return np.asarray(image_logits(self.setting.layers, self.params, X).argmax(axis=1))
        return np.asarray(classes(self.params, X))

    def threads(self) -> str:
        """Return what XLA has: a pool with a thread a core."""
        return f"XLA, {len(jax.devices())} device, a thread a core"


def first_params(setting: Setting, key: jax.Array) -> Any:
    """Return the initial parameters: (W, b) of every layer, or for images what each layer needs."""
    he_normal = jax.nn.initializers.he_normal()
    if setting.layers:
        return image_params(setting, he_normal, key)
    keys = jax.random.split(key, len(setting.sizes) - 1)
    shapes = zip(setting.sizes, setting.sizes[1:], strict=False)
    return [(he_normal(key, shape), jnp.zeros(shape[1])) for key, shape in zip(keys, shapes, strict=True)]


def image_params(setting: Setting, he_normal: Any, key: jax.Array) -> list[tuple[jax.Array, ...]]:
    """Return the parameters of each layer of a network of images, empty for layers without any."""
    params: list[tuple[jax.Array, ...]] = []
    images = jnp.zeros((2, setting.sizes[0]))
    for layer, own in zip(setting.layers, jax.random.split(key, len(setting.layers)), strict=True):
        inputs = jax.eval_shape(partial(image_logits, setting.layers[: len(params)]), params, images).shape[-1]
        if layer["kind"] == "conv2d":
            W = he_normal(own, (*layer["kernel"], inputs, layer["filters"]))
            params.append((W, jnp.zeros(layer["filters"])))
        elif layer["kind"] == "dense":
            params.append((he_normal(own, (inputs, layer["units"])), jnp.zeros(layer["units"])))
        else:
            params.append((jnp.ones(inputs), jnp.zeros(inputs)) if layer["kind"] == "batch_norm" else ())
    return params


def image_logits(layers: Any, params: Any, x: jax.Array, key: Any = None) -> jax.Array:
    """Return the output of a network of images (N, H, W, C); `key` is given while training.

    Batch normalisation always takes the statistics of the batch, and keeps no running averages.
    """
    for place, (layer, own) in enumerate(zip(layers, params, strict=False)):
        kind = layer["kind"]
        if kind == "dropout" and key is not None:
            keep = 1.0 - layer["rate"]
            x = jnp.where(jax.random.bernoulli(jax.random.fold_in(key, place), keep, x.shape), x / keep, 0.0)
        elif kind in IMAGE_LAYERS:
            x = IMAGE_LAYERS[kind](layer, own, x)
        if layer.get("activation") == "relu":
            x = jax.nn.relu(x)
    return x


def convolution(layer: Any, own: Any, x: jax.Array) -> jax.Array:
    """Return a convolution of images (N, H, W, C)."""
    dimensions = ("NHWC", "HWIO", "NHWC")
    y = lax.conv_general_dilated(x, own[0], layer["stride"], layer["padding"].upper(), dimension_numbers=dimensions)
    return y + own[1] if layer["bias"] else y


def normalisation(layer: Any, own: Any, x: jax.Array) -> jax.Array:
    """Return the batch, normalised for each channel."""
    axes = tuple(range(x.ndim - 1))
    mean, variance = x.mean(axis=axes), x.var(axis=axes)
    return own[0] * (x - mean) * lax.rsqrt(variance + layer["epsilon"]) + own[1]


IMAGE_LAYERS: dict[str, Any] = {
    "reshape": lambda layer, _, x: x.reshape(len(x), *layer["shape"]),
    "flatten": lambda _, __, x: x.reshape(len(x), -1),
    "dense": lambda _, own, x: x @ own[0] + own[1],
    "conv2d": convolution,
    "batch_norm": normalisation,
    "max_pool2d": lambda layer, _, x: lax.reduce_window(
        x, -jnp.inf, lax.max, (1, *layer["size"], 1), (1, *layer["stride"], 1), "VALID"
    ),
}


def logits(params: Any, x: jax.Array, key: Any = None, dropout: tuple[float, ...] = ()) -> jax.Array:
    """Return the network's output; `key` is given while training."""
    for place, (W, b) in enumerate(params[:-1]):
        x = jax.nn.relu(x @ W + b)
        if key is not None and dropout[place]:
            keep = 1.0 - dropout[place]
            key, own = jax.random.split(key)
            x = jnp.where(jax.random.bernoulli(own, keep, x.shape), x / keep, 0.0)
    W, b = params[-1]
    return x @ W + b


@jax.jit
def classes(params: Any, x: jax.Array) -> jax.Array:
    """Return the class numbers."""
    return logits(params, x).argmax(axis=1)


def mean_loss(params: Any, x: jax.Array, y: jax.Array, key: Any, output: Any) -> jax.Array:
    """Return the mean cross-entropy."""
    log_p = jax.nn.log_softmax(output(params, x, key))
    return -jnp.take_along_axis(log_p, y[:, None], axis=1).mean()


def adam(params: Any, state: Any, grads: Any, rate: float) -> tuple[Any, Any]:
    """Return parameters and state after one step."""
    m, v, k = state
    k = k + 1
    m = jax.tree.map(lambda m, g: B1 * m + (1 - B1) * g, m, grads)
    v = jax.tree.map(lambda v, g: B2 * v + (1 - B2) * g * g, v, grads)
    a, c = rate / (1 - B1**k), 1 / (1 - B2**k)
    params = jax.tree.map(lambda w, m, v: w - a * m / (jnp.sqrt(v * c) + E), params, m, v)
    return params, (m, v, k)


def run_epoch(
    params: Any, state: Any, X: jax.Array, y: jax.Array, key: Any, *, batch_size: int, rate: float, output: Any
) -> tuple[Any, Any, jax.Array]:
    """Return parameters and state after a pass over the images in a new order, and every step's loss."""
    shuffle, noise = jax.random.split(key)
    steps = len(X) // batch_size
    order = jax.random.permutation(shuffle, len(X))[: steps * batch_size].reshape(steps, batch_size)

    def step(carry: Any, inputs: Any) -> tuple[Any, jax.Array]:
        (params, state), (rows, key) = carry, inputs
        loss, grads = jax.value_and_grad(mean_loss)(params, X[rows], y[rows], key, output)
        return adam(params, state, grads, rate), loss

    (params, state), losses = lax.scan(step, (params, state), (order, jax.random.split(noise, steps)))
    return params, state, losses
