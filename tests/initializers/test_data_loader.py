"""Loading data sets from folders, mirrors and the embedded digits."""

import os
from pathlib import Path

import numpy as np
import pytest

from backend.errors import InputError
from initializers.data_loader import DATA_FOLDER, MNISTDataLoader
from tests.helpers.samples.mirror_server import PATIENT, mirror, refusing_url, tiny_arrays, tiny_mnist

FILES, CONTENTS = tiny_mnist()
REAL = pytest.mark.skipif(not os.environ.get("MNIST_DIR"), reason="MNIST_DIR names no folder with the real files")


@pytest.fixture
def loader(tmp_path):
    """Make loaders of the tiny MNIST in folders of the test's own."""

    def make(*addresses, **options):
        options = {"files": FILES, "cache_dir": tmp_path / "cache", "patience": PATIENT} | options
        return MNISTDataLoader(tmp_path / "data", mirrors=addresses, **options)

    return make


def test_a_download_becomes_a_dataset(loader, tmp_path):
    with mirror(CONTENTS) as server:
        dataset = loader(server.url).load_data()
    X_train, y_train, X_test, y_test = tiny_arrays()
    np.testing.assert_array_equal(dataset.X_train, X_train.reshape(40, 784))
    np.testing.assert_array_equal(dataset.X_test, X_test.reshape(20, 784))
    np.testing.assert_array_equal(dataset.y_train, y_train)
    np.testing.assert_array_equal(dataset.y_test, y_test)
    assert (dataset.name, dataset.source) == ("MNIST", str(tmp_path / "data"))
    assert dataset.X_train.dtype == np.uint8
    assert type(dataset.X_train) is np.ndarray
    assert not dataset.X_train.flags.writeable
    assert not dataset.X_train.flags.owndata


def test_download_alone_puts_the_files_in_place(loader, tmp_path):
    steps = []
    with mirror(CONTENTS) as server:
        folder = loader(server.url, progress=lambda *step: steps.append(step)).download_mnist_data()
    assert folder == tmp_path / "data"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == CONTENTS
    assert [(name, done) for name, done, total in steps if done == total] == [(f.name, f.size) for f in FILES]


def test_auto_falls_back_with_one_warning_that_names_every_mirror(loader, tmp_path):
    warnings = []
    nobody = refusing_url()
    with mirror(CONTENTS, "forbidden") as server:
        dataset = loader(server.url, nobody, notify=warnings.append).load_data()
        assert server.url in warnings[0]
    assert (dataset.name, dataset.source) == ("embedded digits", "scikit-learn's digits")
    assert len(warnings) == 1
    for part in ("403", nobody, "no connection", str(tmp_path / "data"), "embedded digits", *CONTENTS):
        assert part in warnings[0]


def test_warnings_are_python_warnings_by_default(loader):
    with pytest.warns(UserWarning, match="embedded digits"):
        loader(data="auto").load_data()


def test_mnist_never_falls_back(loader):
    with mirror(CONTENTS, "missing") as server:
        with pytest.raises(InputError, match="404") as caught:
            loader(server.url, data="mnist").load_data()
        assert server.url in str(caught.value)


def test_embedded_digits_need_no_server(loader):
    with mirror(CONTENTS) as server:
        assert loader(server.url, data="embedded").load_data().name == "embedded digits"
        assert server.asked == []


def test_the_same_files_have_the_same_fingerprint_wherever_they_stand(loader, tmp_path):
    with mirror(CONTENTS) as server:
        first = loader(server.url).load_data()
        unpacked = tmp_path / "unpacked"
        unpacked.mkdir()
        for file in FILES:
            (tmp_path / "data" / file.unpacked_name).rename(unpacked / file.unpacked_name)
        other = MNISTDataLoader(unpacked, mirrors=(), files=FILES, cache_dir=tmp_path / "cache").load_data()
    assert other.source == str(unpacked)
    assert first.fingerprint == other.fingerprint
    assert first.fingerprint != loader(data="embedded").load_data().fingerprint


