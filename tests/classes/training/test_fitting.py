"""Sample weights, validation data and epochs, against reference implementations."""

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_sample_weight

from backend import InputError, NumpyBackend
from classes import OPTIMIZERS, NeuralNetwork
from classes.training import fitting
from initializers.splits import stratified_split
from tests.helpers import reference
from tests.helpers.tiny import (
    ACTIVATIONS,
    COUNTS,
    X_VAL,
    Y_VAL,
    X,
    Y,
    assert_close,
    assert_same_bits,
    assert_textbook,
    pairs_of,
    textbook,
    tiny,
    trained,
    values,
)  # fmt: skip

FIGURES = ("epoch", "epochs", "train_loss", "train_accuracy", "val_loss", "val_accuracy", "learning_rate")


def figures(net):
    return [net.history.column(name) for name in FIGURES]


# --- how much images count ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_weighted_training_equals_the_textbook(optimizer):
    net = tiny(optimizer=optimizer, weight_decay=0.05)
    rates = [net.learning_rate] * 3
    expected = textbook(net, X, Y, COUNTS, optimizer, rates, 7, clip=0.3)
    trained(net=net, epochs=3, batch_size=7, shuffle=False, sample_weight=COUNTS, clip_norm=0.3)
    assert_textbook(net, *expected)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_weight_of_2_is_as_good_as_having_an_image_twice_and_0_as_not_having_it(optimizer):
    assert {0, 1, 2, 3} == set(COUNTS)
    weighted, repeated = (tiny(optimizer=optimizer, label_smoothing=0.1) for _ in range(2))
    trained(net=weighted, epochs=4, sample_weight=COUNTS)
    trained(np.repeat(X, COUNTS, axis=0), np.repeat(Y, COUNTS), net=repeated, epochs=4)
    assert_close(weighted, repeated)


def test_only_the_weights_ratios_count():
    assert_close(trained(sample_weight=COUNTS, batch_size=8), trained(sample_weight=COUNTS * 1e-3, batch_size=8))
    assert_close(trained(sample_weight=np.full(26, 7.0)), trained())


def test_weights_follow_their_images_when_these_are_shuffled():
    rows = np.repeat(np.arange(5), [5, 5, 5, 5, 6])  # images that are known by their pixels, weights by their images
    net, other = tiny(), tiny()
    trained(X[rows], Y[rows], net=net, batch_size=4, sample_weight=COUNTS[rows])
    seen = []
    layer = other.stack.layers[0]
    forward = layer.forward
    layer.forward = lambda x, *, training: seen.append(x[:, 0].copy()) or forward(x, training=training)
    trained(X[rows], Y[rows], net=other, batch_size=4)
    order = [np.flatnonzero(X[:, 0] == pixel)[0] for part in seen for pixel in part]
    assert order[:26] != sorted(order[:26])
    pairs, descent = pairs_of(tiny()), reference.Descent("sgd")
    for start in [*range(0, 26, 4), *range(26, 52, 4)]:
        batch = order[start : min(start + 4, 26 if start < 26 else 52)]
        twice = [row for row in batch for _ in range(COUNTS[row])]  # as often as they count
        gradients = [(0 * W, 0 * b) for W, b in pairs]
        if twice:
            gradients = reference.loss_and_gradients(pairs, ACTIVATIONS, X[twice], Y[twice])[1]
        pairs = descent.step(pairs, gradients, 0.1)
    for found, wanted in zip(pairs_of(net), pairs, strict=True):
        np.testing.assert_allclose(found[0], wanted[0], rtol=1e-9, atol=1e-12)


