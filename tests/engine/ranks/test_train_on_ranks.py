"""The script on several ranks of MPI."""

from tests.engine.ranks.starting import NEEDS_MPI, finished, start
from tests.helpers.terminal import ROOT

pytestmark = NEEDS_MPI
TRAIN = ROOT / "training" / "train.py"
FLAGS = ("--data", "embedded", "--hidden-sizes", "16", "--workers", "1", "--output", "model.pkl")


def test_only_the_first_rank_prints_and_writes(tmp_path):
    said = finished(start(2, TRAIN, *FLAGS, "--epochs", "1", cwd=tmp_path))
    assert said.count("Test accuracy on embedded digits") == said.count("Ranks") == 1
    assert len(list(tmp_path.iterdir())) == 5  # the model, its history twice, its curves twice


def test_an_error_of_all_ranks_is_said_once(tmp_path):
    process = start(2, TRAIN, *FLAGS, "--optimizer", "magic", cwd=tmp_path)
    _, err = process.communicate(timeout=60)
    assert process.returncode != 0
    assert err.count("expected one of") == 1
