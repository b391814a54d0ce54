"""Answers: what a network reads in a picture, as JSON."""

import base64
import io
import json
import time
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

import numpy as np

from backend.errors import InputError
from classes.neural_network import NeuralNetwork
from initializers.handwriting import Step
from testing.inference.inspection import passage, saliency
from testing.inference.prediction import Prediction
from testing.reading import Digits, Reading
from testing.reading.reader import read_digits
from web.server.drawing import Drawing
from web.server.errors import Refusal, error_bytes, status_of
from web.server.models import ModelStore, described, listed, network_of
from web.server.requests import Asked, asked_in_form, asked_in_json

MOST_WITHOUT = 12  # strokes: more are not left out one by one
_SHOWN = 320  # pixels of the longer side of a step's picture

STEP_TEXTS = {
    "picture": "The picture as it came, upright and as large as needed.",
    "dark ink": "The channel with the highest contrast, with dark ink on bright paper.",
    "no shadows": "Uneven light and shadows are removed: every pixel is divided by the paper around it.",
    "ink": "Ink, separated from the paper; ruled lines are removed.",
    "level": "The text line, turned until it is level.",
    "digit": "One digit, without noise and without what belongs to others.",
    "strokes": "Its strokes; thin ones are widened to the width that the network knows.",
    "28 x 28": "What the network sees: 20 pixels on the longer side, the centre of mass in the middle of 28 x 28.",
}

Body = tuple[int, bytes]


def predicted_json(store: ModelStore, body: bytes) -> Body:
    """Return the status and the body of the answer to a JSON body."""
    return _guarded(lambda: answer(asked_in_json(body), store))


def predicted_form(store: ModelStore, fields: Mapping[str, str], name: str, content: bytes) -> Body:
    """Return the status and the body of the answer to a form with a picture file."""
    return _guarded(lambda: answer(asked_in_form(fields, name, content), store))


def model_list(store: ModelStore) -> Body:
    """Return the status and the body of the list of models."""
    return _guarded(lambda: listed(store))


def model_described(store: ModelStore, name: str | None) -> Body:
    """Return the status and the body of the description of a model."""
    return _guarded(lambda: described(store.path(name)))


def _guarded(work: Any) -> Body:
    """Return the status and the JSON of a result or of an error that the client can fix."""
    try:
        return 200, json.dumps(work(), allow_nan=False, separators=(",", ":")).encode()
    except MemoryError:
        refusal = Refusal(
            413, "the picture", expected="one that fits into memory", found="a larger one",
            advice="Send a smaller picture.",
        )  # fmt: skip
        return refusal.status, error_bytes(refusal)
    except InputError as error:
        return status_of(error), error_bytes(error)


class Timed:
    """A network whose predictions are timed, and which predicts no image twice.

    To choose between one digit and several, the reader asks for the same image up to three times.

    Attributes
    ----------
    seconds : float
        Time of all predictions so far.
    """

    def __init__(self, network: NeuralNetwork) -> None:
        self._network = network
        self.info, self.seconds = network.info, 0.0
        self._known: dict[bytes, np.ndarray] = {}

    def predict_proba(self, X: np.ndarray, /) -> np.ndarray:
        """Return probabilities of shape (N, C) for N images."""
        begun, image = time.perf_counter(), X.tobytes()
        if image not in self._known:
            self._known[image] = self._network.predict_proba(X)
        self.seconds += time.perf_counter() - begun
        return self._known[image]


def answer(asked: Asked, store: ModelStore) -> dict[str, Any]:
    """Return the answer: the object that ``predict.py --json`` prints for the picture, and more.

    Parameters
    ----------
    asked : Asked
        The picture, and what is wanted.
    store : ModelStore
        The models.

    Raises
    ------
    InputError
        If there is no such model, or the picture cannot be read.
    """
    path = store.path(asked.model)
    network = network_of(path)
    timed, begun = Timed(network), time.perf_counter()
    reading = _read(timed, asked)
    seconds = time.perf_counter() - begun
    names = network.class_names
    found = reading.to_dict(names) | {
        "images": [prepared.image.ravel().tolist() for prepared, _ in reading.digits],
        "runners_up": [_runner_up(prediction, names) for _, prediction in reading.digits],
        "reason": _reason(reading.digits, reading.refusal),
        "model": path.name,
        "milliseconds": {
            "preparation": round(1000 * (seconds - timed.seconds), 3),
            "prediction": round(1000 * timed.seconds, 3),
        },
    }
    if asked.steps:
        found["steps"] = _steps([prepared.steps for prepared, _ in reading.digits])
    if asked.activations:
        found["activations"] = [_activations(network, prepared.image) for prepared, _ in reading.digits]
    if asked.explain:
        found["saliency"] = [_saliency(network, prepared.image, found.digit) for prepared, found in reading.digits]
        if isinstance(asked.picture, Drawing):
            found["without"] = _without(timed, asked, names)
    return found


