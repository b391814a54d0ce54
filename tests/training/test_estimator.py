import copy
import pickle
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_digits
from sklearn.ensemble import BaggingClassifier, VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from backend import InputError
from classes import NeuralNetwork
from classes.callbacks import EarlyStopping, ExponentialMovingAverage, ReduceLROnPlateau
from training.estimator import NeuralNetworkClassifier

NAMES = np.array(["one", "two", "three"])


def small(epochs=20, **options):
    return NeuralNetworkClassifier((16,), epochs=epochs, learning_rate=0.02, **{"random_state": 0, **options})


def same(one, other, X):
    return one.predict_proba(X).tobytes() == other.predict_proba(X).tobytes()


# --- as scikit-learn demands it -----------------------------------------------------------------------------------


@parametrize_with_checks([NeuralNetworkClassifier((32,), epochs=30, learning_rate=0.01)])
def test_scikit_learns_own_checks(estimator, check, monkeypatch):
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")  # without which one of the checks is skipped
    check(estimator)


def test_arguments_come_back_and_can_be_set():
    given = {"epochs": 3, "dropout": 0.5, "callbacks": [print], "random_state": 4, "class_weight": {"a": 2.0}}
    model = NeuralNetworkClassifier((7, 5), **given)
    assert given.items() <= model.get_params().items()
    assert clone(model).get_params() == model.get_params()
    assert model.set_params(dropout=0.1).dropout == 0.1
    assert repr(NeuralNetworkClassifier(epochs=3)) == "NeuralNetworkClassifier(epochs=3)"


@pytest.mark.parametrize(
    "wrong",
    [
        {"hidden_sizes": 5},
        {"optimizer": "lbfgs"},
        {"dropout": 2.0},
        {"epochs": 0},
        {"dtype": "int8"},
        {"patience": 0},
        {"workers": 0},
        {"device": "abacus"},
    ],
    ids=str,
)
def test_wrong_arguments_are_reported_by_fit_alone(blobs, wrong):
    model = NeuralNetworkClassifier(**wrong)
    with pytest.raises(InputError):
        model.fit(*blobs)
    with pytest.raises(NotFittedError):
        model.predict(blobs[0])


def test_sparse_input_is_refused_by_name(blobs):
    with pytest.raises(TypeError, match="Sparse data was passed"):
        small().fit(sparse.csr_array(blobs[0]), blobs[1])


def test_frames_with_named_columns(blobs):
    X = pd.DataFrame(blobs[0], columns=["east", "north"])
    model = small().fit(X, pd.Series(NAMES[blobs[1]]))
    assert model.feature_names_in_.tolist() == ["east", "north"]
    assert model.score(X, NAMES[blobs[1]]) > 0.95
    with pytest.raises(ValueError, match="feature names"):
        model.predict(X.rename(columns={"north": "south"}))


# --- learns as the engine does ------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_equals_the_network_with_the_same_settings(blobs, dtype):
    X, y = blobs[0].astype(dtype), blobs[1]
    options = {"optimizer": "nesterov", "dropout": 0.2, "weight_decay": 0.01, "label_smoothing": 0.1, "dtype": dtype}
    network = NeuralNetwork(2, (16,), 3, 0.05, "tanh", seed=5, **options)
    network.train(X, y, epochs=4, batch_size=32, verbose=False, schedule="cosine", class_weight={2: 3.0})
    options |= {"activation": "tanh", "learning_rate": 0.05, "batch_size": 32, "schedule": "cosine"}
    model = NeuralNetworkClassifier((16,), epochs=4, random_state=5, **options, class_weight={"c": 3.0})
    model.fit(X, np.array(["a", "b", "c"])[y])
    assert model.predict_proba(X).tobytes() == network.predict_proba(X).tobytes()
    assert model.loss_curve_ == network.history.column("train_loss")


def test_knows_digits_after_a_few_epochs():
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X / 16, y, random_state=0)
    model = NeuralNetworkClassifier(epochs=20, learning_rate=0.01, random_state=0).fit(X_train, y_train)
    assert model.score(X_test, y_test) > 0.95


@pytest.mark.parametrize(
    "labels", [NAMES, np.array([7, -2, 5]), np.array([2.0, 1.0, 0.0]), NAMES.astype(object)], ids=str
)
def test_labels_of_every_kind(blobs, labels):
    X, y = blobs[0], labels[blobs[1]]
    model = small().fit(X, y, X_val=X, y_val=y.tolist())
    assert model.classes_.tolist() == sorted(labels.tolist())
    assert model.predict(X).dtype == labels.dtype
    assert model.score(X, y) == model.validation_scores_[-1] > 0.95
    assert model.network_.class_names == tuple(map(str, model.classes_))


