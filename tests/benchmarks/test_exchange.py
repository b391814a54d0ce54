"""The comparison of formats."""

import pytest

from benchmarks.exchange import HEADS, TOOLS, rows_of
from tests.training.exchange.networks import PIXELS, trained
from training.exchange import WRITERS


@pytest.mark.parametrize("name", ["normalised", "convolutional"])
def test_each_format_has_its_row_and_agrees_or_says_why_not(name, tmp_path):
    rows = rows_of(trained(name), PIXELS, tmp_path)
    assert {row[0] for row in rows} == set(TOOLS)
    assert all(len(row) == len(HEADS) for row in rows)
    measured = [row for row in rows if row[4]]
    assert all(float(row[3]) < 1e-5 and row[4] == "0" for row in measured)
    assert next(row[3] for row in rows if row[:2] == (".npz", "this project")) == "0.0e+00"
    for row in rows:
        assert row in measured or "not written" in row or "not measured" in row[3]


def test_every_format_is_compared():
    assert set(TOOLS) == set(WRITERS) - {".pkl", ".pth"}
