"""The fifteen corruptions of MNIST-C, under which digits remain legible to people.

Each function takes images (N, 28, 28) uint8 and a `numpy.random.Generator`, and returns corrupted ones; its formula
stands in its docstring, its default parameters are the severities that the benchmark was published with. The code is
this project's own: the published images cannot be had again pixel by pixel, since the numbers drawn are others.

References
----------
N. Mu and J. Gilmer, "MNIST-C: A Robustness Benchmark for Computer Vision", ICML 2019 Workshop on Uncertainty and
Robustness in Deep Learning, arXiv:1906.02337; the parameters are those of google-research/mnist-c, corruptions.py.
"""

from collections.abc import Callable

import numpy as np

from backend.registry import look_up
from initializers.geometry import FRAME
from testing.corruptions.lines import canny_edges, dotted_line, zigzag
from testing.corruptions.noise import brightness, fog, impulse_noise, shot_noise, spatter, stripe
from testing.corruptions.pixels import checked_frames
from testing.corruptions.shapes import glass_blur, motion_blur, rotate, scale, shear, translate

Corruption = Callable[[np.ndarray, np.random.Generator], np.ndarray]

BLOCK = 1000  # images that are corrupted together, with less than 100 MB of temporary arrays


def corrupted(images: np.ndarray, name: str, seed: int = 0) -> np.ndarray:
    """Return corrupted images; the same seed gives the same images.

    Every block of 1,000 images has its own generator, derived from the seed, the corruption and the block: the
    result depends neither on later images nor on corruptions applied before.

    Parameters
    ----------
    images : ndarray of shape (N, 28, 28) or (N, 784), uint8
        MNIST's pictures, or others in their frame.
    name : str
        A key of `CORRUPTIONS`.
    seed : int
        At least 0.

    Returns
    -------
    ndarray of the images' shape, uint8

    Raises
    ------
    InputError
        If there is no such corruption, or the images are of another kind.

    Examples
    --------
    >>> corrupted(np.zeros((2, 784), np.uint8), "brightness").max()
    np.uint8(128)
    """
    corrupt = look_up(CORRUPTIONS, name, "corruption")
    number = list(CORRUPTIONS).index(name)
    is_rows = isinstance(images, np.ndarray) and images.ndim == 2 and images.shape[1] == FRAME * FRAME
    frames = checked_frames(images.reshape(-1, FRAME, FRAME) if is_rows else images)
    blocks = [
        corrupt(frames[start : start + BLOCK], np.random.default_rng([seed, number, start]))
        for start in range(0, max(len(frames), 1), BLOCK)
    ]
    return np.concatenate(blocks).reshape(images.shape)


CORRUPTIONS: dict[str, Corruption] = {  # in the paper's order
    "shot_noise": shot_noise,
    "impulse_noise": impulse_noise,
    "glass_blur": glass_blur,
    "motion_blur": motion_blur,
    "shear": shear,
    "scale": scale,
    "rotate": rotate,
    "brightness": brightness,
    "translate": translate,
    "stripe": stripe,
    "fog": fog,
    "spatter": spatter,
    "dotted_line": dotted_line,
    "zigzag": zigzag,
    "canny_edges": canny_edges,
}
