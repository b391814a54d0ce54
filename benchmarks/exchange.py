"""Check that other tools compute what a model computes: export it, let each tool read it, compare all test images.

``python benchmarks/exchange.py model/pretrained.pkl`` prints a row for each format: the tool and its version, the
size of the file, the largest difference of probabilities, and how many images get another class. Tools that are not
installed are named.
"""

import sys
from pathlib import Path

if __name__ == "__main__":  # import from the project's root, not from the script's folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import argparse
import ctypes
import importlib
import importlib.metadata
import shutil
import subprocess
import tempfile
from collections.abc import Callable

import numpy as np

from benchmarks.machine import describe_machine, in_words
from classes.neural_network import NeuralNetwork
from interface.console import Console
from interface.loading import load_dataset
from interface.script import run_script
from training.exchange import read_model, write_model
from training.exchange.pytorch.modules import sequential_code

HEADS = ("format", "read by", "MB", "largest difference", "other classes")
STRICT = (
    "-std=c99",
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wshadow",
    "-Werror",
)  # warnings of the C compiler
Predict = Callable[[NeuralNetwork, Path, np.ndarray], np.ndarray]  # probabilities (N, C) of pixels (N, I) in uint8


def by_this_project(_: NeuralNetwork, path: Path, pixels: np.ndarray) -> np.ndarray:
    """Read a file with the project's own reader."""
    return read_model(path).predict_proba(pixels)


def by_onnx_runtime(_: NeuralNetwork, path: Path, pixels: np.ndarray) -> np.ndarray:
    """Run a graph in ONNX Runtime."""
    session = importlib.import_module("onnxruntime").InferenceSession(str(path))
    return session.run(None, {"pixels": pixels.astype("float32")})[0]


def by_pytorch(network: NeuralNetwork, path: Path, pixels: np.ndarray) -> np.ndarray:
    """Load a state dict into the ``nn.Sequential`` that the export prints, and apply it as its comment says."""
    torch = importlib.import_module("torch")
    if path.suffix == ".safetensors":
        state = importlib.import_module("safetensors.torch").load_file(path)
    else:
        state = torch.load(path, weights_only=True)
    code = sequential_code(network)
    names = {"pixels": torch.tensor(pixels).to(getattr(torch, network.dtype))}
    exec(code, names)
    names["model"].to(names["pixels"].dtype).load_state_dict(state, strict=True)
    with torch.no_grad():
        exec(next(line.removeprefix("# ") for line in code.splitlines() if line.startswith("# ")), names)
    return names["probabilities"].numpy()


def by_keras(_: NeuralNetwork, path: Path, pixels: np.ndarray) -> np.ndarray:
    """Load a model in Keras, on the backend of ``KERAS_BACKEND``."""
    model = importlib.import_module("keras").saving.load_model(path)
    return np.asarray(model.predict(pixels.astype("float32"), verbose=0))


def by_scikit_learn(_: NeuralNetwork, path: Path, pixels: np.ndarray) -> np.ndarray:
    """Load a classifier with skops and let scikit-learn predict."""
    classifier = importlib.import_module("skops.io").load(path, trusted=[])
    return classifier.predict_proba((pixels / 255).astype("float32"))


def by_c(network: NeuralNetwork, path: Path, pixels: np.ndarray) -> np.ndarray:
    """Compile a header with all warnings as errors, and apply its function to each image."""
    library = compiled_header(path)
    probabilities = np.empty((len(pixels), network.output_size), dtype="float32")
    for x, p in zip(np.ascontiguousarray(pixels), probabilities, strict=True):
        library.run(x.ctypes.data_as(ctypes.c_void_p), p.ctypes.data_as(ctypes.c_void_p))
    return probabilities


def compiled_header(path: Path) -> ctypes.CDLL:
    """Return a library with the function ``run`` and the class names ``name`` of a header.

    Raises
    ------
    ModuleNotFoundError
        If there is no C compiler.
    """
    compiler = shutil.which("cc")
    if compiler is None:
        raise ModuleNotFoundError("no C compiler is installed")
    source, library, prefix = path.with_suffix(".c"), path.with_suffix(".so"), path.stem
    source.write_text(
        f'#include "{path.name}"\n'
        f"int run(const unsigned char *pixels, float *p) {{ return {prefix}_predict(pixels, p); }}\n"
        f"const char *name(int place) {{ return {prefix}_class_names[place]; }}\n",
        encoding="utf-8",
    )
    subprocess.run([compiler, *STRICT, "-O2", "-shared", "-fPIC", "-o", library, source, "-lm"], check=True)
    return ctypes.CDLL(str(library))


TOOLS: dict[str, list[tuple[str, str, Predict]]] = {  # name, package and function of the tools for each format
    ".onnx": [("ONNX Runtime", "onnxruntime", by_onnx_runtime), ("this project", "", by_this_project)],
    ".safetensors": [("PyTorch", "torch", by_pytorch), ("this project", "", by_this_project)],
    ".pt": [("PyTorch", "torch", by_pytorch), ("this project", "", by_this_project)],
    ".keras": [("Keras", "keras", by_keras)],
    ".skops": [("scikit-learn", "scikit-learn", by_scikit_learn), ("this project", "", by_this_project)],
    ".npz": [("this project", "", by_this_project)],
    ".h": [("C compiler", "", by_c)],
}


def rows_of(network: NeuralNetwork, pixels: np.ndarray, folder: Path) -> list[tuple[str, ...]]:
    """Return a row of the table for each format and tool."""
    wanted, rows = network.predict_proba(pixels), []
    for suffix, tools in TOOLS.items():
        try:
            path = write_model(network, folder / f"model{suffix}")
        except Exception as failure:  # named in the table, whatever it is
            rows.append((suffix, "not written", "", getattr(failure, "wrong", str(failure)), ""))
            continue
        size = f"{path.stat().st_size / 1e6:.2f}"
        for name, package, predict in tools:
            try:
                found = predict(network, path, pixels)
            except ModuleNotFoundError as failure:
                rows.append((suffix, name, size, f"not measured: {failure}", ""))
                continue
            tool = f"{name} {importlib.metadata.version(package)}" if package else name
            others = int((found.argmax(axis=1) != wanted.argmax(axis=1)).sum())
            rows.append((suffix, tool, size, f"{np.abs(found - wanted).max():.1e}", str(others)))
    return rows


def main(console: Console) -> int:
    """Compare and print; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", type=Path, default=[Path("model/pretrained.pkl")], help="model files")
    dataset = load_dataset(console)
    console.say(in_words(describe_machine()))
    for path in parser.parse_args().models:
        network = NeuralNetwork.load_model(path, device="cpu")
        console.title(f"{path} on the {len(dataset.X_test):,} test images of {dataset.name}")
        with tempfile.TemporaryDirectory() as folder:
            console.table(HEADS, rows_of(network, dataset.X_test, Path(folder)))
    return 0


if __name__ == "__main__":
    sys.exit(run_script(main))