def _read(network: Timed, asked: Asked) -> Reading:
    """Return the reading of a picture; an error in it names the picture as the client knows it."""
    picture = asked.picture.pixels() if isinstance(asked.picture, Drawing) else asked.picture
    try:
        digits = read_digits(network, picture, several=asked.several, explain=asked.steps)  # type: ignore[arg-type]
    except InputError as error:
        raise Refusal(
            415 if isinstance(picture, bytes) else 422, f"picture {asked.name}",
            expected=error.expected, found=error.found, advice=error.advice,
        ) from None  # fmt: skip
    return Reading(asked.name, digits)


def _runner_up(prediction: Prediction, names: Sequence[str]) -> dict[str, Any]:
    """Return the second most probable class."""
    return {
        "digit": names[prediction.runner_up],
        "probability": float(prediction.probabilities[prediction.runner_up]),
    }


def _reason(digits: Digits, refusal: str | None) -> str | None:
    """Return why an answer is not sure, as a sentence; None if it is."""
    if refusal:
        return refusal
    return next((prediction.certainty() for _, prediction in digits if not prediction.is_sure), None)


def _steps(strips: Sequence[Sequence[Step]]) -> list[dict[str, Any]]:
    """Return the pictures of the preparation: those of the whole picture once, then those of each digit."""
    if not strips:
        return []
    shared = len(strips[0]) if len(strips) == 1 else len([*takewhile(_is_same, zip(*strips, strict=False))])
    steps = [_step(None if step[0] not in ("digit", "strokes", "28 x 28") else 0, step) for step in strips[0][:shared]]
    return steps + [_step(number, step) for number, strip in enumerate(strips) for step in strip[shared:]]


def _is_same(steps: tuple[Step, ...]) -> bool:
    """Return whether a step is the same for all digits."""
    return all(np.array_equal(values, steps[0][1]) for _, values in steps)


def _step(digit: int | None, step: Step) -> dict[str, Any]:
    """Return a step with its picture, dark ink on bright paper, at most `_SHOWN` pixels large."""
    from PIL import Image

    name, values = step
    picture = Image.fromarray(255 - values)
    if max(picture.size) > _SHOWN:
        picture.thumbnail((_SHOWN, _SHOWN), Image.Resampling.BOX)
    png = io.BytesIO()
    picture.save(png, "PNG")
    data = base64.b64encode(png.getvalue()).decode()
    return {
        "name": name,
        "title": name.capitalize(),
        "text": STEP_TEXTS.get(name, ""),
        "digit": digit,
        "width": picture.width,
        "height": picture.height,
        "png": f"data:image/png;base64,{data}",
    }


def _activations(network: NeuralNetwork, image: np.ndarray) -> list[dict[str, Any]]:
    """Return the outputs of the hidden layers, each relative to its largest one; negative ones are 0."""
    way = passage(network, image.ravel())
    return [
        {
            "name": name,
            "kind": "dense" if values.ndim == 1 else "maps",
            "shape": list(values.shape),
            "values": _relative(values.clip(0)),
        }
        for name, values in zip(way.names, way.outputs, strict=True)
    ]


def _saliency(network: NeuralNetwork, image: np.ndarray, digit: int) -> list[float]:
    """Return for each pixel what its ink did to the logit of a class, relative to the largest contribution."""
    (found,) = saliency(network, image.ravel(), [digit])
    return _relative(found.contribution)


def _relative(values: np.ndarray) -> list[float]:
    """Return values, by rows, divided by the largest absolute one."""
    largest = float(np.abs(values).max(initial=0.0))
    return np.round(values.ravel() / (largest or 1.0), 4).tolist()


def _without(network: Timed, asked: Asked, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return the answers to a drawing without each of its strokes; none if there are too many or only one."""
    assert isinstance(asked.picture, Drawing)
    count = len(asked.picture.strokes)
    found = []
    for number in range(count if 1 < count <= MOST_WITHOUT else 0):
        digits = read_digits(network, asked.picture.without(number).pixels(), several=asked.several)  # type: ignore[arg-type]
        reading = Reading(asked.name, digits)
        found.append({"stroke": number, "digits": reading.text(names), "confidence": reading.confidence})
    return found
