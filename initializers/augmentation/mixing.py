"""Augmentation that takes labels too: strokes that belong to a digit, images of no digit, mixtures of two images."""

from typing import NamedTuple

import numpy as np

from backend.errors import InputError
from initializers.augmentation.pen_strokes import add_strokes
from initializers.augmentation.policies import Augmentation, Augmenter
from initializers.augmentation.warping import ROWS

DIGITS, PIXELS = 10, 28 * 28  # what strokes and non-digits are made for
NO_CLASS = -1  # class number of an image that shows no digit


class Augmented(NamedTuple):
    """A batch as an augmentation leaves it, valid until the next.

    Attributes
    ----------
    images : ndarray (n, I)
        Of the data's dtype.
    labels : ndarray (n,) of int64
        Class numbers, `NO_CLASS` where there is no digit any more.
    targets : ndarray (n, C) of float64 or None
        Rows that sum to 1; None where the labels say it all.
    """

    images: np.ndarray
    labels: np.ndarray
    targets: np.ndarray | None


class LabelledAugmenter:
    r"""Hands out images and targets as an augmentation changes them.

    One thing after the other: strokes are added, images of no digit take the place of others, what there is then
    changes its form, and is mixed at last, each image i with another one j of its batch:

        x = l x_i + (1 - l) x_j        t = l t_i + (1 - l) t_j        l = max(b, 1 - b),  b ~ Beta(a, a)

    (H. Zhang, M. Cisse, Y. Dauphin and D. Lopez-Paz, "mixup: Beyond Empirical Risk Minimization", ICLR 2018.) Every
    pair has a number l of its own, as in the paper's equation; its example code draws one for a whole batch. As each
    image of a batch is i once, the larger share may be called l without changing what is seen: so an image keeps its
    own class as the likeliest, and the weight that belongs to it. Images of no digit have the target 1/C.

    Parameters
    ----------
    augmentation : Augmentation
        What is to be done.
    X : ndarray (N, I)
        The images, as `Augmenter` takes them.
    y : ndarray (N,)
        Their class numbers.
    classes : int
        C.
    capacity : int
        Images that are asked for at a time, at most.
    generator : numpy.random.Generator
        Draws all that is random: from the same state, the same batches become the same.

    Raises
    ------
    InputError
        If the data do not suit: forms are those of square images, strokes and what is no digit belong to ten digits.

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
            advice = "Strokes and non_digits know how digits are written: leave them at 0."
            raise InputError("augment", expected=expected, found=found, advice=advice)
        self.augmentation, self.generator, self._y = augmentation, generator, np.asarray(y, "int64")
        self._forms = Augmenter(augmentation, X, capacity, generator)
        self._targets = np.vstack([np.eye(classes), np.full((1, classes), 1.0 / classes)])  # the last of NO_CLASS
        if augmentation.non_digits:
            from initializers.augmentation.non_digits import non_digits  # here alone, since SciPy comes with it

            self._non_digits = non_digits
        room = capacity if augmentation.mixup else 0
        self._partners = np.empty((room, X.shape[1]), X.dtype)
        self._room = np.empty((2, min(room, ROWS), X.shape[1]), "float32" if X.dtype.kind == "u" else X.dtype)

    def take(self, rows: slice | np.ndarray) -> Augmented:
        """Return some rows, a slice or their numbers (n,), changed."""
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
        """Make some images show no digit; return all labels anew."""
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
        """Lay every image over the one some places further on, and its target over that one's."""
        n, strength = len(images), self.augmentation.mixup
        own = self.generator.beta(strength, strength, size=(n, 1))
        np.maximum(own, 1.0 - own, out=own)
        partners = (np.arange(n) + self.generator.integers(1, n)) % n  # nobody's partner is itself
        targets[...] = own * targets + (1.0 - own) * targets[partners]
        others = np.take(images, partners, axis=0, out=self._partners[:n], mode="clip")
        own = own.astype(self._room.dtype)
        for start in range(0, n, ROWS):
            rows = slice(start, min(start + ROWS, n))
            self._lay_over(images[rows], others[rows], own[rows])

    def _lay_over(self, images: np.ndarray, others: np.ndarray, own: np.ndarray) -> None:
        """Write ``l x_i + (1 - l) x_j`` over up to `ROWS` images; whole numbers are rounded."""
        x, y = self._room[:, : len(images)]
        np.multiply(images, own, out=x)
        np.multiply(others, 1.0 - own, out=y)
        x += y
        if images.dtype.kind == "u":
            x += 0.5
        np.copyto(images, x, casting="unsafe")