def test_labels_true_and_false(blobs):
    X, y = blobs[0], blobs[1] == 1
    model = small(class_weight={True: 2.0}).fit(X, y)
    assert model.predict(X).dtype == bool
    assert model.score(X, y) > 0.95


def test_unknown_labels_of_validation_data_and_weights(blobs):
    X, y = blobs
    with pytest.raises(InputError, match=r"labels: expected some of \[0, 1, 2\], found 9"):
        small().fit(X, y, X_val=X[:1], y_val=[9])
    with pytest.raises(InputError, match="found 'zero'"):
        small(class_weight={"zero": 2.0}).fit(X, y)
    with pytest.raises(InputError, match="X_val and y_val"):
        small().fit(X, y, X_val=X)


def test_states_of_random_numbers(blobs):
    X, y = blobs
    assert same(small(random_state=3).fit(X, y), small(random_state=np.int64(3)).fit(X, y), X)
    assert not same(small(random_state=3).fit(X, y), small(random_state=4).fit(X, y), X)
    one, other = np.random.RandomState(3), np.random.RandomState(3)
    first = small(random_state=one).fit(X, y)
    assert same(first, small(random_state=other).fit(X, y), X)
    assert not same(first, first.__class__(**first.get_params()).fit(X, y), X)  # the state has moved on
    np.random.seed(0)  # noqa: NPY002  what None stands for
    by_global = small(random_state=None).fit(X, y)
    np.random.seed(0)  # noqa: NPY002  what None stands for
    assert same(by_global, small(random_state=None).fit(X, y), X)


# --- weights ------------------------------------------------------------------------------------------------------


def test_weights_of_rows_and_classes_agree(blobs):
    X, y = blobs[0].astype(float), NAMES[blobs[1]]
    by_row = small().fit(X, y, sample_weight=np.where(y == "two", 5.0, 1.0))
    by_class = small(class_weight={"two": 5.0}).fit(X, y)
    assert same(by_row, by_class, X)
    assert not same(by_row, small().fit(X, y), X)


def test_balanced_classes_count_alike(blobs):
    rows = np.flatnonzero((blobs[1] > 0) | (np.arange(90) < 15))  # 5 of class 0 and 30 of each other
    X, y = blobs[0][rows].astype(float), blobs[1][rows]
    by_hand = small().fit(X, y, sample_weight=np.where(y == 0, 65 / (3 * 5), 65 / (3 * 30)))
    np.testing.assert_allclose(
        small(class_weight="balanced").fit(X, y).predict_proba(X), by_hand.predict_proba(X), rtol=1e-9
    )


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize(
    "weights", [np.ones(89), np.ones(91), np.zeros(90), -np.ones(90)], ids=lambda w: f"{w.sum():.0f}"
)
def test_wrong_weights_are_refused(blobs, weights, early_stopping):
    with pytest.raises(ValueError, match=r"weight"):
        small(early_stopping=early_stopping).fit(*blobs, sample_weight=weights)


# --- when to end --------------------------------------------------------------------------------------------------


def test_early_stopping_holds_out_and_ends_with_the_best_epoch(blobs):
    X, y = blobs[0], NAMES[blobs[1]]
    model = small(200, early_stopping=True, validation_fraction=0.2, patience=3).fit(X, y)
    assert model.n_iter_ < 200
    best = model.history_.chosen_epoch
    assert best == 1 + int(np.argmax(model.validation_scores_)) == model.n_iter_ - 3
    rows_held_out = 18
    assert {round(score * rows_held_out, 6) % 1 for score in model.validation_scores_} == {0.0}


def test_given_validation_data_choose_the_epoch(blobs):
    X, y = blobs[0], NAMES[blobs[1]]
    X_val, y_val = X[::2], np.where(np.arange(45) % 3, y[::2], "one")  # wrong ones among them: more is not better
    model = small(200, early_stopping=True, patience=4).fit(X, y, X_val=X_val, y_val=y_val)
    assert model.n_iter_ == model.history_.chosen_epoch + 4 < 200
    assert model.score(X_val, y_val) == max(model.validation_scores_)
    again = small(model.history_.chosen_epoch).fit(X, y)  # nothing was held out
    assert same(model, again, X)


def test_a_training_loss_that_stands_still_ends_the_training(blobs):
    X, y = blobs
    assert small(500).fit(X, y).n_iter_ < 500
    assert small(60, patience=None, min_delta=1.0).fit(X, y).n_iter_ == 60
    assert small(60, patience=2, min_delta=1.0).fit(X, y).n_iter_ == 3


