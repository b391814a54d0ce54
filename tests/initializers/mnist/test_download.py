"""Downloads from several mirrors: their order, failures, and complete files."""

import logging
import stat
import threading
from dataclasses import replace

import pytest

from initializers.mnist.download import DownloadError, Mirrors
from initializers.mnist.transfer import TransferError
from tests.helpers.samples.mirror_server import (
    BEHAVIOURS,
    IMPATIENT,
    PATIENT,
    SERVING,
    mirror,
    patience_for,
    refusing_url,
    tiny_mnist,
)

FILES, CONTENTS = tiny_mnist()
FILE = FILES[0]
FAILING = [behaviour for behaviour in BEHAVIOURS if behaviour not in SERVING]


def test_a_file_comes_whole_with_the_usual_rights(tmp_path):
    ordinary = tmp_path / "ordinary"
    ordinary.touch()
    with mirror(CONTENTS) as server:
        path = Mirrors([server.url], patience=PATIENT).fetch(FILE, tmp_path / "new" / "folder")
    assert path == tmp_path / "new" / "folder" / FILE.name
    assert path.read_bytes() == CONTENTS[FILE.name]
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(ordinary.stat().st_mode)


@pytest.mark.parametrize("behaviour", FAILING)
def test_the_next_mirror_serves_what_the_first_does_not(behaviour, tmp_path):
    with mirror(CONTENTS, behaviour) as first, mirror(CONTENTS) as second:
        Mirrors([first.url, second.url], patience=patience_for(behaviour)).fetch(FILE, tmp_path)
        assert second.downloads == [FILE.name]
    assert [path.name for path in tmp_path.iterdir()] == [FILE.name]
    assert (tmp_path / FILE.name).read_bytes() == CONTENTS[FILE.name]


@pytest.mark.parametrize("behaviour", FAILING)
def test_a_failed_download_leaves_nothing_behind(behaviour, tmp_path):
    with mirror(CONTENTS, behaviour) as server:
        with pytest.raises(DownloadError) as caught:
            Mirrors([server.url], patience=patience_for(behaviour)).fetch(FILE, tmp_path)
        assert list(caught.value.failures) == [server.url]
    assert list(tmp_path.iterdir()) == []


def test_wrong_bytes_of_the_right_number_are_found_by_the_hash(tmp_path):
    with mirror(CONTENTS, "wrong bytes") as server, pytest.raises(DownloadError, match="SHA-256 does not match"):
        Mirrors([server.url], patience=PATIENT).fetch(FILE, tmp_path)


def test_an_interrupted_download_leaves_nothing_behind_and_the_old_file_alone(tmp_path):
    (tmp_path / FILE.name).write_bytes(b"old")

    def interrupt(name, done, total):
        raise KeyboardInterrupt

    with mirror(CONTENTS) as server, pytest.raises(KeyboardInterrupt):
        Mirrors([server.url], patience=PATIENT, progress=interrupt).fetch(FILE, tmp_path)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_a_bad_file_is_replaced(tmp_path):
    (tmp_path / FILE.name).write_bytes(b"old")
    with mirror(CONTENTS) as server:
        Mirrors([server.url], patience=PATIENT).fetch(FILE, tmp_path)
    assert (tmp_path / FILE.name).read_bytes() == CONTENTS[FILE.name]


def test_the_order_decides_and_not_the_speed(tmp_path):
    with mirror(CONTENTS, "slow") as first, mirror(CONTENTS) as second:
        Mirrors([first.url, second.url], patience=PATIENT).fetch(FILE, tmp_path)
        assert (first.downloads, second.downloads) == ([FILE.name], [])


def test_a_lost_mirror_is_not_asked_for_the_other_files(tmp_path):
    with mirror(CONTENTS, "stalled") as first, mirror(CONTENTS) as second:
        mirrors = Mirrors([refusing_url(), first.url, second.url], patience=IMPATIENT)
        for file in FILES:
            mirrors.fetch(file, tmp_path)
        assert first.downloads == [FILE.name]
        assert second.downloads == [file.name for file in FILES]


def test_a_mirror_without_one_file_is_asked_for_the_others(tmp_path):
    some = {name: content for name, content in CONTENTS.items() if name != FILE.name}
    with mirror(some) as first, mirror(CONTENTS) as second:
        mirrors = Mirrors([first.url, second.url], patience=PATIENT)
        for file in FILES:
            mirrors.fetch(file, tmp_path)
        assert first.downloads == [file.name for file in FILES]
        assert second.downloads == [FILE.name]


def test_all_mirrors_are_asked_for_a_sign_of_life_at_once(tmp_path, monkeypatch):
    everybody = threading.Barrier(8, timeout=10)

    def meet(url, patience):
        everybody.wait()
        raise TransferError(f"met at {url}", lost=True)

    monkeypatch.setattr("initializers.mnist.download.sign_of_life", meet)
    addresses = [f"http://{name}/" for name in "abcdefgh"]
    with pytest.raises(DownloadError) as caught:
        Mirrors(addresses, patience=PATIENT).fetch(FILE, tmp_path)
    assert caught.value.failures == {address: f"met at {address}{FILE.name}" for address in addresses}


def test_a_mirror_that_never_shows_a_sign_of_life_is_left(tmp_path, monkeypatch):
    with mirror(CONTENTS) as server:
        monkeypatch.setattr("initializers.mnist.download.sign_of_life", lambda url, patience: server.stopped.wait(30))
        with pytest.raises(DownloadError, match=r"no answer within 0\.1 s"):
            Mirrors([server.url], patience=replace(IMPATIENT, answer=0.1)).fetch(FILE, tmp_path)


def test_each_mirror_is_named_with_its_own_reason(tmp_path):
    with mirror(CONTENTS, "forbidden") as first, mirror(CONTENTS, "web page") as second:
        urls = [first.url, second.url, refusing_url()]
        with pytest.raises(DownloadError) as caught:
            Mirrors(urls, patience=PATIENT).fetch(FILE, tmp_path)
    assert list(caught.value.failures) == urls
    reasons = list(caught.value.failures.values())
    assert "403" in reasons[0]
    assert "web page" in reasons[1]
    assert "no connection" in reasons[2]


def test_pooch_says_nothing_and_keeps_its_level(tmp_path, capfd):
    pooch = pytest.importorskip("pooch")
    level = pooch.get_logger().level
    with mirror(CONTENTS) as server:
        Mirrors([server.url], patience=PATIENT).fetch(FILE, tmp_path)
    assert capfd.readouterr() == ("", "")
    assert pooch.get_logger().level == level
    assert level != logging.WARNING
