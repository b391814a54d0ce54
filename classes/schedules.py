"""Learning rate schedules: factors on the learning rate as functions of the training progress, equation (22)."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from backend import InputError
from backend.registry import look_up
from classes.checks import checked_number


def constant(progress: float) -> float:
    """Return 1.

    Examples
    --------
    >>> constant(0.3)
    1.0
    """
    return 1.0


def step(progress: float) -> float:
    """Return 1, 0.1 and 0.01 in the first, second and last third of the training.

    Examples
    --------
    >>> step(0.0), step(0.5), round(step(0.9), 3)
    (1.0, 0.1, 0.01)
    """
    return 0.1 ** min(int(3.0 * progress), 2)


def exponential(progress: float) -> float:
    """Return ``0.01^progress``, which falls from 1 to 0.01 by the same ratio in each step.

    Examples
    --------
    >>> exponential(0.0), exponential(0.5)
    (1.0, 0.1)
    """
    return 0.01**progress


def cosine(progress: float) -> float:
    """Return ``(1 + cos(pi progress)) / 2``, which falls from 1 to 0 (Loshchilov and Hutter 2017).

    Examples
    --------
    >>> cosine(0.0), round(cosine(0.5), 3), cosine(1.0)
    (1.0, 0.5, 0.0)
    """
    return 0.5 * (1.0 + math.cos(math.pi * progress))


def one_cycle(progress: float) -> float:
    """Return a cosine rise from 1/25 to 1 over the first 30 %, then a cosine fall to 0 (Smith and Topin 2019).

    Examples
    --------
    >>> one_cycle(0.0), one_cycle(0.3), one_cycle(1.0)
    (0.04, 1.0, 0.0)
    """
    low, peak = 0.04, 0.3
    if progress < peak:
        return low + (1.0 - low) * (1.0 - cosine(progress / peak))
    return cosine((progress - peak) / (1.0 - peak))


SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": constant,
    "step": step,
    "exponential": exponential,
    "cosine": cosine,
    "one_cycle": one_cycle,
}


def checked_learning_rate(rate: Any) -> float:
    """Return a learning rate as a float.

    Raises
    ------
    InputError
        If it is not a positive number.
    """
    advice = "0.001 is usual for Adam and 0.1 for plain SGD; None uses the optimizer's default."
    return checked_number(rate, "learning_rate", "a positive number", lambda r: 0.0 < r < math.inf, advice)


@dataclass(frozen=True)
class LearningRate:
    """The learning rate of each step: a base rate, a schedule, and optionally a linear warm-up.

    Parameters
    ----------
    base : float
        The largest rate.
    total_steps : int
        Number of steps of the training.
    schedule : str
        A key of `SCHEDULES`.
    warmup_steps : int
        ``rate = base k / warmup_steps`` at steps k = 1 ... warmup_steps; the schedule covers the remaining steps.

    Raises
    ------
    InputError
        If the base rate is not positive, the schedule is unknown, or the warm-up is as long as the training.

    Examples
    --------
    >>> rate = LearningRate(0.1, total_steps=10, schedule="cosine", warmup_steps=4)
    >>> [round(rate(step), 3) for step in (0, 3, 4, 7)]
    [0.025, 0.1, 0.1, 0.05]
    """

    base: float
    total_steps: int
    schedule: str = "constant"
    warmup_steps: int = 0

    def __post_init__(self) -> None:
        look_up(SCHEDULES, self.schedule, "schedule")
        checked_learning_rate(self.base)
        if not 0 <= self.warmup_steps < max(self.total_steps, 1):
            raise InputError(
                "warm-up", expected=f"fewer steps than the training's {self.total_steps}",
                found=f"{self.warmup_steps} steps", advice="Warm up for less, or train for more epochs.",
            )

    def __call__(self, step: int) -> float:
        """Return the rate of a step, counted from 0."""
        if step < self.warmup_steps:
            return self.base * (step + 1) / self.warmup_steps
        # The first step after the warm-up has progress 0, the last one is one step before progress 1.
        progress = (step - self.warmup_steps) / (self.total_steps - self.warmup_steps)
        return self.base * SCHEDULES[self.schedule](min(progress, 1.0))
