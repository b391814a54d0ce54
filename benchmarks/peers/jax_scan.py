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
        self.key, *keys = jax.random.split(jax.random.key(setting.seed), len(setting.sizes))
        he_normal = jax.nn.initializers.he_normal()
        shapes = zip(setting.sizes, setting.sizes[1:], strict=False)
        self.params = [(he_normal(key, shape), jnp.zeros(shape[1])) for key, shape in zip(keys, shapes, strict=True)]
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
        function = partial(run_epoch, batch_size=s.batch_size, rate=s.learning_rate, dropout=s.dropout)
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
        return np.asarray(classes(self.params, X))

    def threads(self) -> str:
        """Return what XLA has: a pool with a thread a core."""
        return f"XLA, {len(jax.devices())} device, a thread a core"


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


def mean_loss(params: Any, x: jax.Array, y: jax.Array, key: Any, dropout: tuple[float, ...]) -> jax.Array:
    """Return the mean cross-entropy."""
    log_p = jax.nn.log_softmax(logits(params, x, key, dropout))
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
    params: Any, state: Any, X: jax.Array, y: jax.Array, key: Any, *, batch_size: int, rate: float, dropout: Any
) -> tuple[Any, Any, jax.Array]:
    """Return parameters and state after a pass over the images in a new order, and every step's loss."""
    shuffle, noise = jax.random.split(key)
    steps = len(X) // batch_size
    order = jax.random.permutation(shuffle, len(X))[: steps * batch_size].reshape(steps, batch_size)

    def step(carry: Any, inputs: Any) -> tuple[Any, jax.Array]:
        (params, state), (rows, key) = carry, inputs
        loss, grads = jax.value_and_grad(mean_loss)(params, X[rows], y[rows], key, dropout)
        return adam(params, state, grads, rate), loss

    (params, state), losses = lax.scan(step, (params, state), (order, jax.random.split(noise, steps)))
    return params, state, losses
