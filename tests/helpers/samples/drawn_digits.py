"""Synthetic digits on various backgrounds, for the tests of handwriting."""

import numpy as np
from PIL import Image, ImageDraw

# Corners of the strokes, in a unit square from its top left corner; a bar apart is a second stroke.
STROKES = {
    "0": [[(0.5, 0.0), (0.85, 0.3), (0.8, 0.75), (0.5, 1.0), (0.2, 0.75), (0.15, 0.3), (0.5, 0.0)]],
    "1": [[(0.55, 0.0), (0.45, 1.0)]],
    "4": [[(0.3, 0.0), (0.1, 0.6), (0.9, 0.6)], [(0.65, 0.3), (0.6, 1.0)]],
    "5": [[(0.25, 0.18), (0.2, 0.5), (0.75, 0.55), (0.75, 0.9), (0.2, 1.0)], [(0.3, 0.0), (0.85, 0.0)]],
    "7": [[(0.1, 0.0), (0.9, 0.05), (0.4, 1.0)]],
}


def ink(digit="7", height=200, pen=20, margin=40, strokes=None):
    """Return how much ink every pixel of a digit, or of other strokes, has, from 0 to 1."""
    side = height + 2 * margin
    picture = Image.new("L", (4 * side, 4 * side))
    draw = ImageDraw.Draw(picture)
    for stroke in strokes or STROKES[digit]:
        points = [(4 * (margin + x * height), 4 * (margin + y * height)) for x, y in stroke]
        draw.line(points, fill=255, width=4 * pen, joint="curve")
        for x, y in (points[0], points[-1]):
            draw.ellipse((x - 2 * pen, y - 2 * pen, x + 2 * pen, y + 2 * pen), fill=255)
    return np.asarray(picture.reduce(4), np.float64) / 255


def cropped(amount):
    """Return the ink's bounding box."""
    rows, columns = np.flatnonzero(amount.max(axis=1) > 0.5), np.flatnonzero(amount.max(axis=0) > 0.5)
    return amount[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def on_paper(amount, paper=1.0, darkness=0.8):
    """Return grey values from 0 to 255: paper of any brightness, ink that takes part of it away."""
    return np.rint(255 * paper * (1 - darkness * amount)).clip(0, 255).astype(np.uint8)


def alike(one, other):
    """Return the correlation of two images, the better one of those moved by a pixel at most."""
    moves = [(down, across) for down in (-1, 0, 1) for across in (-1, 0, 1)]
    return max(float(np.corrcoef(np.roll(one, move, (0, 1)).ravel(), other.ravel())[0, 1]) for move in moves)
