"""Pictures of every kind, opened safely: from files, bytes and arrays to one small array of pixels."""

import os
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from backend.errors import InputError

if TYPE_CHECKING:
    from PIL.Image import Image

# Pillow knows more, but some of those formats call other programs, and none of them holds digits.
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
LARGEST_FILE = 64_000_000  # bytes
MOST_PIXELS = 50_000_000
ADVICE = f"Give a picture of handwriting as {', '.join(FORMATS[:-1])} or {FORMATS[-1]}, or its pixels as an array."

_DESCRIPTOR = threading.Lock()  # one thread at a time redirects standard error

Picture = str | Path | bytes | np.ndarray


class Opened(NamedTuple):
    """A picture's pixels.

    Attributes
    ----------
    pixels : ndarray of shape (H, W) or (H, W, 3), uint8
        Grey, or red, green and blue.
    scale : float
        Pixels of the picture, along a side, that one of these stands for.
    """

    pixels: np.ndarray
    scale: float


def is_picture_name(path: Path) -> bool:
    """Return whether a file's name ends as those of pictures do that `open_picture` reads.

    Examples
    --------
    >>> is_picture_name(Path("seven.JPG")), is_picture_name(Path("labels.csv"))
    (True, False)
    """
    from PIL import Image

    return Image.registered_extensions().get(path.suffix.lower()) in FORMATS


def open_picture(picture: Picture, side: int = 640) -> Opened:
    """Return the pixels of a picture, upright, opaque, and not larger than needed.

    1. A file that is missing, empty, too long, no picture, broken or of too many pixels is refused.
    2. A JPEG is decoded at a half, a quarter or an eighth of its size if that is enough.
    3. The picture is turned as its camera was held.
    4. What is transparent becomes paper: of the colour that most of the picture has or, if most of it is
       transparent, white below dark ink and black below bright ink.
    5. Numbers of other kinds (16 bits, floats) are stretched from their smallest to their largest value.
    6. Areas of whole pixels are averaged until the longer side is less than twice `side`.

    Parameters
    ----------
    picture : str, Path, bytes or ndarray
        A file, its content, or pixels of shape (H, W), (H, W, 1), (H, W, 3), (H, W, 4) or (784,).
    side : int
        Pixels that the longer side should keep.

    Returns
    -------
    Opened
        The pixels, grey unless the picture has colours, and their scale.

    Raises
    ------
    InputError
        If it cannot be read as a picture.

    Examples
    --------
    >>> opened = open_picture(np.zeros((3000, 2000), bool))
    >>> opened.pixels.shape, opened.scale
    ((750, 500), 4.0)
    """
    if isinstance(picture, np.ndarray):
        return _guarded("array", lambda: _from_array(picture, side))
    if isinstance(picture, bytes):
        return _guarded("of bytes", lambda: _from_bytes(picture, side))
    path = Path(picture)
    return _guarded(str(path), lambda: _from_file(path, side))


class _Refused(Exception):  # noqa: N818 - becomes an InputError that names the picture
    """What was expected of a picture, and what was found."""


def _guarded(name: str, read: Callable[[], Opened]) -> Opened:
    """Return what `read` does; say in one InputError what is wrong with the picture if it fails."""
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about odd metadata; the size is checked here
            return read()
    except _Refused as refused:
        expected, found = refused.args
    except Image.DecompressionBombError:
        expected, found = f"at most {MOST_PIXELS:,} pixels", "far more"
    except UnidentifiedImageError:
        expected, found = "a picture", "something else"
    except Exception as error:  # decoders meet broken bytes with errors of every kind
        expected, found = "a whole picture", f"a broken one ({error or type(error).__name__})"
    raise InputError(f"picture {name}", expected=expected, found=found, advice=ADVICE)


def _from_file(path: Path, side: int) -> Opened:
    """Read a file after a look at what it is and how long."""
    try:
        if not path.is_file():
            raise _Refused("a file", "something else" if path.exists() else "nothing of that name")
        length = path.stat().st_size
        if length > LARGEST_FILE:
            raise _Refused(f"a file of at most {LARGEST_FILE:,} bytes", f"{length:,} bytes")
        return _from_bytes(path.read_bytes(), side)
    except OSError as error:
        if error.strerror is None:  # Pillow's own, about the content
            raise
        raise _Refused("a file that can be read", str(error.strerror)) from None


def _from_bytes(data: bytes, side: int) -> Opened:
    """Decode the content of a file."""
    from PIL import Image

    if not data:
        raise _Refused("a picture", "an empty file")
    with Image.open(BytesIO(data), formats=FORMATS) as picture:
        _check_size(picture.width, picture.height)
        if picture.format == "TIFF":
            with _silent_libtiff():
                picture.load()
        return _from_image(picture, side)


