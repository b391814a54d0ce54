"""A training resumed from any checkpoint is bitwise identical to an uninterrupted one."""

import copy
import pickle
import time

import numpy as np
import pytest

from backend import InputError
from backend.team import can_share
from classes import OPTIMIZERS, NeuralNetwork
from classes.callbacks import BestWeights, EarlyStopping, ExponentialMovingAverage, ReduceLROnPlateau
from tests.helpers.trainings import WORKERS

RNG = np.random.default_rng(8)
X, Y = RNG.integers(256, size=(101, 30), dtype="uint8"), RNG.integers(4, size=101)
FIGURES = "epoch train_loss train_accuracy val_loss val_accuracy learning_rate".split()
NETWORK = {"optimizer": "adamw", "dropout": 0.3, "weight_decay": 0.1, "seed": 3}
TRAINING = {"epochs": 3, "batch_size": 20, "schedule": "one_cycle", "clip_norm": 1.0}


def trained(network=(), **options):
    """Return a network trained on the digits, callbacks made anew by a function, and the states handed out."""
    states = []
    net = NeuralNetwork(30, (20, 10), 4, **NETWORK | dict(network))
    options = TRAINING | {"validation_data": (X[:30], Y[:30]), "on_checkpoint": states.append} | options
    options["callbacks"] = options.get("callbacks", list)()
    net.train(options.pop("images", X), options.pop("labels", Y), verbose=False, **options)
    return net, states


def end_of(net):
    """Return all that shall be the same, in bytes and numbers."""
    figures = [[getattr(record, name) for name in FIGURES] for record in net.history]
    vectors = {name: vector.tobytes() for name, vector in net.optimizer.state.items()}
    return (
        net.stack.parameters.values.tobytes(), figures, net.history.chosen_epoch, vectors, net.optimizer.steps,
        net.optimizer.shows_average, net.backend.generator_state(net.stack.generator),
        net._shuffles.bit_generator.state,
    )  # fmt: skip


def assert_exact(every, **options):
    """Resume from every state of a training; return how many there were."""
    uninterrupted = end_of(trained(**options)[0])
    watched, states = trained(checkpoint_every=every, **options)
    assert end_of(watched) == uninterrupted  # looking on changes nothing
    for state in states:
        state = pickle.loads(pickle.dumps(state))
        before = copy.deepcopy(state)
        again, later = trained(checkpoint_every=every, resume=state, **options)
        assert end_of(again) == uninterrupted
        assert state == before
        assert [place_of(each) for each in (state, *later)] == [place_of(each) for each in states[-len(later) - 1 :]]
    return len(states)


def place_of(state):
    return state["finished"], state["progress"].get("step", 0)


def everything():
    return [
        ExponentialMovingAverage(0.9),
        EarlyStopping("val_loss", patience=3),
        ReduceLROnPlateau("val_loss", factor=0.5, patience=1),
        BestWeights(at_end=False),
    ]


@pytest.mark.parametrize(
    ("workers", "every", "states"),
    [(1, "1steps", 18), (2, "1steps", 18), (3, "4steps", 4), (1, "1", 3), (2, "1", 3), (1, 2, 1)],
)
def test_from_every_state_with_dropout_a_schedule_and_every_callback(workers, every, states):
    if workers > 1 and not can_share():
        pytest.skip("processes cannot share memory here")
    assert assert_exact(every, workers=workers, callbacks=everything) == states


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize(
    "options",
    [
        {"accumulate": 3, "batch_size": 7},
        {"sample_weight": RNG.random(101)},
        {"class_weight": {0: 3.0, 2: 0.5}, "accumulate": 2, "batch_size": 10},
        {"shuffle": False},
        {"network": {"dtype": "float64"}, "batch_size": 7, "epochs": 1},
        {"validation_data": None},
        {"validation_data": None, "validation_split": 0.2},
        {"warmup_epochs": 1.0, "schedule": "cosine"},
        {"clip_norm": None},
        {"network": {"dropout": 0.0, "label_smoothing": 0.1, "input_scaling": "standard"}},
    ],
    ids=lambda options: "-".join(options),
)
def test_from_every_state_whatever_is_trained(workers, options):
    assert assert_exact("2steps", workers=workers, **options) >= 7


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_with_every_optimizer(optimizer, workers):
    network = {"optimizer": optimizer}
    assert assert_exact("5steps", workers=workers, network=network, callbacks=everything, clip_norm=None) == 3


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize(("every", "restores"), [("3steps", True), ("1", False)])
def test_a_training_that_stopped_early_stops_where_it_did(workers, every, restores):
    def callbacks():
        return [EarlyStopping("train_loss", patience=2, min_delta=1.0, restore_best_weights=restores)]

    options = {"workers": workers, "callbacks": callbacks, "epochs": 6}
    assert len(trained(**options)[0].history) == 3
    assert_exact(every, **options)


@pytest.mark.parametrize("workers", WORKERS)
def test_the_best_weights_survive(workers):
    # a rate so high that the best epoch is seldom the last
    network = {"optimizer": "sgd", "learning_rate": 1.0}
    options = {"callbacks": lambda: [BestWeights()], "schedule": "constant", "epochs": 4, "network": network}
    assert assert_exact("3steps", workers=workers, **options) == 8


