"""From any photo, drawing or scan to digits as MNIST's makers would have prepared them."""

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
