"""The configuration that flags, prompts and model files are made from."""

import argparse
import dataclasses
from pathlib import Path

import pytest

from backend import InputError
from classes import NeuralNetwork
from interface.flags import add_flags, config_from_flags, options
from training.config import TrainingConfig
from training.presets import PRESETS


def test_every_default_reads_back_from_its_own_text():
    for option in options(TrainingConfig):
        assert option.read(option.show(option.default)) == option.default


def test_every_field_has_a_flag_with_a_help_text():
    parser = argparse.ArgumentParser()
    add_flags(parser, TrainingConfig)
    for option in options(TrainingConfig):
        assert option.flag in parser.format_help()
        assert option.help


def test_flags_replace_fields():
    parser = argparse.ArgumentParser()
    add_flags(parser, TrainingConfig)
    flags = "--hidden-sizes 32,16 --dropout 0.1,0.2 --learning-rate none --keep-best --data-dir here".split()
    config = config_from_flags(parser.parse_args(flags), TrainingConfig())
    assert (config.hidden_sizes, config.dropout, config.learning_rate) == ((32, 16), (0.1, 0.2), None)
    assert config.keep_best
    assert str(config.data_dir) == "here"
    assert config.epochs == TrainingConfig().epochs


def test_a_choice_that_does_not_exist_ends_with_the_list_of_those_that_do(capsys):
    parser = argparse.ArgumentParser()
    add_flags(parser, TrainingConfig)
    with pytest.raises(SystemExit) as ended:
        parser.parse_args(["--optimizer", "magic"])
    assert ended.value.code == 2
    assert "adagrad" in capsys.readouterr().err


def test_a_record_of_it_holds_built_in_types_alone():
    def is_built_in(value):
        if isinstance(value, list):
            return all(map(is_built_in, value))
        return value is None or type(value) in (bool, int, float, str)

    record = dataclasses.replace(TrainingConfig(), data_dir="/somewhere").to_dict()
    assert all(map(is_built_in, record.values()))
    assert set(record) == {field.name for field in dataclasses.fields(TrainingConfig)}


@pytest.mark.parametrize("name", PRESETS)
def test_the_record_reads_back(name):
    config = dataclasses.replace(
        PRESETS[name].config, data_dir=Path("a b") / "c", mirrors=("http://x/", "http://y/"), checkpoint_every="5steps",
        output=Path("model.pkl"), workers=2, clip_norm=0.1 + 0.2, keep_best=True,
    )  # fmt: skip
    for written in (config, PRESETS[name].config):
        again = TrainingConfig.from_dict(written.to_dict())
        assert again == written
        assert [type(value) for value in vars(again).values()] == [type(value) for value in vars(written).values()]


@pytest.mark.parametrize(
    "changes",
    [{"epochs": "many"}, {"epochs": 1.5}, {"optimizer": "magic"}, {"hidden_sizes": [[1]]}, {"keep_best": "perhaps"},
     {"seed": None}, {"dropout": [b"x"]}, {"unknown": 1}],
    ids=str,
)  # fmt: skip
def test_a_record_that_no_flags_could_make_is_refused(changes):
    with pytest.raises(InputError, match=next(iter(changes))):
        TrainingConfig.from_dict(TrainingConfig().to_dict() | changes)


def test_a_record_with_a_field_missing_is_refused():
    record = TrainingConfig().to_dict()
    del record["seed"]
    with pytest.raises(InputError, match="other ones: seed"):
        TrainingConfig.from_dict(record)


def test_a_record_of_a_version_without_layers_reads_back():
    record = TrainingConfig().to_dict()
    del record["layers"]
    assert TrainingConfig.from_dict(record) == TrainingConfig()


def test_layers_in_compact_notation_take_the_place_of_sizes_and_dropout():
    config = TrainingConfig(layers="4C3-BN-MP2-D0.2-6", activation="tanh", dropout=(0.5, 0.5, 0.5))
    network = NeuralNetwork(64, output_size=3, **config.network_arguments())
    assert repr(network).startswith("NeuralNetwork(64-4C3-BN-MP2-D0.2-6-3, tanh, ")


def test_the_network_gets_what_the_configuration_says():
    config = TrainingConfig(hidden_sizes=(5, 4), dropout=(0.25,), activation="tanh", optimizer="rmsprop", seed=3)
    network = NeuralNetwork(7, output_size=3, **config.network_arguments())
    kinds = [layer.kind for layer in network.stack.layers]
    assert kinds == ["dense", "dropout", "dense", "dropout", "dense"]
    assert [layer.units for layer in network.stack.layers[::2]] == [5, 4, 3]
    assert network.stack.layers[0].activation == "tanh"
    assert network.optimizer.kind == "rmsprop"
