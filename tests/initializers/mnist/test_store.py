"""The store of data files: search, verification and unpacking."""

import gzip
import stat

import numpy as np
import pytest

from backend.errors import InputError
from initializers.mnist.download import Mirrors
from initializers.mnist.store import FileStore, MissingFileError, can_write, fault_of
from tests.helpers.samples.mirror_server import PATIENT, mirror, tiny_arrays, tiny_mnist

FILES, CONTENTS = tiny_mnist()
UNPACKED = {file.unpacked_name: gzip.decompress(CONTENTS[file.name]) for file in FILES}
IMAGES = FILES[0]


class Place:
    """A data folder and a cache folder of a test's own, and the warnings that came."""

    def __init__(self, root):
        self.data, self.cache = root / "data", root / "cache"
        self.data.mkdir()
        self.warnings = []

    def fill(self, contents, folder=None):
        for name, content in contents.items():
            ((folder or self.data) / name).write_bytes(content)

    def store(self, *addresses):
        mirrors = Mirrors(addresses, patience=PATIENT)
        return FileStore(FILES, self.data, mirrors, self.warnings.append, self.cache)

    def arrays(self, *addresses):
        store = self.store(*addresses)
        return [store.array(file, path) for file, path in zip(store.files, store.locate_all(), strict=True)]

    def check(self, *addresses):
        for found, expected in zip(self.arrays(*addresses), tiny_arrays(), strict=True):
            np.testing.assert_array_equal(found, expected)
            assert type(found) is np.ndarray
            assert not found.flags.writeable


@pytest.fixture
def place(tmp_path):
    place = Place(tmp_path)
    yield place
    place.data.chmod(0o755)


def names(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def is_mapped(array):
    return type(array.base).__name__ == "mmap"


def test_packed_files_are_unpacked_beside_themselves_and_mapped(place):
    place.fill(CONTENTS)
    place.check()
    assert names(place.data) == sorted([*CONTENTS, *UNPACKED])
    assert names(place.cache) == []
    assert all(is_mapped(array) for array in place.arrays())


def test_unpacked_files_need_no_packed_ones(place):
    place.fill(UNPACKED)
    place.check()
    assert names(place.data) == sorted(UNPACKED)


@pytest.mark.parametrize("contents", [CONTENTS, UNPACKED], ids=["packed", "unpacked"])
def test_names_with_a_dot_are_known(place, contents):
    place.fill({name.replace("-idx", ".idx"): content for name, content in contents.items()})
    place.check()
    assert place.warnings == []


def test_a_folder_of_a_file_s_name_is_no_file(place):
    place.fill(CONTENTS)
    (place.data / IMAGES.unpacked_name).mkdir()
    place.check()
    assert names(place.cache) == [IMAGES.unpacked_name]


def test_an_unpacked_copy_is_made_once(place):
    place.fill(CONTENTS)
    place.check()
    before = (place.data / IMAGES.unpacked_name).stat().st_mtime_ns
    place.check()
    assert (place.data / IMAGES.unpacked_name).stat().st_mtime_ns == before


def test_a_folder_without_write_permission_is_used_as_it_is(place):
    place.fill(CONTENTS)
    place.data.chmod(0o555)
    place.check()
    assert names(place.data) == sorted(CONTENTS)
    assert names(place.cache) == sorted(UNPACKED)
    assert all(is_mapped(array) for array in place.arrays())


def test_what_can_be_written_nowhere_stays_in_memory(place):
    place.fill(CONTENTS)
    place.data.chmod(0o555)
    place.cache.mkdir(mode=0o555)
    place.check()
    assert names(place.cache) == []


def test_a_full_disk_keeps_the_array_in_memory(place, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    place.fill(CONTENTS)
    monkeypatch.setattr("initializers.mnist.store.shutil.copyfileobj", full)
    place.check()
    assert names(place.data) == sorted(CONTENTS)


def test_downloads_go_to_the_data_folder(place):
    place.data.rmdir()
    with mirror(CONTENTS) as server:
        place.check(server.url)
        assert server.downloads == list(CONTENTS)
        place.check(server.url)
        assert server.downloads == list(CONTENTS)
    assert names(place.data) == sorted([*CONTENTS, *UNPACKED])


def test_downloads_go_to_the_cache_where_the_data_folder_cannot_be_written(place):
    place.data.chmod(0o555)
    with mirror(CONTENTS) as server:
        place.check(server.url)
    assert names(place.data) == []
    assert names(place.cache) == sorted([*CONTENTS, *UNPACKED])


def test_only_what_is_missing_is_downloaded(place):
    place.fill({name: content for name, content in CONTENTS.items() if name != IMAGES.name})
    with mirror(CONTENTS) as server:
        place.check(server.url)
        assert server.downloads == [IMAGES.name]


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        (lambda content: content[:-1], "bytes instead of"),
        (lambda content: content + b"x", "bytes instead of"),
        (lambda content: content[:-1] + bytes([content[-1] ^ 1]), "its SHA-256 is wrong"),
        (lambda content: b"", "0 bytes instead of"),
    ],
)
def test_a_bad_packed_file_is_named_and_fetched_again(place, damage, fault):
    place.fill(CONTENTS)
    bad = place.data / IMAGES.name
    bad.write_bytes(damage(CONTENTS[IMAGES.name]))
    with mirror(CONTENTS) as server:
        place.check(server.url)
        assert server.downloads == [IMAGES.name]
    assert len(place.warnings) == 1
    assert str(bad) in place.warnings[0]
    assert fault in place.warnings[0]
    assert bad.read_bytes() == CONTENTS[IMAGES.name]