def test_the_training_loss_is_the_weighted_mean_and_accuracy_counts_all_images_alike():
    net = trained(epochs=1, sample_weight=COUNTS)
    z = reference.predict_logits(pairs_of(tiny()), ACTIVATIONS, X)
    losses = [reference.cross_entropy(z[i : i + 1], Y[i : i + 1])[0] for i in range(26)]
    assert net.history.last.train_loss == pytest.approx(np.average(losses, weights=COUNTS), rel=1e-12)
    assert net.history.last.train_accuracy == np.mean(z.argmax(axis=1) == Y)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_batch_without_weight_is_a_step_along_a_gradient_of_0(optimizer):
    """So momentum goes on and matrices decay; nothing else moves."""
    weights = np.ones(24)
    weights[8:16] = 0.0
    net, seen = tiny(optimizer=optimizer, weight_decay=0.05), []
    expected = textbook(net, X[:24], Y[:24], weights, optimizer, [net.learning_rate], 8)
    trained(X[:24], Y[:24], net=net, epochs=1, batch_size=8, shuffle=False, sample_weight=weights,
            on_step=lambda progress: seen.append((values(net), progress.mean_loss())))  # fmt: skip
    assert_textbook(net, *expected)
    assert seen[1][1] == seen[0][1]
    if optimizer in ("sgd", "adagrad", "rmsprop"):  # no memory of the gradient's direction
        decayed = seen[0][0].copy()
        decayed[net.stack.parameters.matrices] *= 1.0 - 0.05 * net.learning_rate
        np.testing.assert_array_equal(seen[1][0], decayed)


def test_a_first_batch_without_weight_moves_nothing_at_all():
    weights, net, seen = np.repeat([0.0, 1.0], 13), tiny(optimizer="adam"), []
    before = values(net)
    trained(net=net, batch_size=13, shuffle=False, sample_weight=weights, on_step=lambda _: seen.append(values(net)))
    np.testing.assert_array_equal(seen[0], before)
    assert np.isfinite(seen).all()
    assert not np.array_equal(seen[1], before)


CLASSES = {"class_names": ("cat", "dog", "owl")}


@pytest.mark.parametrize(
    "given", [{2: 3.0}, {"owl": 3.0}, {np.int64(2): np.float32(3.0)}, {"cat": 1, 1: 1, "owl": 3}], ids=str
)
def test_class_weights_go_by_number_or_name(given):
    wanted = trained(net=tiny(**CLASSES), batch_size=5, sample_weight=np.where(Y == 2, 3.0, 1.0))
    assert_same_bits(trained(net=tiny(**CLASSES), batch_size=5, class_weight=given), wanted)
    one_hot = trained(X, np.eye(3)[Y], net=tiny(**CLASSES), batch_size=5, class_weight=given)
    assert_same_bits(one_hot, wanted)


def test_a_class_of_weight_0_is_left_out():
    left = Y != 0
    assert_close(trained(class_weight={0: 0.0}), trained(X[left], Y[left]))


@pytest.mark.parametrize("y", [Y, np.where(Y == 1, 0, Y)], ids=["all classes", "one is missing"])
def test_balanced_is_what_scikit_learn_calls_so(y):
    wanted = trained(X, y, sample_weight=compute_sample_weight("balanced", y), batch_size=6)
    assert_close(trained(X, y, class_weight="balanced", batch_size=6), wanted)


