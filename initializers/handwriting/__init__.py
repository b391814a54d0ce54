"""Preparation of photos, drawings and scans as images like MNIST's."""

from initializers.handwriting.preparation import (
    PAGE,
    Prepared,
    Step,
    digit_and_digits,
    digit_image,
    find_digits,
    prepare_digit,
    steps_figure,
)

__all__ = [
    "PAGE",
    "Prepared",
    "Step",
    "digit_and_digits",
    "digit_image",
    "find_digits",
    "prepare_digit",
    "steps_figure",
]
