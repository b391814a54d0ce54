"""Picture files by class: a folder a class, or a list of files with labels."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from backend.errors import InputError
from initializers.geometry import FRAME
from initializers.handwriting import prepare_digit
from initializers.handwriting.picture_files import is_picture_name, open_picture
from initializers.own_data.examples import Examples, Notify, mnist_frames

Progress = Callable[[str, int, int | None], None]
TRAINING_FOLDERS, TEST_FOLDERS = ("train", "training"), ("test", "testing")
_NAMED = 3  # number of pictures that a warning names


def folder_pictures(folder: Path) -> tuple[list[tuple[Path, str]], list[bool] | None]:
    """Return the picture files under a folder with their classes, and which are for the test, if they are divided.

    Parameters
    ----------
    folder : Path
        Has a subfolder for each class, named like it; or ``train`` and ``test``, each with such subfolders.

    Raises
    ------
    InputError
        If there are no such subfolders, or no pictures in them.
    """
    subfolders = {path.name.lower(): path for path in _folders(folder)}
    train = next((subfolders[name] for name in TRAINING_FOLDERS if name in subfolders), None)
    test = next((subfolders[name] for name in TEST_FOLDERS if name in subfolders), None)
    if train is None:
        return _by_class(folder), None
    training = _by_class(train)
    if test is None:
        return training, None
    tests = _by_class(test)
    return training + tests, [False] * len(training) + [True] * len(tests)


def read_pictures(
    files: Sequence[tuple[Path, str]], is_test: Sequence[bool] | None, source: str, notify: Notify, progress: Progress
) -> Examples:
    """Return pictures as images (N, 28, 28) in uint8.

    A picture of 28 x 28 pixels is taken as it is. Every other one is prepared as `testing/predict.py` prepares it:
    ink is separated from paper, scaled to 20 pixels and centred. Broken and blank pictures are left out, with a
    warning.

    Parameters
    ----------
    files : sequence of (Path, str)
        Picture files and their classes.
    is_test : sequence of bool or None
        Which are for the test.
    source : str
        Where they are from, for messages.
    notify : callable
        Takes warnings.
    progress : callable
        Called as ``progress(name, done, total)`` with numbers of bytes.

    Raises
    ------
    InputError
        If none can be read.
    """
    sizes = [path.stat().st_size if path.is_file() else 0 for path, _ in files]
    images = np.zeros((len(files), FRAME, FRAME), np.uint8)
    as_they_are, faults, done = np.zeros(len(files), bool), dict[int, str](), 0
    for number, (path, _) in enumerate(files):
        try:
            images[number], as_they_are[number] = _image(path)
        except InputError as error:
            faults[number] = f"{path.name}: {error.found}"
        done += sizes[number]
        progress(Path(source).name, done, sum(sizes))
    _report(faults, len(files), source, notify)
    if as_they_are.any():
        images[as_they_are] = mnist_frames(images[as_they_are], source, notify)
    kept = np.array([number not in faults for number in range(len(files))])
    labels = [label for (_, label), keep in zip(files, kept, strict=True) if keep]
    return Examples(images[kept], labels, None if is_test is None else np.array(is_test)[kept])


def _image(path: Path) -> tuple[np.ndarray, bool]:
    """Return a picture as an image, and whether it is as the file has it."""
    pixels = open_picture(path, FRAME).pixels
    if pixels.shape[:2] == (FRAME, FRAME):
        grey = pixels if pixels.ndim == 2 else np.rint(pixels @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)
        return grey, True
    image = prepare_digit(path).image
    if not image.any():
        raise InputError(str(path), expected="a drawing", found="a blank picture", advice="Leave it out.")
    return image, False


def _report(faults: dict[int, str], count: int, source: str, notify: Notify) -> None:
    """Warn of pictures that are left out; raise if these are all."""
    if not faults:
        return
    named = "; ".join(list(faults.values())[:_NAMED]) + ("; and others" if len(faults) > _NAMED else "")
    if len(faults) == count:
        raise InputError(source, expected="pictures", found=f"none that can be read ({named})", advice="Check them.")
    notify(f"{source}: {len(faults):,} of {count:,} pictures are left out ({named}).")


def _by_class(folder: Path) -> list[tuple[Path, str]]:
    """Return the pictures in the subfolders of a folder, with the names of these."""
    found = [
        (path, subfolder.name)
        for subfolder in _folders(folder)
        for path in sorted(subfolder.rglob("*"))
        if is_picture_name(path) and not path.name.startswith(".") and path.is_file()
    ]
    if not found:
        raise InputError(
            f"data {folder}",
            expected="a subfolder of pictures for each class, or CSV or .npy files",
            found="neither",
            advice="docs/howto/data.md describes the forms of data.",
        )
    return found


def _folders(folder: Path) -> list[Path]:
    """Return the visible subfolders in alphabetical order."""
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
