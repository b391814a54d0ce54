"""Expansion of paths to pictures: files, folders, and patterns that no shell has expanded."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from backend.errors import InputError
from initializers.handwriting.picture_files import FORMATS, is_picture_name

_PATTERN = re.compile(r"[*?]|\[.+\]")


def pictures_of(path: str) -> Iterator[str]:
    """Yield the pictures that a path means.

    1. What exists is meant as it is, though its name may hold brackets: a file stands for itself, a folder for the
       pictures in it and its folders, in order of their names.
    2. Else, a path with ``*``, ``?`` or ``[...]`` is a pattern, ``**`` standing for any folders: it means the pictures
       that match, and those in folders that match, in order of their names and each once.
    3. Anything else is yielded unchanged, so that opening it reports that it is missing.

    Symbolic links to folders are not followed, so that there are no endless loops.

    Parameters
    ----------
    path : str
        As a user wrote it.

    Raises
    ------
    InputError
        If a folder holds no pictures or cannot be read, or a pattern matches none.
    """
    if _is_folder(path):
        yield from pictures_in(path)
    elif _PATTERN.search(path) and not os.path.lexists(path):
        yield from _matching(path)
    else:
        yield path


def pictures_in(folder: str | Path, *, or_none: bool = False) -> Iterator[str]:
    """Yield the pictures in a folder and its folders, by the endings of their names and in order of their paths.

    Parameters
    ----------
    folder : str or Path
        The folder to search.
    or_none : bool
        Whether it will do if there are none.

    Raises
    ------
    InputError
        If there are none, and that will not do; after the last, if there are folders that cannot be read.
    """
    closed: list[OSError] = []
    found = _walked(folder, closed)
    yield from map(str, found)
    for error in closed[:1]:
        others = f" (and {len(closed) - 1} others)" if len(closed) > 1 else ""
        raise InputError(
            f"folder {error.filename}{others}", expected="one that can be read", found=str(error.strerror),
            advice="Change its permissions, or leave it out.",
        )  # fmt: skip
    if not found and not or_none:
        raise InputError(f"folder {folder}", expected="pictures in it", found="none", advice=_advice("Name another."))


def _walked(folder: str | Path, closed: list[OSError]) -> list[Path]:
    """Return the pictures in a folder and its folders, sorted; put what cannot be read to `closed`."""
    places = os.walk(folder, onerror=closed.append)
    return sorted(path for place, _, names in places for name in names if is_picture_name(path := Path(place) / name))


def _matching(pattern: str) -> Iterator[str]:
    """Yield the pictures that match a pattern."""
    path = Path(pattern).expanduser()  # a shell does so, but not inside of quotes
    try:
        matches = sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor))))
    except (ValueError, NotImplementedError, OSError) as error:
        raise InputError(
            f"pattern {pattern}",
            expected="one such as scans/**/*.png",
            found=str(error),
            advice="Write ** as a folder.",
        ) from None
    found = [each for match in matches for each in (_walked(match, []) if _is_folder(match) else [match])]
    pictures = [str(each) for each in found if is_picture_name(each)]
    if not pictures:
        there = f"{len(found)} of other kinds" if found else "none"
        raise InputError(f"pattern {pattern}", expected="pictures that match it", found=there, advice=_advice())
    yield from dict.fromkeys(pictures)


def _is_folder(path: str | Path) -> bool:
    """Return whether there is a folder; False if that cannot be determined, for example for a name too long."""
    try:
        return Path(path).is_dir()
    except (OSError, ValueError):
        return False


def _advice(advice: str = "Check the pattern.") -> str:
    return f"{advice} Pictures are files in {', '.join(FORMATS)}, recognised by their suffix."
