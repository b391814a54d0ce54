"""Invalid arguments of `NeuralNetwork` raise an InputError with all four parts before any work."""

import numpy as np
import pytest

from backend import InputError
from classes import NeuralNetwork
from classes.layers import Dense

X, Y = np.zeros((6, 4), dtype="float32"), np.array([0, 1, 2, 0, 1, 2])
FOUR_PARTS = r"(?s)^{}.*: expected .+, found .+\. .+\.$"


def refused(part):
    return pytest.raises(InputError, match=FOUR_PARTS.format(part))


@pytest.mark.parametrize(
    ("part", "options"),
    [
        ("input_size", {"input_size": 0}),
        ("input_size", {"input_size": 4.0}),
        ("output_size", {"output_size": 0}),
        ("output_size", {"output_size": 1}),
        ("output_size", {"layers": [Dense(1)]}),
        ("units", {"hidden_sizes": (8, 0)}),
        ("units", {"hidden_sizes": (8, "8")}),
        ("learning_rate", {"learning_rate": 0.0}),
        ("learning_rate", {"learning_rate": -1.0}),
        ("learning_rate", {"learning_rate": float("nan")}),
        ("activation", {"activation": "rulu"}),
        ("activation", {"hidden_sizes": (3, 3), "activation": ("relu",)}),
        ("optimizer", {"optimizer": "adm"}),
        ("dropout rate", {"dropout": 1.0}),
        ("dropout rate", {"dropout": -0.5}),
        ("dropout rate", {"dropout": float("nan")}),
        ("dropout", {"hidden_sizes": (3, 3), "dropout": (0.1, 0.1, 0.1)}),
        ("weight_decay", {"weight_decay": -1.0}),
        ("initializer", {"initializer": "glorot"}),
        ("label_smoothing", {"label_smoothing": 1.0}),
        ("input_scaling", {"input_scaling": "zscore"}),
        ("dtype", {"dtype": "float16"}),
        ("dtype", {"dtype": np.float32}),
        ("device", {"device": "cuda"}),
        ("layers", {"layers": []}),
        ("class_names", {"class_names": ("a", "b")}),
        ("class_names", {"class_names": (1, 2, 3)}),
    ],
)
def test_bad_constructions(part, options):
    with refused(part):
        NeuralNetwork(**{"input_size": 4, "hidden_sizes": (5,), "output_size": 3, **options})


@pytest.mark.parametrize(
    ("part", "options"),
    [
        ("hidden_sizes", {"hidden_sizes": 5}),
        ("learning_rate", {"learning_rate": "0.1"}),
        ("weight_decay", {"weight_decay": "big"}),
        ("dropout", {"dropout": "0.5"}),
        ("label_smoothing", {"label_smoothing": "0.1"}),
        ("activation", {"activation": 3.5j}),
        ("seed", {"seed": -1}),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_bad_types(part, options):
    with refused(part):
        NeuralNetwork(**{"input_size": 4, "hidden_sizes": (5,), "output_size": 3, **options})


def test_numpy_numbers_are_numbers():
    net = NeuralNetwork(np.int64(4), (np.int64(5),), np.int64(3), np.float64(0.1), dropout=np.float32(0.5))
    net.train(X, Y, epochs=1, verbose=False)


@pytest.mark.parametrize(
    ("part", "arguments"),
    [
        ("images", {"X_train": np.zeros((6, 5))}),
        ("images", {"X_train": np.zeros(4)}),
        ("images", {"X_train": np.zeros((0, 4)), "y_train": []}),
        ("images", {"X_train": np.full((6, 4), np.nan)}),
        ("images", {"X_train": np.array([["a"] * 4] * 6)}),
        ("images", {"X_train": None}),
        ("labels", {"y_train": Y[:5]}),
        ("labels", {"y_train": Y + 1}),
        ("labels", {"y_train": -Y}),
        ("labels", {"X_val": X, "y_val": [7] * 6}),
        ("one-hot labels", {"y_train": np.ones((6, 3))}),
        ("labels", {"y_train": np.eye(4)[[0, 1, 2, 3, 0, 1]]}),
        ("images", {"X_val": np.zeros((6, 5)), "y_val": Y}),
        ("labels", {"X_val": X, "y_val": Y[:2]}),
        ("validation data", {"X_val": X}),
        ("validation data", {"y_val": Y}),
        ("epochs", {"epochs": 0}),
        ("epochs", {"epochs": 2.5}),
        ("batch_size", {"batch_size": 0}),
        ("batch_size", {"batch_size": -3}),
        ("batch_size", {"batch_size": "64"}),
        ("schedule", {"schedule": "linear"}),
        ("warm-up", {"warmup_epochs": 2}),
        ("warm-up", {"warmup_epochs": -1}),
        ("clip_norm", {"clip_norm": 0.0}),
        ("clip_norm", {"clip_norm": -1.0}),
        ("clip_norm", {"clip_norm": float("nan")}),
    ],
)
def test_bad_trainings_are_refused_at_the_call_and_change_nothing(part, arguments):
    net = NeuralNetwork(4, (5,), 3)
    before = net.stack.parameters.values.copy()
    with refused(part):
        net.train_epochs(**{"X_train": X, "y_train": Y, "epochs": 2, **arguments})
    np.testing.assert_array_equal(net.stack.parameters.values, before)
    assert len(net.history) == 0


@pytest.mark.parametrize("method", ["predict", "predict_proba", "forward"])
@pytest.mark.parametrize("bad", [np.zeros((2, 5)), np.zeros(4), np.full((1, 4), np.inf), [["a"] * 4], None])
def test_bad_images_at_prediction(method, bad):
    with refused("images"):
        getattr(NeuralNetwork(4, (5,), 3), method)(bad)


@pytest.mark.parametrize("method", ["evaluate", "backward", "check_gradients"])
def test_bad_data_at_evaluation(method):
    net = NeuralNetwork(4, (5,), 3)
    with refused("images"):
        getattr(net, method)(X[:, :3], Y)
    with refused("labels"):
        getattr(net, method)(X, Y[:-1])
    with refused("labels"):
        getattr(net, method)(X, Y + 1)


@pytest.mark.parametrize("method", ["evaluate", "backward", "train_epochs"])
def test_missing_labels_are_refused(method):
    with refused("labels"):
        getattr(NeuralNetwork(4, (5,), 3), method)(X, None)


def test_an_infinite_clipping_norm_clips_nothing_or_is_refused():
    plain, clipped = NeuralNetwork(4, (5,), 3), NeuralNetwork(4, (5,), 3)
    plain.train(X, Y, epochs=1, verbose=False)
    try:
        clipped.train(X, Y, epochs=1, clip_norm=float("inf"), verbose=False)
    except InputError as error:
        assert str(error).startswith("clip_norm")  # noqa: PT017 - either way is right
    else:
        np.testing.assert_array_equal(plain.stack.parameters.values, clipped.stack.parameters.values)


def test_a_dense_layer_refuses_pictures():
    with refused("a dense layer's input"):
        Dense(3).declare((2, 2))


def test_an_option_that_is_none_is_refused():
    with pytest.raises(TypeError, match="epoch_count"):
        NeuralNetwork(4, (5,), 3).train(X, Y, epoch_count=3)
