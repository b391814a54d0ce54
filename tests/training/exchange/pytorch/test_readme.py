"""README's script for users of PyTorch."""

import contextlib
import re
import runpy
import textwrap

import pytest

from classes import NeuralNetwork
from initializers.data_loader import MNISTDataLoader
from tests.helpers.terminal import ROOT
from training.exchange import read_model, write_model
from training.presets import PRESETS

SCRIPT = re.compile(r"^ {4}import torch\n(?:(?: {4}.*)?\n)+", re.MULTILINE)


def test_the_script_of_readme_reads_our_file_and_we_read_theirs(digits, tmp_path, monkeypatch, capsys):
    torch = pytest.importorskip("torch")
    config = PRESETS["fast"].config
    network = NeuralNetwork(784, output_size=10, **config.network_arguments())
    network.train(digits.X_train, digits.y_train, epochs=2, verbose=False)
    write_model(network, tmp_path / "fast.safetensors")
    found = SCRIPT.search((ROOT / "README.md").read_text(encoding="utf-8"))
    (tmp_path / "script.py").write_text(textwrap.dedent(found[0]), encoding="utf-8")
    monkeypatch.setattr(MNISTDataLoader, "load_data", lambda self: digits)
    with contextlib.chdir(tmp_path):
        names = runpy.run_path("script.py")
        torch.save(names["model"].state_dict(), "theirs.pt")
        theirs = read_model(tmp_path / "theirs.pt")
    accuracy = network.evaluate(digits.X_test, digits.y_test)[1]
    assert float(capsys.readouterr().out) == pytest.approx(accuracy)
    assert (theirs.predict(digits.X_test) == network.predict(digits.X_test)).all()