def test_callbacks_are_used_but_not_changed(blobs):
    records, plateau = [], ReduceLROnPlateau("train_loss", patience=1, min_delta=10.0)
    model = small(4, callbacks=[records.append, plateau]).fit(*blobs)
    assert records == model.history_.records
    assert records[-1].learning_rate < records[0].learning_rate
    assert not hasattr(plateau, "trainer")


def test_verbose_writes_a_line_an_epoch(blobs, capsys):
    small(3, verbose=True).fit(*blobs)
    assert capsys.readouterr().out.count("\n") == 3


# --- a part at a time ---------------------------------------------------------------------------------------------


def test_partial_fit_is_one_engine_that_continues(blobs):
    X, y = blobs
    network = NeuralNetwork(2, (16,), 3, 0.02, optimizer="adam", seed=0)
    model, labels = small(batch_size=16), np.array(["a", "b", "c"])
    for part in np.array_split(np.arange(90), 3):
        network.partial_fit(X[part], y[part], batch_size=16)
        model.partial_fit(X[part], labels[y[part]], classes=labels)
    assert model.predict_proba(X).tobytes() == network.predict_proba(X).tobytes()
    assert model.network_.optimizer.steps == network.optimizer.steps == 6
    assert model.n_iter_ == 3
    assert not same(model, small(batch_size=16).partial_fit(X, labels[y], classes=labels), X)


def test_partial_fit_continues_after_fit_and_after_a_pickle(blobs):
    X, y = blobs
    model = small(3, optimizer="adamw", dropout=0.3, callbacks=[ExponentialMovingAverage(0.9)]).fit(X, y)
    revived = pickle.loads(pickle.dumps(model))
    for each in (model, revived):
        each.partial_fit(X[:40], y[:40]).partial_fit(X[40:], y[40:], classes=[0, 1, 2])
    assert model.n_iter_ == 5
    assert same(model, revived, X)


def test_partial_fit_weighs_classes_and_rows(blobs):
    X, y = blobs[0].astype(float), blobs[1]
    weights = np.where(y == 1, 4.0, 1.0)
    by_class = small(class_weight={1: 2.0}).partial_fit(X, y, [0, 1, 2], sample_weight=np.sqrt(weights))
    by_row = small().partial_fit(X, y, [0, 1, 2], sample_weight=weights)
    assert same(by_class, by_row, X)
    assert same(small(class_weight={1: 4.0}).partial_fit(X, y, [0, 1, 2]), by_row, X)


def test_partial_fit_refuses_what_it_cannot_know(blobs):
    X, y = blobs
    with pytest.raises(InputError, match="classes: expected all labels at the first call"):
        small().partial_fit(X, y)
    with pytest.raises(InputError, match="early_stopping"):
        small(early_stopping=True).partial_fit(X, y, [0, 1, 2])
    with pytest.raises(InputError, match="class_weight"):
        small(class_weight="balanced").partial_fit(X, y, [0, 1, 2])
    model = small()
    with pytest.raises(InputError, match="found 2"):
        model.partial_fit(X, y, classes=[0, 1])
    model.partial_fit(X, y, classes=[0, 1, 2])  # what failed before left nothing behind
    with pytest.raises(InputError, match=r"classes: expected \[0, 1, 2\] again"):
        model.partial_fit(X, y, classes=[0, 1, 2, 3])


# --- what numbers mean --------------------------------------------------------------------------------------------


def test_pixels_and_pixels_over_255_are_the_same(digits_small):
    X, y = digits_small
    scaled = (X * np.float32(1 / 255)).astype("float32")
    by_pixels, by_floats = small(5).fit(X, y), small(5).fit(scaled, y)
    assert same(by_pixels, by_floats, scaled)
    assert same(by_floats, by_floats, X)
    assert by_floats.predict_proba(X).tobytes() == by_pixels.predict_proba(scaled).tobytes()
    assert by_pixels.predict_proba(X.tolist()).tobytes() == by_pixels.predict_proba(X).tobytes()
    listed = copy.deepcopy(by_pixels).partial_fit(X.tolist(), y)
    assert same(listed, by_pixels.partial_fit(X, y), X)
    with pytest.raises(InputError, match="integers from 0 to 255"):
        by_pixels.predict(X.astype(int) + 1)


def test_other_whole_numbers_are_numbers(blobs):
    whole = np.rint(blobs[0] * 50).astype(int)  # some below 0
    model = small(3).fit(whole, blobs[1])
    assert model.network_.dtype == "float64"
    assert same(model, small(3).fit(whole.astype(float), blobs[1]), whole)
    few = np.abs(whole).astype("uint8")
    assert model.predict_proba(few).tobytes() == model.predict_proba(few.astype(float)).tobytes()


