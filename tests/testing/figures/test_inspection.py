"""The figures of weights, activations and projections."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.drawing import TRAIN
from classes import NeuralNetwork
from testing.figures.inspection import (
    CLASS_COLORS,
    MARKERS,
    activation_picture,
    apart,
    class_map,
    saliency_maps,
    weight_pictures,
)
from testing.inference.inspection import first_layer, last_hidden, passage, principal_components, saliency
from tests.helpers.seen import assert_clear, words

DIGITS = tuple("0123456789")
LONG = tuple(f"{n} has a name that is far too long" for n in range(10))
IMAGE = np.random.default_rng(0).integers(0, 256, (8, 6), dtype=np.uint8)


def network(hidden=(40, 9), classes=10, **options):
    return NeuralNetwork(48, hidden, classes, seed=1, **options)


def test_weights_are_drawn_the_most_important_unit_first():
    layer = first_layer(network())
    figure = weight_pictures(layer, (8, 6), "MNIST", limit=12)
    drawn = figure.axes[0].images[:-1]
    assert len(drawn) == 12
    for image, weights in zip(drawn, layer.weights, strict=False):
        np.testing.assert_array_equal(image.get_array(), weights.reshape(8, 6))
    said = [text.get_text() for text in figure.axes[0].texts]
    assert said[0] == "MNIST: weights of the first layer, the 12 most important of 40 units"
    assert said[1:13] == [f"unit {unit}" for unit in layer.units[:12]]
    assert_clear(figure)


def test_weights_of_few_units_are_all_drawn():
    figure = weight_pictures(first_layer(network((3,))), (8, 6), "MNIST")
    assert any("all 3 units" in text for text in words(figure))


def test_filters_of_a_convolution_are_drawn_as_images():
    layer = first_layer(NeuralNetwork((8, 6), layers="7C3-4", output_size=10))
    figure = weight_pictures(layer, (8, 6), "MNIST")
    for image, weights in zip(figure.axes[0].images[:-1], layer.weights, strict=True):
        np.testing.assert_array_equal(image.get_array(), weights.reshape(3, 3))
    assert any("all 7 filters" in text for text in words(figure))
    assert f"filter {layer.units[0]}" in words(figure)


@pytest.mark.parametrize(("filters", "shown"), [(5, "5 maps"), (20, "20 maps"), (40, "32 of 40 maps")])
def test_activations_of_a_convolution_are_maps(filters, shown):
    way = passage(NeuralNetwork((8, 6), layers=f"{filters}C3-4", output_size=10), IMAGE)
    figure = activation_picture(IMAGE, way, DIGITS, "A title")
    axes = figure.axes[1]
    assert f"{filters}C3, relu: {shown} of 6 × 4, from " in axes.get_title(loc="left")
    mosaic = axes.images[0].get_array()
    assert mosaic.shape == ((6 + 1) * min(-(-filters // 16), 2) - 1, 16 * (4 + 1) - 1)
    drawn = [
        mosaic[7 * (n // 16) : 7 * (n // 16) + 6, 5 * (n % 16) : 5 * (n % 16) + 4] for n in range(min(filters, 32))
    ]
    maps = np.moveaxis(way.outputs[0], 2, 0)
    assert all(any(np.array_equal(picture, each) for each in maps) for picture in drawn)
    if filters <= 32:
        np.testing.assert_array_equal(drawn, maps)
    assert_clear(figure)


def test_activations_show_every_unit_of_every_hidden_layer():
    way = passage(network(), IMAGE)
    figure = activation_picture(IMAGE, way, DIGITS, "A title")
    image, first, second, bars = figure.axes
    np.testing.assert_array_equal(image.images[0].get_array(), IMAGE)
    for axes, name, outputs in zip((first, second), way.names, way.outputs, strict=True):
        cells = axes.collections[0]
        np.testing.assert_array_equal(cells.get_array(), outputs)
        corners = [tuple(path.vertices[0]) for path in cells.get_paths()]
        assert corners == [(unit % 32, unit // 32) for unit in range(len(outputs))]
        assert axes.collections[0].get_clim() == (0, outputs.max())
        assert axes.get_title(loc="left").startswith(f"{name}: {(outputs > 0).sum()} of {len(outputs)} active")
    np.testing.assert_allclose([bar.get_width() for bar in bars.patches], 100 * way.probabilities)
    assert {f"{p:.1%}" for p in way.probabilities} | {"A title", "probabilities"} <= words(figure)
    assert_clear(figure)


def test_activations_below_0_have_a_symmetric_scale():
    way = passage(network(activation="tanh"), IMAGE)
    low, high = activation_picture(IMAGE, way, DIGITS, "A title").axes[1].collections[0].get_clim()
    assert -low == high == np.abs(way.outputs[0]).max()


def test_the_most_probable_class_has_the_dark_bar():
    from matplotlib.colors import to_hex

    way = passage(network(), IMAGE)
    bars = activation_picture(IMAGE, way, DIGITS, "A title").axes[-1].patches
    assert [to_hex(bar.get_facecolor()).upper() == TRAIN for bar in bars] == (
        np.arange(10) == way.probabilities.argmax()
    ).tolist()


def test_saliency_shows_both_maps_of_every_class_on_shared_scales():
    found = saliency(network(), IMAGE)
    figure = saliency_maps(IMAGE, found, DIGITS, "A title")
    panels = np.array(figure.axes[:6]).reshape(2, 3)
    for row, one in zip(panels, found, strict=True):
        np.testing.assert_array_equal(row[0].images[0].get_array(), IMAGE)
        np.testing.assert_array_equal(row[1].images[0].get_array(), one.gradient.reshape(8, 6))
        np.testing.assert_array_equal(row[2].images[0].get_array(), one.contribution.reshape(8, 6))
        assert row[0].get_title() == f"why {one.class_number}?\n({one.probability:.1%})"
    for column, maps in ((1, [one.gradient for one in found]), (2, [one.contribution for one in found])):
        limit = np.abs(maps).max()
        assert [axes.images[0].get_clim() for axes in panels[:, column]] == [(-limit, limit)] * 2
    assert_clear(figure)


def test_a_blank_image_speaks_for_nothing():
    blank = np.zeros((8, 6), np.uint8)
    assert_clear(saliency_maps(blank, saliency(network(), blank, [3]), DIGITS, "A title"))


def points(classes=10, spread=6.0):
    rng = np.random.default_rng(0)
    y = np.arange(30 * classes) % classes
    return (spread * rng.normal(size=(classes, 2)))[y] + rng.normal(size=(len(y), 2)), y


def test_the_map_shows_every_image_in_its_place_and_class():
    from matplotlib.colors import to_hex

    xy, y = points()
    figure = class_map(xy, y, np.array([0.5, 0.25]), DIGITS, "MNIST", y_pred=np.where(np.arange(300) < 7, 9 - y, y))
    *clouds, rings = figure.axes[0].collections
    for number, cloud in enumerate(clouds):
        np.testing.assert_array_equal(cloud.get_offsets(), xy[y == number])
        assert to_hex(cloud.get_facecolor()[0]).upper() == CLASS_COLORS[number]
    np.testing.assert_array_equal(rings.get_offsets(), xy[:7])
    assert {*DIGITS, "misclassified: 7 of 300", "MNIST: 300 images, activations of the last hidden layer"} <= words(
        figure
    )
    assert "first principal component (50 % of the variance)" in words(figure)
    assert_clear(figure)


def test_names_stand_at_the_centres_where_there_is_room():
    xy, y = points(3, spread=20.0)
    axes = class_map(xy, y, np.array([0.5, 0.25]), ("a", "b", "c"), "MNIST").axes[0]
    for number, text in enumerate(axes.texts):
        centre = xy[y == number].mean(axis=0)
        np.testing.assert_allclose(text.xy, centre)
        np.testing.assert_allclose(text.get_position(), centre, atol=0.2)


def test_a_class_without_images_has_no_name_on_the_map():
    xy, y = points(2)
    assert "c" not in words(class_map(xy, y, np.array([0.5, 0.25]), ("a", "b", "c"), "MNIST"))


def test_seventy_classes_look_different():
    assert len({(CLASS_COLORS[n % 10], MARKERS[n % 7]) for n in range(70)}) == 70


@pytest.mark.parametrize(
    ("hidden", "names"),
    [
        ((), ("a", "b")), ((), LONG), ((3,), DIGITS), ((3,), LONG[:2]), ((300, 100, 50), LONG),
        ((300, 100, 50), tuple(map(str, range(26)))),
    ],
)  # fmt: skip
def test_nothing_is_cut_or_lies_on_something_else(hidden, names):
    net = network(hidden, len(names))
    X = np.random.default_rng(0).integers(0, 256, (60, 48), dtype=np.uint8)
    hidden_outputs = last_hidden(net, X)
    projection = principal_components(hidden_outputs)
    title = "embedded digits: test image 123, on its way"
    for figure in (
        weight_pictures(first_layer(net), (8, 6), "embedded digits"),
        activation_picture(IMAGE, passage(net, IMAGE), names, title),
        saliency_maps(IMAGE, saliency(net, IMAGE), names, title),
        class_map(
            projection(hidden_outputs), np.arange(60) % len(names), projection.shares, names, "embedded digits",
            y_pred=net.predict(X),
        ),
    ):  # fmt: skip
        assert_clear(figure)


@given(st.integers(0, 2**32), st.integers(1, 12))
def test_boxes_are_pushed_apart_and_stay_inside(seed, count):
    rng = np.random.default_rng(seed)
    wanted, sizes = rng.uniform(0, 300, (count, 2)), rng.uniform(5, 40, (count, 2))
    found = apart(wanted, sizes, np.array([[0, 0], [300, 300]]))
    overlap = (sizes[:, None] + sizes) / 2 - np.abs(found[:, None] - found)
    assert not ((overlap > 0.5).all(axis=2) & ~np.eye(count, dtype=bool)).any()
    assert (found >= sizes / 2 - 0.01).all()
    assert (found <= 300 - sizes / 2 + 0.01).all()


def test_boxes_apart_already_stay_where_they_are():
    wanted = np.array([[20.0, 20.0], [80.0, 20.0]])
    np.testing.assert_allclose(apart(wanted, np.full((2, 2), 10.0), np.array([[0, 0], [100, 100]])), wanted, atol=0.01)


def test_boxes_at_one_place_are_parted():
    found = apart(np.full((5, 2), 50.0), np.full((5, 2), 10.0), np.array([[0, 0], [100, 100]]))
    assert len(np.unique(found, axis=0)) == 5
