"""Files left behind by runs are neither tracked nor written into the project's folders."""

import re
import shutil
import subprocess

import pytest

from tests.helpers.project import run
from tests.helpers.terminal import ROOT

LEFTOVER = re.compile(
    r"(^|/)(cache|data|results|\.venv|__pycache__|\.(pytest|mypy|ruff)_cache|\.hypothesis)/"
    r"|fontlist|\.(pyc|pyo|log|stamp|checkpoint|orig|rej)$|(^|/)\.coverage"
    r"|^model/(?!README\.md$|pretrained\.(pkl|errors\.png)$)|idx[13]-ubyte"
)


@pytest.fixture(scope="module")
def tracked():
    """The paths that git tracks."""
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout, or git is not installed")
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"git refuses to read the checkout: {done.stderr.strip()}")
    return done.stdout.splitlines()


def test_the_pattern_knows_leftovers_from_sources():
    left = "cache/matplotlib/fontlist-v3.json a/__pycache__/b.pyc train.log model/fast.pkl data/train-images-idx3-ubyte"
    kept = "initializers/data_loader.py model/pretrained.pkl benchmarks/race/data.py docs/pictures/photo.jpg .gitignore"
    assert all(LEFTOVER.search(path) for path in left.split())
    assert not any(LEFTOVER.search(path) for path in kept.split())


def test_nothing_that_a_run_leaves_behind_is_tracked(tracked):
    assert [path for path in tracked if LEFTOVER.search(path)] == []


def top_level_names():
    """Return what lies at the top, hidden folders left out: other tests that run at the same time may make these."""
    return {path.name for path in ROOT.iterdir() if not path.name.startswith((".", "__"))}


def test_a_script_of_the_repository_itself_leaves_nothing_at_the_top(tmp_path):
    """One once wrote matplotlib's cache there, which was committed."""
    before = top_level_names()
    figure = "from backend.drawing import new_figure, save_figure; save_figure(new_figure(1, 1), sys.argv[1])"
    script = tmp_path / "draw.py"
    script.write_text(f"import sys; sys.path.insert(0, {str(ROOT)!r}); {figure}")
    done = run(script, tmp_path / "drawn.png")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "drawn.png").is_file()
    assert top_level_names() == before
    assert run(ROOT / "testing" / "test.py", "--help").returncode == 0
    assert top_level_names() == before
