"""Comparison of the gradients of back-propagation with central differences."""

import dataclasses
from typing import Any

import numpy as np

from classes.files import model_file
from classes.network import Network

STEP = 1e-6  # step of the differences; in float64 the best is near the cube root of the rounding error, 6e-6


def check_gradients(network: Network, X: Any, y: Any, *, directions: int, seed: int) -> float:
    """Compare back-propagation with central differences on a copy of the network in float64.

    Along a random direction ``d`` of length 1, ``g . d`` must equal ``(L(w + h d) - L(w - h d)) / (2 h)``.

    Parameters
    ----------
    network : Network
        The network; it is not changed.
    X, y : array_like
        A batch of images and labels.
    directions : int
        Number of random directions for each parameter, and for all of them together.
    seed : int
        Seed of the directions.

    Returns
    -------
    float
        The largest relative error ``|a - b| / max(|a|, |b|, 1e-6)``; below 1e-5 for correct gradients. It may be larger
        if a unit is close to the kink of ReLU.
    """
    twin = _float64_twin(network)
    parameters = twin.stack.parameters
    generator = np.random.default_rng(seed)
    twin._gradients(X, y)
    gradients, values = parameters.grads.copy(), parameters.values.copy()
    worst = 0.0
    for _ in range(directions):
        for mask in _masks(twin):
            direction = generator.standard_normal(parameters.size) * mask
            direction /= np.linalg.norm(direction)
            slope = float(gradients @ direction)
            parameters.values[...] = values + STEP * direction
            above = twin._gradients(X, y)
            parameters.values[...] = values - STEP * direction
            difference = (above - twin._gradients(X, y)) / (2.0 * STEP)
            worst = max(worst, abs(slope - difference) / max(abs(slope), abs(difference), 1e-6))
    return worst


def _float64_twin(network: Network) -> Network:
    """Return a copy of the network on the CPU in float64."""
    contents = dataclasses.replace(model_file.contents_of(network), dtype="float64")
    return model_file.build_network(type(network), contents, "a copy of the network")


def _masks(network: Network) -> list[np.ndarray]:
    """Return a mask (P,) for all trained parameters together, and one for each."""
    parameters = network.stack.parameters
    masks = []
    for name in parameters.shapes:
        if name not in network.stack.state_names:
            parameters.grads[...] = 0.0
            parameters.gradient(name)[...] = 1.0
            masks.append(parameters.grads.copy())
    return [sum(masks, np.zeros(parameters.size)), *masks]
