"""Augmentation that uses labels: additional strokes, non-digit images, and mixtures of two images (mixup)."""

from typing import NamedTuple

import numpy as np

from backend.errors import InputError
from initializers.augmentation.pen_strokes import add_strokes
from initializers.augmentation.policies import Augmentation, Augmenter
from initializers.augmentation.warping import ROWS

DIGITS, PIXELS = 10, 28 * 28  # classes and pixels that strokes and non-digit images require
NO_CLASS = -1  # class number of non-digit images


class Augmented(NamedTuple):
    """An augmented batch, valid until the next.

    Attributes
    ----------
    images : ndarray (n, I)
        Images in the dtype of the data.
    labels : ndarray (n,) of int64
        Class numbers; `NO_CLASS` for non-digit images.
    targets : ndarray (n, C) of float64 or None
        Target distributions, whose rows sum to 1; None if they are given by the labels.
    """

    images: np.ndarray
    labels: np.ndarray
    targets: np.ndarray | None


class LabelledAugmenter:
    r"""Apply all changes of an augmentation to images and targets.

    First strokes are added, then some images are replaced by non-digit images, then all are warped, and finally each
    image i is mixed with another image j of its batch:

        x = l x_i + (1 - l) x_j        t = l t_i + (1 - l) t_j        l = max(b, 1 - b),  b ~ Beta(a, a)

    (H. Zhang, M. Cisse, Y. Dauphin and D. Lopez-Paz, "mixup: Beyond Empirical Risk Minimization", ICLR 2018.) Each pair
    has its own l, as in the equation of the paper; its example code draws one per batch. Taking the larger share as l
    does not change the distribution of mixtures, since each image of a batch is i once, but lets an image keep its own
    class as the most likely one, and its sample weight. Non-digit images have the target 1/C.

    Parameters
    ----------
    augmentation : Augmentation
        The strengths of the changes.
    X : ndarray (N, I)
        The images, as for `Augmenter`.
    y : ndarray (N,)
        Their class numbers.
    classes : int
        C.
    capacity : int
        Largest number of images per call.
    generator : numpy.random.Generator
        Source of all random numbers.

    Raises
    ------
    InputError
        If images are not square, or strokes or non-digit images are asked for with other data than the ten digits.

    Examples
    --------
    >>> X, y = np.array([[0], [200]], "uint8"), np.array([0, 1])
    >>> augmenter = LabelledAugmenter(Augmentation(mixup=0.4), X, y, 2, 2, np.random.default_rng(1))
    >>> images, labels, targets = augmenter.take(slice(0, 2))
    >>> images.tolist(), labels.tolist(), targets.round(2).tolist()
    ([[2], [136]], [0, 1], [[0.99, 0.01], [0.32, 0.68]])
    """

    def __init__(
        self,
        augmentation: Augmentation,
        X: np.ndarray,
        y: np.ndarray,
        classes: int,
        capacity: int,
        generator: np.random.Generator,
    ) -> None:
        if augmentation.needs_digits and (classes, X.shape[1]) != (DIGITS, PIXELS):
            expected, found = f"{DIGITS} digits of {PIXELS} pixels", f"{classes} classes of {X.shape[1]} pixels"
            advice = "Strokes and non_digits are made for digits: set them to 0."
            raise InputError("augment", expected=expected, found=found, advice=advice)
        self.augmentation, self.generator, self._y = augmentation, generator, np.asarray(y, "int64")
        self._forms = Augmenter(augmentation, X, capacity, generator)
        self._targets = np.vstack(
            [np.eye(classes), np.full((1, classes), 1.0 / classes)]
        )  # the last row is for NO_CLASS
        if augmentation.non_digits:
            from initializers.augmentation.non_digits import (
                non_digits,
            )  # imported only if needed, since it imports SciPy

            self._non_digits = non_digits
        room = capacity if augmentation.mixup else 0
        self._partners = np.empty((room, X.shape[1]), X.dtype)
        self._room = np.empty((2, min(room, ROWS), X.shape[1]), "float32" if X.dtype.kind == "u" else X.dtype)

    def take(self, rows: slice | np.ndarray) -> Augmented:
        """Return some images, given as a slice or by their numbers (n,), augmented."""
        how, forms = self.augmentation, self._forms
        images, labels, targets = forms.plain(rows), self._y[rows], None
        if how.strokes and forms.ink > forms.paper:
            add_strokes(images, labels, self.generator, how.strokes, paper=forms.paper, ink=forms.ink)
        if how.non_digits:
            labels = self._replaced(images, labels)
        forms.augment(images)
        if how.changes_targets:
            targets = self._targets[labels]
        if targets is not None and how.mixup and len(images) > 1:
            self._mix(images, targets)
        return Augmented(images, labels, targets)

    def _replaced(self, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Replace some images by non-digit images in place; return the new labels."""
        rows = np.flatnonzero(self.generator.random(len(images)) < self.augmentation.non_digits)
        if not len(rows):
            return labels
        paper, factor = self._forms.paper, (self._forms.ink - self._forms.paper or 1.0) / 255.0
        ink = ((images[rows] - np.float32(paper)) / np.float32(factor)).astype("float32")
        found = self._non_digits(ink, labels[rows], self.generator) * np.float32(factor) + np.float32(paper)
        images[rows] = np.rint(found) if images.dtype.kind == "u" else found
        labels = labels.copy()
        labels[rows] = NO_CLASS
        return labels

    def _mix(self, images: np.ndarray, targets: np.ndarray) -> None:
        """Mix each image and target with that of another image, a random number of positions further on."""
        n, strength = len(images), self.augmentation.mixup
        own = self.generator.beta(strength, strength, size=(n, 1))
        np.maximum(own, 1.0 - own, out=own)
        partners = (np.arange(n) + self.generator.integers(1, n)) % n  # never the image itself
        targets[...] = own * targets + (1.0 - own) * targets[partners]
        others = np.take(images, partners, axis=0, out=self._partners[:n], mode="clip")
        own = own.astype(self._room.dtype)
        for start in range(0, n, ROWS):
            rows = slice(start, min(start + ROWS, n))
            self._lay_over(images[rows], others[rows], own[rows])

    def _lay_over(self, images: np.ndarray, others: np.ndarray, own: np.ndarray) -> None:
        """Replace up to `ROWS` images by ``l x_i + (1 - l) x_j``; integers are rounded."""
        x, y = self._room[:, : len(images)]
        np.multiply(images, own, out=x)
        np.multiply(others, 1.0 - own, out=y)
        x += y
        if images.dtype.kind == "u":
            x += 0.5
        np.copyto(images, x, casting="unsafe")
