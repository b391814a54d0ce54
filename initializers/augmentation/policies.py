"""Augmentation policies: random rotation, scaling, shear, shift and elastic deformation of the training images.

Images are changed randomly in each epoch, which prevents overfitting; small changes of shape keep a digit's label:
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

DRAWS = 8  # uniform random numbers per image: six for the affine map, one each for thickness and brightness
NUMBERS = (int, float, np.integer, np.floating)
# Largest strengths, beyond which images would vanish or be inverted, or most of a batch would not be digits.
HIGHEST = {"scale": 0.9, "thickness": 1.0, "brightness": 1.0, "strokes": 1.0, "non_digits": 0.5}
OF_LABELLED = ("mixup", "strokes", "non_digits")  # need labels: see `initializers.augmentation.mixing`


@dataclass(frozen=True)
class Augmentation:
    """The strengths of all random changes; 0 turns a change off.

    Random numbers are independent, and uniform unless stated otherwise.

    Parameters
    ----------
    rotation : float
        Largest angle in degrees, in either direction.
    scale : float
        Height and width are independently multiplied by 1 - scale to 1 + scale.
    shear : float
        Largest horizontal shift per row of distance from the centre, in either direction.
    shift : float
        Largest shift along each axis in pixels, in either direction.
    elastic_alpha : float
        Strength of Simard's elastic deformation: the factor of the uniform displacements from -1 to 1 of all pixels,
        after smoothing with a Gaussian. The resulting displacements have the root mean square
        ``alpha / (2 sigma sqrt(3 pi))`` along each axis, in pixels.
    elastic_sigma : float
        Standard deviation of the Gaussian in pixels.
    thickness : float
        Strokes are dilated or eroded: each pixel moves by up to this share towards the maximum or minimum of itself
        and its four neighbours.
    brightness : float
        Ink is multiplied by 1 - brightness to 1.
    noise : float
        Standard deviation of normal noise on each pixel, as a share of full ink.
    cutout : float
        Side of a square of background at a random position of each image, in pixels (DeVries and Taylor 2017).
    mixup : float
        Parameter of the distribution Beta(mixup, mixup), from which the proportion of the mixture of each image and
        its target with another is drawn; 0.1 to 0.4 is usual. See `initializers.augmentation.mixing`.
    strokes : float
        Share of the images of some digits that get additional strokes, such as flags, feet and bars: see
        `initializers.augmentation.pen_strokes`. Only for images of the ten digits.
    non_digits : float
        Share of the images that are replaced by non-digit images, with the uniform distribution over the classes as
        their target (outlier exposure, Hendrycks et al. 2019): see `initializers.augmentation.non_digits`. Only for
        images of the ten digits.

    Raises
    ------
    InputError
        If a strength is negative, not finite, or too large.

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
                advice = "0 turns this change off."
                raise InputError(field.name, expected=expected, found=reprlib.repr(value), advice=advice)
        if self.elastic_sigma < 1.0:
            found, advice = repr(self.elastic_sigma), "4 is usual; below 1, neighbouring pixels are torn apart."
            raise InputError("elastic_sigma", expected="at least 1 pixel", found=found, advice=advice)

    @property
    def elastic_rms(self) -> float:
        """Root mean square of the elastic displacements along each axis, in pixels."""
        return self.elastic_alpha / (2.0 * self.elastic_sigma * math.sqrt(3.0 * math.pi))

    @property
    def changes_nothing(self) -> bool:
        """Whether all changes are turned off."""
        return not (self.changes_forms or self.strokes or self.changes_targets)

    @property
    def changes_forms(self) -> bool:
        """Whether images are changed without using labels, which `Augmenter` does."""
        others = ("elastic_sigma", *OF_LABELLED)
        return any(getattr(self, field.name) for field in fields(self) if field.name not in others)

    @property
    def changes_targets(self) -> bool:
        """Whether the targets of images are changed."""
        return bool(self.mixup or self.non_digits)

    @property
    def needs_digits(self) -> bool:
        """Whether the images must be those of the ten digits."""
        return bool(self.strokes or self.non_digits)