def test_the_seconds_of_an_epoch_before_the_interruption_count():
    def slowly(progress):
        if progress.step == 1:
            time.sleep(0.05)

    _, states = trained(checkpoint_every="1steps", epochs=1, on_step=slowly)
    (record,) = trained(epochs=1, resume=states[2])[0].history
    assert record.seconds > 0.05
    assert record.images_per_second == 101 / record.seconds


def test_a_state_goes_through_a_second_interruption():
    uninterrupted = end_of(trained()[0])
    _, states = trained(checkpoint_every="4steps")
    _, states = trained(checkpoint_every="3steps", resume=states[0])
    assert [place_of(state) for state in states] == [(1, 0), (1, 3), (2, 0), (2, 3), (3, 0)]
    assert end_of(trained(resume=states[1])[0]) == uninterrupted


def test_a_state_holds_built_in_types_alone():
    def check(value):
        if isinstance(value, dict):
            assert all(type(key) is str for key in value)
            value = list(value.values())
        if isinstance(value, list):
            for item in value:
                check(item)
        else:
            assert type(value) in (int, float, str, bytes, bool, type(None))

    for every in ("1steps", "1"):
        for state in trained(checkpoint_every=every, callbacks=everything)[1]:
            check(state)


# --- what does not belong together ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def state():
    return trained(checkpoint_every="5steps")[1][0]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"epochs": 4}, "epochs: expected 4, found 3"),
        ({"batch_size": 19}, "batch size: expected 19, found 20"),
        ({"accumulate": 2}, "accumulate: expected 2, found 1"),
        ({"schedule": "cosine"}, "schedule: expected cosine, found one_cycle"),
        ({"warmup_epochs": 0.5}, "warmup_epochs: expected 0.5, found 0.0"),
        ({"clip_norm": None}, "clip_norm: expected None, found 1.0"),
        ({"shuffle": False}, "shuffle: expected False, found True"),
        ({"callbacks": lambda: [BestWeights()]}, "callbacks"),
        ({"labels": Y[::-1]}, "labels"),
        ({"images": 255 - X}, "pixels"),
        ({"sample_weight": np.ones(101)}, "weights"),
        ({"validation_data": None, "validation_split": 0.1}, "images: expected 91, found 101"),
        ({"network": {"optimizer": "adam"}}, "optimizer: expected adam, found adamw"),
        ({"network": {"learning_rate": 0.5}}, "learning rate: expected 0.5"),
        ({"network": {"weight_decay": 0.2}}, "weight decay: expected 0.2"),
        ({"network": {"dropout": 0.1}}, "layers"),
        ({"network": {"dtype": "float64"}}, "dtype: expected float64, found float32"),
        ({"network": {"activation": "tanh"}}, "layers"),
        ({"network": {"label_smoothing": 0.1}}, "loss"),
        ({"network": {"input_scaling": "standard"}}, "input scaling"),
    ],
    ids=lambda value: "" if isinstance(value, dict) else value,
)
def test_another_training_is_refused(options, named, state):
    with pytest.raises(InputError) as refusal:
        trained(resume=state, **options)
    assert str(refusal.value).startswith(f"the checkpoint's {named}")


def spoilt(state, path, value):
    state = copy.deepcopy(state)
    place = state
    for key in path[:-1]:
        place = place[key]
    if value is KeyError:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return state


@pytest.mark.parametrize(
    ("path", "values"),
    [
        (("plan",), [KeyError, {}]),
        (("values",), [KeyError, None, "x", [], {}, 7]),
        (("optimizer",), [KeyError, None, "x", [], {}, 7]),
        (("optimizer", "steps"), [KeyError, None, "x", []]),
        (("optimizer", "vectors"), [KeyError, None, "x", [], {}, 7]),
        (("optimizer", "vectors", "M"), [KeyError, None, "x", [], {}, 7]),
        (("order",), [KeyError, None, "x", [], {}, 7]),
        (("generator",), [KeyError, None, "x", [], {}, 7]),
        (("noise",), [KeyError, None, "x", [{}], [None], {"x": 1}, 7]),
        (("progress",), [KeyError, None, "x", [], {}, 7]),
        (("progress", "losses"), [KeyError, None, "x", [], {}, 7]),
        (("callbacks",), [KeyError, None, "x", [], [{}], {}, 7]),
        (("history",), [KeyError, None, "x", [], {}, 7]),
        (("history", "epochs"), [KeyError, None, "x", [{}], 7]),
        (("finished",), [KeyError, None, "x", [], {}, 1.5]),
        (("rate_scale",), [KeyError, None, "x", [], {}]),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, tuple) else "",
)
def test_a_state_that_does_not_hold_together_is_refused(path, values):
    state = trained(checkpoint_every="5steps", callbacks=everything)[1][0]
    for value in values:
        with pytest.raises(InputError, match=r"^the checkpoint's"):
            trained(resume=spoilt(state, path, value), callbacks=everything)
