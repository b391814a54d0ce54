"""The processes of a comparison, and their order.

Every round runs all peers in turn, so that drift of the machine affects all equally.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.peers import OURS, PEERS
from benchmarks.race.setting import CLASSES, INPUTS, Setting
from classes import OPTIMIZERS, layers_from_notation
from classes.layers.reshape import with_images
from classes.layers.sequential import declare_all
from initializers.batches import INPUT_SCALINGS
from training.presets import DEFAULT, USUAL, preset_config

RATE = 0.001  # learning rate of Adam, for every peer
OTHER_OPTIMIZERS = ("sgd", "momentum", "rmsprop")
NETWORKS = tuple(name for name in USUAL if name != DEFAULT and not preset_config(name).layers)
CONVOLUTIONS = {  # networks of images: all hidden layers, and images per step
    "keras-example": ("32C3-64C3-MP2-D0.25-128-D0.5", 128),  # keras.io, "Simple MNIST convnet" of the years up to 2020
    "six-convolutions": (  # Deotte's network for 99.75 %, Kaggle 2018
        "32C3-BN-32C3-BN-32C5S2P-BN-D0.4-64C3-BN-64C3-BN-64C5S2P-BN-D0.4-128-BN-D0.4", 64,
    ),
}  # fmt: skip
CONVOLUTION_ROWS = 12_800  # images of an epoch there, whose seconds are scaled up to 60,000
PARTS = ("training", "convolution", "optimizers", "target", "prediction")

Job = dict[str, Any]


def _described(help_text: str, choices: Iterable[str] = ()) -> dict[str, Any]:
    return {"help": help_text, "choices": tuple(choices)}


@dataclass(frozen=True)
class SpeedConfig:
    """The script's settings; every field is a flag."""

    only: tuple[str, ...] = field(default=NETWORKS, metadata=_described("networks, by preset", NETWORKS))
    peers: tuple[str, ...] = field(
        default=tuple(PEERS), metadata=_described("what to measure, besides this project", PEERS)
    )
    parts: tuple[str, ...] = field(default=PARTS, metadata=_described("what to compare", PARTS))
    rounds: int = field(default=3, metadata=_described("fresh processes for each peer, alternating"))
    epochs: int = field(default=3, metadata=_described("epochs timed in each, after one that warms up"))
    network: str = field(default="classic", metadata=_described("network of the other parts than training", NETWORKS))
    target: float = field(default=0.98, metadata=_described("test accuracy up to which the process is timed"))
    longest: int = field(default=15, metadata=_described("largest number of epochs"))
    quick: bool = field(
        default=False, metadata=_described("one round of two epochs with the networks classic and compact-128")
    )
    show: bool = field(
        default=False, metadata=_described("recreate table and figure from the last results without measuring")
    )
    data_dir: Path | None = field(default=None, metadata=_described("folder of MNIST's files"))


QUICK = {"only": ("classic", "compact-128"), "rounds": 1, "epochs": 2}


def setting_of(network: str, optimizer: str = "adam", seed: int = 0) -> Setting:
    """Return a preset's network with a plain recipe: a constant rate, no decay, no smoothing.

    Adam has the rate 0.001; the other optimizers have those that we call usual.

    Examples
    --------
    >>> setting_of("dropout-512").dropout
    (0.2, 0.2, 0.0)
    """
    if network in CONVOLUTIONS:
        return _convolution_setting(network, optimizer, seed)
    config = preset_config(network)
    layers = len(config.hidden_sizes)
    scaling = INPUT_SCALINGS[config.input_scaling]
    return Setting(
        network=network,
        hidden_sizes=config.hidden_sizes,
        dropout=config.dropout * layers if len(config.dropout) == 1 else config.dropout,
        batch_size=config.batch_size,
        optimizer=optimizer,
        learning_rate=RATE if optimizer == "adam" else OPTIMIZERS[optimizer]().usual_rate,
        input_scaling=config.input_scaling,
        mean=scaling.mean,
        deviation=scaling.deviation,
        seed=seed,
    )


def _convolution_setting(network: str, optimizer: str, seed: int) -> Setting:
    """Return a network of images with the same plain recipe."""
    notation, batch_size = CONVOLUTIONS[network]
    layers = with_images(layers_from_notation(notation, CLASSES), (INPUTS,))
    declare_all(layers, (INPUTS,))
    costs = [layer.multiply_adds() for layer in layers if layer.multiply_adds()]
    return Setting(
        network=network,
        hidden_sizes=(),
        dropout=(),
        batch_size=batch_size,
        optimizer=optimizer,
        learning_rate=RATE,
        input_scaling="unit",
        mean=0.0,
        deviation=1.0,
        seed=seed,
        notation=notation,
        layers=[{"kind": layer.kind, **layer.settings()} for layer in layers],
        flops=2 * (3 * sum(costs) - costs[0]),  # Y, dW and dX of every layer, but no dX of the first
    )


