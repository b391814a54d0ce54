"""The network and the preparation in JavaScript give what Python gives, as node runs them."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from classes import ACTIVATIONS, NeuralNetwork
from initializers.data_loader import MNISTDataLoader
from testing.reading.reader import Reading, read_digits
from web.server.drawing import Drawing
from web.single_file.model import model_as_json

ROOT = Path(__file__).resolve().parents[3]
ENGINE = (ROOT / "web/page/engine").as_uri()
STROKES = json.loads((ROOT / "tests/web/page/strokes.json").read_text(encoding="utf-8"))
WIDTH, HEIGHT = 320, 220
CLOSE = 2e-3  # largest difference of a probability: strokes are drawn with other rounding, and weights have 11 bits

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")


def javascript(program, **values):
    """Run a program in node that may use `given`, and calls `tell` with its result."""
    head = f"const given = {json.dumps(values)}; const tell = (found) => console.log(JSON.stringify(found));"
    text = f"{head}\nconst load = (name) => import('{ENGINE}/' + name);\n{program}"
    done = subprocess.run(
        ["node", "--input-type=module"], input=text, capture_output=True, text=True, check=True, timeout=100
    )
    return json.loads(done.stdout)


READ = """
const { use, predict } = await load("local.js");
use(given.model);
const answers = [];
for (const drawing of given.drawings) answers.push(await predict(drawing));
tell(answers);
"""


def placed(digit, left, scale, angle, generator):
    """Return the strokes of a digit, scaled, turned and shaken."""
    cos, sin = np.cos(angle), np.sin(angle)
    found = []
    for stroke in STROKES[digit]:
        points = (np.array(stroke) - (320, 220)) * scale @ np.array([[cos, sin], [-sin, cos]])
        points += np.array([left, HEIGHT / 2]) + generator.normal(0, 0.6, points.shape)
        found.append([[round(float(x), 1), round(float(y), 1), 0.5] for x, y in points])
    return found


def with_a_point():
    """Return the strokes of 3.14."""
    generator = np.random.default_rng(0)
    digits = [placed(digit, left, 0.25, 0, generator) for digit, left in ((3, 60), (1, 160), (4, 250))]
    return [*digits[0], [[110, 165, 0.5]], *digits[1], *digits[2]]


SPECIAL = [
    [],  # nothing
    [[[20, 20, 0.5]]],  # a point
    [[[30, 100, 0.5], [290, 104, 0.5]]],  # a dash
    [[[100 + 60 * (k % 2), 60 + k, 0.5] for k in range(90)]],  # a scribble
    with_a_point(),
]


def drawings(count):
    """Return drawings of one to three digits with thin and thick pens."""
    generator, found = np.random.default_rng(1), []
    for _ in range(count):
        digits = generator.integers(10, size=generator.choice([1, 1, 2, 3]))
        size = (0.25, 0.5) if len(digits) == 1 else (0.2, 0.28)
        strokes = []
        for place, digit in enumerate(digits):
            left = 160 if len(digits) == 1 else 55 + 95 * place
            strokes += placed(digit, left, generator.uniform(*size), generator.normal(0, 0.12), generator)
        found.append({"strokes": strokes, "width": WIDTH, "height": HEIGHT, "pen": float(generator.uniform(4, 16))})
    return found


def in_python(network, drawing):
    """Return the answer of `predict.py --json` to a drawing."""
    strokes = tuple(tuple(map(tuple, stroke)) for stroke in drawing["strokes"])
    picture = Drawing(strokes, WIDTH, HEIGHT, drawing["pen"]).pixels()
    return Reading("drawing", read_digits(network, picture, several=None)).to_dict(network.class_names)


def test_drawings_are_read_alike():
    path = ROOT / "model/pretrained.pkl"
    network, asked = NeuralNetwork.load_model(path, device="cpu"), drawings(60)
    asked += [{"strokes": strokes, "width": WIDTH, "height": HEIGHT, "pen": 9.0} for strokes in SPECIAL]
    found = javascript(READ, model=model_as_json(path), drawings=asked)
    for drawing, answer in zip(asked, found, strict=True):
        expected = in_python(network, drawing)
        for name in ("digits", "sure", "refusal"):
            assert answer[name] == expected[name]
        for box, other in zip(answer["boxes"], expected["boxes"], strict=True):
            assert all(abs(box[edge] - other[edge]) <= 1 for edge in box)  # pixels: half-covered ones may differ
        if not expected["refusal"]:  # the smallest differences of a blot or a point may change what it resembles
            np.testing.assert_allclose(answer["probabilities"], expected["probabilities"], rtol=0, atol=CLOSE)


PICTURES = """
import fs from "fs";
const { use, read, summary } = await load("local.js");
use(given.model);
tell(given.pictures.map(({ file, height, width, channels }) => {
  const raw = fs.readFileSync(file);
  const channel = (c) => Float64Array.from({ length: height * width }, (_, place) => raw[channels * place + c]);
  return summary(read([...Array(channels).keys()].map((c) => ({ height, width, data: channel(c) }))).digits);
}));
"""


def made_pictures():
    """Return photographs of this project, and pictures with shadows, ruled lines, transparency and inclined lines."""
    generator = np.random.default_rng(0)
    strokes = tuple(tuple((0.6 * x - 30, 0.6 * y - 20, 0.5) for x, y in stroke) for stroke in STROKES[3])
    drawn = Drawing(strokes, 320, 240, 12.0).pixels().astype(float)
    shadow = drawn * np.linspace(0.5, 1.0, 320) * (0.7 + 0.3 * (np.arange(240) > 150)[:, None])
    ruled = drawn.copy()
    ruled[30::40] = ruled[31::40] = 120
    noisy = (shadow + generator.normal(0, 3, shadow.shape)).clip(0, 255)
    inclined = tuple(
        tuple((0.25 * x + 90 * place - 40, 0.25 * y + 50 * place, 0.5) for x, y in stroke)
        for place, digit in enumerate((1, 7, 4))
        for stroke in STROKES[digit]
    )
    yield from (np.asarray(Image.open(path)) for path in sorted((ROOT / "docs/pictures").iterdir()))
    yield from (each.astype("uint8") for each in (shadow, ruled, noisy, 255 - noisy, drawn[::2, ::2]))
    yield Drawing(inclined, 320, 240, 9.0).pixels()
    yield np.dstack([np.zeros((240, 320, 3)), 255 - drawn]).astype("uint8")  # black ink on nothing
    yield np.dstack([noisy, 0.9 * noisy, 0.6 * noisy + 60]).astype("uint8")
    yield np.kron(shadow, np.ones((4, 4))).astype("uint8")  # so large that it is reduced
    yield generator.integers(256, size=(60, 80), dtype="uint8")


def test_photographs_are_read_alike(tmp_path):
    path = ROOT / "model/pretrained.pkl"
    network, pictures, asked = NeuralNetwork.load_model(path, device="cpu"), list(made_pictures()), []
    for place, pixels in enumerate(pictures):
        file = tmp_path / f"{place}.raw"
        file.write_bytes(np.ascontiguousarray(pixels).tobytes())
        channels = 1 if pixels.ndim == 2 else pixels.shape[2]
        asked.append({"file": str(file), "height": pixels.shape[0], "width": pixels.shape[1], "channels": channels})
    found = javascript(PICTURES, model=model_as_json(path), pictures=asked)
    for pixels, answer in zip(pictures, found, strict=True):
        expected = Reading("drawing", read_digits(network, pixels, several=None)).to_dict(network.class_names)
        for name in ("digits", "sure", "refusal", "boxes"):
            assert answer[name] == expected[name]
        np.testing.assert_allclose(answer["probabilities"], expected["probabilities"], rtol=0, atol=1e-3)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_networks_with_every_activation(activation, tmp_path):
    network = NeuralNetwork(784, (20, 12), 10, activation=activation, input_scaling="standard", seed=3, dropout=0.2)
    network.temperature = 1.3
    path = network.save_model(tmp_path / "model.pkl", weights="float16")
    X = np.random.default_rng(0).integers(256, size=(5, 784), dtype="uint8")
    found = javascript(
        """
        const { Network } = await load("network.js");
        const network = new Network(given.model.network);
        tell(given.X.map((pixels) => [network.predict(pixels), network.saliency(pixels, 4)]));
        """,
        model=model_as_json(path), X=X.tolist(),
    )  # fmt: skip
    network = NeuralNetwork.load_model(path, device="cpu")
    probabilities = network.predict_proba(X)
    np.testing.assert_allclose([each[0] for each in found], probabilities, rtol=0, atol=2e-6)
    from testing.inference.inspection import input_gradients

    product = X.astype(float) * input_gradients(network, X, np.full(len(X), 4))
    expected = product / np.abs(product).max(axis=1, keepdims=True)
    np.testing.assert_allclose([each[1] for each in found], expected, rtol=0, atol=2e-4)


@pytest.mark.skipif("MNIST_DIR" not in os.environ, reason="MNIST_DIR is not set: no real MNIST here")
def test_all_test_images_have_the_class_that_python_finds(tmp_path):
    path = ROOT / "model/pretrained.pkl"
    X = MNISTDataLoader(os.environ["MNIST_DIR"]).load_data().X_test
    file = tmp_path / "images.raw"
    file.write_bytes(np.ascontiguousarray(X).tobytes())
    found = javascript(
        """
        import fs from "fs";
        const { Network } = await load("network.js");
        const network = new Network(given.model.network);
        const pixels = fs.readFileSync(given.file);
        const best = (p) => p.indexOf(Math.max(...p));
        tell([...Array(10000).keys()].map((k) => best(network.predict([...pixels.subarray(784 * k, 784 * (k + 1))]))));
        """,
        model=model_as_json(path), file=str(file),
    )  # fmt: skip
    np.testing.assert_array_equal(found, NeuralNetwork.load_model(path, device="cpu").predict(X))
