"""The package as users have it: the wheel in a virtual environment outside of the repository."""

import importlib.metadata
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

pytest.importorskip("hatchling")
pytest.importorskip("build")
from tests.helpers.project import ROOT, without_mnist
from tests.helpers.terminal import environment

NAMES = "PRETRAINED, MNISTDataLoader, NeuralNetwork, NeuralNetworkClassifier, read_digits, read_picture"
PROGRAM = f"""
from neural_network_digit import {NAMES}

network: NeuralNetwork = NeuralNetwork(784, (32,), 10)
data = MNISTDataLoader(data="embedded").load_data()
history = network.train(data.X_train, data.y_train, epochs=1, verbose=False)
model = NeuralNetworkClassifier((8,), epochs=1)
print(network.evaluate(data.X_test, data.y_test))
text: str = read_picture(NeuralNetwork.load_model(PRETRAINED), "{ROOT / "docs/pictures/photo.jpg"}").text()
print(text, read_digits, type(model).__module__)
"""


class Installation:
    """A virtual environment with the wheel, and the dependencies of the environment that runs the tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder / "dist", ROOT]
        subprocess.run(build, check=True, capture_output=True, timeout=100)
        (self.wheel,) = (folder / "dist").glob("*.whl")
        venv.create(folder / "environment")
        self.bin = folder / "environment" / ("Scripts" if os.name == "nt" else "bin")
        place = [self.bin / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
        self.packages = Path(subprocess.run(place, check=True, capture_output=True, text=True).stdout.strip())
        pip = [sys.executable, "-m", "pip", "--python", self.bin / "python", "install", "--no-deps", "--no-index"]
        subprocess.run([*pip, self.wheel], check=True, capture_output=True, timeout=100)
        dependencies = self.packages / "dependencies.pth"
        dependencies.write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")

    def run(self, *command: object, cwd: Path, status: int = 0) -> str:
        """Run a program of the environment; return its output."""
        first, *rest = map(str, command)
        variables = environment(**without_mnist(self.folder), PYTHONPATH="")
        done = subprocess.run(
            [self.bin / first, *rest], cwd=cwd, env=variables, capture_output=True, text=True, timeout=110, check=False
        )
        assert done.returncode == status, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    return Installation(tmp_path_factory.mktemp("installation"))


def test_there_is_one_top_level_name(installation):
    listed = importlib.metadata.Distribution.at(next(installation.packages.glob("*.dist-info"))).files
    assert {path.parts[0] for path in listed if ".." not in path.parts} == {
        "neural_network_digit", f"{installation.wheel.name.split('-py3')[0]}.dist-info"
    }  # fmt: skip


def test_the_public_names_work_and_are_typed(installation, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    out = installation.run("python", program, cwd=tmp_path)
    assert "7 <function read_digits" in out
    assert out.strip().endswith("neural_network_digit.training.estimator")
    wrong = tmp_path / "wrong.py"
    wrong.write_text("from neural_network_digit import NeuralNetwork\nNeuralNetwork(784, fly=True)\n", encoding="utf-8")
    python = installation.bin / "python"
    check = [sys.executable, "-m", "mypy", "--strict", "--python-executable", python, "--cache-dir", tmp_path]
    done = subprocess.run([*check, program, wrong], cwd=tmp_path, capture_output=True, text=True, timeout=110)
    errors = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert [line.split(":")[0] for line in errors] == ["wrong.py"], done.stdout
    assert "fly" in errors[0]


def test_importing_it_imports_numpy_alone(installation, tmp_path):
    heavy = ("sklearn", "scipy", "pandas", "matplotlib", "rich", "PIL", "requests")
    program = f"import neural_network_digit, sys; print([name for name in {heavy} if name in sys.modules])"
    assert installation.run("python", "-c", program, cwd=tmp_path).strip() == "[]"


def test_the_commands_write_into_the_current_folder(installation, tmp_path):
    assert installation.run("nnd", "--version", cwd=tmp_path).startswith("neural_network_digit 0.")
    trained = installation.run("nnd", "train", "--data", "embedded", "--epochs", 1, "--workers", 1, cwd=tmp_path)
    assert "Saved model/fast.pkl" in trained.replace("\\", "/")
    installation.run("nnd", "test", "--data", "embedded", cwd=tmp_path)
    assert (tmp_path / "model" / "evaluation" / "report.html").is_file()
    assert {path.name for path in tmp_path.iterdir()} == {"model"}


def test_the_pretrained_model_reads_a_picture(installation, tmp_path):
    picture = ROOT / "docs/pictures/photo.jpg"
    assert ": 7 with" in installation.run("nnd", "predict", picture, cwd=tmp_path)
    assert ": 7 with" in installation.run("python", "-m", "neural_network_digit", "predict", picture, cwd=tmp_path)


def test_a_wrong_flag_names_the_command(installation, tmp_path):
    installation.run("nnd", "train", "--bogus", cwd=tmp_path, status=2)


def test_the_extras_are_those_of_the_requirements_files(installation):
    metadata = importlib.metadata.Distribution.at(next(installation.packages.glob("*.dist-info"))).metadata
    extras = set(metadata.get_all("Provides-Extra") or [])
    assert {"web", "export", "bench", "cluster", "gpu", "cuda12", "cuda13", "rocm", "completion"} <= extras
    assert [line for line in metadata.get_all("Requires-Dist") or [] if line.startswith("numpy")] == ["numpy>=2.0"]
