"""Sets in MNIST's form: their registry, and small ones from a local server."""

import dataclasses
import gzip
import hashlib
import io
import zipfile

import numpy as np
import pytest

from backend.errors import InputError
from initializers import data_loader
from initializers.data_loader import MNISTDataLoader
from initializers.mnist.files import RemoteFile
from initializers.mnist.related_sets import RELATED_SETS
from tests.helpers.samples.mirror_server import PATIENT, idx_bytes, mirror

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (30, 28, 28)).astype(">u1")


def known(name, content):
    """Return the record of a file with this content."""
    return RemoteFile(name, len(content), hashlib.sha256(content).hexdigest(), ())


def packed(array):
    """Return an array of one or four bytes a number as an IDX file."""
    content = bytearray(idx_bytes(array))
    content[2] = 0x08 if array.itemsize == 1 else 0x0C
    return bytes(content)


def load(monkeypatch, tmp_path, name, related, contents, mirrors=None):
    """Load a set whose registry entry is a small one."""
    monkeypatch.setitem(data_loader.RELATED_SETS, name, related)
    with mirror(contents) as server:
        if mirrors is None:
            monkeypatch.setitem(data_loader.RELATED_SETS, name, dataclasses.replace(related, mirrors=(server.url,)))
        loader = MNISTDataLoader(
            tmp_path / "data", data=name, mirrors=mirrors, cache_dir=tmp_path / "cache", patience=PATIENT
        )
        return loader.load_data(), server


@pytest.mark.parametrize("name", RELATED_SETS)
def test_every_file_can_be_verified_and_every_address_is_one(name):
    related = RELATED_SETS[name]
    assert len(related.files) == (1 if related.members else 4)
    for file in related.files:
        assert len(bytes.fromhex(file.sha256)) == 32
        assert file.size > 1000
    assert all(address.startswith("http") and address.endswith("/") for address in related.mirrors)
    assert len(set(related.class_names)) == len(related.class_names) in (10, 26)


def test_fashion_has_a_folder_of_its_own_and_names_of_its_classes(monkeypatch, tmp_path):
    labels = (np.arange(30) % 10).astype(">u1")
    names = [file.name for file in RELATED_SETS["fashion"].files]
    contents = {
        name: gzip.compress(idx_bytes(array), mtime=0)
        for name, array in zip(names, (IMAGES, labels, IMAGES[:10], labels[:10]), strict=True)
    }
    files = tuple(known(*item) for item in contents.items())
    related = dataclasses.replace(RELATED_SETS["fashion"], files=files)
    monkeypatch.setenv("MNIST_MIRRORS", "http://127.0.0.1:1/")  # serves MNIST, whose files have the same names
    dataset, server = load(monkeypatch, tmp_path, "fashion", related, contents)
    assert server.downloads == names
    assert {path.name for path in (tmp_path / "data" / "fashion").iterdir()} == set(names)
    assert (dataset.name, dataset.class_names[9]) == ("Fashion-MNIST", "ankle boot")
    np.testing.assert_array_equal(dataset.X_train, IMAGES.reshape(30, 784))
    np.testing.assert_array_equal(dataset.y_test, labels[:10])
    assert dataset.source == str(tmp_path / "data" / "fashion")


def test_qmnist_s_classes_are_a_column_of_its_table(monkeypatch, tmp_path):
    table = RNG.integers(0, 10, (30, 8)).astype(">i4")
    names = [file.name for file in RELATED_SETS["qmnist"].files]
    arrays = (IMAGES, table, IMAGES[:5], table[:5])
    contents = {name: gzip.compress(packed(array)) for name, array in zip(names, arrays, strict=True)}
    related = dataclasses.replace(RELATED_SETS["qmnist"], files=tuple(known(*item) for item in contents.items()))
    dataset, _ = load(monkeypatch, tmp_path, "qmnist", related, contents)
    np.testing.assert_array_equal(dataset.y_train, table[:, 0])
    assert dataset.y_train.dtype == np.uint8


def test_emnist_s_letters_are_turned_upright_and_begin_at_one(monkeypatch, tmp_path):
    labels = (1 + np.arange(30) % 26).astype(">u1")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, array in zip(
            RELATED_SETS["emnist-letters"].members, (IMAGES, labels, IMAGES[:4], labels[:4]), strict=True
        ):
            archive.writestr(name, gzip.compress(idx_bytes(array)))
    contents = {"gzip.zip": packed.getvalue()}
    related = dataclasses.replace(RELATED_SETS["emnist-letters"], files=(known("gzip.zip", packed.getvalue()),))
    dataset, server = load(monkeypatch, tmp_path, "emnist-letters", related, contents)
    assert dataset.class_names[dataset.y_train[1]] == "B"
    np.testing.assert_array_equal(dataset.X_train[3].reshape(28, 28), IMAGES[3].T)
    assert server.downloads == ["gzip.zip"]
    assert (tmp_path / "data" / "emnist" / "gzip.zip").is_file()


def test_a_set_that_cannot_be_had_is_never_replaced(monkeypatch, tmp_path):
    related = RELATED_SETS["kmnist"]
    with pytest.raises(InputError, match=r"(?s)Kuzushiji-MNIST: expected 4 files.*codh\.rois\.ac\.jp.*--mirrors"):
        load(monkeypatch, tmp_path, "kmnist", related, {}, mirrors=())
