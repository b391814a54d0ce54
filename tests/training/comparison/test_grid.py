"""Grids of configurations from the command line."""

import pytest

from backend import InputError
from training.comparison.grid import ELSEWHERE, grid_points, parse_grid, point_name


@pytest.mark.parametrize(
    ("text", "grid"),
    [
        ("learning_rate=0.001,0.003", {"learning_rate": (0.001, 0.003)}),
        ("learning_rate=0.001 0.003 none", {"learning_rate": (0.001, 0.003, None)}),
        ("hidden_sizes=128 256,128", {"hidden_sizes": ((128,), (256, 128))}),
        ("hidden_sizes=128;256,128 learning-rate=0.1", {"hidden_sizes": ((128,), (256, 128)), "learning_rate": (0.1,)}),
        ("--dropout=0.2 0.2,0.0", {"dropout": ((0.2,), (0.2, 0.0))}),
        ("hidden_sizes=none (64,32)", {"hidden_sizes": ((), (64, 32))}),
        ("activation=relu,tanh keep_best=yes,no epochs=3", {
            "activation": ("relu", "tanh"), "keep_best": (True, False), "epochs": (3,),
        }),
        ("epochs=2 2 3", {"epochs": (2, 3)}),
        ("", {}),
    ],
)  # fmt: skip
def test_grids_are_read(text, grid):
    assert parse_grid(text.split(" ")) == grid
    assert parse_grid([text]) == grid  # in quotes


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("learning_rte=1", "Did you mean learning_rate?"),
        ("0.1 learning_rate=1", "expected FIELD=VALUE, found '0.1'"),
        ("learning_rate=", "found nothing"),
        ("learning_rate=0.1,", "found nothing"),
        ("learning_rate=fast", "found 'fast'"),
        ("activation=rel,foo", "found 'foo'"),
        ("hidden_sizes=256, 128", "256,128 is one value"),
        ("hidden_sizes=", "256,128 is one value"),
        ("epochs=1 epochs=2", "epochs twice"),
        ("seed=1,2", "--seeds"),
        ("epochs=1.5", "a whole number"),
    ],
)
def test_bad_grids_are_refused(text, said):
    with pytest.raises(InputError, match="--grid") as error:
        parse_grid(text.split(" "))
    assert said in str(error.value)


@pytest.mark.parametrize("name", ELSEWHERE)
def test_what_decides_nothing_or_elsewhere_is_no_field(name):
    with pytest.raises(InputError, match="decide"):
        parse_grid([f"{name}=1"])


def test_the_name_of_every_point_is_read_as_that_point():
    grid = parse_grid(["hidden_sizes=none 64,32", "clip_norm=none,1.5", "keep_best=yes,no", "optimizer=sgd"])
    points = grid_points(grid)
    assert len(points) == 8
    assert len({point_name(point) for point in points}) == 8
    for point in points:
        assert grid_points(parse_grid([point_name(point)])) == [point]
