"""Presets: the default, and the networks of five well-known MNIST examples."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backend.registry import look_up
from training.config import TrainingConfig


@dataclass(frozen=True)
class Preset:
    """A named configuration.

    Attributes
    ----------
    config : TrainingConfig
        All fields.
    claim : str
        The claim of the original example, or the goal of our own preset.
    target : float
        The test accuracy on MNIST in this claim, a fraction.
    expected_accuracy : float
        Mean test accuracy on MNIST, a fraction, as measured by ``make presets`` (docs/accuracy.md for the slow ones).
    expected_minutes : float
        Training time on two cores of an AMD EPYC, from the same measurements.
    """

    config: TrainingConfig
    claim: str
    target: float
    expected_accuracy: float
    expected_minutes: float

    @property
    def is_quick(self) -> bool:
        """Whether training takes at most a minute; comparisons include only these by default."""
        return self.expected_minutes <= 1.0

    @property
    def network(self) -> str:
        """The layers without dropout and normalisation, such as ``784-128-10`` or ``784-16C3-MP2-64-10``."""
        layers = self.config.layers or "-".join(str(size) for size in self.config.hidden_sizes)
        hidden = [part for part in layers.split("-") if not part.startswith(("BN", "D", "SD"))]
        return "-".join(["784", *hidden, "10"])


def _plain(hidden_sizes: tuple[int, ...], **settings: Any) -> TrainingConfig:
    """Return the usual textbook training: constant rate, no decay, no smoothing."""
    plain = TrainingConfig(
        hidden_sizes=hidden_sizes,
        optimizer="adam",
        learning_rate=0.001,
        weight_decay=0.0,
        label_smoothing=0.0,
        schedule="constant",
    )
    return dataclasses.replace(plain, **settings)


def _augmented(hidden_sizes: tuple[int, ...], augment: str, **settings: Any) -> TrainingConfig:
    """Return the training that suits digits of which none is seen twice."""
    return TrainingConfig(
        hidden_sizes=hidden_sizes,
        activation="silu",
        weight_decay=0.1,
        batch_size=256,
        augment=augment,
        input_scaling="standard",
        **settings,
    )


# Six convolutions of 3 x 3 and 5 x 5 pixels, each with batch normalisation: Deotte's network (Kaggle 2018). He reports
# a mean of 99.745 % over many trainings of 45 epochs with rotation, zoom and shift.
SIX_CONVOLUTIONS = "32C3-BN-32C3-BN-32C5S2P-BN-D0.4-64C3-BN-64C3-BN-64C5S2P-BN-D0.4-128-BN-D0.4"


def _convolutional(layers: str, **settings: Any) -> TrainingConfig:
    """Return the training of a network of images, with augmentation, for which no two epochs are the same."""
    usual: dict[str, Any] = {
        "learning_rate": 0.004,
        "weight_decay": 0.05,
        "augment": "affine",
        "input_scaling": "standard",
        "validation_fraction": 0.05,
    }
    return TrainingConfig(layers=layers, **usual | settings)


def preset_config(name: str, overrides: Mapping[str, Any] | None = None) -> TrainingConfig:
    """Return a preset's configuration with some fields replaced.

    Parameters
    ----------
    name : str
        A key of `PRESETS`.
    overrides : mapping, optional
        Fields of `TrainingConfig`.

    Raises
    ------
    InputError
        If there is no such preset.

    Examples
    --------
    >>> preset_config("classic", {"epochs": 3}).epochs
    3
    """
    return dataclasses.replace(look_up(PRESETS, name, "preset").config, **(overrides or {}))


PRESETS: dict[str, Preset] = {
    "fast": Preset(
        TrainingConfig(), claim="98.4 % within 5 seconds", target=0.984, expected_accuracy=0.986, expected_minutes=0.08
    ),
    "accurate": Preset(
        _augmented((1024, 1024), "elastic", learning_rate=0.0025, epochs=36),
        claim="99.4 % in 3 minutes",
        target=0.994,
        expected_accuracy=0.9943,
        expected_minutes=2.6,
    ),
    "record": Preset(
        _augmented((2048, 1536, 1024), "strong", learning_rate=0.0015, epochs=240, validation_fraction=0.05),
        claim="99.6 % in an hour or two; the best published has 99.65 %",
        target=0.9965,
        expected_accuracy=0.9959,
        expected_minutes=60.0,
    ),
    "handwriting": Preset(
        _augmented((1000, 640), "handwriting", learning_rate=0.0025, epochs=60),
        claim="digits that are not MNIST's, 99.3 % on MNIST",
        target=0.993,
        expected_accuracy=0.9938,
        expected_minutes=4.0,
    ),
    "cnn": Preset(
        _convolutional("16C3-BN-MP2-32C3-BN-MP2-64", learning_rate=0.006, epochs=8, validation_fraction=0.1),
        claim="99.2 % within a minute",
        target=0.992,
        expected_accuracy=0.9943,
        expected_minutes=0.4,
    ),
    "cnn-accurate": Preset(
        _convolutional(SIX_CONVOLUTIONS, epochs=24),
        claim="99.6 % in 15 minutes",
        target=0.996,
        expected_accuracy=0.9971,
        expected_minutes=10.0,
    ),
    "classic": Preset(
        # Plain SGD at the rate 0.001 is far from convergence after 100 epochs; None uses SGD's default rate.
        _plain(
            (256, 128), optimizer="sgd", learning_rate=None, initializer="xavier_uniform", batch_size=128, epochs=100
        ),
        claim="95 %+ test, 2 to 5 minutes",
        target=0.95,
        expected_accuracy=0.9802,
        expected_minutes=0.8,
    ),
    "dropout-512": Preset(
        # This and the next train on all training images, like the original examples.
        _plain(
            (512, 256, 128),
            dropout=(0.2, 0.2, 0.0),
            batch_size=64,
            epochs=5,
            input_scaling="standard",
            validation_fraction=0.0,
        ),
        claim="97 %+ test, 5 to 10 minutes on a CPU",
        target=0.97,
        expected_accuracy=0.9774,
        expected_minutes=0.2,
    ),
    "compact-128": Preset(
        _plain((128,), batch_size=64, epochs=5, input_scaling="standard", validation_fraction=0.0),
        claim="97 %+ test, training loss under 0.2",
        target=0.97,
        expected_accuracy=0.9741,
        expected_minutes=0.03,
    ),
    "dense-256-128-128": Preset(
        # At the constant rate the last of 20 epochs is a matter of luck: 97.8 to 98.2 %.
        _plain((256, 128, 128), batch_size=32, epochs=20, schedule="cosine"),
        claim="over 98 % test",
        target=0.98,
        expected_accuracy=0.9846,
        expected_minutes=0.3,
    ),
    "funnel-128-64": Preset(
        _plain((128, 64), batch_size=64, epochs=5),
        claim="none stated; 97 % expected",
        target=0.97,
        expected_accuracy=0.9738,
        expected_minutes=0.03,
    ),
}

DEFAULT = "fast"
"""What is taken where none is asked for."""

USUAL = tuple(name for name, preset in PRESETS.items() if preset.is_quick)
"""The presets that comparisons include by default."""
