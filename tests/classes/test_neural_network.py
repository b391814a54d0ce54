"""The public interface of `NeuralNetwork`."""

import numpy as np
import pytest

from backend import NumpyBackend
from classes import NeuralNetwork
from classes.activations import ACTIVATIONS
from classes.callbacks import BestWeights
from classes.layers import Dense, Dropout
from classes.losses import SoftmaxCrossEntropy
from tests.helpers import reference


def network(**options):
    return NeuralNetwork(2, (8,), 3, **{"seed": 1, **options})


def weights_of(net):
    return net.stack.parameters.values.copy()


def pairs_of(net, count):
    view = net.stack.parameters.view
    return [(view(f"{place}.W").copy(), view(f"{place}.b").copy()) for place in range(count)]


# --- making ---------------------------------------------------------------------------------------------------------


def test_the_usual_network_is_that_of_the_classic_project():
    net = NeuralNetwork()
    assert [(layer.kind, layer.units, layer.activation) for layer in net.stack.layers] == [
        ("dense", 256, "relu"), ("dense", 128, "relu"), ("dense", 10, "identity")
    ]  # fmt: skip
    assert (net.input_size, net.output_size, net.dtype, net.optimizer.kind) == (784, 10, "float32", "sgd")
    assert net.class_names == tuple("0123456789")
    assert net.parameter_count == 784 * 256 + 256 + 256 * 128 + 128 + 128 * 10 + 10


def test_the_seed_is_0_unless_given():
    np.testing.assert_array_equal(weights_of(NeuralNetwork(4, (5,), 2)), weights_of(NeuralNetwork(4, (5,), 2, seed=0)))


def test_options_may_differ_layer_by_layer():
    net = NeuralNetwork(4, (6, 5), 3, activation=("tanh", "relu"), dropout=(0.0, 0.5), initializer="lecun_normal")
    assert [tuple(layer.settings().values()) for layer in net.stack.layers] == [
        (6, "tanh", "lecun_normal"), (5, "relu", "lecun_normal"), (0.5,), (3, "identity", "lecun_normal")
    ]  # fmt: skip


def test_layers_and_loss_may_be_given():
    loss = SoftmaxCrossEntropy(0.2)
    net = NeuralNetwork(4, layers=[Dropout(0.1), Dense(5, "elu"), Dense(2)], loss=loss)
    assert net.output_size == 2
    assert net.loss is loss
    assert net.predict(np.eye(4, dtype="float32")).shape == (4,)


def test_no_hidden_layers_make_a_linear_classifier(blobs):
    net = NeuralNetwork(2, (), 3, optimizer="adam", learning_rate=0.1)
    net.train(*blobs, epochs=20, verbose=False)
    assert net.evaluate(*blobs)[1] == 1.0


@pytest.mark.parametrize("optimizer", reference.OPTIMIZERS)
def test_unset_rate_and_decay_are_the_optimizers_usual_ones(optimizer):
    net = network(optimizer=optimizer)
    assert (net.learning_rate, net.optimizer.weight_decay) == reference.OPTIMIZERS[optimizer][1:]
    net = network(optimizer=optimizer, learning_rate=0.5, weight_decay=0.25)
    assert (net.learning_rate, net.optimizer.weight_decay) == (0.5, 0.25)


def test_a_backend_may_be_given_in_place_of_a_device():
    backend = NumpyBackend()
    assert network(device=backend).backend is backend


