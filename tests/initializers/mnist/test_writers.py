"""The writers of MNIST's digits, from a local file in QMNIST's format."""

import gzip
import hashlib

import numpy as np
import pytest

from backend.errors import InputError
from initializers.mnist import writers as writers_module
from initializers.mnist.files import RemoteFile
from initializers.mnist.idx import read_idx
from initializers.mnist.store import MissingFileError
from initializers.mnist.writers import WRITERS_FILE, WRITERS_MIRRORS, load_writers
from initializers.splits import split_by_writer
from tests.helpers.samples.mirror_server import PATIENT, mirror

CLASSES = np.arange(40) % 10
WRITERS = np.repeat([7, 2100, 610, 8], 10)


def table_bytes(classes=CLASSES):
    """Return QMNIST's labels of 40 digits by 4 writers, written down from the format's description."""
    rows = np.zeros((40, 8), ">i4")
    rows[:, 0], rows[:, 1], rows[:, 2] = classes, 4, WRITERS
    rows[:, 3], rows[:, 4], rows[:, 5] = np.arange(40) % 10, 30 + classes, 100_000 + np.arange(40)
    return b"\0\0\x0c\x02" + (40).to_bytes(4, "big") + (8).to_bytes(4, "big") + rows.tobytes()


CONTENT = gzip.compress(table_bytes(), mtime=0)
FILE = RemoteFile(WRITERS_FILE.name, len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), (40, 8), itemsize=4)


@pytest.fixture
def load(tmp_path):
    """Load from folders of the test's own."""

    def loaded(*addresses, y=CLASSES, **options):
        options = {"file": FILE, "cache_dir": tmp_path / "cache", "patience": PATIENT} | options
        return load_writers(y, tmp_path / "data", mirrors=addresses, **options)

    return loaded


def files_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_table_is_qmnist_s():
    assert WRITERS_FILE.shape == (60_000, 8)
    assert WRITERS_FILE.unpacked_size == 12 + 60_000 * 8 * 4
    assert len(bytes.fromhex(WRITERS_FILE.sha256)) == 32
    assert all(address.startswith("https://") and address.endswith("/") for address in WRITERS_MIRRORS)
    assert read_idx(table_bytes()).shape == (40, 8)


def test_the_file_is_downloaded_once_and_stays_packed(load, tmp_path):
    steps = []
    with mirror({FILE.name: CONTENT}) as server:
        writers = load(server.url, progress=lambda *step: steps.append(step))
        np.testing.assert_array_equal(load(server.url), writers)
        assert server.downloads == [FILE.name]
    np.testing.assert_array_equal(writers, WRITERS)
    assert writers.dtype == np.int32
    assert files_in(tmp_path / "data") == [FILE.name]
    assert steps[-1] == (FILE.name, FILE.size, FILE.size)


def test_a_part_by_writer_follows(load):
    with mirror({FILE.name: CONTENT}) as server:
        writers = load(server.url)
    kept, held_out = split_by_writer(writers, 0.25, seed=0)
    assert len(held_out) == 10
    assert not set(WRITERS[kept]) & set(WRITERS[held_out])


def test_wrong_bytes_are_never_believed(load, tmp_path):
    wrong = pytest.raises(MissingFileError, match="SHA-256 does not match")
    with mirror({FILE.name: CONTENT}, "wrong bytes") as server, wrong as caught:
        load(server.url)
    text = str(caught.value)
    assert text.startswith("the writers of MNIST's digits")
    for part in (FILE.name, WRITERS_MIRRORS[0], "MNIST_DIR", "1 file in", "(packed, as it is)"):
        assert part in text
    assert files_in(tmp_path / "data") == []


def test_a_damaged_file_is_reported_and_fetched_again(load, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / FILE.name).write_bytes(b"bad")
    told = []
    with mirror({FILE.name: CONTENT}) as server:
        np.testing.assert_array_equal(load(server.url, notify=told.append), WRITERS)
    assert len(told) == 1
    assert "3 bytes instead of" in told[0]


def test_an_unpacked_copy_cannot_be_verified_and_is_passed_over(load, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / FILE.unpacked_name).write_bytes(table_bytes(classes=CLASSES[::-1]))
    with mirror({FILE.name: CONTENT}) as server:
        np.testing.assert_array_equal(load(server.url), WRITERS)
        assert server.downloads == [FILE.name]


def test_other_data_are_refused_before_any_download(load):
    with mirror({FILE.name: CONTENT}) as server:
        with pytest.raises(InputError, match="MNIST's 40 training digits in their own order, found 39 labels"):
            load(server.url, y=CLASSES[:-1])
        assert server.asked == []


def test_labels_in_another_order_are_refused(load):
    with mirror({FILE.name: CONTENT}) as server, pytest.raises(InputError, match="found 0% of the classes"):
        load(server.url, y=np.roll(CLASSES, 1))


def test_where_no_mirror_is_named_the_file_comes_from_qmnist_s_own(tmp_path, monkeypatch):
    def asked(addresses, **_):
        raise LookupError(*addresses)

    monkeypatch.delenv("MNIST_MIRRORS", raising=False)
    monkeypatch.setattr(writers_module, "Mirrors", asked)
    with pytest.raises(LookupError) as caught:
        load_writers(CLASSES, tmp_path, file=FILE)
    assert caught.value.args == WRITERS_MIRRORS


def test_mirrors_of_the_environment_come_before_qmnist_s_own(tmp_path, monkeypatch):
    with mirror({FILE.name: CONTENT}) as server:
        monkeypatch.setenv("MNIST_MIRRORS", server.url)
        monkeypatch.setenv("MNIST_DIR", str(tmp_path))
        np.testing.assert_array_equal(load_writers(CLASSES, file=FILE, patience=PATIENT), WRITERS)
    assert files_in(tmp_path) == [FILE.name]
