"""Requests for a prediction: JSON and form fields, checked."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from web.server.drawing import Drawing, Point
from web.server.errors import Refusal

DIGITS: dict[str, bool | None] = {"auto": None, "one": False, "several": True}
SMALLEST, LARGEST = 16, 2048  # pixels of a side of a canvas
MOST_STROKES, MOST_POINTS = 500, 50_000
_LONGEST_NAME = 100  # characters of a file's name
_FLAGS = ("steps", "explain", "activations")
_FIELDS = frozenset({"strokes", "pixels", "width", "height", "pen", "model", "digits", *_FLAGS})
_TRUTH = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "": False}


@dataclass(frozen=True, eq=False)
class Asked:
    """What a client wants to know.

    Parameters
    ----------
    picture : Drawing, ndarray or bytes
        Strokes, grey values of shape (H, W), or the content of a picture file.
    name : str
        The file's name, or ``drawing``.
    model : str or None
        Name of a model; None for the usual one.
    several : bool or None
        As for `read_picture`.
    steps, explain, activations : bool
        Which of the larger parts of the answer are wanted.
    """

    picture: Drawing | np.ndarray | bytes
    name: str = "drawing"
    model: str | None = None
    several: bool | None = None
    steps: bool = False
    explain: bool = False
    activations: bool = False


def asked_in_json(body: bytes) -> Asked:
    """Return what a JSON body asks for.

    Raises
    ------
    Refusal
        With status 400 if it is not JSON, and 422 if it is not as described in openapi.json.

    Examples
    --------
    >>> asked_in_json(b'{"strokes": [[[5, 5], [9, 20, 0.7]]], "width": 32, "height": 32, "digits": "one"}').several
    False
    """
    fields = json_object(body)
    if unknown := set(fields) - _FIELDS:
        refuse("the body", f"only the fields {', '.join(sorted(_FIELDS))}", ", ".join(sorted(unknown)))
    picture: Drawing | np.ndarray
    if ("strokes" in fields) == ("pixels" in fields):
        found = "both" if "strokes" in fields else "neither"
        refuse("the body", "either strokes or pixels", found)
    picture = _drawing(fields) if "strokes" in fields else _pixels(fields["pixels"])
    return Asked(picture, **_options(fields))


def asked_in_form(fields: Mapping[str, str], name: str, content: bytes) -> Asked:
    """Return what a form with a picture file asks for.

    Parameters
    ----------
    fields : mapping of str to str
        The other fields.
    name, content : str, bytes
        Of the file.

    Raises
    ------
    Refusal
        With status 422 if a field is wrong.
    """
    known = {"model", "digits", *_FLAGS}
    if unknown := set(fields) - known:
        refuse("the form", f"only the fields file, {', '.join(sorted(known))}", ", ".join(sorted(unknown)))
    options = _options({key: value for key, value in fields.items() if value})
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(letter for letter in last if letter.isprintable())[:_LONGEST_NAME]
    return Asked(content, shown or "picture", **options)


def json_object(body: bytes) -> dict[str, Any]:
    """Return the object in a JSON body.

    Raises
    ------
    Refusal
        With status 400 if there is none.
    """
    try:
        value = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        found = "too deeply nested" if isinstance(error, RecursionError) else str(error)
        advice = "Send an object as described in openapi.json."
        raise Refusal(400, "the body", expected="JSON", found=found, advice=advice) from None
    if not isinstance(value, dict):
        refuse("the body", "an object", _kind(value))
    return value


def refuse(wrong: str, expected: str, found: str) -> NoReturn:
    """Raise a refusal with status 422."""
    advice = "openapi.json describes what may be sent."
    raise Refusal(422, wrong, expected=expected, found=found or "nothing", advice=advice)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _options(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of `Asked` besides the picture and its name."""
    digits, model = fields.get("digits", "auto"), fields.get("model")
    if not isinstance(digits, str) or digits not in DIGITS:
        refuse("digits", " or ".join(DIGITS), _kind(digits))
    if model is not None and not isinstance(model, str):
        refuse("model", "the name of a model, or null", _kind(model))
    return {"several": DIGITS[digits], "model": model or None, **{name: _flag(fields, name) for name in _FLAGS}}


