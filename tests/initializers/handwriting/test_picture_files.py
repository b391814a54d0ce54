"""Opening picture files of every kind, and errors for other files."""

import io
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from backend import InputError
from initializers.handwriting import picture_files
from initializers.handwriting.picture_files import open_picture
from tests.helpers.terminal import environment

GREY = np.full((40, 60), 255, np.uint8)  # a dark hook on white
GREY[8:34, 30:34] = 0
GREY[8:12, 20:34] = 100


def encoded(image, form="PNG", **options):
    stream = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(stream, form, **options)
    return stream.getvalue()


@pytest.mark.parametrize("form", ["BMP", "GIF", "PNG", "PPM", "TIFF"])
def test_formats_without_loss_show_the_same(form):
    np.testing.assert_array_equal(open_picture(encoded(GREY, form)).pixels, GREY)


@pytest.mark.parametrize("form", ["JPEG", "WEBP"])
def test_formats_with_losses_show_nearly_the_same(form):
    pixels = open_picture(encoded(GREY, form, quality=95)).pixels
    assert np.abs(pixels.reshape(40, 60, -1).mean(axis=2) - GREY).mean() < 4


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGB", "RGBA", "CMYK", "I", "F", "I;16"])
def test_every_kind_of_pixels_is_read(mode):
    extremes = np.where(GREY < 200, 0, 255).astype(np.uint8)
    deep = mode == "I;16"
    image = Image.fromarray(extremes.astype(np.uint16) * 257) if deep else Image.fromarray(extremes).convert(mode)
    np.testing.assert_array_equal(open_picture(encoded(image, "TIFF")).pixels, extremes)


@pytest.mark.parametrize("shape", [(40, 60), (40, 60, 1), (40, 60, 3), (40, 60, 4)])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.int64, np.float32, np.float64, bool])
def test_arrays_of_every_shape_and_kind(shape, kind):
    extremes = np.where(GREY < 200, 0, 255).astype(np.uint8)
    pixels = np.broadcast_to(extremes.reshape(40, 60, *[1] * (len(shape) - 2)), shape) > 0
    if shape[-1] == 4:
        pixels = pixels.copy()
        pixels[..., 3] = True
    opened = open_picture((pixels * 255).astype(np.uint8) if kind is np.uint8 else pixels.astype(kind))
    np.testing.assert_array_equal(opened.pixels, extremes)


def test_a_row_of_784_is_mnists():
    assert open_picture(np.arange(784).reshape(784)).pixels.shape == (28, 28)


def test_colours_stay():
    colours = np.zeros((5, 6, 3), np.uint8)
    colours[..., 2] = 200
    np.testing.assert_array_equal(open_picture(encoded(colours)).pixels, colours)


@pytest.mark.parametrize("brightness", [0, 255])
def test_drawn_on_nothing_is_drawn_on_paper_that_shows_it(brightness):
    ink = np.full((40, 60, 4), brightness, np.uint8)
    ink[..., 3] = 255 - GREY
    pixels = open_picture(encoded(ink)).pixels
    assert np.array_equal(pixels, GREY if brightness == 0 else 255 - GREY)


def test_a_transparent_edge_becomes_like_the_rest():
    paper = np.dstack([GREY, GREY, GREY, np.full_like(GREY, 255)])
    paper[:3] = 0
    assert (open_picture(paper).pixels[:3] == 255).all()


def test_a_photo_is_turned_as_its_camera_was_held():
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown a quarter turn clockwise
    np.testing.assert_array_equal(open_picture(encoded(np.rot90(GREY).copy(), exif=exif)).pixels, GREY)


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_what_is_large_is_made_smaller_and_tells_its_scale(form):
    opened = open_picture(encoded(np.full((1500, 3000), 90, np.uint8), form), side=300)
    assert 300 <= max(opened.pixels.shape) < 600
    assert opened.scale == pytest.approx(3000 / max(opened.pixels.shape))
    assert np.abs(opened.pixels.astype(int) - 90).max() <= 1


def test_a_path_is_read(tmp_path):
    path = tmp_path / "hook.txt"  # the content counts, not the name
    path.write_bytes(encoded(GREY))
    np.testing.assert_array_equal(open_picture(path).pixels, GREY)
    np.testing.assert_array_equal(open_picture(str(path)).pixels, GREY)


def refused(picture, words):
    with pytest.raises(InputError, match=rf"(?s)^[Pp]icture .*: expected .*{words}"):
        open_picture(picture)


def header(width, height):
    """A PNG that claims a size and holds nearly nothing."""
    chunks = [b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0), b"IDAT" + zlib.compress(bytes(9))]
    framed = [struct.pack(">I", len(one) - 4) + one + struct.pack(">I", zlib.crc32(one)) for one in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (b"", "an empty file"),
        (b"no picture at all", "something else"),
        (encoded(GREY)[:60], "a broken one"),
        (encoded(np.tile(GREY, (9, 9)), "JPEG")[:900], "a broken one"),
        (header(10_000, 10_000), "at most 50,000,000 pixels"),
        (header(2**30, 2**30), "at most 50,000,000 pixels"),
        (np.broadcast_to(np.uint8(9), (10_000, 10_000)), "at most 50,000,000 pixels"),
        (np.zeros((0, 5)), "a picture with pixels"),
        (np.zeros((5, 0, 3)), "a picture with pixels"),
        (np.zeros(12), "an array of shape"),
        (np.zeros((4, 5, 2)), "an array of shape"),
        (np.full((4, 5), np.nan), "finite numbers"),
        (np.full((4, 5), 1j), "numbers"),
        (np.array([["a", "b"]]), "numbers"),
    ],
)
def test_what_is_no_picture_is_refused(picture, words):
    refused(picture, words)


def test_paths_to_no_picture_are_refused(tmp_path, monkeypatch):
    refused(tmp_path / "missing.png", "nothing of that name")
    refused(tmp_path, "something else")
    (tmp_path / "long.png").write_bytes(encoded(GREY))
    monkeypatch.setattr(picture_files, "LARGEST_FILE", 20)
    refused(tmp_path / "long.png", "at most 20 bytes")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=60), st.integers(0, 200), st.sampled_from(["PNG", "GIF", "JPEG", "BMP", "TIFF", "WEBP"]))
def test_bytes_gone_wrong_give_pixels_or_one_clear_error(noise, place, form):
    data = encoded(GREY, form)
    try:
        opened = open_picture(data[:place] + noise + data[place + len(noise) :])
    except InputError:
        return
    assert opened.pixels.dtype == np.uint8


def test_a_damaged_tiff_is_one_error_and_nothing_else_reaches_the_terminal(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (60, 80), np.uint8)
    data = bytearray(encoded(noise, "TIFF", compression="tiff_lzw"))
    data[200:2000] = bytes(1800)
    path = tmp_path / "damaged.tif"
    path.write_bytes(data)
    program = f"""
from PIL import Image
try:
    Image.open({str(path)!r}).load()
except OSError:
    pass
"""
    plain = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert plain.stderr  # libtiff speaks where nobody silences it
    program = f"""
import sys
from backend import InputError
from initializers.handwriting.picture_files import open_picture
from tests.helpers.terminal import environment
try:
    open_picture({str(path)!r})
except InputError as error:
    sys.stdout.write(str(error))
sys.stderr.write("still here")
"""
    ours = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment()
    )
    assert "expected a whole picture, found a broken one" in ours.stdout
    assert ours.stderr == "still here"
