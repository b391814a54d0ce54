"""Which digits a picture's ink makes: rows found level or at an angle, pieces joined, digits that touch cut apart."""

from dataclasses import dataclass
from typing import NamedTuple

from initializers.handwriting.components import Box, Glyph, Part, glyph_of, parts_of, without_dirt
from initializers.handwriting.ink import Ink
from initializers.handwriting.rows import in_rows, joined, without_underlines
from initializers.handwriting.skew import Turned, direction, turned
from initializers.handwriting.touching import Likeness, cut_apart

_LOW = 0.6  # of the tallest neighbour's height: what is lower is one stroke, however wide
_PIECE, _CLOSE = 0.75, 0.12  # of the taller one's height: a piece beside it is lower, and nearer


class Found(NamedTuple):
    """One digit of several.

    Attributes
    ----------
    glyph : Glyph
        Its ink, level, as it is to be read.
    part : Part
        Its box and ink in the layout's ink, and the numbers of what it is, or is cut from.
    box : Box
        Where it lies in the picture.
    row : int
        Number of its row, from 0.
    """

    glyph: Glyph
    part: Part
    box: Box
    row: int


@dataclass(frozen=True, eq=False)
class Layout:
    """All digits of a picture.

    Attributes
    ----------
    digits : tuple of Found
        In reading order.
    likelihood : float
        Sum of the logarithms of the judge's confidences; 0 without a judge.
    ink : Ink
        In which the glyphs lie: the picture's, or that turned.
    """

    digits: tuple[Found, ...]
    likelihood: float
    ink: Ink


def best_layout(ink: Ink, judge: Likeness | None = None) -> Layout:
    """Find the digits that ink makes, in reading order.

    1. Parts are joined, put in rows and cut apart as they stand; with a judge, a low part beside another may be a piece
       of it: of an 8 whose line is broken, such as no rule about boxes tells from two digits.
    2. Where the middles of the digits lie along a line that rises or falls (`initializers.handwriting.skew`), the
       same is done with all ink turned until that line is level.
    3. A judge decides for the likelier of the two: the sum of the logarithms of its confidences counts, and the
       odds of such an angle: two digits of a level string often differ in height, but hardly so much. Without a
       judge, three digits in a straight line are turned.

    Parameters
    ----------
    ink : Ink
        What was found in a picture.
    judge : callable, optional
        Takes a glyph's ink, of shape (h, w), and says from 0 to 1 how much it is like one digit.
    """
    parts = without_dirt(parts_of(ink.labels), ink.labels, even=ink.even, row=True)
    level = _layout(ink, parts, None, judge)
    boxes = [part.box for part in without_underlines(parts)]
    rows = direction(boxes if len(boxes) > 1 else [digit.box for digit in level.digits])
    if not rows.angle or (judge is None and not rows.certain):
        return level
    slanted = _layout(ink, parts, turned(ink, rows.angle), judge)
    return slanted if slanted.likelihood + rows.odds > level.likelihood else level


def _layout(ink: Ink, parts: list[Part], view: Turned | None, judge: Likeness | None) -> Layout:
    """Return the digits of the ink as it stands, or as it was turned."""
    shown = ink if view is None else view.ink
    wanted = {part.labels for part in parts}
    seen = parts if view is None else [part for part in parts_of(shown.labels) if part.labels in wanted]
    digits: list[Found] = []
    likelihood = 0.0
    for number, row in enumerate(in_rows(joined(seen))):
        tallest = max(part.box.height for part in row)
        for part in row if judge is None else _rejoined(row, shown, judge):
            cut = cut_apart(glyph_of(shown.amount, shown.labels, part), judge, whole=part.box.height <= _LOW * tallest)
            likelihood += cut.likelihood
            digits += [_found(glyph, part, view, number) for glyph in cut.digits]
    return Layout(tuple(digits), likelihood, shown)


def _rejoined(row: list[Part], shown: Ink, judge: Likeness) -> list[Part]:
    """Return a row in which a low part close to its neighbour is a piece of that, where a judge finds this likelier."""

    def likelihood(part: Part) -> float:
        return cut_apart(glyph_of(shown.amount, shown.labels, part), judge, whole=True).likelihood

    whole: list[Part] = []
    for part in row:
        before = whole[-1] if whole else None
        if before and _may_be_pieces(before.box, part.box):
            apart = likelihood(before) + likelihood(part)
            if likelihood(before | part) > apart:
                part = whole.pop() | part
        whole.append(part)
    return whole


def _may_be_pieces(one: Box, other: Box) -> bool:
    """Return whether two boxes side by side are close, and differ in height."""
    low, tall = sorted((one.height, other.height))
    return low < _PIECE * tall and one.gap(other) < _CLOSE * tall


def _found(glyph: Glyph, part: Part, view: Turned | None, row: int) -> Found:
    """Return a glyph with what is known of it."""
    alone = Part(glyph.box, int((glyph.amount > 0.5).sum()), part.labels)
    return Found(glyph, alone, glyph.box if view is None else view.back(glyph), row)
