"""The presets against the original examples."""

from dataclasses import fields

import pytest

from backend import InputError
from classes import NeuralNetwork
from classes.training.options import TrainingOptions
from training.compare import ComparisonConfig
from training.presets import PRESETS, USUAL, preset_config

# From the systems' own descriptions: layers, dropout, optimizer, rate, batch size, epochs, scaling.
STATED = {
    "classic": ((256, 128), (0.0,), "sgd", None, 128, 100, "unit"),
    "dropout-512": ((512, 256, 128), (0.2, 0.2, 0.0), "adam", 0.001, 64, 5, "standard"),
    "compact-128": ((128,), (0.0,), "adam", 0.001, 64, 5, "standard"),
    "dense-256-128-128": ((256, 128, 128), (0.0,), "adam", 0.001, 32, 20, "unit"),
    "funnel-128-64": ((128, 64), (0.0,), "adam", 0.001, 64, 5, "unit"),
}

LONG = {"accurate", "record", "handwriting", "cnn-accurate"}


@pytest.mark.parametrize("name", STATED)
def test_is_what_its_system_states(name):
    config = PRESETS[name].config
    found = (
        config.hidden_sizes, config.dropout, config.optimizer, config.learning_rate,
        config.batch_size, config.epochs, config.input_scaling,
    )  # fmt: skip
    assert found == STATED[name]
    assert config.schedule == ("cosine" if name == "dense-256-128-128" else "constant")
    assert (config.label_smoothing, config.weight_decay, config.clip_norm) == (0.0, 0.0, None)


def test_there_are_the_five_systems_and_our_own():
    assert set(PRESETS) == {"fast", "cnn", *LONG, *STATED}
    assert PRESETS["accurate"].network == "784-1024-1024-10"
    assert PRESETS["cnn-accurate"].network == "784-32C3-32C3-32C5S2P-64C3-64C3-64C5S2P-128-10"


def test_those_that_take_long_and_convolutions_learn_from_augmented_images():
    for name, preset in PRESETS.items():
        plan = TrainingOptions(**preset.config.training_arguments())
        assert (plan.augmentation is not None) == (name in LONG | {"cnn"})


def test_the_network_that_states_its_parameters_has_them():
    network = NeuralNetwork(784, output_size=10, **PRESETS["dense-256-128-128"].config.network_arguments())
    assert network.parameter_count == 251_658


@pytest.mark.parametrize("name", PRESETS)
def test_can_be_built(name):
    network = NeuralNetwork(784, output_size=10, **PRESETS[name].config.network_arguments())
    assert network.stack.output_shape == (10,)


def test_classic_begins_with_xavier_weights():
    assert PRESETS["classic"].config.initializer == "xavier_uniform"


def test_an_unknown_one_is_refused_with_the_list():
    with pytest.raises(InputError, match="accurate, classic, cnn, cnn-accurate, compact-128, "):
        preset_config("clasic")


def test_comparisons_leave_out_those_that_take_minutes_but_offer_them():
    assert set(PRESETS) - set(USUAL) == LONG
    assert ComparisonConfig().presets == USUAL
    (presets,) = (each for each in fields(ComparisonConfig) if each.name == "presets")
    assert set(presets.metadata["choices"]) >= LONG
