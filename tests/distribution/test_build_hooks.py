"""The wheel: what is in it, and how imports change."""

from pathlib import Path

import pytest

pytest.importorskip("hatchling")
from distribution.build_hooks import PACKAGES, files_of_wheel, moved, requirements
from tests.helpers.project import ROOT


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from classes import Dense", "from neural_network_digit.classes import Dense"),
        ("    from web.server.app import new_app", "    from neural_network_digit.web.server.app import new_app"),
        ("    >>> from web.serve import main", "    >>> from neural_network_digit.web.serve import main"),
        ("import backend", "from neural_network_digit import backend"),
        ("import classes as engine", "from neural_network_digit import classes as engine"),
        ("from distribution.commands import main", "from neural_network_digit.commands import main"),
        ("from main import main", "from neural_network_digit.main import main"),
    ],
)  # fmt: skip
def test_imports_of_the_project_change(before, after):
    assert moved(f"x = 1\n{before}\n") == f"x = 1\n{after}\n"


@pytest.mark.parametrize(
    "line", ["from classesque import x", "import webbrowser", "x = 'from web'", "from maintenance import x"]
)
def test_everything_else_stays(line):
    assert moved(line) == line


def test_an_import_that_cannot_be_moved_is_an_error():
    with pytest.raises(ValueError, match=r"import classes\.layers: write 'from"):
        moved("import classes.layers\n")


def test_the_wheel_has_every_module_once_and_no_test():
    files = files_of_wheel(ROOT)
    assert all(name.startswith("neural_network_digit/") for name in files)
    assert not [name for name in files if "/tests/" in name or "__pycache__" in name or "build_hooks" in name]
    for package in PACKAGES:
        modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / package).rglob("*.py")}
        assert {f"neural_network_digit/{name}" for name in modules} <= set(files)
    assert "neural_network_digit/web/page/index.html" in files


def test_every_module_can_be_moved():
    for path in files_of_wheel(ROOT).values():
        if path.suffix == ".py":
            moved(path.read_text(encoding="utf-8"))


def test_requirements_leave_out_comments_and_other_files(tmp_path: Path):
    path = tmp_path / "requirements.txt"
    path.write_text('# All\n-r others.txt\nnumpy>=2.0\n\nextra>=1; sys_platform != "win32"  # why\n', encoding="utf-8")
    assert requirements(path) == ["numpy>=2.0", 'extra>=1; sys_platform != "win32"']