def test_class_weights_and_sample_weights_multiply():
    product = COUNTS * np.array([0.5, 1.0, 4.0])[Y]
    both = trained(sample_weight=COUNTS, class_weight={0: 0.5, 2: 4.0}, batch_size=6)
    assert_same_bits(both, trained(sample_weight=product, batch_size=6))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sample_weight": np.zeros(26)}, r"^weights: expected a finite sum above 0, found a sum of 0"),
        ({"sample_weight": np.full(26, 1e308)}, r"^weights: expected a finite sum above 0, found a sum of inf"),
        ({"class_weight": dict.fromkeys(range(3), 0.0)}, r"^weights: .*found a sum of 0"),
        ({"sample_weight": -np.ones(26)}, r"^sample_weight: .*at least 0, found -1"),
        ({"sample_weight": np.r_[np.ones(25), np.nan]}, r"^sample_weight: .*finite.*, found nan"),
        ({"sample_weight": np.r_[np.ones(25), np.inf]}, r"^sample_weight: .*finite.*, found inf"),
        ({"sample_weight": np.ones(25)}, r"^sample_weight: expected 26 numbers, found shape \(25,\)"),
        ({"sample_weight": np.ones((26, 1))}, r"^sample_weight: expected 26 numbers, found shape \(26, 1\)"),
        ({"sample_weight": 2.0}, r"^sample_weight: expected 26 numbers, found shape \(\)"),
        ({"sample_weight": "balanced"}, r"^sample_weight: expected 26 numbers"),
        ({"sample_weight": ["1"] * 26}, r"^sample_weight: expected 26 numbers, found .*<U1"),
        ({"sample_weight": [None] * 26}, r"^sample_weight: expected 26 numbers, found .*object"),
        ({"sample_weight": [[1]] * 25 + [[1, 2]]}, r"^sample_weight: expected 26 numbers"),
        ({"sample_weight": np.ones(26) * 1j}, r"^sample_weight: expected 26 numbers, found .*complex"),
        ({"class_weight": {3: 1.0}}, r"^class_weight: expected classes out of 0, 1, 2, found 3"),
        ({"class_weight": {"three": 1.0}}, r"^class_weight: .*found 'three'"),
        ({"class_weight": {0: -1.0}}, r"^class_weight of 0: .*at least 0, found -1"),
        ({"class_weight": {0: float("nan")}}, r"^class_weight of 0: .*found nan"),
        ({"class_weight": {0: float("inf")}}, r"^class_weight of 0: .*found inf"),
        ({"class_weight": {0: "2"}}, r"^class_weight of 0: .*found '2'"),
        ({"class_weight": "equal"}, r"^class_weight: expected a dict or 'balanced', found 'equal'"),
        ({"class_weight": [1.0, 2.0, 3.0]}, r"^class_weight: expected a dict or 'balanced', found \[1"),
    ],
    ids=lambda value: str(value)[:40],
)
@pytest.mark.parametrize("split", [0.0, 0.25])
def test_weights_that_are_none_are_refused_by_name_and_change_nothing(options, message, split):
    net = tiny()
    before = values(net)
    with pytest.raises(InputError, match=message):
        net.train_epochs(X, Y, validation_split=split, **options)
    np.testing.assert_array_equal(values(net), before)


def test_weights_too_large_for_the_networks_own_type_are_refused():
    with pytest.raises(InputError, match=r"^weights: .*found a sum of inf"):
        trained(net=tiny(dtype="float32"), sample_weight=np.full(26, 1e300))


# --- validation data ------------------------------------------------------------------------------------------------


def test_validation_data_may_be_given_in_three_ways():
    kept, held_out = stratified_split(Y, 0.25, fitting.SPLIT_SEED)
    data = X[kept], Y[kept], X[held_out], Y[held_out]
    wanted = trained(*data, batch_size=5)
    pair = trained(*data[:2], validation_data=data[2:], batch_size=5)
    split = trained(validation_split=0.25, batch_size=5)
    one_hot = trained(X, np.eye(3)[Y], validation_split=0.25, batch_size=5)
    for other in (pair, split, one_hot):
        assert_same_bits(other, wanted)
        assert figures(other) == figures(wanted)
    assert (wanted.history.last.val_loss, wanted.history.last.val_accuracy) == wanted.evaluate(*data[2:])


class HeldOut(Exception):  # noqa: N818 - a way to look, not an error
    pass


def held_out_by(net, monkeypatch, fraction=0.3):
    """Return the rows that a training holds out."""
    rows = np.arange(60).reshape(60, 1) * np.ones(4)
    y = np.repeat([0, 1, 2], [30, 20, 10])

    def look(network, batches, data, *_):
        raise HeldOut(data)

    with monkeypatch.context() as patch:
        patch.setattr(fitting, "_trainer", look)
        patch.setattr(fitting, "warn_of_unscaled", lambda X: None)  # the images are their own numbers here
        with pytest.raises(HeldOut) as found:
            net.train_epochs(rows, y, validation_split=fraction)
    data = found.value.args[0]
    assert sorted([*data.X_train[:, 0], *data.X_val[:, 0]]) == list(range(60))
    assert [np.bincount(part).tolist() for part in (data.y_train, data.y_val)] == [[21, 14, 7], [9, 6, 3]]
    np.testing.assert_array_equal(data.y_val, y[data.X_val[:, 0].astype(int)])
    return data.X_val[:, 0].astype(int).tolist()


