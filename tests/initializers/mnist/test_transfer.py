"""One download from one mirror, against a real server with every kind of failure."""

import pytest

from initializers.mnist.transfer import TransferError, sign_of_life, transfer
from tests.helpers.samples.mirror_server import (
    IMPATIENT,
    PATIENT,
    SERVING,
    mirror,
    patience_for,
    refusing_url,
    tiny_mnist,
)

(FILE, *_), CONTENTS = tiny_mnist()

# Behaviour, a part of the reason, and whether the mirror is lost for other files too.
FAILURES = [
    ("forbidden", r"status 403 \(Forbidden\)", False),
    ("missing", r"status 404 \(Not Found\)", False),
    ("broken", r"status 500 \(Internal Server Error\)", False),
    ("web page", r"sends a web page \(text/html\)", False),
    ("plain text", r"something that is not gzip \(text/plain\)", False),
    ("empty", "cut off after 0 of", False),
    ("cut off", rf"cut off after {FILE.size // 2:,} of {FILE.size:,} bytes", False),
    ("cut short", rf"cut off after {FILE.size // 2:,} of {FILE.size:,} bytes", False),
    ("too much", rf"more than the {FILE.size:,} bytes", False),
    ("endless", rf"more than the {FILE.size:,} bytes", False),
    ("stalled", "fell silent for 0.6 s", True),
    ("dripping", r"sends only \d+ bytes a second", True),
    ("mute", "no answer in time", True),
]


def download(url, path, patience=PATIENT, progress=lambda *_: None):
    transfer(url + FILE.name, path, FILE, patience, progress)


@pytest.mark.parametrize("behaviour", SERVING)
def test_a_mirror_that_serves_the_file(behaviour, tmp_path):
    with mirror(CONTENTS, behaviour) as server:
        download(server.url, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENTS[FILE.name]


@pytest.mark.parametrize(("behaviour", "reason", "lost"), FAILURES, ids=[row[0] for row in FAILURES])
def test_a_mirror_that_does_not(behaviour, reason, lost, tmp_path):
    with mirror(CONTENTS, behaviour) as server, pytest.raises(TransferError, match=reason) as caught:
        download(server.url, tmp_path / "file", patience_for(behaviour))
    assert caught.value.lost is lost


def test_no_one_listens(tmp_path):
    with pytest.raises(TransferError, match="no connection") as caught:
        download(refusing_url(), tmp_path / "file")
    assert caught.value.lost


def test_a_name_that_does_not_exist(tmp_path):
    with pytest.raises(TransferError, match="no connection") as caught:
        download("http://no-such-host.invalid/", tmp_path / "file")
    assert caught.value.lost


@pytest.mark.parametrize(("behaviour", "attempts"), [("broken", 2), ("forbidden", 1), ("missing", 1), ("mute", 2)])
def test_another_attempt_is_made_only_where_it_may_help(behaviour, attempts, tmp_path):
    with mirror(CONTENTS, behaviour) as server:
        with pytest.raises(TransferError):
            download(server.url, tmp_path / "file", patience_for(behaviour))
        assert len(server.downloads) == attempts


def test_no_more_is_written_than_the_file_has(tmp_path):
    with mirror(CONTENTS, "endless") as server, pytest.raises(TransferError):
        download(server.url, tmp_path / "file")
    assert (tmp_path / "file").stat().st_size <= FILE.size


def test_progress_rises_to_the_whole(tmp_path):
    steps = []
    with mirror(CONTENTS) as server:
        download(server.url, tmp_path / "file", progress=lambda *step: steps.append(step))
    assert {(name, total) for name, _, total in steps} == {(FILE.name, FILE.size)}
    counts = [done for _, done, _ in steps]
    assert counts == sorted(counts)
    assert counts[-1] == FILE.size


@pytest.mark.parametrize("behaviour", ["right", "missing", "broken"])
def test_any_answer_is_a_sign_of_life(behaviour):
    with mirror(CONTENTS, behaviour) as server:
        sign_of_life(server.url + FILE.name, PATIENT)
        assert server.asked == [("HEAD", FILE.name)]


def test_silence_is_no_sign_of_life():
    with mirror(CONTENTS, "mute") as server, pytest.raises(TransferError, match="no answer in time"):
        sign_of_life(server.url + FILE.name, IMPATIENT)
