"""Preparation of pictures of digits."""

import numpy as np
import pytest
from PIL import Image

from backend.drawing import save_figure
from initializers.handwriting import digit_and_digits, digit_image, find_digits, prepare_digit, steps_figure
from tests.helpers.samples.drawn_digits import STROKES, alike, cropped, ink, on_paper

PLAIN = {digit: prepare_digit(on_paper(ink(digit))).image for digit in STROKES}


def shadowed(shape, steepness):
    y, x = np.mgrid[: shape[0], : shape[1]] / max(shape)
    return 0.85 - 0.4 / (1 + np.exp(-steepness * (0.6 * x + 0.8 * y - 0.6)))


@pytest.mark.parametrize("digit", STROKES)
def test_the_image_has_mnists_form(digit):
    image = PLAIN[digit]
    rows, columns = image.any(axis=1).sum(), image.any(axis=0).sum()
    assert (image.shape, image.dtype, image.max(), max(rows, columns)) == ((28, 28), np.uint8, 255, 20)


@pytest.mark.parametrize("digit", STROKES)
def test_bright_ink_is_the_same_as_dark(digit):
    assert alike(prepare_digit(255 - on_paper(ink(digit))).image, PLAIN[digit]) > 0.99


@pytest.mark.parametrize("digit", STROKES)
@pytest.mark.parametrize("steepness", [3, 40])
def test_shadows_are_no_ink(digit, steepness):
    amount = np.pad(ink(digit), ((150, 60), (90, 200)))
    noise = np.random.default_rng(0).normal(0, 2, amount.shape)
    photo = on_paper(amount, shadowed(amount.shape, steepness), 0.5) + noise
    prepared = prepare_digit(photo.clip(0, 255).astype(np.uint8))
    assert prepared.refusal is None
    assert alike(prepared.image, PLAIN[digit]) > 0.9


@pytest.mark.parametrize(("colour", "paper"), [((250, 240, 90), (245, 245, 245)), ((170, 70, 70), (60, 120, 60))])
def test_coloured_ink_is_seen_though_it_is_as_bright_as_the_paper(colour, paper):
    amount = ink("5")[..., None]
    picture = np.rint(np.array(paper) * (1 - amount) + np.array(colour) * amount).astype(np.uint8)
    assert alike(prepare_digit(picture).image, PLAIN["5"]) > 0.97


@pytest.mark.parametrize("digit", ["0", "4", "5", "7"])
@pytest.mark.parametrize("pen", [20, 34])
@pytest.mark.parametrize("flip", [False, True])
def test_a_digit_may_fill_the_frame(digit, pen, flip):
    amount = ink(digit, pen=pen)
    picture = on_paper(cropped(amount))
    image = prepare_digit(255 - picture if flip else picture).image
    assert alike(image, prepare_digit(on_paper(amount)).image) > 0.95


def test_thin_strokes_become_as_wide_as_mnists():
    hairline, usual = prepare_digit(on_paper(ink("4", pen=3))).image, PLAIN["4"]
    assert 0.9 < hairline.sum() / usual.sum() < 1.5
    assert alike(hairline, usual) > 0.8


def test_thick_strokes_stay():
    assert prepare_digit(on_paper(ink("4", pen=45))).image.sum() > 1.5 * PLAIN["4"].sum()


def test_specks_and_a_bit_of_table_are_left_out():
    picture = np.pad(on_paper(ink("4")), ((100, 100), (120, 80)), constant_values=255)
    picture[60:64, 70:75] = picture[400:403, 300:304] = 20
    picture[:40] = 60
    assert alike(prepare_digit(picture).image, PLAIN["4"]) > 0.99


def test_ruled_paper_shows_its_digit_alone():
    picture = np.pad(on_paper(ink("4")), ((100, 100), (120, 80)), constant_values=255)
    picture[20::60] = np.minimum(picture[20::60], 120)
    assert alike(prepare_digit(picture).image, PLAIN["4"]) > 0.95


def test_the_box_lies_in_the_pictures_own_pixels():
    picture = np.full((3000, 2400), 230, np.uint8)
    picture[800:2000, 1000:1080] = 20
    assert np.abs(np.subtract(prepare_digit(picture).box, (800, 1000, 2000, 1080))).max() <= 8


def test_a_picture_alone_has_no_steps_and_an_explained_one_ends_in_the_image():
    prepared = prepare_digit(on_paper(ink("5")), explain=True)
    names = [name for name, _ in prepared.steps]
    assert names == ["picture", "dark ink", "no shadows", "ink", "digit", "strokes", "28 x 28"]
    np.testing.assert_array_equal(prepared.steps[-1][1], prepared.image)
    assert prepare_digit(on_paper(ink("5"))).steps == ()


def test_the_strip_shows_every_step(tmp_path):
    steps = prepare_digit(on_paper(ink("5")), explain=True).steps
    figure = steps_figure(steps, "A five")
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert texts == ["A five", *(f"{number}. {name}" for number, (name, _) in enumerate(steps, 1))]
    assert save_figure(figure, tmp_path / "strip.png").stat().st_size > 1000


def test_a_blank_picture_explains_itself_too():
    prepared = prepare_digit(np.full((50, 50), 255, np.uint8), explain=True)
    assert (prepared.refusal, prepared.image.max(), len(prepared.steps)) == ("The picture is blank.", 0, 3)


def sheet(rows):
    lines = [np.hstack([ink(digit, 100, 10, 15) for digit in row]) for row in rows]
    width = max(line.shape[1] for line in lines)
    return np.vstack([np.pad(line, ((20, 20), (0, width - line.shape[1]))) for line in lines])