def test_a_split_takes_its_share_of_every_class_and_always_the_same(monkeypatch, tmp_path):
    """Else a further training would learn from what it is then judged by."""
    net = tiny()
    rows = held_out_by(net, monkeypatch)
    trained(net=net)
    assert held_out_by(net, monkeypatch) == rows
    assert held_out_by(NeuralNetwork.load_model(net.save_model(tmp_path / "model.pkl")), monkeypatch) == rows
    assert held_out_by(tiny(seed=9), monkeypatch) == rows


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"X_val": X, "y_val": Y, "validation_data": (X, Y)}, "validation data: expected one of its forms"),
        ({"X_val": X, "y_val": Y, "validation_split": 0.1}, "validation data: expected one of its forms"),
        ({"validation_data": (X, Y), "validation_split": 0.1}, "validation data: expected one of its forms"),
        ({"X_val": X, "validation_data": (X, Y)}, "validation data: expected one of its forms"),
        ({"y_val": Y, "validation_data": (X, Y)}, "validation data: expected one of its forms"),
        ({"X_val": X}, "validation data: expected X_val and y_val, found one"),
        ({"validation_data": (X, None)}, "validation data: expected X_val and y_val, found one"),
        ({"validation_data": (X, Y, np.ones(26))}, r"validation_data: expected \(X_val, y_val\)"),
        ({"validation_data": X}, r"validation_data: expected \(X_val, y_val\)"),
        ({"validation_data": 7}, r"validation_data: expected \(X_val, y_val\), found 7"),
        ({"validation_data": (X[:, :3], Y)}, "images: expected"),
        ({"validation_data": (X, Y[:5])}, "labels: expected"),
        ({"validation_split": 1.0}, "validation_split: expected"),
        ({"validation_split": -0.1}, "validation_split: expected"),
        ({"validation_split": float("nan")}, "validation_split: expected"),
        ({"validation_split": "0.1"}, "validation_split: expected"),
        ({"validation_split": True}, "validation_split: expected"),
        ({"steps_per_epoch": 2}, "steps_per_epoch: expected none with arrays, found 2"),
        ({"resume": 3}, "the checkpoint's plan: expected what was trained"),
        ({"resume": {}}, "the checkpoint's plan: expected what was trained"),
        ({"resume": {"plan": {}}}, "the checkpoint's plan: expected what was trained"),
    ],
)
def test_options_that_will_not_do_or_are_too_many_are_refused(options, message):
    with pytest.raises(InputError, match=f"^{message}"):
        tiny().train_epochs(X, Y, **options)


def test_a_class_of_one_image_cannot_be_split():
    with pytest.raises(InputError, match=r"^labels: expected at least two samples of each class"):
        trained(X[:4], [0, 0, 1, 1 + 1], validation_split=0.5)


# --- order, numbers of epochs, going on -----------------------------------------------------------------------------


def test_images_come_in_their_own_order_unless_they_are_shuffled():
    orders = {}
    for shuffle in (True, False):
        net, seen = tiny(), []
        layer = net.stack.layers[0]
        forward = layer.forward
        layer.forward = lambda x, *, training, seen=seen, forward=forward: (
            seen.extend(x[:, 0]) or forward(x, training=training)
        )
        trained(net=net, batch_size=4, shuffle=shuffle)
        orders[shuffle] = seen
    assert orders[False] == [*X[:, 0]] * 2
    assert orders[True] != orders[False]
    assert sorted(orders[True]) == sorted(orders[False])
    assert orders[True][:26] != orders[True][26:]


def test_a_training_in_order_draws_nothing():
    plain, other = tiny(), tiny()
    trained(net=plain, shuffle=False, batch_size=4)
    trained(net=plain, batch_size=4)
    other.stack.parameters.values[...] = values(trained(shuffle=False, batch_size=4))
    assert_same_bits(plain, trained(net=other, batch_size=4))


