"""Grids of digits, pixel values, and figures on disk."""

import subprocess
import sys
import threading

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_hex
from PIL import Image

from backend.drawing import (
    INK,
    RIGHT,
    TRAIN,
    WRONG,
    digit_grid,
    new_figure,
    one_sided,
    pixel_values,
    save_figure,
    shortened,
    titled_figure,
    two_sided,
)
from backend.errors import InputError
from tests.helpers.seen import assert_clear

DIGITS = np.random.default_rng(0).integers(0, 256, (13, 784), dtype=np.uint8)


def boxes(figure, artists):
    """Return the artists' boxes in pixels."""
    figure.draw_without_rendering()
    return [artist.get_window_extent() for artist in artists]


def test_every_picture_is_drawn_unchanged_and_in_order():
    axes = digit_grid(DIGITS, columns=5).axes[0]
    assert len(axes.images) == 13
    for drawn, digit in zip(axes.images, DIGITS, strict=True):
        np.testing.assert_array_equal(drawn.get_array(), digit.reshape(28, 28))
        assert drawn.get_clim() == (0, 255)
    lefts = [drawn.get_extent()[0] for drawn in axes.images]
    assert lefts[:5] == sorted(set(lefts))
    assert lefts[5:10] == lefts[:5]


def test_captions_and_frames_take_their_colours():
    axes = digit_grid(DIGITS[:2], ["yes", "no"], [RIGHT, WRONG], title="Two").axes[0]
    assert [(t.get_text(), t.get_color()) for t in axes.texts[1:]] == [("yes", RIGHT), ("no", WRONG)]
    assert [to_hex(frame.get_edgecolor()).upper() for frame in axes.patches] == [RIGHT, WRONG]


@pytest.mark.parametrize("caption", ["7", "✓ 7, 100.0 %", "true: a very long name\n✗ another long name, 50.0 %"])
def test_nothing_overlaps_and_nothing_sticks_out(caption):
    figure = digit_grid(DIGITS, [caption] * 13, title="A title")
    axes = figure.axes[0]
    found = boxes(figure, [*axes.texts, *axes.images])
    for number, box in enumerate(found):
        assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= box.y0 < box.y1 <= figure.bbox.y1
        assert not any(box.overlaps(other) for other in found[:number])


def test_float_images_are_drawn_from_their_smallest_to_their_largest_value():
    axes = digit_grid(np.array([[-0.4, 0.0, 1.0, 2.8]])).axes[0]
    assert axes.images[0].get_clim() == (-0.4, 2.8)


def test_signed_images_share_a_symmetric_scale_with_its_key():
    images = np.random.default_rng(0).normal(size=(12, 25))
    images[0, 0] = -100.0  # one that lies beyond
    figure = digit_grid(images, ["a"] * 12, title="Weights", signed=True)
    *drawn, key = figure.axes[0].images
    (low, high) = drawn[0].get_clim()
    assert -low == high == pytest.approx(np.quantile(np.abs(images), 0.998))
    assert {image.get_clim() for image in (*drawn, key)} == {(low, high)}
    assert [text.get_text() for text in figure.axes[0].texts[-3:]] == [f"≤ −{high:.3g}", "0", f"≥ +{high:.3g}"]
    assert key.get_array()[0, [0, 127, -1]].tolist() == [low, 0.0, high]
    assert_clear(figure)


def test_signed_images_of_hardly_anything_can_be_drawn():
    lonely = np.zeros((1, 10_000))
    lonely[0, 7] = -3.0
    for image, limit in ((np.zeros((1, 16)), 1.0), (lonely, 3.0)):
        assert digit_grid(image, signed=True).axes[0].images[0].get_clim() == (-limit, limit)


def test_a_title_longer_than_the_pictures_is_not_cut():
    for signed in (False, True):
        assert_clear(digit_grid(DIGITS[:1], ["a"], title="One digit under a title that is longer", signed=signed))


def test_numbers_with_a_sign_are_blue_white_and_orange():
    assert [to_hex(two_sided()(share)).upper() for share in (0.0, 0.5, 1.0)] == [TRAIN, "#FFFFFF", WRONG]
    assert [to_hex(one_sided()(share)).upper() for share in (0.0, 1.0)] == ["#FFFFFF", TRAIN]


def test_names_are_cut_where_they_are_longer_than_told():
    assert shortened(["abcd", "abcde"], 4) == ["abcd", "abc…"]


