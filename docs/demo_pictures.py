"""Draw the demonstration pictures: digits written by a pen that follows curves, on paper, in light, with lines.

``python docs/demo_pictures.py`` writes them into docs/pictures. All of it is the code's own handwriting, nobody else's.
"""

import sys
from pathlib import Path

if __name__ == "__main__":  # the project's root belongs where Python puts the script's own folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import io
import itertools
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from backend.files import write_bytes
from interface.console import Console
from interface.script import run_script

FOLDER = Path(__file__).resolve().parent / "pictures"
FINER = 2  # pixels drawn for each one kept, along both axes
SMOOTH = 12  # points drawn between two of a stroke

# What the pen passes through, x to the right and y down, in a square of side 1; a space lifts it.
WRITTEN = {
    "0": "50,2 22,18 12,50 22,84 50,98 78,82 87,48 76,16 50,2 40,6",
    "1": "30,34 58,4 56,50 53,98",
    "2": "16,24 34,4 66,4 80,26 62,54 36,78 14,96 44,90 86,96",
    "3": "18,10 50,2 76,18 60,42 40,48 66,52 82,74 58,96 16,90",
    "4": "44,2 30,34 12,64 48,62 88,60 | 66,30 62,64 60,99",
    "5": "30,6 26,26 22,46 50,38 78,56 74,84 48,98 16,90 | 30,6 54,6 80,4",
    "6": "68,4 40,26 20,60 28,90 54,98 76,80 66,56 42,56 24,72",
    "7": "14,8 48,6 86,6 64,38 48,66 40,98 | 34,54 54,52 74,49",
    "8": "72,18 46,2 26,20 48,46 74,72 52,98 24,80 42,52 70,32 72,18",
    "9": "76,22 52,4 24,18 24,44 50,52 74,36 76,22 76,58 68,98",
}


@dataclass(frozen=True)
class Scene:
    """How a picture looks.

    Attributes
    ----------
    rows : tuple of str
        What is written.
    size : tuple of int
        Width and height in pixels.
    digit : int
        Height of a digit in pixels.
    pen : float
        Width of the pen as a share of that.
    ink, paper : tuple of int
        Colours, red, green and blue.
    shadow : float
        Share of the light that is missing in the darkest corner.
    lines : int
        Pixels between ruled lines; 0 for none.
    grain : float
        Standard deviation of the paper's brightness.
    """

    rows: tuple[str, ...]
    size: tuple[int, int]
    digit: int
    pen: float
    ink: tuple[int, int, int]
    paper: tuple[int, int, int]
    shadow: float = 0.0
    lines: int = 0
    grain: float = 0.0


SCENES = {
    "photo.jpg": Scene(("7",), (640, 480), 250, 0.06, (38, 52, 120), (214, 208, 196), 0.55, 0, 3.0),
    "drawing.png": Scene(("2",), (280, 280), 190, 0.09, (255, 255, 255), (0, 0, 0)),
    "sheet.jpg": Scene(("31415", "92680"), (900, 420), 110, 0.07, (40, 40, 52), (228, 226, 220), 0.35, 60, 2.5),
}


def curve(points: np.ndarray) -> np.ndarray:
    """Return points along the Catmull-Rom spline through the given ones (n, 2), both ends included.

    Between p_1 and p_2, with t from 0 to 1 (Catmull and Rom 1974),

        p = (2 p_1 + t (p_2 - p_0) + t^2 (2 p_0 - 5 p_1 + 4 p_2 - p_3) + t^3 (3 p_1 - p_0 - 3 p_2 + p_3)) / 2
    """
    around = np.vstack([points[:1], points, points[-1:]])
    t = np.linspace(0.0, 1.0, SMOOTH, endpoint=False)[:, None]
    pieces = [
        (2 * b + t * (c - a) + t**2 * (2 * a - 5 * b + 4 * c - d) + t**3 * (3 * b - a - 3 * c + d)) / 2
        for a, b, c, d in zip(around, around[1:], around[2:], around[3:], strict=False)
    ]
    return np.vstack([*pieces, points[-1:]])


def written(scene: Scene, generator: np.random.Generator) -> np.ndarray:
    """Return how much ink (height, width) every pixel of a scene has, from 0 to 1."""
    width, height = scene.size
    page = Image.new("L", (FINER * width, FINER * height))
    pen = ImageDraw.Draw(page)
    step = height / (len(scene.rows) + 1)
    for number, row in enumerate(scene.rows, 1):
        left = (width - 0.95 * scene.digit * len(row)) / 2
        for place, digit in enumerate(row):
            corner = np.array([left + 0.95 * scene.digit * place, number * step - scene.digit / 2])
            for stroke in WRITTEN[digit].split("|"):
                _draw(pen, corner + scene.digit * _by_hand(stroke, generator), scene.pen * scene.digit)
    return np.asarray(page.reduce(FINER), np.float64) / 255


def _by_hand(stroke: str, generator: np.random.Generator) -> np.ndarray:
    """Return a stroke's points, none exactly where it should be, the whole a little slanted and smaller."""
    points = np.array([pair.split(",") for pair in stroke.split()], float) / 100
    points += generator.normal(0, 0.008, points.shape)
    points[:, 0] = 0.1 + 0.7 * points[:, 0] - 0.12 * (points[:, 1] - 0.5)
    return points


def _draw(pen: ImageDraw.ImageDraw, points: np.ndarray, width: float) -> None:
    """Follow the curve through some points with a round pen."""
    way = FINER * curve(points)
    radius = FINER * width / 2
    for start, end in itertools.pairwise(way):
        steps = max(int(np.hypot(*(end - start)) / max(radius / 4, 1)), 1)
        for x, y in np.linspace(start, end, steps):
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)


def picture(scene: Scene, generator: np.random.Generator) -> np.ndarray:
    """Return the pixels (height, width, 3) of a scene, uint8."""
    width, height = scene.size
    ink = written(scene, generator)[..., None]
    paper = np.ones((height, width, 3)) * scene.paper
    if scene.lines:
        paper[scene.lines :: scene.lines] = 0.55 * paper[scene.lines :: scene.lines] + 0.45 * np.array([90, 130, 200])
    down, right = np.linspace(0, 1, height)[:, None], np.linspace(0, 1, width)
    light = 1 - scene.shadow * np.clip(0.35 * down + 0.65 * right, 0, 1) ** 2
    pixels = (paper * (1 - ink) + np.array(scene.ink) * ink) * light[..., None]
    pixels += generator.normal(0, scene.grain, (height, width, 1)) if scene.grain else 0
    return np.rint(pixels).clip(0, 255).astype(np.uint8)


def encoded(pixels: np.ndarray, name: str) -> bytes:
    """Return the file that a picture of that name holds."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG" if name.endswith(".png") else "JPEG", quality=88, optimize=True)
    return stream.getvalue()


def main(console: Console) -> None:
    """Draw all of them."""
    for number, (name, scene) in enumerate(SCENES.items()):
        path = write_bytes(FOLDER / name, encoded(picture(scene, np.random.default_rng(number)), name))
        console.say(path)


if __name__ == "__main__":
    sys.exit(run_script(main))
