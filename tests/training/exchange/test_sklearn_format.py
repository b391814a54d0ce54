"""MLPClassifiers of scikit-learn."""

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor

from backend import InputError
from tests.training.exchange.networks import PIXELS, difference, trained
from training.exchange.description import Hints
from training.exchange.sklearn_format import from_mlp_classifier, read_skops, to_mlp_classifier, write_skops

UNIT = (PIXELS / 255).astype("float32")


@pytest.mark.parametrize("changes", [{}, {"output_size": 2}, {"class_names": list("jihgfedcba")}])
@pytest.mark.parametrize("name", ["dense", "normalised"])
def test_the_classifier_predicts_what_the_network_predicts(name, changes):
    network = trained(name, **changes)
    classifier = to_mlp_classifier(network)
    names = np.array(network.class_names)
    order = np.argsort(names)
    np.testing.assert_allclose(classifier.predict_proba(UNIT), network.predict_proba(PIXELS)[:, order], atol=1e-6)
    np.testing.assert_array_equal(classifier.predict(UNIT).astype(str), names[network.predict(PIXELS)])


@pytest.mark.parametrize("load", [load_digits, load_iris])
@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity"])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_fitted_classifier_becomes_a_network_and_back(load, activation):
    X, y = load(return_X_y=True)
    classifier = MLPClassifier((8, 7), activation=activation, max_iter=5, random_state=0).fit(X, y)
    network = from_mlp_classifier(classifier)
    np.testing.assert_allclose(network.predict_proba(X.astype("float32")), classifier.predict_proba(X), atol=1e-5)
    np.testing.assert_array_equal(to_mlp_classifier(network).predict(X), classifier.predict(X))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_two_classes_with_names():
    X, y = load_iris(return_X_y=True)
    names = np.where(y == 0, "setosa", "other")
    classifier = MLPClassifier((4,), max_iter=5, random_state=0).fit(X, names)
    network = from_mlp_classifier(classifier)
    assert network.class_names == ("other", "setosa")
    np.testing.assert_allclose(network.predict_proba(X.astype("float32")), classifier.predict_proba(X), atol=1e-6)


SEVERAL_LABELS = np.eye(7, 3, dtype=int) + np.eye(7, 3, 1, dtype=int)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    ("classifier", "y"),
    [
        (MLPClassifier(), None),
        (LogisticRegression(), None),
        (MLPRegressor(hidden_layer_sizes=(3,), max_iter=2), np.arange(7.0)),
        (MLPClassifier((3,), max_iter=2), SEVERAL_LABELS),
    ],
)
def test_other_models_are_refused(classifier, y):
    fitted = classifier if y is None else classifier.fit(UNIT, y)
    with pytest.raises(InputError, match="MLPClassifier for one label"):
        from_mlp_classifier(fitted)


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("convolutional", {}, "reshape"),
        ("dense", {"activation": ["relu", "tanh"]}, "relu, tanh"),
        ("dense", {"activation": "silu"}, "silu"),
    ],
)
def test_networks_that_no_classifier_represents_are_refused(name, changes, message):
    with pytest.raises(InputError, match=message):
        to_mlp_classifier(trained(name, **changes))


def test_skops_files_are_read_and_others_refused(tmp_path):
    skops = pytest.importorskip("skops.io")
    network = trained("dense")
    path = write_skops(network, tmp_path / "a.skops")
    assert skops.get_untrusted_types(file=path) == []
    assert difference(read_skops(path, Hints()), network) < 1e-6
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InputError, match="skops"):
        read_skops(path, Hints())
