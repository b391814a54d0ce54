"""The table of files and the list of mirrors."""

import pytest

from backend.errors import InputError
from initializers.mnist.files import MIRRORS, MNIST_FILES, RemoteFile, fingerprint, mirror_list


def test_the_table_agrees_with_itself():
    assert [file.unpacked_size for file in MNIST_FILES] == [47_040_016, 60_008, 7_840_016, 10_008]
    hashes = {value for file in MNIST_FILES for value in (file.sha256, file.unpacked_sha256)}
    assert len(hashes) == 8
    assert all(len(bytes.fromhex(value)) == 32 for value in hashes)


def test_both_spellings_of_a_name_are_known():
    assert MNIST_FILES[0].unpacked_names == ("train-images-idx3-ubyte", "train-images.idx3-ubyte")
    assert MNIST_FILES[3].names == ("t10k-labels-idx1-ubyte.gz", "t10k-labels.idx1-ubyte.gz")


def test_the_original_site_is_no_mirror():
    assert len(MIRRORS) >= 3
    assert all(address.startswith("https://") and address.endswith("/") for address in MIRRORS)
    assert not any("lecun" in address for address in MIRRORS)


def test_mirrors_come_from_the_argument_then_the_environment_then_the_list(monkeypatch):
    monkeypatch.setenv("MNIST_MIRRORS", " http://one/a ,https://two/\nhttp://three")
    assert mirror_list(["http://own"]) == ("http://own/",)
    assert mirror_list(()) == ()
    assert mirror_list() == ("http://one/a/", "https://two/", "http://three/")
    monkeypatch.setenv("MNIST_MIRRORS", " ")
    assert mirror_list() == MIRRORS
    monkeypatch.delenv("MNIST_MIRRORS")
    assert mirror_list() == MIRRORS


def test_other_files_may_have_a_home_of_their_own(monkeypatch):
    monkeypatch.setenv("MNIST_MIRRORS", "")
    assert mirror_list(None, ("https://home/",)) == ("https://home/",)
    monkeypatch.setenv("MNIST_MIRRORS", "http://one")
    assert mirror_list(None, ("https://home/",)) == ("http://one/",)


def test_numbers_of_several_bytes_count_in_the_size():
    assert RemoteFile("table-idx2-int.gz", 1, "", (3, 8), itemsize=4).unpacked_size == 4 + 8 + 3 * 8 * 4


@pytest.mark.parametrize("address", ["ftp://host/", "example.org/mnist", "/srv/mnist", "file:///etc/"])
def test_addresses_of_another_kind_are_refused(address):
    with pytest.raises(InputError, match="http"):
        mirror_list(address)


def test_the_fingerprint_depends_on_content_and_order():
    assert fingerprint(MNIST_FILES) == fingerprint(list(MNIST_FILES))
    assert fingerprint(MNIST_FILES) != fingerprint(MNIST_FILES[::-1])
    assert len(fingerprint(MNIST_FILES)) == 64
