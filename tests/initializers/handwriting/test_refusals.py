"""Refusal of pictures without a digit."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from initializers.handwriting import prepare_digit, refusals
from initializers.handwriting.refusals import width_and_spread
from tests.helpers.samples.drawn_digits import STROKES, ink, on_paper


def paper_with_noise(sigma):
    return np.random.default_rng(1).normal(200, sigma, (280, 280)).clip(0, 255).astype(np.uint8)


def shadow_alone(steepness):
    y, x = np.mgrid[:300, :400] / 400
    brightness = 200 - 100 / (1 + np.exp(-steepness * (x + y - 0.7)))
    return (brightness + np.random.default_rng(2).normal(0, 3, (300, 400))).clip(0, 255).astype(np.uint8)


def landscape():
    generator, frequency = np.random.default_rng(3), np.fft.fftfreq(200)
    radius = np.hypot(frequency[:, None], frequency[None]) + 1e-3
    values = np.fft.ifft2(np.fft.fft2(generator.standard_normal((200, 200))) / radius**1.5).real
    return ((values - values.min()) / np.ptp(values) * 255).astype(np.uint8)


def page():
    picture = Image.new("L", (600, 400), 255)
    draw = ImageDraw.Draw(picture)
    for row in range(6):
        draw.text((20, 20 + 60 * row), "Lorem ipsum dolor sit amet", font=ImageFont.load_default(40), fill=0)
    return np.asarray(picture)


def blot():
    y, x = np.mgrid[:200, :200]
    return on_paper(np.hypot(y - 100, x - 90) < 60)


@pytest.mark.parametrize("brightness", [0, 128, 255])
@pytest.mark.parametrize("shape", [(1, 1), (28, 28), (280, 280), (40, 500)])
def test_one_grey_is_blank(brightness, shape):
    assert prepare_digit(np.full(shape, brightness, np.uint8)).refusal == refusals.BLANK


@pytest.mark.parametrize("picture", [paper_with_noise(1), paper_with_noise(4), paper_with_noise(12), shadow_alone(4)])
def test_paper_without_ink_is_refused(picture):
    assert prepare_digit(picture).refusal is not None


@pytest.mark.parametrize("make", [landscape, page, blot, lambda: shadow_alone(40)])
def test_other_things_are_refused(make):
    assert prepare_digit(make()).refusal is not None


def test_two_digits_are_more_than_one():
    assert prepare_digit(on_paper(np.hstack([ink("4"), np.zeros((280, 90)), ink("7")]))).refusal == refusals.SEVERAL


def test_a_blot_is_named():
    assert prepare_digit(blot()).refusal == refusals.BLOT


@pytest.mark.parametrize(("height", "refused"), [(40, True), (90, False)])
def test_what_is_twice_as_wide_as_high_is_no_digit(height, refused):
    amount = np.zeros((200, 300))
    amount[60 : 60 + height, 80:220] = 1
    amount[70 : 50 + height, 90:210] = 0
    assert (prepare_digit(on_paper(amount)).refusal == refusals.WIDE) == refused


@pytest.mark.parametrize("digit", STROKES)
@pytest.mark.parametrize("pen", [4, 20, 40])
def test_digits_are_not_refused(digit, pen):
    assert prepare_digit(on_paper(ink(digit, pen=pen))).refusal is None


def test_no_image_of_mnist_is_refused(mnist):
    assert not any(prepare_digit(image.reshape(28, 28)).refusal for image in mnist.X_test[1000:1400])


@pytest.mark.parametrize("width", [2, 4, 6])
def test_a_bars_width_is_its_width(width):
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 10 : 10 + width] = 255
    measured, spread = width_and_spread(image)
    assert measured == pytest.approx(width, abs=0.7)
    assert spread < 0.3


def test_nothing_has_no_width():
    assert width_and_spread(np.zeros((28, 28), np.uint8)) == (0.0, 0.0)


@pytest.mark.parametrize("side", [70, 110])
def test_a_dark_area_in_a_photograph_is_a_blot_however_large(side):
    picture = np.full((200, 200), 200.0)
    picture[40 : 40 + side, 50 : 50 + side] = 60
    picture += np.random.default_rng(0).normal(0, 3, picture.shape)
    assert prepare_digit(picture.clip(0, 255).astype(np.uint8)).refusal == refusals.BLOT


@pytest.mark.parametrize("shadow", [0.4, 1.0])
def test_a_zero_that_a_shadow_crosses_is_none(shadow):
    amount = np.pad(ink("0"), 60)
    paper = np.where(np.arange(400)[:, None] + np.arange(400) < 400, 0.8, 0.8 * shadow)
    noise = np.random.default_rng(0).normal(0, 3, amount.shape)
    assert prepare_digit((on_paper(amount, paper) + noise).clip(0, 255).astype(np.uint8)).refusal is None