def test_a_bad_unpacked_file_is_named_and_made_again(place):
    place.fill(CONTENTS | UNPACKED)
    bad = place.data / IMAGES.unpacked_name
    bad.write_bytes(UNPACKED[IMAGES.unpacked_name][:-1] + b"x")
    place.check()
    assert [str(bad) in text for text in place.warnings] == [True]
    assert bad.read_bytes() == UNPACKED[IMAGES.unpacked_name]


def test_a_bad_file_in_a_folder_that_cannot_be_written_is_replaced_in_the_cache(place):
    place.fill(CONTENTS | {IMAGES.name: b"bad"})
    place.data.chmod(0o555)
    with mirror(CONTENTS) as server:
        place.check(server.url)
    assert (place.data / IMAGES.name).read_bytes() == b"bad"
    assert names(place.cache) == sorted([IMAGES.name, *UNPACKED])


def test_a_bad_file_that_cannot_be_fetched_again_stands_in_the_explanation(place):
    place.fill(CONTENTS | {IMAGES.name: b"bad"})
    with mirror({}) as server, pytest.raises(MissingFileError) as caught:
        place.arrays(server.url)
    assert str(place.data / IMAGES.name) in str(caught.value)
    assert "3 bytes instead of" in str(caught.value)
    assert (place.data / IMAGES.name).read_bytes() == b"bad"


def test_the_explanation_says_what_was_tried_and_what_to_do(place):
    with mirror(CONTENTS, "forbidden") as first, mirror(CONTENTS, "web page") as second:
        with pytest.raises(InputError) as caught:
            place.store(first.url, second.url).locate_all()
        text = str(caught.value)
        assert first.url in text
        assert second.url in text
    for part in ("403", "web page", str(place.data), "MNIST_DIR", "MNIST_MIRRORS", "https://", *CONTENTS):
        assert part in text


def test_nowhere_to_download_to_is_reported_before_any_download(place):
    place.data.chmod(0o555)
    place.cache.mkdir(mode=0o555)
    with mirror(CONTENTS) as server:
        with pytest.raises(MissingFileError, match="cannot be written"):
            place.arrays(server.url)
        assert server.asked == []


def test_no_mirror_at_all(place):
    with pytest.raises(MissingFileError, match="none was named"):
        place.arrays()


def test_a_data_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "data").touch()
    with pytest.raises(InputError, match="expected a folder, found the file"):
        FileStore(FILES, tmp_path / "data", Mirrors([]), print)


def test_the_usual_cache_is_the_operating_system_s(tmp_path, monkeypatch):
    for variable in ("XDG_CACHE_HOME", "HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(variable, str(tmp_path))
    assert "neural_network_digit" in FileStore(FILES, tmp_path, Mirrors([]), print).cache.parts


def test_a_file_that_no_one_may_read_has_a_fault(tmp_path):
    assert fault_of(tmp_path / "missing", 0, "").startswith("it cannot be read")


def test_permission_bits_count_even_for_the_administrator(tmp_path):
    tmp_path.chmod(0o555)
    assert not can_write(tmp_path)
    assert not can_write(tmp_path / "below" / "it")
    tmp_path.chmod(0o755)
    assert can_write(tmp_path / "below" / "it")
    assert names(tmp_path / "below" / "it") == []


def test_unpacked_copies_can_be_read_by_whom_the_user_s_mask_lets(place):
    place.fill(CONTENTS)
    place.check()
    modes = {stat.S_IMODE(path.stat().st_mode) for path in place.data.iterdir()}
    assert len(modes) == 1
