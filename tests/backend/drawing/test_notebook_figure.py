"""Display of figures in notebooks."""

import io

import numpy as np
from PIL import Image

from backend.drawing import digit_grid, new_figure
from backend.drawing.notebook_figure import DPI


def test_every_figure_offers_a_picture_of_its_own_size():
    figure = new_figure(3, 2, layout=None)
    figure.add_subplot().plot([0, 1], [0, 1])
    with Image.open(io.BytesIO(figure._repr_png_())) as picture:
        assert picture.format == "PNG"
        assert 0.5 * 3 * DPI < picture.width < 1.2 * 3 * DPI


def test_grids_of_digits_are_such_figures_too():
    assert digit_grid(np.zeros((2, 784), dtype="uint8"))._repr_png_().startswith(b"\x89PNG")
