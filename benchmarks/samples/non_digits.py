"""Pictures without a digit, not used in training: letters and symbols, scribbles, textures, pages, blank paper."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

SIDE = 140  # pixels of the sides of a picture
FONTS = (
    "DejaVuSans", "DejaVuSans-Oblique", "DejaVuSerif", "DejaVuSerif-Italic", "DejaVuSansMono", "STIXGeneral",
    "STIXGeneralItalic", "cmr10", "cmss10", "cmti10", "cmtt10",
)  # fmt: skip
# Missing is what some font, or hand, writes like a digit: B D G I J L O Q S Z b g i j l o q s y z; among signs, Θ β б.
LETTERS = "ACEFHKMNPRTUVWXYacdefhkmnprtuvwx"
SIGNS = "ΓΔΛΞΠΣΦΨΩαγεηλμξπφψωЖЉЊШЩЮЯажшюя#%@+=<>~*→↔♣♥★☺"
WORDS = ("paper", "ink", "The", "quick", "brown", "fox", "jumps", "over", "lazy", "dogs", "and", "some", "more")

Make = Callable[[np.random.Generator], np.ndarray]


def letter(generator: np.random.Generator) -> np.ndarray:
    """Return a picture of a Latin letter in one of matplotlib's fonts."""
    return _glyph(str(generator.choice(list(LETTERS))), str(generator.choice(FONTS)), generator)


def sign(generator: np.random.Generator) -> np.ndarray:
    """Return a picture of a Greek or Cyrillic letter, or of another sign."""
    return _glyph(str(generator.choice(list(SIGNS))), str(generator.choice(FONTS[:2])), generator)


def word(generator: np.random.Generator) -> np.ndarray:
    """Return a picture of one word."""
    return _glyph(str(generator.choice(WORDS)), str(generator.choice(FONTS)), generator, height=40)


