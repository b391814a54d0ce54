"""Augmentation: training images that are turned, stretched, sheared, shifted and bent a little, anew at every pass.

What a network has not seen twice it cannot learn by heart. The label of a digit survives small changes of its form:
Simard, Steinkraus and Platt, "Best Practices for Convolutional Neural Networks Applied to Visual Document Analysis",
ICDAR 2003; Ciresan, Meier, Gambardella and Schmidhuber, "Deep, Big, Simple Neural Nets for Handwritten Digit
Recognition", Neural Computation 22 (2010).
"""

import math
import reprlib
import sys
from dataclasses import dataclass, fields

import numpy as np

from backend.errors import InputError
from initializers.augmentation.warping import ROWS, Warper, field_modes

DRAWS = 8  # uniform numbers an image: six for the affine map, thickness, brightness
NUMBERS = (int, float, np.integer, np.floating)
# Beyond these an image would be lost, or inside out, and most of a batch no digits.
HIGHEST = {"scale": 0.9, "thickness": 1.0, "brightness": 1.0, "strokes": 1.0, "non_digits": 0.5}
OF_LABELLED = ("mixup", "strokes", "non_digits")  # what takes labels too: see `initializers.augmentation.mixing`


@dataclass(frozen=True)
class Augmentation:
    """How much images are changed; 0 changes nothing. Draws are independent, and uniform unless stated otherwise.

    Parameters
    ----------
    rotation : float
        Degrees at most, either way.
    scale : float
        Heights and widths, each on its own, are multiplied by 1 - scale to 1 + scale.
    shear : float
        Columns at most that a row moves for each row it is away from the middle, either way.
    shift : float
        Pixels at most along each axis, either way.
    elastic_alpha : float
        Strength of Simard's elastic deformation: what each pixel's uniform displacement from -1 to 1 is multiplied
        by once a Gaussian has smoothed it. The displacements that come out have the root mean square
        ``alpha / (2 sigma sqrt(3 pi))`` along each axis, in pixels.
    elastic_sigma : float
        Standard deviation of that Gaussian, in pixels.
    thickness : float
        Strokes grow or shrink: up to this share of the way to the brightest, or darkest, of the pixel and its four
        neighbours.
    brightness : float
        Ink keeps 1 - brightness to 1 of its strength.
    noise : float
        Standard deviation of normal noise on every pixel, as a share of full ink.
    cutout : float
        Side of a square of paper laid on a random place of each image, in pixels (DeVries and Taylor 2017).
    mixup : float
        Every image is laid over another one, and their targets alike, each pair in a proportion of its own that is
        drawn from Beta(mixup, mixup): 0.1 to 0.4 is usual. See `initializers.augmentation.mixing`.
    strokes : float
        Share of the ones, sevens and others that get flags, feet, bars and the like: see
        `initializers.augmentation.pen_strokes`. For images of the ten digits alone.
    non_digits : float
        Share of the images that give way to such as show no digit, with the same probability of every class as their
        target (outlier exposure, Hendrycks et al. 2019): see
        `initializers.augmentation.non_digits`. For images of the ten digits alone.

    Raises
    ------
    InputError
        If one of them is negative or not finite, or would leave nothing of an image.

    Examples
    --------
    >>> round(Augmentation(elastic_alpha=34, elastic_sigma=4).elastic_rms, 2)  # Simard's
    1.38
    """

    rotation: float = 0.0
    scale: float = 0.0
    shear: float = 0.0
    shift: float = 0.0
    elastic_alpha: float = 0.0
    elastic_sigma: float = 4.0
    thickness: float = 0.0
    brightness: float = 0.0
    noise: float = 0.0
    cutout: float = 0.0
    mixup: float = 0.0
    strokes: float = 0.0
    non_digits: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value, most = getattr(self, field.name), HIGHEST.get(field.name, sys.float_info.max)
            if isinstance(value, bool) or not isinstance(value, NUMBERS) or not 0.0 <= value <= most:
                expected = f"a number from 0 to {most:g}" if field.name in HIGHEST else "a finite number of at least 0"
                advice = "0 leaves images as they are."
                raise InputError(field.name, expected=expected, found=reprlib.repr(value), advice=advice)
        if self.elastic_sigma < 1.0:
            found, advice = repr(self.elastic_sigma), "4 is usual; with less than 1, neighbours part."
            raise InputError("elastic_sigma", expected="at least 1 pixel", found=found, advice=advice)

    @property
    def elastic_rms(self) -> float:
        """Root mean square of the elastic displacements along each axis, in pixels."""
        return self.elastic_alpha / (2.0 * self.elastic_sigma * math.sqrt(3.0 * math.pi))

    @property
    def changes_nothing(self) -> bool:
        """Whether images stay as they are."""
        return not (self.changes_forms or self.strokes or self.changes_targets)

    @property
    def changes_forms(self) -> bool:
        """Whether single images become others by themselves, which is `Augmenter`'s part."""
        others = ("elastic_sigma", *OF_LABELLED)
        return any(getattr(self, field.name) for field in fields(self) if field.name not in others)

    @property
    def changes_targets(self) -> bool:
        """Whether images get other targets than their own class."""
        return bool(self.mixup or self.non_digits)

    @property
    def needs_digits(self) -> bool:
        """Whether images must be of the ten digits."""
        return bool(self.strokes or self.non_digits)