# --- forward, backward, prediction ----------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_probabilities_loss_and_gradients_equal_the_textbook(activation, blobs):
    X, y = blobs
    net = NeuralNetwork(2, (8, 4), 3, activation=activation, dtype="float64", dropout=0.5, label_smoothing=0.1, seed=1)
    names = [name[:-2] for name in net.stack.parameters.shapes if name.endswith(".W")]  # dropout has places too
    pairs = [(net.stack.parameters.view(f"{k}.W"), net.stack.parameters.view(f"{k}.b")) for k in names]
    activations = [activation, activation, "identity"]
    z = reference.predict_logits(pairs, activations, X.astype(float))
    np.testing.assert_allclose(net.predict_proba(X), reference.softmax(z), rtol=1e-11)
    np.testing.assert_array_equal(net.forward(X), net.predict_proba(X))
    np.testing.assert_array_equal(net.predict(X), z.argmax(axis=1))
    loss, expected = reference.loss_and_gradients(pairs, activations, X.astype(float), y, smoothing=0.1)
    assert net.evaluate(X, y) == pytest.approx((loss, np.mean(z.argmax(axis=1) == y)), rel=1e-11)
    gradients = net.backward(X, y)
    for k, (dW, db) in zip(names, expected, strict=True):
        np.testing.assert_allclose(gradients[f"{k}.W"], dW, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(gradients[f"{k}.b"], db, rtol=1e-9, atol=1e-12)


def test_gradients_of_a_batch_equal_scikit_learns(blobs):
    """MLPClassifier's first step of plain SGD over the whole batch moves each weight by rate times its gradient."""
    from sklearn.neural_network import MLPClassifier

    X, y = blobs[0].astype(float), blobs[1]
    peer = MLPClassifier(
        (8,), activation="tanh", solver="sgd", alpha=0.0, batch_size=len(X), learning_rate_init=0.5, momentum=0.0
    )
    peer.partial_fit(X, y, classes=[0, 1, 2])
    net = network(activation="tanh", dtype="float64")
    for place in range(2):
        net.stack.parameters.view(f"{place}.W")[...] = peer.coefs_[place]
        net.stack.parameters.view(f"{place}.b")[...] = peer.intercepts_[place]
    gradients = net.backward(X, y)
    np.testing.assert_allclose(net.predict_proba(X), peer.predict_proba(X), rtol=1e-10)
    before = [array.copy() for array in (*peer.coefs_, *peer.intercepts_)]
    peer.partial_fit(X, y)
    for name, old, new in zip(("0.W", "1.W", "0.b", "1.b"), before, (*peer.coefs_, *peer.intercepts_), strict=True):
        np.testing.assert_allclose((old - new) / 0.5, gradients[name], rtol=1e-9, atol=1e-13)


def test_predictions_do_not_depend_on_how_many_are_asked_for(digits_small):
    X, y = digits_small
    net = NeuralNetwork(64, (16,), 10, dtype="float64")
    many = np.concatenate([X] * 5)  # more than are computed at a time
    whole = net.predict_proba(many)
    assert whole.shape == (1500, 10)
    np.testing.assert_allclose(whole.sum(axis=1), 1.0, rtol=1e-12)
    for rows in (slice(0, 1), slice(995, 1005), slice(1499, 1500)):
        np.testing.assert_allclose(net.predict_proba(many[rows]), whole[rows], rtol=1e-12)
    assert net.predict(X).dtype == "int64"
    assert net.evaluate(many, np.concatenate([y] * 5)) == pytest.approx(net.evaluate(X, y), rel=1e-12)


def test_gradients_of_batches_larger_than_any_before(digits_small):
    many, labels = np.concatenate([digits_small[0]] * 5), np.concatenate([digits_small[1]] * 5)
    net = NeuralNetwork(64, (16,), 10, dtype="float64")
    for name, gradient in net.backward(many, labels).items():
        np.testing.assert_allclose(gradient, net.backward(*digits_small)[name], rtol=1e-9, atol=1e-13)


def test_returned_arrays_are_the_users_own(blobs):
    X, y = blobs
    net = network()
    p, gradients = net.predict_proba(X), net.backward(X, y)
    kept = p.copy(), {name: gradient.copy() for name, gradient in gradients.items()}
    net.train(X, y, epochs=2, verbose=False)
    net.predict_proba(X[::-1])
    np.testing.assert_array_equal(p, kept[0])
    for name, gradient in gradients.items():
        np.testing.assert_array_equal(gradient, kept[1][name])


@pytest.mark.parametrize("layout", [(300, 64), (300, 8, 8), (300, 8, 8, 1)])
def test_pictures_of_any_layout_and_one_hot_labels_train_alike(layout, digits_small):
    X, y = digits_small
    plain, other = (NeuralNetwork(64, (16,), 10, seed=1) for _ in range(2))
    plain.train(X, y, epochs=2, verbose=False)
    other.train(X.reshape(layout), np.eye(10)[y], epochs=2, verbose=False)
    np.testing.assert_array_equal(weights_of(plain), weights_of(other))


@pytest.mark.parametrize(("scaling", "mean", "deviation"), [("unit", 0.0, 1.0), ("standard", 0.1307, 0.3081)])
def test_pixels_and_the_floats_that_they_stand_for_predict_alike(scaling, mean, deviation, digits_small):
    X, _ = digits_small
    net = NeuralNetwork(64, (16,), 10, input_scaling=scaling)
    floats = ((X / 255.0 - mean) / deviation).astype("float32")
    np.testing.assert_allclose(net.predict_proba(X), net.predict_proba(floats), rtol=1e-4, atol=1e-6)


# --- training -------------------------------------------------------------------------------------------------------


def test_full_batch_training_equals_textbook_steps(blobs):
    X, y = blobs
    net = network(activation="tanh", dtype="float64", optimizer="adam", learning_rate=0.05, weight_decay=0.1)
    pairs = pairs_of(net, 2)
    history = net.train(X, y, epochs=5, batch_size=1000, schedule="cosine", clip_norm=0.2, verbose=False)
    rates = [0.05 * reference.SCHEDULES["cosine"](k / 5) for k in range(5)]
    expected, losses = reference.trained(
        pairs, ["tanh", "identity"], [(X.astype(float), y)] * 5, "adam", rates, decay=0.1, clip=0.2
    )
    assert history.column("train_loss") == pytest.approx(losses, rel=1e-9)
    assert history.column("learning_rate") == pytest.approx(rates)
    for (W, b), (wanted_W, wanted_b) in zip(pairs_of(net, 2), expected, strict=True):
        np.testing.assert_allclose(W, wanted_W, rtol=1e-8, atol=1e-10)
        np.testing.assert_allclose(b, wanted_b, rtol=1e-8, atol=1e-10)


def test_training_takes_ten_epochs_of_128_rows_at_one_rate_unless_told_otherwise(digits_small):
    net, seen = NeuralNetwork(64, (8,), 10), []
    watch = {"on_step": lambda progress: seen.append((progress.images, progress.learning_rate))}
    history = net.train(*digits_small, *digits_small, verbose=False, **watch)
    assert seen == [(128, 0.1), (256, 0.1), (300, 0.1)] * 10
    assert history.chosen_epoch is None  # the last weights stay
    assert [record.epochs for record in net.train_epochs(*digits_small)] == [10] * 10
    next(net.train_epochs(*digits_small, **watch))
    assert seen[30:] == seen[:3]


def test_batches_may_be_larger_than_those_of_evaluation(digits_small):
    X, y = digits_small
    one, five = (NeuralNetwork(64, (16,), 10, dtype="float64") for _ in range(2))
    one.train(X, y, epochs=3, batch_size=300, verbose=False)
    five.train(np.concatenate([X] * 5), np.concatenate([y] * 5), epochs=3, batch_size=1500, verbose=False)
    np.testing.assert_allclose(weights_of(five), weights_of(one), rtol=1e-9, atol=1e-12)


def test_warm_up_is_counted_in_epochs(blobs):
    net = network(learning_rate=0.4)
    history = net.train(*blobs, epochs=4, batch_size=30, warmup_epochs=2, verbose=False)
    assert history.column("learning_rate") == pytest.approx([0.2, 0.4, 0.4, 0.4])
    rates = []
    net.train(*blobs, epochs=1, batch_size=9, verbose=False, on_step=lambda step: rates.append(step.learning_rate))
    assert rates == [0.4] * 10  # and is none unless asked for


@pytest.mark.parametrize("optimizer", reference.OPTIMIZERS)
def test_training_twice_continues_with_the_optimizers_state(optimizer, blobs):
    once, twice = (network(optimizer=optimizer) for _ in range(2))
    once.train(*blobs, epochs=4, verbose=False)
    for _ in range(2):
        history = twice.train(*blobs, epochs=2, verbose=False)
    np.testing.assert_array_equal(weights_of(once), weights_of(twice))
    assert len(history) == 2  # a further training begins a history of its own


def test_training_epoch_by_epoch_equals_training_at_once(blobs):
    at_once, stepwise = network(dropout=0.3), network(dropout=0.3)
    at_once.train(*blobs, epochs=3, verbose=False)
    for k, record in enumerate(stepwise.train_epochs(*blobs, epochs=3), start=1):
        assert stepwise.history.last is record
        assert len(stepwise.history) == k
        stepwise.predict(blobs[0])  # looking on between epochs changes nothing
        stepwise.evaluate(*blobs)
    np.testing.assert_array_equal(weights_of(at_once), weights_of(stepwise))


def test_train_returns_the_history_and_speaks_only_when_asked(blobs, capsys):
    net = network()
    history = net.train(*blobs, *blobs, epochs=2)
    assert history is net.history
    assert capsys.readouterr().out == "".join(f"{record}\n" for record in history)
    assert (history.last.val_loss, history.last.val_accuracy) == net.evaluate(*blobs)
    net.train(*blobs, epochs=1, verbose=False)
    assert capsys.readouterr() == ("", "")


def test_keep_best_ends_with_the_weights_of_the_best_epoch(blobs):
    X, y = blobs
    wrong = (y + 1) % 3  # what validation wants is unlearned by training, so the best epoch comes early
    net = network(optimizer="adam")
    seen = [weights_of(net) for _ in net.train_epochs(X, y, X, wrong, epochs=6)]
    figures = list(zip(net.history.column("val_accuracy"), [-v for v in net.history.column("val_loss")], strict=True))
    best = figures.index(max(figures))
    assert best < 5
    assert net.history.chosen_epoch is None
    chosen = network(optimizer="adam")
    history = chosen.train(X, y, X, wrong, epochs=6, keep_best=True, verbose=False)
    assert history.chosen_epoch == best + 1
    np.testing.assert_array_equal(weights_of(chosen), seen[best])


def test_an_interrupt_in_the_middle_of_an_epoch_leaves_the_best_weights_at_hand(blobs):
    net = network(optimizer="adam")
    after_first = []

    def interrupt(progress):
        if (progress.epoch, progress.step) == (2, 2):
            raise KeyboardInterrupt

    best = BestWeights()
    records = net.train_epochs(*blobs, *blobs, epochs=3, batch_size=30, on_step=interrupt, callbacks=[best])
    with pytest.raises(KeyboardInterrupt):
        after_first.extend(weights_of(net) for _ in records)
    assert len(net.history) == 1
    assert not np.array_equal(weights_of(net), after_first[0])
    assert best.restore_weights(net.history)
    np.testing.assert_array_equal(weights_of(net), after_first[0])
    assert net.history.chosen_epoch == 1
    net.train(*blobs, epochs=1, verbose=False)  # and it can go on


def test_a_temperature_cools_probabilities_and_is_saved(blobs, tmp_path):
    net = network(optimizer="adam")
    net.train(*blobs, epochs=1, verbose=False)
    plain = net.predict_proba(blobs[0]).astype("float64")
    net.temperature = 2.0
    cooled = np.sqrt(plain) / np.sqrt(plain).sum(axis=1, keepdims=True)  # softmax(z / 2) is the root, made to sum to 1
    np.testing.assert_allclose(net.predict_proba(blobs[0]), cooled, rtol=1e-4)
    again = type(net).load_model(net.save_model(tmp_path / "model.pkl"))
    assert again.temperature == 2.0
    np.testing.assert_array_equal(again.predict_proba(blobs[0]), net.predict_proba(blobs[0]))


def test_the_stack_of_layers_keeps_its_earlier_name_too():
    network = NeuralNetwork(4, (3,), 2)
    assert network.stack is network.stack