def test_a_title_stands_above_all_panels():
    figure = titled_figure(6, 4, "Two panels")
    for axes in figure.subplots(1, 2):
        axes.set_title("one")
    assert_clear(figure)


def test_images_may_come_as_matrices_of_any_shape():
    assert digit_grid(np.zeros((2, 4, 8))).axes[0].images[1].get_array().shape == (4, 8)


@pytest.mark.parametrize("shape", [(0, 784), (3, 783), (784,), (2, 28, 28, 1), (2, 0, 28), (2, 0)])
def test_what_is_no_picture_is_refused(shape):
    with pytest.raises(InputError, match="784"):
        digit_grid(np.zeros(shape))


@pytest.mark.parametrize("argument", ["captions", "colors"])
def test_captions_and_colours_are_one_a_picture(argument):
    with pytest.raises(InputError, match=argument):
        digit_grid(DIGITS[:3], **{argument: ["red"]})


def test_pixel_values_are_written_on_the_pixels():
    image = np.array([[0, 7], [200, 255]], np.uint8)
    texts = pixel_values(image, "Four pixels").axes[0].texts
    assert [(t.get_position(), t.get_text()) for t in texts] == [
        ((0, 0), "0"),
        ((1, 0), "7"),
        ((0, 1), "200"),
        ((1, 1), "255"),
    ]
    assert texts[0].get_color() != texts[3].get_color()  # dark on white, white on dark
    assert [t.get_text() for t in pixel_values(np.array([0.25, 1, 0, 0.5])).axes[0].texts] == [
        "0.2",
        "1.0",
        "0.0",
        "0.5",
    ]


def test_the_users_own_style_changes_nothing_and_is_left_alone():
    with matplotlib.rc_context({"text.color": "red", "axes.facecolor": "black"}):
        figure = digit_grid(DIGITS[:1], title="A title")
        assert matplotlib.rcParams["text.color"] == "red"
    assert figure.axes[0].texts[0].get_color() == INK
    assert to_hex(figure.axes[0].get_facecolor()) == "#ffffff"


def test_both_files_are_written_and_the_same_figure_gives_the_same_bytes(tmp_path):
    first = save_figure(digit_grid(DIGITS, ["a"] * 13, title="Again"), tmp_path / "new folder" / "one")
    second = save_figure(digit_grid(DIGITS, ["a"] * 13, title="Again"), tmp_path / "two.svg")
    assert first == tmp_path / "new folder" / "one.png"
    assert second == tmp_path / "two.png"
    for suffix in (".png", ".svg"):
        assert first.with_suffix(suffix).read_bytes() == second.with_suffix(suffix).read_bytes()
    assert b"<dc:date>" not in first.with_suffix(".svg").read_bytes()
    with Image.open(first) as picture:
        assert picture.format == "PNG"
        assert picture.info["dpi"] == pytest.approx((150, 150), abs=0.1)


def test_the_same_bytes_come_out_of_another_process(tmp_path):
    code = (
        "import sys, numpy; from backend.drawing import *;"
        "save_figure(digit_grid(numpy.eye(16)[:4], list('abcd')), sys.argv[1])"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "there")], check=True, timeout=60)
    save_figure(digit_grid(np.eye(16)[:4], list("abcd")), tmp_path / "here")
    assert (tmp_path / "there.svg").read_bytes() == (tmp_path / "here.svg").read_bytes()


def test_a_failure_leaves_both_old_files(tmp_path):
    path = save_figure(digit_grid(DIGITS[:1]), tmp_path / "kept.png")
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    class Broken:
        def savefig(self, target, *, format, **_):
            if format == "svg":
                raise OSError("disk full")
            target.write_bytes(b"half")

    with pytest.raises(OSError, match="disk full"):
        save_figure(Broken(), path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_other_formats_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"\.png"):
        save_figure(new_figure(1, 1), tmp_path / "figure.jpg")


def test_importing_costs_no_matplotlib():
    code = "import sys, backend.drawing; sys.exit('matplotlib' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_figures_can_be_made_outside_the_main_thread(tmp_path):
    worker = threading.Thread(target=lambda: save_figure(digit_grid(DIGITS[:1]), tmp_path / "figure"))
    worker.start()
    worker.join()
    assert (tmp_path / "figure.png").exists()
