"""The augmentation benchmark."""

import io
import json
import sys

import numpy as np
import pytest

from benchmarks import augmentation as bench
from benchmarks.augmentation import BenchmarkConfig, digits, main, microseconds_an_image, ratios
from initializers.augmentation import AUGMENTATIONS
from interface.console import Console

KINDS = {name for name in AUGMENTATIONS if name != "none"}
CONFIG = BenchmarkConfig(hidden_sizes=(4,), batch_size=16, images=32, rounds=2)


@pytest.fixture(scope="module")
def data():
    return digits(CONFIG.images, seed=0)


def test_the_digits_are_as_many_as_asked_for_and_the_seeds(data):
    X, y = data
    assert X.shape == (32, 784)
    assert y.shape == (32,)
    assert X.any(axis=1).all()
    np.testing.assert_array_equal(digits(32, seed=0)[1], y)
    assert (digits(32, seed=1)[1] != y).any()


def test_the_time_of_an_image_is_the_median_of_its_batches(data, monkeypatch):
    times = iter(np.cumsum([0.0, 1.6, 0.0, 3.2, 0.0, 99.0]))  # a batch begins, ends, ...
    monkeypatch.setattr(bench, "REPEATS", 3)
    monkeypatch.setattr(bench.time, "perf_counter", lambda: next(times))
    assert microseconds_an_image("affine", *data, batch_size=16) == pytest.approx(3.2 / 16 * 1e6)


def test_trainings_are_compared_with_the_plain_one_of_their_round(data, monkeypatch):
    seconds = {"none": iter([2.0, 4.0])} | {name: iter([3.0, 5.0]) for name in KINDS}
    monkeypatch.setattr(bench, "seconds_of_training", lambda name, *rest: next(seconds[name]))
    assert ratios(*data, CONFIG) == {name: [1.5, 1.25] for name in KINDS}


def test_the_script_measures_every_kind_and_keeps_it(tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "RESULTS", tmp_path)
    monkeypatch.setattr(bench, "REPEATS", 1)
    flags = "--hidden-sizes 4 --batch-size 16 --images 32 --rounds 1"
    monkeypatch.setattr(sys, "argv", ["augmentation.py", *flags.split()])
    out = io.StringIO()
    main(Console(out, width=120))
    results = json.loads((tmp_path / "augmentation.json").read_text(encoding="utf-8"))
    assert set(results["microseconds"]) == set(results["ratios"]) == KINDS
    assert all(cost > 0 for cost in results["microseconds"].values())
    assert all(len(values) == 1 and values[0] > 0 for values in results["ratios"].values())
    assert all(name in out.getvalue() for name in KINDS)
