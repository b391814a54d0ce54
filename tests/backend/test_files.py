"""Atomic writing of files."""

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from backend.files import check_room, whole_file, write_bytes, write_text
from tests.helpers.terminal import ROOT


@pytest.fixture
def old(tmp_path):
    path = tmp_path / "old.txt"
    path.write_bytes(b"what was there")
    return path


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_bytes_and_text_arrive_as_they_are(tmp_path):
    assert write_bytes(tmp_path / "a.bin", b"\x00\r\n\xff") == tmp_path / "a.bin"
    assert (tmp_path / "a.bin").read_bytes() == b"\x00\r\n\xff"
    assert write_text(str(tmp_path / "b.txt"), "\u00e9\n") == tmp_path / "b.txt"
    assert (tmp_path / "b.txt").read_bytes() == b"\xc3\xa9\n"
    assert names(tmp_path) == ["a.bin", "b.txt"]


def recorded(monkeypatch, failure=None):
    """Return a list of what reaches the disk, in order; flushing fails with an error number if one is given."""
    done, replace = [], Path.replace

    def fsync(handle):
        target = Path(f"/proc/self/fd/{handle}").resolve()
        done.append(f"flush {'folder' if target.is_dir() else target.read_text()}")
        if failure:
            raise OSError(failure, os.strerror(failure))

    def moved(self, target):
        done.append("move")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", moved)
    return done


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="what a file descriptor stands for is read from /proc")
def test_a_file_is_on_the_disk_before_it_is_moved_and_its_folder_afterwards(tmp_path, monkeypatch):
    done = recorded(monkeypatch)
    write_text(tmp_path / "a.txt", "all of it")
    assert done == ["flush all of it", "move", "flush folder"]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="what a file descriptor stands for is read from /proc")
@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP])
def test_a_file_system_that_cannot_flush_is_written_to_all_the_same(old, monkeypatch, number):
    recorded(monkeypatch, number)
    write_text(old, "new")
    assert old.read_text() == "new"


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="what a file descriptor stands for is read from /proc")
def test_where_flushing_fails_the_old_file_stays(old, monkeypatch):
    recorded(monkeypatch, errno.EIO)
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        write_text(old, "new")
    assert old.read_bytes() == b"what was there"
    assert names(old.parent) == ["old.txt"]


def test_folders_are_made_on_the_way(tmp_path):
    write_text(tmp_path / "a" / "b" / "c.txt", "x")
    assert (tmp_path / "a" / "b" / "c.txt").read_text() == "x"


def test_an_old_file_is_replaced(old):
    write_text(old, "new")
    assert old.read_text() == "new"
    assert names(old.parent) == ["old.txt"]


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt, OSError])
def test_a_failure_in_the_middle_leaves_the_old_file_whole_and_nothing_else(old, failure):
    def torn():
        with whole_file(old) as temporary:
            temporary.write_bytes(b"half of")
            raise failure

    with pytest.raises(failure):
        torn()
    assert old.read_bytes() == b"what was there"
    assert names(old.parent) == ["old.txt"]


@pytest.mark.parametrize("write", [lambda path: write_text(path, "new"), lambda path: write_bytes(path, b"new")])
def test_a_full_disk_leaves_the_old_file_whole_and_nothing_else(old, write, monkeypatch):
    def full(self, *_, **__):
        with self.open("wb") as file:
            file.write(b"ne")
        raise OSError(errno.ENOSPC, "No space left on device")

    for name in ("write_bytes", "write_text"):
        monkeypatch.setattr(Path, name, full)
    with pytest.raises(OSError, match="No space left"):
        write(old)
    monkeypatch.undo()
    assert old.read_bytes() == b"what was there"
    assert names(old.parent) == ["old.txt"]


def test_a_move_that_fails_leaves_the_old_file_whole_and_nothing_else(old, monkeypatch):
    def refuse(self, target):
        raise PermissionError("no")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(PermissionError):
        write_text(old, "new")
    monkeypatch.undo()
    assert old.read_bytes() == b"what was there"
    assert names(old.parent) == ["old.txt"]


def test_a_failure_is_reported_even_when_the_temporary_file_is_gone_already(old):
    def torn():
        with whole_file(old) as temporary:
            temporary.unlink()
            raise RuntimeError("the reason")

    with pytest.raises(RuntimeError, match="the reason"):
        torn()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="no list of open files here")
def test_no_file_stays_open(tmp_path):
    before = len(list(Path("/proc/self/fd").iterdir()))
    for number in range(5):
        write_text(tmp_path / f"{number}.txt", "x")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_the_temporary_file_lies_beside_and_ends_alike(old):
    with whole_file(old) as temporary:
        assert temporary.parent == old.parent
        assert temporary.suffix == ".txt"
        assert temporary != old
        assert temporary.read_bytes() == b""
        assert old.read_bytes() == b"what was there"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_files_get_the_mode_that_others_would_get(tmp_path, mask):
    before = os.umask(mask)
    try:
        write_text(tmp_path / "a.txt", "x")
        assert os.umask(mask) == mask
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o666 & ~mask


def test_room_is_tried_out_and_leaves_nothing_behind(tmp_path):
    for _ in range(2):  # the folder is created, then exists
        check_room(tmp_path / "new" / "a.bin", 10_000)
    assert names(tmp_path / "new") == []


def test_too_little_room_is_an_error_that_names_the_file(tmp_path):
    program = f"""
import resource, signal
from backend.files import check_room
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, 5_000))
check_room({str(tmp_path / "a.bin")!r}, 10_000)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 1
    assert "a.bin" in done.stderr.splitlines()[-1]
    assert names(tmp_path) == []