class Augmenter:
    """Apply the changes of an augmentation that need no labels to square images, in its own buffers.

    Parameters
    ----------
    augmentation : Augmentation
        The strengths of the changes.
    X : ndarray (N, I)
        The images; I is a square number. uint8 images stay uint8. The minimum of floats is taken as the background, the
        maximum as ink.
    capacity : int
        Largest number of images per call.
    generator : numpy.random.Generator
        Source of all random numbers.

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
            found, advice = f"{pixels} pixels", "Other data cannot be augmented: use augment none."
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
        """Return augmented images (n, I) of a slice or of row numbers (n,); valid until the next call."""
        images = self.plain(rows)
        self.augment(images)
        return images

    def plain(self, rows: slice | np.ndarray) -> np.ndarray:
        """Return a copy of some images without changes; valid until the next call."""
        if isinstance(rows, slice):
            source = self._X[rows]
            images = self._images[: len(source)]
            images[...] = source
        else:
            images = self._images[: len(rows)]
            np.take(self._X, rows, axis=0, out=images, mode="clip")  # other modes make NumPy buffer the result
        return images

    def augment(self, images: np.ndarray) -> None:
        """Augment images (n, I) in place; integers are rounded."""
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
        """Return the maps from positions in the new image to their sources, as coefficients for `Warper.warp`.

        A point p is mapped to ``p' = R H S p + t`` (scaling, shear, rotation to the left and shift), so the source
        of p' is ``S^-1 H^-1 R^-1 (p' - t)``, plus the elastic displacement. With rows counted downwards, an angle w and
        a shear h to the right,

            r = ( cos w             r' + sin w             c') / s_r
            c = ((h cos w - sin w)  r' + (h sin w + cos w) c') / s_c

        Parameters
        ----------
        u : ndarray (n, 8) of float32
            Numbers from -1 to 1: rotation, two scales, shear, two shifts, and two that are not used here.
        g : ndarray (n, 2, K) of float32
            Standard normal numbers, two per mode.
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
        """Augment up to `ROWS` images."""
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
        """Move pixels towards the maximum of themselves and their four neighbours (t > 0), or the minimum (t < 0)."""
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
        """Add normal noise, clipped to the range of pixels."""
        noise = self.generator.standard_normal(dtype="float32", out=self._room[0, : len(y)])
        noise *= self.augmentation.noise * (self.ink - self.paper)
        y += noise
        np.clip(y, self.paper, self.ink, out=y)

    def _cut_out(self, y: np.ndarray) -> None:
        """Fill a square at a random position with background; part of it may lie outside of the image."""
        middles = self.generator.random((2, len(y), 1), dtype="float32") * self.side - 0.5
        down, right = np.abs(np.arange(self.side, dtype="float32") - middles) <= self.augmentation.cutout / 2.0
        hole = down[:, :, None] & right[:, None, :]
        np.copyto(y, self.paper, where=hole.reshape(y.shape))


def _strengths(how: Augmentation) -> np.ndarray:
    """Return the largest values of the six parameters of an affine map, as a column."""
    most = (math.radians(how.rotation), how.scale, how.scale, how.shear, how.shift, how.shift)
    return np.array(most, "float32")[:, None]


AUGMENTATIONS: dict[str, Augmentation] = {
    "none": Augmentation(),
    "affine": Augmentation(rotation=12.0, scale=0.12, shear=0.15, shift=1.5),
    "elastic": Augmentation(rotation=8.0, scale=0.1, shear=0.1, shift=1.0, elastic_alpha=20.0, elastic_sigma=4.0),
    "strong": Augmentation(  # for long training runs of large networks
        rotation=12.0, scale=0.15, shear=0.15, shift=1.5, elastic_alpha=30.0, elastic_sigma=4.5
    ),
    "handwriting": Augmentation(  # for digits from other sources than MNIST
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
