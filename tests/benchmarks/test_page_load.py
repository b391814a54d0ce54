"""The measurement of the page's server, and fifty clients at once."""

import asyncio
import json
import sys

import numpy as np
import pytest

from benchmarks.page_load import DIGITS, Load, drawing, measure, server
from web.server.requests import asked_in_json


@pytest.mark.parametrize("digit", DIGITS)
def test_drawings_differ_and_stay_on_the_canvas(digit):
    generator = np.random.default_rng(0)
    one, other = (drawing(digit, 200, generator) for _ in range(2))
    assert one != other
    for stroke in json.loads(one)["strokes"]:
        assert 0 < np.array(stroke)[:, :2].min() <= np.array(stroke)[:, :2].max() < 200
    assert asked_in_json(one).picture.pixels().min() == 0


def test_figures():
    load = Load(np.arange(1.0, 101.0), 2.0, 99)
    assert load.rate == 50
    assert load.quantile(0.5) == 50.5
    assert load.quantile(0.99) == pytest.approx(99.01)


@pytest.mark.skipif(sys.platform == "win32", reason="the server is ended by a signal as on POSIX")
def test_fifty_clients_at_once_are_all_answered():
    with server("--processes", "1", "--model", "model/pretrained.pkl") as address:
        load = asyncio.run(measure(address, 50, 100, 120))
    assert len(load.milliseconds) == 100
    assert load.right > 90
