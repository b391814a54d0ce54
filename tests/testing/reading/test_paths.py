"""Expansion of files, folders and patterns to pictures."""

import os
import sys
from pathlib import Path

import pytest

from backend import InputError
from testing.reading.paths import pictures_in, pictures_of


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("b.PNG", "a.png", "note.txt", "deep/c.jpg", "deep/er/d.png", "odd[1].png", "empty/note.txt"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a.png", ["a.png"]),
        ("note.txt", ["note.txt"]),
        ("missing.png", ["missing.png"]),
        ("deep", ["deep/c.jpg", "deep/er/d.png"]),
        ("*.png", ["a.png", "odd[1].png"]),
        ("?.[pP][nN][gG]", ["a.png", "b.PNG"]),
        ("**/*.png", ["a.png", "deep/er/d.png", "odd[1].png"]),
        ("*", ["a.png", "b.PNG", "deep/c.jpg", "deep/er/d.png", "odd[1].png"]),
        ("d*", ["deep/c.jpg", "deep/er/d.png"]),
        ("**/er", ["deep/er/d.png"]),
        ("de*/**", ["deep/c.jpg", "deep/er/d.png"]),
        ("odd[1].png", ["odd[1].png"]),
        ("odd[[]1].png", ["odd[1].png"]),
        ("./deep/*.jpg", ["deep/c.jpg"]),
    ],
)
def test_a_path_means_pictures(folder, path, found):
    assert [Path(each).as_posix() for each in pictures_of(path)] == found


def test_patterns_may_begin_at_the_root_or_at_home(folder, monkeypatch):
    assert list(pictures_of(f"{folder}/d*/*.jpg")) == [str(folder / "deep" / "c.jpg")]
    monkeypatch.setenv("HOME" if os.name == "posix" else "USERPROFILE", str(folder))
    assert list(pictures_of("~/a*.png")) == [str(folder / "a.png")]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("*.gif", "pattern .*gif: expected pictures that match it, found none"),
        ("*.txt", "found 1 of other kinds"),
        ("**x/*.png", r"pattern \*\*x"),
        ("empty", "folder empty: expected pictures in it, found none"),
        ("em*", "found none"),
    ],
)
def test_what_means_nothing_is_one_clear_error(folder, path, words):
    with pytest.raises(InputError, match=words):
        list(pictures_of(path))


def test_a_name_too_long_is_for_the_one_who_opens_it():
    name = 5000 * "x" + ".png"
    assert list(pictures_of(name)) == [name]
    with pytest.raises(InputError, match="pattern"):
        list(pictures_of(f"*{name}"))


def test_a_folder_named_like_a_picture_is_a_folder(folder):
    (folder / "deep" / "x.png").mkdir()
    (folder / "deep" / "x.png" / "inside.png").touch()
    assert [Path(each).name for each in pictures_in("deep")] == ["c.jpg", "d.png", "inside.png"]
    assert list(pictures_of("deep/x.png")) == [str(Path("deep/x.png/inside.png"))]


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
def test_links_that_run_in_circles_end(folder):
    (folder / "deep" / "loop").symlink_to(folder / "deep")
    (folder / "deep" / "again").symlink_to(folder)
    (folder / "deep" / "self.png").symlink_to("self.png")
    expected = ["deep/c.jpg", "deep/er/d.png", "deep/self.png"]
    assert list(pictures_of("deep")) == expected
    assert [each for each in pictures_of("**/*.*") if each.startswith("deep")] == expected


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="permissions do not bind this user")
def test_a_real_folder_that_cannot_be_read_is_reported(folder):
    (folder / "deep" / "er").chmod(0)
    try:
        closed_folders_are_told()
    finally:
        (folder / "deep" / "er").chmod(0o700)


def test_a_folder_that_cannot_be_read_is_reported_after_the_others_pictures(folder, monkeypatch):
    scan = os.scandir

    def guarded(path):
        if Path(path).name == "er":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", guarded)
    closed_folders_are_told()


def closed_folders_are_told():
    found = pictures_of("deep")
    assert Path(next(found)).name == "c.jpg"
    with pytest.raises(InputError, match=r"folder .*er: expected one that can be read, found Permission denied"):
        next(found)
