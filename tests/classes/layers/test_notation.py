"""The compact notation of networks."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend import InputError
from classes.layers import AveragePool2D, BatchNorm, Conv2D, Dense, Dropout, MaxPool2D, SpatialDropout
from classes.layers.notation import layers_from_notation, notation_of
from classes.layers.reshape import with_images
from classes.layers.sequential import declare_all


def described(text, **options):
    """Return kinds and settings of the layers of a text."""
    return [(layer.kind, layer.settings()) for layer in layers_from_notation(text, 10, **options)]


def same(text, layers):
    return described(text)[: len(layers)] == [(layer.kind, layer.settings()) for layer in layers]


@pytest.mark.parametrize(
    ("text", "layer"),
    [
        ("32C3", Conv2D(32, 3, activation="relu")),
        ("32C5S2", Conv2D(32, 5, 2, activation="relu")),
        ("32C3P", Conv2D(32, 3, padding="same", activation="relu")),
        ("8C3x5S2x1P", Conv2D(8, (3, 5), (2, 1), "same", "relu")),
        ("MP2", MaxPool2D(2)),
        ("MP3S2", MaxPool2D(3, 2)),
        ("AP2x3", AveragePool2D((2, 3))),
        ("128", Dense(128, "relu")),
        ("D0.4", Dropout(0.4)),
        ("D.5", Dropout(0.5)),
        ("SD0.2", SpatialDropout(0.2)),
    ],
)
def test_each_form(text, layer):
    assert same(text, [layer])
    assert same(f" {text.lower()} ", [layer])


def test_a_published_network_fits_mnist():
    text = "32C3-BN-32C3-BN-32C5S2P-BN-D0.4-64C3-BN-64C3-BN-64C5S2P-BN-D0.4-128-BN-D0.4"
    outputs, _ = declare_all(with_images(layers_from_notation(text, 10), (784,)), (784,))
    assert [shape for shape in outputs if len(shape) == 3][-1] == (4, 4, 64)
    assert outputs[-1] == (10,)


def test_batch_normalisation_takes_the_bias_and_the_activation_of_the_layer_before_it():
    assert same("4C3-BN-8-BN", [Conv2D(4, 3, bias=False), BatchNorm(activation="relu")])
    dense, norm = described("4C3-BN-8-BN", activation="silu")[3:5]
    assert dense[1]["activation"] == "identity"
    assert norm[1]["activation"] == "silu"


def test_images_are_flattened_once_before_dense_layers():
    kinds = [kind for kind, _ in described("4C3-D0.1-8-8")]
    assert kinds == ["conv2d", "dropout", "flatten", "dense", "dense", "dense"]
    assert [kind for kind, _ in described("4C3")] == ["conv2d", "flatten", "dense"]
    assert [kind for kind, _ in described("4C3-GAP-8")] == ["conv2d", "global_average_pool", "dense", "dense"]


PARTS = ["32C3", "8C3x5", "4C2S2", "4C3P", "MP2", "MP3S2", "AP2x1", "SD0.2", "D0.4"]


@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    images=st.lists(st.sampled_from(PARTS), max_size=6), rows=st.lists(st.sampled_from(["16", "8", "D0.1"]), max_size=3)
)
def test_what_is_written_is_read_again(images, rows):
    text = "-".join([*images, *rows]) or "GAP"
    assert notation_of(layers_from_notation(text, 10)) == text


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(alphabet="0123456789CcSsPpMmAaGgBbNnDdXx.- ", max_size=20))
def test_any_text_gives_layers_or_a_clear_error(text):
    with suppress(InputError):
        assert isinstance(layers_from_notation(text, 10)[-1], Dense)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("32C3-MQ2", "layers, part 2: expected one of the forms .*, found 'MQ2'. Did you mean MP2"),
        ("", "layers, part 1: .*found nothing between two hyphens"),
        ("32C3--128", "layers, part 2: .*found nothing between two hyphens"),
        (
            "BN-32C3",
            "layers, part 1: expected BN right after a convolution or a dense layer, found BN at the beginning",
        ),
        ("32C3-MP2-BN", "layers, part 3: .*found BN after max_pool2d"),
        ("0C3", "filters: expected an integer of at least 1, found 0"),
        ("D1", "dropout rate: expected a number from 0 up to"),
        ("1234567", "layers, part 1: expected one of the forms"),
    ],
)
def test_errors_name_the_part(text, message):
    with pytest.raises(InputError, match=message):
        layers_from_notation(text, 10)


def test_shapes_that_do_not_chain_are_refused():
    with pytest.raises(InputError, match=r"expected images.*found rows of shape"):
        declare_all(layers_from_notation("128-32C3", 10), (784,))
    with pytest.raises(InputError, match="found images of 2 x 2 pixels"):
        declare_all(layers_from_notation("MP14-4C3", 10), (28, 28, 1))