def chosen_peers(config: SpeedConfig) -> tuple[list[str], list[str]]:
    """Return the peers to measure, this project first, and a sentence for each that is not installed."""
    asked = [name for name in PEERS if name == OURS or name in config.peers]
    installed = [name for name in asked if PEERS[name].is_installed]
    missing = [PEERS[name] for name in asked if name not in installed]
    return installed, [f"{peer.title}: {peer.package} is not installed" for peer in missing]


def in_turn(peers: Sequence[str], number: int) -> list[str]:
    """Return the peers for a round: each round begins with another.

    Examples
    --------
    >>> in_turn(["a", "b", "c"], 1)
    ['b', 'c', 'a']
    """
    first = number % len(peers) if peers else 0
    return [*peers[first:], *peers[:first]]


def plan(config: SpeedConfig, peers: Sequence[str], data: str, weights: Path) -> list[Job]:
    """Return every process's task, in order.

    Parameters
    ----------
    config : SpeedConfig
        What was asked for.
    peers : sequence of str
        Keys of `PEERS`, all installed.
    data : {"mnist", "embedded"}
        What is learned.
    weights : Path
        File for the trained weights that everybody predicts with.
    """
    common = {"data": data, "data_dir": str(config.data_dir) if config.data_dir else None, "target": None}
    jobs: list[Job] = []
    for part in config.parts:
        jobs += [common | job for job in PLANNERS[part](config, peers, weights)]
    return jobs


def _training(config: SpeedConfig, peers: Sequence[str], _: Path) -> list[Job]:
    """Every network with Adam, and in every round the rate of BLAS."""
    jobs: list[Job] = []
    for network in config.only:
        able = [name for name in peers if "training" in PEERS[name].parts]
        if any(setting_of(network).dropout):
            able = [name for name in able if PEERS[name].dropout]
        for number in range(config.rounds):
            jobs.append({"kind": "limit", "part": "training", "network": network, "peer": "limit", "round": number})
            jobs += [_train_job(config, "training", network, "adam", name, number) for name in in_turn(able, number)]
    return jobs


def _convolution(config: SpeedConfig, peers: Sequence[str], _: Path) -> list[Job]:
    """Every network of images with Adam, on fewer images, and in every round the rate of BLAS."""
    jobs: list[Job] = []
    able = [name for name in peers if "convolution" in PEERS[name].parts]
    for network in CONVOLUTIONS:
        for number in range(config.rounds):
            common = {"part": "convolution", "network": network, "round": number}
            jobs.append({"kind": "limit", "peer": "limit", **common})
            trainings = [
                _train_job(config, "convolution", network, "adam", name, number) for name in in_turn(able, number)
            ]
            jobs += [job | {"rows": CONVOLUTION_ROWS} for job in trainings]
    return jobs


def _optimizers(config: SpeedConfig, peers: Sequence[str], _: Path) -> list[Job]:
    """One network with the other optimizers."""
    able = [name for name in peers if "optimizers" in PEERS[name].parts]
    return [
        _train_job(config, "optimizers", config.network, optimizer, name, number)
        for optimizer in OTHER_OPTIMIZERS
        for number in range(config.rounds)
        for name in in_turn(able, number)
    ]


def _target(config: SpeedConfig, peers: Sequence[str], _: Path) -> list[Job]:
    """One network, from the start of the process to the target."""
    able = [name for name in peers if "target" in PEERS[name].parts]
    return [
        _train_job(config, "target", config.network, "adam", name, number)
        | {"target": config.target, "longest": config.longest}
        for number in range(config.rounds)
        for name in in_turn(able, number)
    ]


def _prediction(config: SpeedConfig, peers: Sequence[str], weights: Path) -> list[Job]:
    """One network's trained weights in every peer."""
    able = [name for name in peers if "prediction" in PEERS[name].parts]
    common = {
        "part": "prediction",
        "network": config.network,
        "setting": asdict(setting_of(config.network)),
        "weights": str(weights),
    }
    first = common | {"kind": "weights", "peer": OURS, "round": 0, "epochs": 2}
    return [
        first,
        *(
            common | {"kind": "predict", "peer": name, "round": number}
            for number in range(config.rounds)
            for name in in_turn(able, number)
        ),
    ]


def _train_job(config: SpeedConfig, part: str, network: str, optimizer: str, peer: str, number: int) -> Job:
    """Return one training; the round's number is its seed."""
    return {
        "kind": "train",
        "part": part,
        "network": network,
        "optimizer": optimizer,
        "peer": peer,
        "round": number,
        "epochs": config.epochs,
        "setting": asdict(setting_of(network, optimizer, seed=number)),
    }


PLANNERS = {
    "training": _training,
    "convolution": _convolution,
    "optimizers": _optimizers,
    "target": _target,
    "prediction": _prediction,
}