@pytest.mark.parametrize(
    ("given", "asked", "taken"),
    [("float32", "auto", "float32"), ("float64", "auto", "float64"), ("uint8", "auto", "float32"),
     ("bool", "auto", "float64"), ("float64", "float32", "float32"), ("uint8", "float64", "float64")],
)  # fmt: skip
def test_types_of_arithmetic(digits_small, given, asked, taken):
    X, y = digits_small
    model = small(1, dtype=asked).fit((X - 1.0 if "float" in given else X).astype(given), y)
    assert model.predict_proba(X[:2]).dtype == model.coefs_[0].dtype == model.network_.dtype == taken


def test_logarithms_of_probabilities_that_vanish(blobs):
    model = small().fit(*blobs)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        logarithms = model.predict_log_proba(blobs[0] * 1e4)
    assert np.isneginf(logarithms).any()
    np.testing.assert_array_equal(np.exp(logarithms), model.predict_proba(blobs[0] * 1e4))


def test_figures_by_the_names_that_users_know(blobs):
    model = small(3).fit(*blobs)
    assert [W.shape for W in model.coefs_] == [(2, 16), (16, 3)]
    assert [b.shape for b in model.intercepts_] == [(16,), (3,)]
    assert (len(model.loss_curve_), model.loss_curve_[-1]) == (3, model.loss_)
    assert model.validation_scores_ == [None] * 3
    model.coefs_[0][...] = 0.0  # of a copy
    assert model.coefs_[0].all()
    hidden = np.maximum(blobs[0] @ model.coefs_[0] + model.intercepts_[0], 0.0)
    np.testing.assert_array_equal((hidden @ model.coefs_[1] + model.intercepts_[1]).argmax(1), model.predict(blobs[0]))


# --- kept, copied, and among scikit-learn's own -------------------------------------------------------------------


def test_pickles_and_copies_predict_the_same_bits(blobs, tmp_path):
    X, y = blobs[0], NAMES[blobs[1]]
    model = small(early_stopping=True, callbacks=[EarlyStopping("train_loss")], dropout=0.1).fit(X, y)
    joblib.dump(model, tmp_path / "model.joblib")
    for other in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model), joblib.load(tmp_path / "model.joblib")):
        assert same(model, other, X)
        assert other.history_ == model.history_
        assert other.get_params()["dropout"] == 0.1
        assert other.network_ is not model.network_
        assert other.network_.class_names == model.network_.class_names
    assert pickle.loads(pickle.dumps(small())).get_params() == small().get_params()


def test_the_network_within_is_saved_and_loaded(blobs, tmp_path):
    model = small().fit(*blobs)
    network = NeuralNetwork.load_model(model.network_.save_model(tmp_path / "blobs.pkl"))
    assert network.predict_proba(blobs[0]).tobytes() == model.predict_proba(blobs[0]).tobytes()


def test_pipelines_and_searches_in_two_processes(blobs):
    X, y = blobs[0], NAMES[blobs[1]]
    line = make_pipeline(StandardScaler(), small(10))
    grid = {"neuralnetworkclassifier__hidden_sizes": [(2,), (16,)]}
    search = GridSearchCV(line, grid, cv=3, n_jobs=2, error_score="raise").fit(X, y)
    assert search.best_score_ > 0.95
    assert search.score(X, y) > 0.95


def test_cross_validation_gives_the_same_scores_again(digits_small):
    scores = [cross_val_score(small(4), *digits_small, cv=3, error_score="raise").tolist() for _ in range(2)]
    assert scores[0] == scores[1]
    assert min(scores[0]) > 0.3


def test_weights_find_their_way_through_cross_validation(blobs):
    weights = np.where(blobs[1] == 2, 0.0, 1.0)
    with config_context(enable_metadata_routing=True):
        model = small().set_fit_request(sample_weight=True).set_score_request(sample_weight=False)
        scores = cross_val_score(model, *blobs, cv=3, params={"sample_weight": weights}, error_score="raise")
    assert scores.max() < 0.7  # the third class was not learned


@pytest.mark.parametrize(
    "made",
    [
        lambda: VotingClassifier([("small", small()), ("tanh", small(activation="tanh"))], voting="soft"),
        lambda: CalibratedClassifierCV(small(), cv=3),
        lambda: BaggingClassifier(small(), n_estimators=3, random_state=0),
    ],
    ids=["voting", "calibrated", "bagging"],
)
def test_ensembles(blobs, made):
    X, y = blobs[0], NAMES[blobs[1]]
    model = made().fit(X, y)
    assert model.score(X, y) > 0.95
    assert set(model.predict(X)) == set(NAMES)