class Augmenter:
    """Hands out square images as an augmentation changes their forms, in buffers of its own.

    Parameters
    ----------
    augmentation : Augmentation
        What is to be done.
    X : ndarray (N, I)
        The images; I is a square. uint8 stays uint8. Of floats the lowest is taken for paper, the highest for ink.
    capacity : int
        Images that are asked for at a time, at most.
    generator : numpy.random.Generator
        Draws all that is random: from the same state, the same images become the same.

    Raises
    ------
    InputError
        If the images are not square.

    Examples
    --------
    >>> X = np.full((5, 9), 255, dtype="uint8")
    >>> augmenter = Augmenter(Augmentation(cutout=1), X, 2, np.random.default_rng(0))
    >>> augmenter.take(np.array([4, 0])).sum(axis=1).tolist()
    [2040, 2040]
    """

    def __init__(
        self, augmentation: Augmentation, X: np.ndarray, capacity: int, generator: np.random.Generator
    ) -> None:
        pixels = X.shape[1]
        self.side = math.isqrt(pixels)
        if self.side**2 != pixels and augmentation.changes_forms:
            found, advice = f"{pixels} pixels", "Other data cannot be turned or bent: leave augment out."
            raise InputError("augment", expected="square images", found=found, advice=advice)
        self.augmentation, self.generator, self._X = augmentation, generator, X
        self.paper, self.ink = (0.0, 255.0) if X.dtype.kind == "u" else (float(X.min()), float(X.max()))
        modes = np.zeros((0, self.side**2))
        if augmentation.elastic_alpha:
            modes = field_modes(self.side, augmentation.elastic_sigma)
        self._warper = Warper(modes, self.paper)
        self._uniform = np.empty((capacity, DRAWS), "float32")
        self._normal = np.empty((capacity, 2, len(modes)), "float32")
        self._coefficients = np.empty((2, capacity, self._warper.terms), "float32")
        self._room = np.empty((2, ROWS if augmentation.thickness or augmentation.noise else 0, pixels), "float32")
        self._images = np.empty((capacity, pixels), X.dtype)

    def take(self, rows: slice | np.ndarray) -> np.ndarray:
        """Return the images (n, I) of some rows, a slice or their numbers (n,), changed; valid until the next call."""
        images = self.plain(rows)
        self.augment(images)
        return images

    def plain(self, rows: slice | np.ndarray) -> np.ndarray:
        """Return a copy of the images of some rows as they are; valid until the next call."""
        if isinstance(rows, slice):
            source = self._X[rows]
            images = self._images[: len(source)]
            images[...] = source
        else:
            images = self._images[: len(rows)]
            np.take(self._X, rows, axis=0, out=images, mode="clip")  # without a mode NumPy copies
        return images

    def augment(self, images: np.ndarray) -> None:
        """Overwrite every one of the images (n, I) with itself changed; whole numbers are rounded."""
        if not self.augmentation.changes_forms:
            return
        n, generator = len(images), self.generator
        u = generator.random(dtype="float32", out=self._uniform[:n])
        u *= 2.0
        u -= 1.0
        coefficients = self.coefficients(u, generator.standard_normal(dtype="float32", out=self._normal[:n]))
        for start in range(0, n, ROWS):
            rows = slice(start, start + ROWS)
            self._augment(images[rows], u[rows], coefficients[:, rows])

    def coefficients(self, u: np.ndarray, g: np.ndarray) -> np.ndarray:
        """Return the maps, from places in the new image to their sources, as `Warper.warp` takes them.

        A point p of a digit goes to ``p' = R H S p + t``, scaled, sheared, turned counter-clockwise and shifted, so
        that a new place p' has its source at ``S^-1 H^-1 R^-1 (p' - t)``, plus the elastic displacement. With rows
        counted downwards, an angle w and a shear h to the right,

            r = ( cos w             r' + sin w             c') / s_r
            c = ((h cos w - sin w)  r' + (h sin w + cos w) c') / s_c

        Parameters
        ----------
        u : ndarray (n, 8) of float32
            Numbers from -1 to 1: rotation, two scales, shear, two shifts, and two that no map needs.
        g : ndarray (n, 2, K) of float32
            Standard normal numbers, two for every mode.
        """
        how, a = self.augmentation, self._coefficients[:, : len(u)]
        turn, tall, wide, h, down, right = u[:, :6].T * _strengths(how)
        cosine, sine = np.cos(turn), np.sin(turn)
        a[0, :, 1], a[0, :, 2] = cosine, sine
        a[1, :, 1], a[1, :, 2] = h * cosine - sine, h * sine + cosine
        a[0, :, 1:3] /= 1.0 + tall[:, None]
        a[1, :, 1:3] /= 1.0 + wide[:, None]
        a[:, :, 0] = -(a[:, :, 1] * down + a[:, :, 2] * right)
        np.multiply(g.transpose(1, 0, 2), how.elastic_rms, out=a[:, :, 3:])
        return a

    def _augment(self, images: np.ndarray, u: np.ndarray, coefficients: np.ndarray) -> None:
        """Change up to `ROWS` images."""
        how, frames = self.augmentation, self._warper.lay(images)
        if how.thickness:
            self._thicken(frames, how.thickness * u[:, 6, None, None])
        y = self._warper.warp(coefficients)
        if how.brightness:
            y -= self.paper
            y *= 1.0 - how.brightness * (u[:, 7, None] + 1.0) / 2.0
            y += self.paper
        if how.noise:
            self._add_noise(y)
        if how.cutout:
            self._cut_out(y)
        if images.dtype.kind == "u":
            y += 0.5
        np.copyto(images, y, casting="unsafe")

    def _thicken(self, frames: np.ndarray, t: np.ndarray) -> None:
        """Move pixels towards the brightest of themselves and four neighbours (t > 0), or the darkest (t < 0)."""
        n, side, inner = len(frames), self.side, self._warper.inner
        x = frames[:, inner, inner]
        most, least = (part[:n].reshape(x.shape) for part in self._room)
        most[...] = least[...] = x
        for down, right in ((0, 1), (2, 1), (1, 0), (1, 2)):
            neighbour = frames[:, down : down + side, right : right + side]
            np.maximum(most, neighbour, out=most)
            np.minimum(least, neighbour, out=least)
        for extreme, share in ((most, np.maximum(t, 0.0)), (least, np.maximum(-t, 0.0))):
            extreme -= x
            extreme *= share
        x += most
        x += least

    def _add_noise(self, y: np.ndarray) -> None:
        """Add normal noise; what leaves the range of pixels is clipped."""
        noise = self.generator.standard_normal(dtype="float32", out=self._room[0, : len(y)])
        noise *= self.augmentation.noise * (self.ink - self.paper)
        y += noise
        np.clip(y, self.paper, self.ink, out=y)

    def _cut_out(self, y: np.ndarray) -> None:
        """Lay a square of paper on a random place; part of it may lie outside of the image."""
        middles = self.generator.random((2, len(y), 1), dtype="float32") * self.side - 0.5
        down, right = np.abs(np.arange(self.side, dtype="float32") - middles) <= self.augmentation.cutout / 2.0
        hole = down[:, :, None] & right[:, None, :]
        np.copyto(y, self.paper, where=hole.reshape(y.shape))


def _strengths(how: Augmentation) -> np.ndarray:
    """Return the most that each of the six numbers of an affine map may be, as a column."""
    most = (math.radians(how.rotation), how.scale, how.scale, how.shear, how.shift, how.shift)
    return np.array(most, "float32")[:, None]


AUGMENTATIONS: dict[str, Augmentation] = {
    "none": Augmentation(),
    "affine": Augmentation(rotation=12.0, scale=0.12, shear=0.15, shift=1.5),
    "elastic": Augmentation(rotation=8.0, scale=0.1, shear=0.1, shift=1.0, elastic_alpha=20.0, elastic_sigma=4.0),
    "strong": Augmentation(  # for long trainings of large networks
        rotation=12.0, scale=0.15, shear=0.15, shift=1.5, elastic_alpha=30.0, elastic_sigma=4.5
    ),
    "handwriting": Augmentation(  # for digits that are not MNIST's
        rotation=12.0,
        scale=0.15,
        shear=0.2,
        shift=1.0,
        elastic_alpha=20.0,
        elastic_sigma=4.0,
        thickness=0.3,
        strokes=0.3,
        non_digits=0.08,
    ),
}
