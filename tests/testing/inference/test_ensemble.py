"""Ensembles and test-time augmentation."""

import numpy as np
import pytest

from backend.errors import InputError
from classes.network import EVALUATION_BATCH
from classes.neural_network import NeuralNetwork
from initializers.batches import INPUT_SCALINGS
from testing.inference.ensemble import Ensemble, load_predictor, members, predictor_name, view_maps, view_of
from testing.inference.prediction import SURE_CONFIDENCE, SURE_KEY
from testing.metrics import accuracy
from testing.metrics.probabilities import log_loss
from tests.helpers.small import NAMES, small_dataset, small_network

SAME = np.array([[0, 1, 0], [0, 0, 1]], "float32")  # the map that changes nothing
DATA = small_dataset()
X, Y = DATA.X_test, DATA.y_test


@pytest.fixture(scope="module")
def networks():
    """Two trained networks, the second at a temperature of its own."""
    first, second = small_network(DATA), small_network(DATA, epochs=1)
    second.temperature = 0.5
    return first, second


@pytest.fixture(scope="module")
def files(networks, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    return [network.save_model(folder / f"{name}.pkl") for name, network in zip("ab", networks, strict=True)]


def test_one_model_seen_one_way_is_the_network_itself(files, networks):
    network = load_predictor(files[:1])
    assert type(network) is NeuralNetwork
    assert members(network) == (network,)
    np.testing.assert_array_equal(network.predict_proba(X), networks[0].predict_proba(X))


def test_the_mean_of_the_scaled_probabilities(files, networks):
    ensemble = load_predictor(files)
    expected = np.mean([network.predict_proba(X) for network in networks], axis=0)
    np.testing.assert_allclose(ensemble.predict_proba(X), expected, rtol=1e-6)
    assert ensemble.files == tuple(map(str, files))
    assert ensemble.parameter_count == 2 * networks[0].parameter_count
    assert (ensemble.class_names, ensemble.input_size, ensemble.output_size) == (NAMES, 64, 3)
    assert len(members(ensemble)) == 2


def test_networks_of_images_and_of_rows_together(networks):
    images = NeuralNetwork(64, layers="4C3-BN-MP2-6", output_size=3, class_names=NAMES)
    ensemble = Ensemble([images, networks[0]], views=2)
    other = view_of(X, view_maps(2, 64)[0])
    expected = np.mean([each.predict_proba(view) for each in (images, networks[0]) for view in (X, other)], axis=0)
    np.testing.assert_allclose(ensemble.predict_proba(X), expected, rtol=1e-5)


def test_predictions_and_evaluation_follow_from_the_probabilities(networks):
    ensemble = Ensemble(networks, views=3)
    p = ensemble.predict_proba(X)
    np.testing.assert_array_equal(ensemble.predict(X), p.argmax(axis=1))
    assert ensemble.evaluate(X, Y) == (log_loss(Y, p), accuracy(Y, p.argmax(axis=1)))
    np.testing.assert_allclose(p.sum(axis=1), 1.0, rtol=1e-6)


def test_every_view_counts_alike(networks):
    (network, _), maps = networks, view_maps(4, 64)
    seen = [X, *(view_of(X, a) for a in maps)]
    expected = np.mean([network.predict_proba(view) for view in seen], axis=0)
    np.testing.assert_allclose(Ensemble([network], views=4).predict_proba(X), expected, rtol=1e-6)
    assert np.abs(expected - network.predict_proba(X)).max() > 1e-4  # views change something


def test_an_image_has_the_same_probabilities_wherever_it_stands(networks):
    ensemble = Ensemble(networks, views=3)
    many = np.resize(X, (EVALUATION_BATCH + 7, 64))
    p = ensemble.predict_proba(many)
    np.testing.assert_allclose(p[-7:], ensemble.predict_proba(many[-7:]), rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(p, Ensemble(networks, views=3).predict_proba(many))


def test_images_may_have_rows_and_columns(networks):
    ensemble = Ensemble(networks, views=2)
    np.testing.assert_array_equal(ensemble.predict(X.reshape(-1, 8, 8)), ensemble.predict(X))


def test_scaled_images_give_what_pixels_give(networks):
    ensemble = Ensemble(networks, views=3)
    x = np.empty(X.shape, "float32")
    INPUT_SCALINGS["unit"].apply(np, X, x)
    np.testing.assert_allclose(ensemble.predict_proba(x), ensemble.predict_proba(X), atol=0.01)  # pixels are rounded


def test_outside_of_scaled_images_lies_paper():
    network = NeuralNetwork(64, (), 3, input_scaling="standard")
    paper = np.full((2, 64), INPUT_SCALINGS["standard"].offset, "float32")
    p = Ensemble([network], views=5).predict_proba(paper)
    np.testing.assert_allclose(p, network.predict_proba(np.zeros((2, 64), "uint8")), rtol=1e-5)


def test_floats_are_refused_where_members_would_take_them_differently():
    ensemble = Ensemble([NeuralNetwork(64, (), 3, input_scaling=scaling) for scaling in INPUT_SCALINGS])
    with pytest.raises(InputError, match=r"integers from 0 to 255.*standard, unit"):
        ensemble.predict(X / 255.0)
    assert ensemble.predict(X).shape == (60,)


def test_the_same_map_changes_nothing():
    np.testing.assert_array_equal(view_of(X, SAME), X)
    x = (X / 7.0).astype("float32")
    np.testing.assert_allclose(view_of(x, SAME), x, rtol=1e-6)


def test_a_shift_by_hand():
    image = np.arange(9, dtype="uint8")[None] + 1
    left = SAME + np.array([[0, 0, 0], [1, 0, 0]], "float32")  # every pixel comes from its right
    assert view_of(image, left).reshape(3, 3).tolist() == [[2, 3, 0], [5, 6, 0], [8, 9, 0]]
    assert view_of(image.astype("float64"), left, paper=-1.0)[0, 2] == -1.0


def test_bytes_are_rounded():
    (turn, *_), images = view_maps(2, 64), np.random.default_rng(0).integers(256, size=(50, 64))
    exact = view_of(images.astype("float64"), turn)
    np.testing.assert_allclose(view_of(images.astype("uint8"), turn), exact, atol=0.501)


def test_views_come_in_pairs_of_opposite_turns_and_the_first_stay_with_more():
    maps = view_maps(9, 784)
    assert maps.shape == (8, 2, 3)
    sine = maps[:, 0, 2] * maps[:, 0, 1] ** -1  # tan w of r = (cos w r' + sin w c') / s
    np.testing.assert_allclose(sine[::2], -sine[1::2], rtol=1e-4)
    np.testing.assert_array_equal(view_maps(4, 784), maps[:3])
    assert np.abs(maps - SAME).max() < 1.5  # none is far from the image as it is


def test_what_members_agree_on_is_known_of_the_ensemble(networks):
    one, other = NeuralNetwork(64, (), 3), NeuralNetwork(64, (), 3)
    one.info, other.info = {"dataset": "MNIST", "seed": 1}, {"dataset": "MNIST", "seed": 2, "preset": "x"}
    assert Ensemble([one, other]).info == {"dataset": "MNIST"}
    other.info[SURE_KEY] = 0.95
    assert Ensemble([one, other]).info == {"dataset": "MNIST", SURE_KEY: (SURE_CONFIDENCE + 0.95) / 2}
    assert Ensemble([other] * 3).info[SURE_KEY] == pytest.approx(0.95)


def test_a_member_without_names_takes_the_others():
    unnamed, named = NeuralNetwork(64, (), 3), NeuralNetwork(64, (), 3, class_names=NAMES)
    assert Ensemble([unnamed, named]).class_names == NAMES
    assert Ensemble([unnamed, unnamed]).class_names == ("0", "1", "2")


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (NeuralNetwork(64, (), 3, class_names=NAMES[::-1]), "the same classes"),
        (NeuralNetwork(64, (), 10), "the same classes"),
        (NeuralNetwork(16, (), 3, class_names=NAMES), "the same size, found 64 and 16 pixels"),
    ],
    ids=["other names", "more classes", "other images"],
)
def test_networks_that_do_not_belong_together_are_refused(networks, other, message):
    with pytest.raises(InputError, match=message):
        Ensemble([networks[0], other])