@pytest.mark.parametrize("wrong", [{"data": "cifar"}, {"mirrors": "nowhere"}])
def test_wrong_arguments_are_refused(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        MNISTDataLoader(**wrong)


def test_the_folder_comes_from_the_argument_then_the_environment_then_the_project(monkeypatch, tmp_path):
    monkeypatch.setenv("MNIST_DIR", str(tmp_path))
    assert MNISTDataLoader("elsewhere").data_dir == Path("elsewhere")
    assert MNISTDataLoader().data_dir == tmp_path
    assert MNISTDataLoader("~/digits").data_dir == Path.home() / "digits"
    monkeypatch.setenv("MNIST_DIR", "")
    assert MNISTDataLoader().data_dir == DATA_FOLDER
    assert DATA_FOLDER.name == "data"
    assert (DATA_FOLDER.parent / "initializers").is_dir()


def test_a_validation_split_is_stratified_and_keeps_pairs_together(loader):
    X = np.arange(200).reshape(100, 2)
    y = np.repeat(np.arange(10), 10)
    X_train, y_train, X_val, y_val = loader().create_validation_split(X, y, 0.2)
    assert (X_train.shape, X_val.shape) == ((80, 2), (20, 2))
    assert np.bincount(y_val).tolist() == [2] * 10
    np.testing.assert_array_equal(y_train, X_train[:, 0] // 20)
    np.testing.assert_array_equal(y_val, X_val[:, 0] // 20)
    assert set(X_train[:, 0]) | set(X_val[:, 0]) == set(X[:, 0])


def test_a_seed_is_a_split_and_the_loader_s_is_the_usual_one(loader):
    X, y = np.arange(100), np.arange(100) % 10
    usual = loader(seed=3).create_validation_split(X, y)[2].tolist()
    assert loader().create_validation_split(X, y, seed=3)[2].tolist() == usual
    assert loader(seed=4).create_validation_split(X, y)[2].tolist() != usual


def test_images_and_labels_of_different_number_are_refused(loader):
    with pytest.raises(InputError, match="3 images and 2 labels"):
        loader().create_validation_split(np.zeros((3, 784)), np.zeros(2))


def test_samples_show_every_class_with_its_size(loader, tmp_path):
    with mirror(CONTENTS) as server:
        figure = loader(server.url).visualize_samples(tmp_path / "samples.png", count=3)
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert [text for text in texts if text.endswith(": 4")] == [f"{digit}: 4" for digit in range(10)]
    assert any("MNIST" in text and "40" in text and "20" in text for text in texts)
    assert (tmp_path / "samples.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "samples.svg").exists()


def test_samples_are_the_classes_in_order_and_a_seed_s(loader):
    def shown(**options):
        figure = loader(server.url).visualize_samples(count=2, **options)
        return [np.asarray(image.get_array()) for axes in figure.axes for image in axes.images]

    X_train, y_train, *_ = tiny_arrays()
    with mirror(CONTENTS) as server:
        images, again, other = shown(seed=1), shown(seed=1), shown(seed=2)
    labels = [y_train[(X_train == image).all(axis=(1, 2))][0] for image in images]
    assert labels == [digit for digit in range(10) for _ in range(2)]
    assert all((one == two).all() for one, two in zip(images, again, strict=True))
    assert not all((one == two).all() for one, two in zip(images, other, strict=True))


def test_more_samples_than_a_class_has_are_as_many_as_it_has(loader):
    with mirror(CONTENTS) as server:
        figure = loader(server.url).visualize_samples(count=1000)
    assert sum(len(axes.images) for axes in figure.axes) == 40


def test_no_samples_are_refused(loader):
    with pytest.raises(InputError, match="count"):
        loader(data="embedded").visualize_samples(count=0)


@REAL
def test_the_real_files_are_mnist(tmp_path):
    dataset = MNISTDataLoader(os.environ["MNIST_DIR"], data="mnist", mirrors=(), cache_dir=tmp_path).load_data()
    assert (dataset.X_train.shape, dataset.X_test.shape) == ((60_000, 784), (10_000, 784))
    assert np.bincount(dataset.y_test).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert dataset.y_train[:5].tolist() == [5, 0, 4, 1, 9]
    # The mean and deviation that every tutorial divides by: 0.1307 and 0.3081.
    assert round(float(dataset.X_train.mean()) / 255, 4) == 0.1307
    assert round(float(dataset.X_train.std()) / 255, 4) == 0.3081


@REAL
def test_the_real_files_come_through_the_real_downloader(tmp_path):
    contents = {path.name: path.read_bytes() for path in Path(os.environ["MNIST_DIR"]).glob("*.gz")}
    with mirror(contents) as server:
        folder = MNISTDataLoader(
            tmp_path / "data", mirrors=[server.url], cache_dir=tmp_path / "cache"
        ).download_mnist_data()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == contents