@pytest.mark.parametrize("schedule", ["cosine", "one_cycle", "step"])
def test_epochs_that_count_as_done_move_numbers_and_schedule(schedule):
    whole = trained(epochs=6, batch_size=10, schedule=schedule, warmup_epochs=1)
    tail = trained(epochs=6, batch_size=10, schedule=schedule, warmup_epochs=1, initial_epoch=4)
    for name in ("epoch", "epochs", "learning_rate"):
        assert tail.history.column(name) == whole.history.column(name)[4:]
    assert tail.history.column("epoch") == [5, 6]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_training_in_two_halves_is_one_training(optimizer):
    options = {"epochs": 4, "batch_size": 10, "schedule": "cosine", "sample_weight": COUNTS}
    whole, halves = (tiny(optimizer=optimizer, dropout=0.3) for _ in range(2))
    trained(X, Y, X_VAL, Y_VAL, net=whole, **options)
    trained(X, Y, X_VAL, Y_VAL, net=halves, callbacks=[lambda record: record.epoch == 2], **options)
    first = figures(halves)
    trained(X, Y, X_VAL, Y_VAL, net=halves, initial_epoch=2, **options)
    assert_same_bits(halves, whole)
    assert [a + b for a, b in zip(first, figures(halves), strict=True)] == figures(whole)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_partial_fits_are_the_epochs_of_one_training(optimizer):
    whole, parts = (tiny(optimizer=optimizer) for _ in range(2))
    trained(net=whole, epochs=3, batch_size=5, sample_weight=COUNTS)
    records = [parts.partial_fit(X, Y, batch_size=5, sample_weight=COUNTS) for _ in range(3)]
    assert_same_bits(parts, whole)
    assert parts.history.records == records
    for name in ("epoch", "train_loss", "train_accuracy", "learning_rate"):
        assert parts.history.column(name) == whole.history.column(name)
    assert parts.optimizer.steps == 18


def test_the_records_of_partial_fits_join_the_history_of_the_training_before(tmp_path):
    net = trained(X, Y, X_VAL, Y_VAL, epochs=2)
    net.partial_fit(X[:5], Y[:5])
    assert net.history.column("epoch") == [1, 2, 3]
    assert net.history.column("val_loss")[2] is None
    again = NeuralNetwork.load_model(net.save_model(tmp_path / "model.pkl"))
    again.partial_fit(X[:5], np.eye(3)[Y[:5]])
    assert again.history.column("epoch") == [1, 2, 3, 4]
    trained(net=again, epochs=1)
    assert len(again.history) == 1  # a training begins a history of its own


def test_partial_fits_continue_after_the_last_epochs_number():
    net = trained(epochs=7, initial_epoch=5)
    assert net.partial_fit(X, Y).epoch == 8
    assert net.history.column("epoch") == [6, 7, 8]


def test_single_passes_never_ask_for_processes(monkeypatch):
    """However many there were: what counts is the work that a pass does."""
    asked = []
    monkeypatch.setattr(NumpyBackend, "usual_team", lambda backend, rows: asked.append(rows) or 1)
    monkeypatch.setattr("classes.training.data_parallel.FEWEST_STEPS", 10)
    monkeypatch.setattr("classes.training.data_parallel.FEWEST_WORK", 1)
    net = tiny()
    for _ in range(12):
        net.partial_fit(X, Y)
    assert asked == []
    trained(net=net, epochs=10)
    assert asked == [26]
    trained(net=net, epochs=20, initial_epoch=15)
    assert asked == [26]


@pytest.mark.parametrize("bad", [{"X": X[:, :3]}, {"y": Y[:3]}, {"sample_weight": [1.0]}, {"batch_size": 0}])
def test_bad_partial_fits_are_refused_and_change_nothing(bad):
    net = trained(epochs=1)
    before = values(net)
    with pytest.raises(InputError):
        net.partial_fit(**{"X": X, "y": Y, **bad})
    np.testing.assert_array_equal(values(net), before)
    assert len(net.history) == 1


@pytest.mark.parametrize("as_stream", [False, True])
def test_floats_that_look_like_pixels_are_warned_of(as_stream):
    pixels, labels = np.tile(np.linspace(0.0, 255.0, 4, dtype="float32"), (6, 1)), np.array([0, 1, 2, 0, 1, 2])
    data = ([(pixels, labels)],) if as_stream else (pixels, labels)
    with pytest.warns(UserWarning, match="floats from 0 to 255, which look like pixels"):
        NeuralNetwork(4, (3,), 3).train(*data, epochs=1, verbose=False)


@pytest.mark.parametrize("inputs", [np.eye(4) * 2.8, np.eye(4) * -300.0, np.eye(4, dtype="uint8") * 255])
def test_scaled_floats_tables_with_signs_and_whole_numbers_are_not_warned_of(inputs):
    NeuralNetwork(4, (3,), 3).train(inputs, np.array([0, 1, 2, 0]), epochs=1, verbose=False)