def page(generator: np.random.Generator) -> np.ndarray:
    """Return a page of small text."""
    font, height = str(generator.choice(FONTS)), int(generator.integers(10, 17))
    lines = [" ".join(generator.choice(WORDS, 5)) for _ in range(SIDE // height)]
    return _glyph("\n".join(lines), font, generator, height=height)


def scribble(generator: np.random.Generator) -> np.ndarray:
    """Return a line that turns this way and that, many times."""
    from PIL import Image, ImageDraw

    steps = int(generator.integers(60, 200))
    turns = generator.normal(generator.normal(0, 0.1), 0.5, steps)
    heading = np.cumsum(turns + np.where(generator.random(steps) < 0.12, 2.2, 0))
    way = np.cumsum(np.stack([np.cos(heading), np.sin(heading)], axis=1), axis=0)
    low, high = way.min(axis=0), way.max(axis=0)
    way = (way - (low + high) / 2) * (SIDE * generator.uniform(0.4, 0.7, 2) / (high - low)) + SIDE / 2
    picture = Image.new("L", (SIDE, SIDE))
    width = int(generator.integers(5, 12))
    ImageDraw.Draw(picture).line([tuple(point) for point in way.tolist()], fill=255, width=width, joint="curve")
    return _on_paper(np.asarray(picture), generator)


def texture(generator: np.random.Generator) -> np.ndarray:
    """Return noise whose amplitude falls with some power of the frequency: sand, clouds, landscapes."""
    frequency = np.fft.fftfreq(SIDE)
    radius = np.hypot(frequency[:, None], frequency) + 1 / SIDE
    noise = np.fft.fft2(generator.standard_normal((SIDE, SIDE)))
    return _stretched(np.fft.ifft2(noise / radius ** generator.uniform(0, 2.5)).real)


def stripes(generator: np.random.Generator) -> np.ndarray:
    """Return stripes, or a chequered pattern."""
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    waves = np.zeros((SIDE, SIDE))
    for _ in range(generator.integers(1, 3)):
        angle, count = generator.uniform(0, np.pi), generator.uniform(1, 12)
        waves += np.sin(2 * np.pi * count * (np.cos(angle) * x + np.sin(angle) * y) + generator.uniform(0, 6))
    return _stretched(np.tanh(generator.uniform(0.2, 6) * waves))


def gradient(generator: np.random.Generator) -> np.ndarray:
    """Return a few smooth lights and shadows, with a camera's noise."""
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    light = np.zeros((SIDE, SIDE))
    for _ in range(generator.integers(1, 5)):
        (row, column), wide = generator.uniform(-0.2, 1.2, 2), generator.uniform(0.15, 0.8)
        light += generator.normal() * np.exp(-((y - row) ** 2 + (x - column) ** 2) / wide**2)
    return _noisy(_stretched(light), generator)


def shape(generator: np.random.Generator) -> np.ndarray:
    """Return a filled polygon."""
    from PIL import Image, ImageDraw

    picture = Image.new("L", (SIDE, SIDE))
    draw, middle = ImageDraw.Draw(picture), SIDE / 2
    corners = int(generator.integers(3, 9))
    angles = (np.arange(corners) + generator.uniform(0, 0.8, corners)) * (2 * np.pi / corners)
    radii = generator.uniform(0.2, 0.4, corners) * SIDE
    points = [(middle + r * np.cos(a), middle + r * np.sin(a)) for a, r in zip(angles, radii, strict=True)]
    draw.polygon(points, fill=255)
    return _on_paper(np.asarray(picture), generator)


def blank(generator: np.random.Generator) -> np.ndarray:
    """Return paper without ink: of one grey, with a camera's noise, or with a shadow too."""
    kind, level = generator.integers(3), generator.uniform(60, 255)
    paper = np.full((SIDE, SIDE), level)
    if kind == 2:
        y, x = np.mgrid[:SIDE, :SIDE] / SIDE
        paper *= 1 - generator.uniform(0, 0.6) * (x * generator.random() + y * generator.random()) / 2
    return _noisy(paper, generator) if kind else paper.astype(np.uint8)


KINDS: dict[str, Make] = {
    "letters": letter, "other signs": sign, "words": word, "pages": page, "scribbles": scribble, "shapes": shape,
    "textures": texture, "stripes": stripes, "lights": gradient, "blank paper": blank,
}  # fmt: skip


def enlarged(image: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return an image of MNIST, (784,) uint8, as a large picture of dark ink on paper."""
    from PIL import Image

    large = Image.fromarray(image.reshape(28, 28)).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    return _on_paper(np.asarray(large), generator)


def _glyph(text: str, font: str, generator: np.random.Generator, height: int = 100) -> np.ndarray:
    """Return a text in the middle of paper, of any weight and slant."""
    from PIL import Image, ImageDraw

    picture = Image.new("L", (SIDE, SIDE))
    weight = int(generator.integers(0, 5)) if height > 50 else 0
    ImageDraw.Draw(picture).multiline_text(
        (SIDE / 2, SIDE / 2), text, fill=255, font=_font(font, height), anchor="mm", stroke_width=weight, spacing=2
    )
    slant = generator.uniform(-0.3, 0.3) if height > 20 else 0.0
    leaning = (1.0, slant, -slant * SIDE / 2, 0.0, 1.0, 0.0)
    return _on_paper(np.asarray(picture.transform(picture.size, Image.Transform.AFFINE, leaning, 2)), generator)


@lru_cache(maxsize=64)
def _font(name: str, height: int) -> "FreeTypeFont":
    """Return one of the fonts bundled with matplotlib."""
    import matplotlib as mpl
    from PIL import ImageFont

    return ImageFont.truetype(Path(mpl.get_data_path()) / "fonts" / "ttf" / f"{name}.ttf", height)


def _on_paper(ink: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return dark ink, 255 where it is full, on paper; a third of these pictures are photographs with noise."""
    paper, taken = generator.uniform(150, 255), generator.uniform(0.5, 1)
    picture = paper * (1 - taken * ink / 255.0)
    return _noisy(picture, generator) if generator.random() < 1 / 3 else np.rint(picture).astype(np.uint8)


def _noisy(picture: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return a picture with a camera's noise."""
    return np.asarray(np.rint(picture + generator.normal(0, generator.uniform(1, 8), picture.shape)).clip(0, 255), "u1")


def _stretched(values: np.ndarray) -> np.ndarray:
    """Return values as brightness from 0 to 255."""
    return np.asarray(np.rint(255 * (values - values.min()) / max(float(np.ptp(values)), 1e-9)), np.uint8)
