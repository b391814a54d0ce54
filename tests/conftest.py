"""Small read-only data sets shared by several test files."""

import os
import signal
import tracemalloc

import numpy as np
import pytest

import backend
from backend import InputError
from benchmarks.race.memory import helpers
from classes import NeuralNetwork
from initializers.mnist.embedded import embedded_digits

for _name in (
    "COLUMNS",
    "LINES",
):  # the size of whatever terminal starts the tests: pytest-xdist hands it to its workers
    os.environ.pop(_name, None)


if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # as in what a shell starts in the background, and all it starts
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    """Begin with the tests in a browser, which take longest, so that parallel processes end at the same time."""
    items.sort(key=lambda item: "web" not in item.path.parts)


def _frozen(*arrays):
    for array in arrays:
        array.setflags(write=False)
    return arrays


@pytest.fixture(autouse=True, scope="session")
def _on_the_cpu():
    """Tests compare with NumPy's arrays, so networks compute on the CPU unless told, also where there is a GPU."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(backend.DEVICES, "auto", backend.NumpyBackend)
        yield


@pytest.fixture
def no_process_is_left():
    """Check that a test leaves no child process behind, not even one that has ended."""
    before = set(helpers())
    yield
    assert set(helpers()) <= before


@pytest.fixture(scope="session")
def xor():
    """The four corners of a square, of which opposite ones belong together: no straight line parts them."""
    return _frozen(np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype="float32"), np.array([0, 1, 1, 0]))


@pytest.fixture(scope="session")
def blobs():
    """Ninety points in three well-parted clouds: (90, 2) float32 and class numbers."""
    generator = np.random.default_rng(0)
    y = np.arange(90) % 3
    centres = np.array([[0.0, 2.0], [-2.0, -1.0], [2.0, -1.0]])
    return _frozen((centres[y] + 0.3 * generator.standard_normal((90, 2))).astype("float32"), y)


@pytest.fixture(scope="session")
def digits_small():
    """scikit-learn's first 300 handwritten digits: (300, 64) uint8 from 0 to 255, and class numbers."""
    from sklearn.datasets import load_digits

    pictures, y = load_digits(return_X_y=True)
    return _frozen((pictures[:300] * (255 / 16)).astype("uint8"), y[:300].copy())


@pytest.fixture(scope="session")
def digits():
    """The embedded digits, as a Dataset."""
    dataset = embedded_digits()
    _frozen(dataset.X_train, dataset.y_train, dataset.X_test, dataset.y_test)
    return dataset


@pytest.fixture(scope="session")
def mnist():
    """The real MNIST, as a Dataset; skips where the environment variable MNIST_DIR names no folder."""
    folder = os.environ.get("MNIST_DIR")
    if not folder:
        pytest.skip("MNIST_DIR is not set: no real MNIST here")
    from initializers.data_loader import MNISTDataLoader

    return MNISTDataLoader(folder, data="mnist").load_data()


@pytest.fixture
def peak_of():
    """Return a function that runs another and returns the most new memory, in bytes, that it held at once."""

    def peak(function):
        tracemalloc.start()
        try:
            function()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    return peak


@pytest.fixture(scope="session")
def sound(blobs, tmp_path_factory):
    """The bytes of a small and sound model file, with dropout at place 1."""
    net = NeuralNetwork(2, (8,), 3, dropout=0.25, optimizer="adam", seed=4)
    net.train(*blobs, *blobs, epochs=2, verbose=False)
    return net.save_model(tmp_path_factory.mktemp("sound") / "sound.pkl").read_bytes()


@pytest.fixture
def refused(tmp_path, peak_of):
    """Return a check that a model file of given bytes is refused: by name, in four parts, without much memory."""

    def check(data):
        path = tmp_path / "hostile.pkl"
        path.write_bytes(data)

        def load():
            with pytest.raises(InputError, match=r"(?s)hostile\.pkl.*: expected .+, found .+\. .+\.$"):
                NeuralNetwork.load_model(path)

        assert peak_of(load) < 2**20 + 64 * len(data)  # an empty list takes 56 bytes, and one in the file

    return check


@pytest.fixture(scope="session")
def model(digits, tmp_path_factory):
    """A model file of a network that has seen the embedded digits."""
    network = NeuralNetwork(784, (16,), 10, optimizer="adam")
    network.train(digits.X_train, digits.y_train, epochs=2, verbose=False)
    network.info = {"dataset": digits.name, "dataset_fingerprint": digits.fingerprint}
    return network.save_model(tmp_path_factory.mktemp("model") / "small.pkl")
