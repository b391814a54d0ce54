"""What a page may choose."""

import dataclasses

import pytest

from backend.errors import InputError
from training.config import TrainingConfig
from training.presets import PRESETS
from web.server.training.settings import WITHHELD, chosen, offered, shown


def test_all_settings_are_offered_but_places_on_disk():
    names = {option["name"] for option in offered()["options"]}
    assert names | WITHHELD == {field.name for field in dataclasses.fields(TrainingConfig)}
    assert not names & WITHHELD
    by_name = {option["name"]: option for option in offered()["options"]}
    assert by_name["optimizer"]["choices"][:1]
    assert (by_name["epochs"]["kind"], by_name["epochs"]["flag"]) == ("int", "--epochs")
    assert (by_name["hidden_sizes"]["list"], by_name["clip_norm"]["optional"]) == (True, True)


@pytest.mark.parametrize("name", PRESETS)
def test_the_values_of_a_preset_lead_back_to_it(name):
    (preset,) = (preset for preset in offered()["presets"] if preset["name"] == name)
    _, overrides = chosen({"preset": name} | preset["values"])
    assert dataclasses.replace(TrainingConfig(), **overrides) == PRESETS[name].config
    assert shown(PRESETS[name].config) == preset["values"]


def test_values_may_be_text_or_of_their_kind():
    texts = {"epochs": "3", "hidden_sizes": "8,4", "keep_best": "yes", "clip_norm": "none"}
    values = {"epochs": 3, "hidden_sizes": [8, 4], "keep_best": True, "clip_norm": None}
    assert chosen(texts) == chosen(values)


@pytest.mark.parametrize(
    "body",
    [
        {"preset": "none"},
        {"preset": 3},
        {"epochs": "many"},
        {"epochs": 1.5},
        {"epochs": {}},
        {"epochs": [{}]},
        {"optimizer": "magic"},
        {"output": "x.pkl"},
        {"data_dir": "/"},
        {"data": "/etc"},
        {"data": "./training"},
        {"mirrors": "http://evil.example"},
        {"resume": True},
        {"mlflow": "sqlite:///x.db"},
        {"tensorboard": "/tmp"},
        {"colour": "red"},
    ],
    ids=str,
)
def test_wrong_settings(body):
    with pytest.raises(InputError):
        chosen(body)