def _flag(fields: Mapping[str, Any], name: str) -> bool:
    """Return whether something is wanted: true or false, or a word for it in a form."""
    value = fields.get(name, False)
    if isinstance(value, str):
        value = _TRUTH.get(value.strip().lower(), value)
    if not isinstance(value, bool):
        refuse(name, "true or false", _kind(value))
    return value


def _drawing(fields: Mapping[str, Any]) -> Drawing:
    """Return the strokes on their canvas."""
    width, height = (round(_number(fields, side, SMALLEST, LARGEST)) for side in ("width", "height"))
    pen = _number(fields, "pen", 1, 200, default=18)
    strokes = fields["strokes"]
    if not isinstance(strokes, list) or len(strokes) > MOST_STROKES:
        refuse("strokes", f"a list of at most {MOST_STROKES} strokes", _kind(strokes))
    if any(not isinstance(stroke, list) for stroke in strokes):
        refuse("strokes", "lists of points", "something else")
    if (count := sum(map(len, strokes))) > MOST_POINTS:
        refuse("strokes", f"at most {MOST_POINTS:,} points", f"{count:,}")
    drawn = (tuple(_point(point, width, height) for point in stroke) for stroke in strokes)
    return Drawing(tuple(drawn), width, height, pen)


def _point(point: Any, width: int, height: int) -> Point:
    """Return a point of a stroke; one far outside of the canvas is moved nearer."""
    if not isinstance(point, list) or len(point) not in (2, 3) or not all(map(_is_number, point)):
        refuse("a point", "[x, y] or [x, y, pressure], finite numbers", _kind(point))
    x, y, pressure = (*point, 0.5) if len(point) == 2 else point
    return (
        float(min(max(x, -width), 2 * width)),
        float(min(max(y, -height), 2 * height)),
        float(min(max(pressure, 0.0), 1.0)),
    )


def _pixels(rows: Any) -> np.ndarray:
    """Return grey values as an array, uint8 of shape (H, W)."""
    if not isinstance(rows, list) or not rows or any(not isinstance(row, list) for row in rows):
        refuse("pixels", "a list of rows", _kind(rows))
    height, width = len(rows), len(rows[0])
    if any(len(row) != width for row in rows):
        refuse("pixels", "rows of the same length", "different lengths")
    if not 1 <= width <= LARGEST or height > LARGEST:
        refuse("pixels", f"at most {LARGEST} rows of 1 to {LARGEST} numbers", f"{height} rows of {width}")
    if any(type(value) not in (int, float) for row in rows for value in row):
        refuse("pixels", "numbers", "something else")
    try:
        values = np.array(rows, np.float64)
    except (ValueError, OverflowError):
        refuse("pixels", "numbers from 0 to 255", "larger ones")
    if not (values.min() >= 0 and values.max() <= 255):
        refuse("pixels", "numbers from 0 to 255", "others")
    return np.rint(values).astype(np.uint8)


def _number(fields: Mapping[str, Any], name: str, low: float, high: float, default: float | None = None) -> float:
    """Return a number within bounds."""
    value = fields.get(name, default)
    if not _is_number(value) or not low <= value <= high:
        shown = f"{value:g}" if _is_number(value) else _kind(value)
        refuse(name, f"a number from {low:g} to {high:g}", shown)
    return float(value)


def _is_number(value: Any) -> bool:
    """Return whether a value is a finite number that a float can hold."""
    if type(value) is int:
        return abs(value) < 2**63
    return type(value) is float and math.isfinite(value)


def _kind(value: Any) -> str:
    """Return what a value is, as JSON calls it, with its size or beginning."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, list | dict):
        return f"{'a list' if isinstance(value, list) else 'an object'} of {len(value)}"
    return repr(value)[:40] if isinstance(value, str) else "a number"
