"""Segmentation of the ink into digits: joining pieces, splitting touching digits, deskewing text lines."""

from dataclasses import dataclass
from typing import NamedTuple

from initializers.handwriting.components import Box, Component, Glyph, connected_components, glyph_of, without_noise
from initializers.handwriting.ink import Ink
from initializers.handwriting.rows import join_pieces, text_lines, without_underlines
from initializers.handwriting.skew import Turned, direction, turned
from initializers.handwriting.touching import Scorer, cut_apart

# Shares of a height, chosen by trial on the development pictures that docs/accuracy.md describes.
SINGLE_HEIGHT = (
    0.6  # share of the height of the line's tallest digit: a lower component is never split into several digits
)
PIECE_HEIGHT = 0.75  # share of the neighbour's height: a lower component may be a piece of it
PIECE_GAP = 0.12  # share of the neighbour's height: largest gap between a piece and the rest of its digit


class Found(NamedTuple):
    """One of several digits.

    Attributes
    ----------
    glyph : Glyph
        Its ink, deskewed.
    part : Component
        Its bounding box and area in `Layout.ink`, and the labels of the components that it consists of or is cut from.
    box : Box
        Its bounding box in the image.
    row : int
        Index of its text line, from 0.
    """

    glyph: Glyph
    part: Component
    box: Box
    row: int


@dataclass(frozen=True, eq=False)
class Layout:
    """All digits of an image.

    Attributes
    ----------
    digits : tuple of Found
        In reading order.
    likelihood : float
        Sum of the log scores of all digits; 0 without a scoring function.
    ink : Ink
        The ink that the glyphs are taken from, deskewed if the text lines were.
    """

    digits: tuple[Found, ...]
    likelihood: float
    ink: Ink


def best_layout(ink: Ink, judge: Scorer | None = None) -> Layout:
    """Segment the ink into digits, in reading order.

    1. Components are joined, put in text lines and split without deskewing. With a scoring function, a low component
       next to another may also be joined to it, such as the half of an 8 whose stroke is interrupted.
    2. If the centres of the digits lie along a rising or falling line (`initializers.handwriting.skew`), the same is
       done with the ink deskewed.
    3. With a scoring function, the layout with the larger sum of log scores is chosen, where the log-odds of such an
       angle are added for the deskewed one. Without one, three digits along a straight line are deskewed.

    Parameters
    ----------
    ink : Ink
        The ink of an image.
    judge : callable, optional
        Scoring function: takes the ink of a glyph, of shape (h, w), and returns a score from 0 to 1 for being a digit.
    """
    parts = without_noise(connected_components(ink.labels), ink.labels, even=ink.even, row=True)
    level = _layout(ink, parts, None, judge)
    boxes = [part.box for part in without_underlines(parts)]
    rows = direction(boxes if len(boxes) > 1 else [digit.box for digit in level.digits])
    if not rows.angle or (judge is None and not rows.certain):
        return level
    slanted = _layout(ink, parts, turned(ink, rows.angle), judge)
    return slanted if slanted.likelihood + rows.odds > level.likelihood else level


def _layout(ink: Ink, parts: list[Component], view: Turned | None, judge: Scorer | None) -> Layout:
    """Return the digits of the ink, deskewed if there is a `view`."""
    shown = ink if view is None else view.ink
    wanted = {part.labels for part in parts}
    seen = parts if view is None else [part for part in connected_components(shown.labels) if part.labels in wanted]
    digits: list[Found] = []
    likelihood = 0.0
    for number, row in enumerate(text_lines(join_pieces(seen))):
        tallest = max(part.box.height for part in row)
        for part in row if judge is None else _rejoined(row, shown, judge):
            cut = cut_apart(
                glyph_of(shown.amount, shown.labels, part), judge, whole=part.box.height <= SINGLE_HEIGHT * tallest
            )
            likelihood += cut.likelihood
            digits += [_found(glyph, part, view, number) for glyph in cut.digits]
    return Layout(tuple(digits), likelihood, shown)


def _rejoined(row: list[Component], shown: Ink, judge: Scorer) -> list[Component]:
    """Return a text line in which low components are joined to their neighbour where that scores higher."""

    def likelihood(part: Component) -> float:
        return cut_apart(glyph_of(shown.amount, shown.labels, part), judge, whole=True).likelihood

    whole: list[Component] = []
    for part in row:
        before = whole[-1] if whole else None
        if before and _may_be_pieces(before.box, part.box):
            apart = likelihood(before) + likelihood(part)
            if likelihood(before | part) > apart:
                part = whole.pop() | part
        whole.append(part)
    return whole


def _may_be_pieces(one: Box, other: Box) -> bool:
    """Return whether two neighbours are close to each other and differ in height."""
    low, tall = sorted((one.height, other.height))
    return low < PIECE_HEIGHT * tall and one.gap(other) < PIECE_GAP * tall


def _found(glyph: Glyph, part: Component, view: Turned | None, row: int) -> Found:
    """Return a glyph with its component, its bounding box in the image and its text line."""
    alone = Component(glyph.box, int((glyph.amount > 0.5).sum()), part.labels)
    return Found(glyph, alone, glyph.box if view is None else view.back(glyph), row)
