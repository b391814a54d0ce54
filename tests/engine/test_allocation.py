"""Training steps allocate hardly any memory after warm-up."""

import tracemalloc

import numpy as np
import pytest

from classes import ACTIVATIONS, OPTIMIZERS, NeuralNetwork

CEILING = 64 * 1024  # bytes; the smallest buffer of a step, 128 rows of 256, would take 128 KiB
GENERATOR = np.random.default_rng(0)
X, Y = GENERATOR.integers(256, size=(1024, 784), dtype="uint8"), GENERATOR.integers(10, size=1024)


def peak_of_a_warm_step(X=X, **options):
    """Return the most new memory that any step held at once, the first epoch left out."""
    clip_norm = options.pop("clip_norm", None)
    peaks, level = [], 0

    def look(progress):
        nonlocal level
        peak = tracemalloc.get_traced_memory()[1]
        if progress.epoch > 1 and progress.step > 1:
            peaks.append(peak - level)
        tracemalloc.reset_peak()
        level = tracemalloc.get_traced_memory()[0]

    net = NeuralNetwork(784, (256,), 10, **options)
    tracemalloc.start()
    try:
        net.train(X, Y, epochs=2, batch_size=128, clip_norm=clip_norm, on_step=look, verbose=False)
    finally:
        tracemalloc.stop()
    assert len(peaks) == 7
    return max(peaks)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_with_every_optimizer(optimizer):
    assert peak_of_a_warm_step(optimizer=optimizer, weight_decay=0.01) < CEILING


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_with_every_activation(activation):
    assert peak_of_a_warm_step(activation=activation) < CEILING


@pytest.mark.parametrize(
    "options",
    [{"dropout": 0.2}, {"clip_norm": 1.0}, {"label_smoothing": 0.1}, {"input_scaling": "standard"}],
    ids=lambda options: next(iter(options)),
)
def test_with_every_option(options):
    assert peak_of_a_warm_step(**options) < CEILING


def test_double_precision_takes_twice_as_much_at_most():
    assert peak_of_a_warm_step(dtype="float64") < 2 * CEILING


def test_with_images_that_are_floats_already():
    assert peak_of_a_warm_step(X=(X / 255.0).astype("float32")) < CEILING


def test_the_yardstick_sees_numpys_arrays(peak_of):
    assert peak_of(lambda: np.empty(100_000)) >= 800_000


def test_images_stay_where_they_are(peak_of):
    """Training on uint8 images makes no float copy of them: 1,024 would take 3 MiB."""
    net = NeuralNetwork(784, (16,), 10)
    net.train(X, Y, epochs=1, verbose=False)
    assert peak_of(lambda: net.train(X, Y, epochs=1, verbose=False)) < 2**20