@pytest.mark.parametrize("views", [0, -1, 1.5, True, 257, 10_000])
def test_views_are_counted(files, views):
    assert Ensemble([NeuralNetwork(64, (), 3)], views=256).views == 256
    with pytest.raises(InputError, match="views"):
        load_predictor(files[:1], views)


def test_no_model_and_images_that_are_not_square_are_refused():
    with pytest.raises(InputError, match="at least one"):
        load_predictor([])
    with pytest.raises(InputError, match="square images, found 6 pixels and 2 views"):
        Ensemble([NeuralNetwork(6, (), 2)], views=2)
    assert Ensemble([NeuralNetwork(6, (), 2)] * 2).predict(np.zeros((1, 6))).shape == (1,)


def test_images_that_do_not_suit_are_refused(networks):
    with pytest.raises(InputError, match="64 numbers"):
        Ensemble(networks).predict(np.zeros((2, 65)))
    with pytest.raises(InputError, match="60 class numbers"):
        Ensemble(networks).evaluate(X, Y[:-1])


def test_names_say_what_was_asked():
    assert predictor_name(["model/hand.pkl"]) == "model/hand.pkl"
    assert predictor_name(["model/hand.pkl"], 8) == "hand, 8 views"
    assert predictor_name(["a.pkl", "b.pkl", "c.pkl"]) == "ensemble of 3"
    assert predictor_name(["a.pkl", "b.pkl"], 16) == "ensemble of 2, 16 views"