@contextmanager
def _silent_libtiff() -> Iterator[None]:
    """Discard what libtiff writes to file descriptor 2 about damaged files; Pillow raises an error as well."""
    try:
        kept = os.dup(2)
    except OSError:  # standard error is closed
        yield
        return
    with _DESCRIPTOR, open(os.devnull, "wb") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _check_size(width: int, height: int) -> None:
    """Refuse a picture of no pixels or too many, before they are unpacked."""
    if not width or not height:
        raise _Refused("a picture with pixels", f"{width} x {height}")
    if width * height > MOST_PIXELS:
        raise _Refused(f"at most {MOST_PIXELS:,} pixels", f"{width:,} x {height:,}")


def _from_image(picture: "Image", side: int) -> Opened:
    """Return the pixels of Pillow's picture of any mode."""
    from PIL import ImageOps

    longest = max(picture.size)
    picture.draft(None, (2 * side, 2 * side))  # lets JPEG skip what would only be averaged
    picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith(("I", "F")):  # 16 bits and more a pixel, on scales of their own
        return _from_array(np.asarray(picture, np.float64), side)
    return _opened(_plain(picture), longest, side)


def _plain(picture: "Image") -> "Image":
    """Return a picture of eight bits as grey, RGB or RGBA."""
    if picture.has_transparency_data:
        return picture.convert("RGBA")
    return picture.convert("L" if picture.mode in ("1", "L") else "RGB")


def _opened(picture: "Image", longest: int, side: int) -> Opened:
    """Return a plain picture's pixels, opaque; its longer side had `longest` pixels once."""
    pixels = np.asarray(_reduced(picture, side))
    scale = longest / max(pixels.shape[:2])
    return Opened(_without_false_colour(_without_transparency(pixels)), scale)


def _reduced(picture: "Image", side: int) -> "Image":
    """Average areas of whole pixels until the longer side is less than twice `side`."""
    factor = max(picture.size) // side
    return picture if factor < 2 else picture.reduce((min(factor, picture.width), min(factor, picture.height)))


def _from_array(pixels: np.ndarray, side: int) -> Opened:
    """Return an array's pixels as a picture's."""
    from PIL import Image

    shape = pixels.shape
    if pixels.ndim == 3 and shape[2] == 1:
        pixels = pixels[..., 0]
    elif shape == (784,):
        pixels = pixels.reshape(28, 28)
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] not in (3, 4)):
        raise _Refused("pixels of shape (H, W), (H, W, 3) or (H, W, 4)", f"an array of shape {shape}")
    _check_size(pixels.shape[1], pixels.shape[0])
    whole = pixels if pixels.dtype == np.uint8 else _stretched(pixels)
    return _opened(Image.fromarray(whole), max(whole.shape[:2]), side)


def _stretched(values: np.ndarray) -> np.ndarray:
    """Return numbers of any scale on the one from 0 to 255, as uint8."""
    if values.dtype.kind not in "biuf":
        raise _Refused("numbers", f"values of type {values.dtype}")
    values = values.astype(np.float64)
    low, high = values.min(), values.max()
    if not np.isfinite([low, high]).all():
        raise _Refused("finite numbers", "values that are none")
    return np.rint((values - low) / ((high - low) or 1.0) * 255).astype(np.uint8)


def _without_transparency(pixels: np.ndarray) -> np.ndarray:
    """Lay RGBA pixels on paper; others stay as they are."""
    if pixels.ndim == 2 or pixels.shape[2] == 3:
        return pixels
    alpha = pixels[..., 3:]
    if alpha.min() == 255:
        return pixels[..., :3]
    visible = pixels[alpha[..., 0] > 127, :3]
    if 2 * len(visible) >= alpha.size:
        paper = np.median(visible, axis=0)
    else:
        paper = np.full(3, 255.0 if not len(visible) or visible.mean() < 128 else 0.0)
    share = alpha / 255.0
    return np.rint(share * pixels[..., :3] + (1 - share) * paper).astype(np.uint8)


def _without_false_colour(pixels: np.ndarray) -> np.ndarray:
    """Return (H, W) where three channels are one and the same."""
    if pixels.ndim == 2:
        return pixels
    first = pixels[..., 0]
    same = np.array_equal(first, pixels[..., 1]) and np.array_equal(first, pixels[..., 2])
    return np.ascontiguousarray(first) if same else pixels