def test_several_digits_come_in_reading_order_with_their_rows():
    found = find_digits(on_paper(sheet(["4071", "5", "17045"])))
    assert [digit.row for digit in found] == [0, 0, 0, 0, 1, 2, 2, 2, 2, 2]
    for digit, name in zip(found, "4071517045", strict=True):
        assert alike(digit.image, prepare_digit(on_paper(ink(name, 100, 10, 15))).image) > 0.99


@pytest.mark.parametrize("digits", [25, 40])
def test_a_long_row_is_read_to_its_end(digits):
    row = np.hstack(digits * [ink("7", height=60, pen=6, margin=15)])
    assert len(find_digits(on_paper(row))) == digits


def test_touching_digits_are_parted():
    touching = np.zeros((140, 230))
    touching[:, :130] = ink("0", 100, 10, 20)[:, :130]
    touching[:, 90:] = np.maximum(touching[:, 90:], ink("0", 100, 10, 20))
    found = find_digits(on_paper(touching))
    assert len(found) == 2
    assert all(alike(digit.image, prepare_digit(on_paper(ink("0", 100, 10, 20))).image) > 0.8 for digit in found)


def test_a_judge_decides_what_touches():
    touching = np.zeros((140, 210))
    touching[:, :140] = ink("1", 100, 10, 20)
    touching[:, 70:] = np.maximum(touching[:, 70:], ink("1", 100, 10, 20))
    touching[118:122, 68:132] = 1
    seen = []

    def judge(images):
        seen.append(images.shape)
        wide = images.reshape(-1, 28, 28).any(axis=1).sum() > 14
        return np.array([[0.2, 0.8]]) if wide else np.array([[0.9, 0.1]])

    assert len(find_digits(on_paper(touching), judge)) == 2
    assert set(seen) == {(1, 784)}


def test_digits_of_a_string_explain_themselves():
    picture = on_paper(sheet(["407"]))
    names = ["picture", "dark ink", "no shadows", "ink", "digit", "strokes", "28 x 28"]
    for digit in find_digits(picture, explain=True):
        assert [name for name, _ in digit.steps] == names
        alone = digit.steps[4][1] > 0
        assert alone.any()
        assert not np.delete(alone, np.s_[digit.box.left : digit.box.right], axis=1).any()
        np.testing.assert_array_equal(digit.steps[-1][1], digit.image)
    assert not any(digit.steps for digit in find_digits(picture))


def test_a_turned_string_shows_how_it_was_turned():
    picture = Image.fromarray(on_paper(sheet(["407"]))).rotate(30, expand=True, fillcolor=255)
    names = [name for name, _ in find_digits(np.asarray(picture), explain=True)[0].steps]
    assert names == ["picture", "dark ink", "no shadows", "ink", "level", "digit", "strokes", "28 x 28"]


def test_a_non_digit_among_several_is_marked():
    picture = np.hstack([on_paper(sheet(["4"])), on_paper(np.pad(np.ones((100, 100)), 35))])
    assert [digit.refusal is None for digit in find_digits(picture)] == [True, False]


def test_nothing_is_found_on_empty_paper():
    assert find_digits(np.full((60, 60), 200, np.uint8)) == []


@pytest.mark.parametrize("change", [np.asarray, lambda x: 255 - x, lambda x: np.pad(x, ((20, 5), (8, 30)))])
def test_mnists_own_images_come_back(mnist, change):
    images = mnist.X_test[:400].reshape(-1, 28, 28)
    prepared = [prepare_digit(change(image)) for image in images]
    assert not any(one.refusal for one in prepared)
    distance = np.abs(np.array([one.image for one in prepared], float) - images)
    assert distance.mean() < 2
    assert np.mean(distance.mean(axis=(1, 2)) < 4) > 0.85  # hairlines, one in ten, are widened


def test_enlarged_images_of_mnist_are_recognised_as_themselves(mnist):
    from PIL import Image

    images = mnist.X_test[:200].reshape(-1, 28, 28)
    large = [255 - np.asarray(Image.fromarray(np.pad(one, 9)).resize((230, 230), 3)) for one in images]
    assert np.mean([alike(prepare_digit(x).image, y) for x, y in zip(large, images, strict=True)]) > 0.93


def test_ink_becomes_an_image_of_its_own():
    assert digit_image(np.ones((50, 10), np.float32)).sum() == 20 * 4 * 255


@pytest.mark.parametrize("count", [1, 3])
def test_digits_in_a_forms_fields_are_read_without_the_fields(count):
    cell = ink("4", 120, 12, 30)
    form = np.pad(np.hstack([cell] * count), 60)
    plain = find_digits(on_paper(form))
    form[60:64, 60:-60] = form[-64:-60, 60:-60] = 1
    for left in range(60, form.shape[1], cell.shape[1]):
        form[60:-60, left - 2 : left + 2] = 1
    assert [digit.box for digit in find_digits(on_paper(form))] == [digit.box for digit in plain]
    assert count > 1 or prepare_digit(on_paper(form)).box == plain[0].box


@pytest.mark.parametrize("size", [(60, 90), (900, 1200), (1400, 2100), (3300, 5000)])
def test_one_digit_and_all_digits_are_prepared_as_each_would_be_alone(size):
    pixels = np.full(size, 255, np.uint8)
    high, wide = size
    for left in (0.2, 0.7):
        pixels[high // 6 : high * 5 // 6, int(left * wide) : int(left * wide) + max(3, wide // 30)] = 0
    one, several = digit_and_digits(pixels)
    for found, wanted in zip([one, *several], [prepare_digit(pixels), *find_digits(pixels)], strict=True):
        np.testing.assert_array_equal(found.image, wanted.image)
        assert (found.box, found.refusal, found.row) == (wanted.box, wanted.refusal, wanted.row)
