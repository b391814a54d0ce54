"""Opening pictures safely: files, bytes and arrays of any kind, as one array of pixels of limited size."""

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

# Pillow reads more formats, but some of them start other programs, and none is usual for handwriting.
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
LARGEST_FILE = 64_000_000  # bytes; a photograph of 50 megapixels has about 25 million
MOST_PIXELS = 50_000_000  # width times height, so that decoding takes less than 200 MB of memory
ADVICE = f"Give a picture of handwriting as {', '.join(FORMATS[:-1])} or {FORMATS[-1]}, or its pixels as an array."

_DESCRIPTOR = threading.Lock()  # one thread at a time redirects standard error

Picture = str | Path | bytes | np.ndarray


class Opened(NamedTuple):
    """The pixels of a picture.

    Attributes
    ----------
    pixels : ndarray of shape (H, W) or (H, W, 3), uint8
        Grey, or red, green and blue.
    scale : float
        Number of pixels of the original picture, along a side, per pixel of this one.
    """

    pixels: np.ndarray
    scale: float


def is_picture_name(path: Path) -> bool:
    """Return whether a file name has the suffix of a format that `open_picture` reads.

    Examples
    --------
    >>> is_picture_name(Path("seven.JPG")), is_picture_name(Path("labels.csv"))
    (True, False)
    """
    from PIL import Image

    return Image.registered_extensions().get(path.suffix.lower()) in FORMATS


def open_picture(picture: Picture, side: int = 640) -> Opened:
    """Return the pixels of a picture: upright, opaque, and not larger than needed.

    1. Files that are missing, empty, too large, damaged, not pictures, or have too many pixels are refused.
    2. A JPEG is decoded at a half, a quarter or an eighth of its size if that is enough.
    3. The picture is rotated as its EXIF orientation says.
    4. Transparent areas get a background: the median colour of the picture or, if most of it is transparent, white
       for dark ink and black for bright ink.
    5. Other data types (16 bits, floats) are scaled linearly from their minimum and maximum to 0 and 255.
    6. Blocks of pixels are averaged until the longer side is less than twice `side`.

    Parameters
    ----------
    picture : str, Path, bytes or ndarray
        Path of a file, its content, or pixels of shape (H, W), (H, W, 1), (H, W, 3), (H, W, 4) or (784,).
    side : int
        Number of pixels that the longer side keeps at least, if it has as many.

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
    """An expectation that a picture does not meet, and what was found instead."""


def _guarded(name: str, read: Callable[[], Opened]) -> Opened:
    """Return the result of `read`; turn every error of a decoder into an InputError about the picture."""
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about unusual metadata; the size is checked here
            return read()
    except _Refused as refused:
        expected, found = refused.args
    except Image.DecompressionBombError:
        expected, found = f"at most {MOST_PIXELS:,} pixels", "many more"
    except UnidentifiedImageError:
        expected, found = "a picture", "something else"
    except Exception as error:  # decoders raise errors of every kind on damaged data
        expected, found = "a whole picture", f"a broken one ({error or type(error).__name__})"
    raise InputError(f"picture {name}", expected=expected, found=found, advice=ADVICE)


def _from_file(path: Path, side: int) -> Opened:
    """Read a file once its kind and size have been checked."""
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
    """Refuse a picture without pixels or with too many, before it is decoded."""
    if not width or not height:
        raise _Refused("a picture with pixels", f"{width} x {height}")
    if width * height > MOST_PIXELS:
        raise _Refused(f"at most {MOST_PIXELS:,} pixels", f"{width:,} x {height:,}")


def _from_image(picture: "Image", side: int) -> Opened:
    """Return the pixels of a Pillow image of any mode."""
    from PIL import ImageOps

    longest = max(picture.size)
    picture.draft(None, (2 * side, 2 * side))  # JPEG decodes only as many pixels as needed
    picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith(("I", "F")):  # 16 bits or more per pixel, of unknown range
        return _from_array(np.asarray(picture, np.float64), side)
    return _opened(_plain(picture), longest, side)


def _plain(picture: "Image") -> "Image":
    """Return an image with eight bits per channel as grey, RGB or RGBA."""
    if picture.has_transparency_data:
        return picture.convert("RGBA")
    return picture.convert("L" if picture.mode in ("1", "L") else "RGB")


def _opened(picture: "Image", longest: int, side: int) -> Opened:
    """Return the pixels of a grey, RGB or RGBA image, opaque; the original's longer side had `longest` pixels."""
    pixels = np.asarray(_reduced(picture, side))
    scale = longest / max(pixels.shape[:2])
    return Opened(_without_false_colour(_without_transparency(pixels)), scale)


def _reduced(picture: "Image", side: int) -> "Image":
    """Average blocks of pixels until the longer side is less than twice `side`."""
    factor = max(picture.size) // side
    return picture if factor < 2 else picture.reduce((min(factor, picture.width), min(factor, picture.height)))


def _from_array(pixels: np.ndarray, side: int) -> Opened:
    """Return the pixels of an array."""
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
    """Return numbers scaled linearly to 0 to 255, as uint8."""
    if values.dtype.kind not in "biuf":
        raise _Refused("numbers", f"values of type {values.dtype}")
    values = values.astype(np.float64)
    low, high = values.min(), values.max()
    if not np.isfinite([low, high]).all():
        raise _Refused("finite numbers", "NaN or infinity")
    return np.rint((values - low) / ((high - low) or 1.0) * 255).astype(np.uint8)


def _without_transparency(pixels: np.ndarray) -> np.ndarray:
    """Compose RGBA pixels with a background; return others unchanged."""
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
    """Return one channel (H, W) if all three are equal."""
    if pixels.ndim == 2:
        return pixels
    first = pixels[..., 0]
    same = np.array_equal(first, pixels[..., 1]) and np.array_equal(first, pixels[..., 2])
    return np.ascontiguousarray(first) if same else pixels
