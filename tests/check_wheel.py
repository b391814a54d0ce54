"""Run the suite against the wheel: ``python tests/check_wheel.py dist/*.whl``, or ``make dist``.

The wheel is installed in a new virtual environment outside of the repository, with the dependencies of the tests. The
tests are copied there with the same change of imports as the wheel's modules, so that they use the installed package.
Flags after the wheel are passed to pytest.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)

from distribution.build_hooks import MODULES, NAME, moved  # noqa: E402

SETTINGS = "[pytest]\nfilterwarnings = error\ntimeout = 120\npythonpath = .\n"
# Names of modules in strings, such as "training.workflow.split_data" for pytest's monkeypatch.
QUOTED = re.compile(rf"""(["'])({MODULES})(?=\.[a-z_]+[.\w]*["'])""")
# These start scripts of the repository by their paths, or look into its folders.
OF_THE_REPOSITORY = """
project distribution benchmarks web/page web/engine web/hostile web/test_serve.py web/test_export.py
testing/test_predict.py testing/test_test.py testing/test_robustness.py testing/inference/test_model_files.py
interface/test_console.py training/test_train.py engine/ranks/test_train_on_ranks.py training/test_saving.py
training/test_pretrained.py training/test_compare.py initializers/test_data_loader.py
backend/drawing/test_pictures.py backend/test_places.py
""".split()


def main() -> int:
    """Install the wheel, copy the tests, and run them; return pytest's exit status."""
    wheel, *flags = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="wheel-") as folder:
        python = installed(Path(wheel).resolve(), Path(folder) / "environment")
        tests = copied_tests(Path(folder) / "suite")
        ignored = [f"--ignore=tests/{path}" for path in OF_THE_REPOSITORY]
        command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests", *ignored, *flags]
        return subprocess.run(command, cwd=tests, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"}).returncode


def installed(wheel: Path, folder: Path) -> Path:
    """Install a wheel and what the tests need in a new virtual environment; return its Python."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    needed = ["-r", str(ROOT / "requirements-dev.txt"), f"{wheel}[web,completion]"]
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, "--constraint", str(ROOT / "constraints.txt"), *needed], check=True)
    return python


def copied_tests(folder: Path) -> Path:
    """Copy the tests, and the benchmarks from which they take helpers, with their imports changed; return `folder`."""
    for name in ("tests", "benchmarks"):
        unwanted = shutil.ignore_patterns("__pycache__", "results")
        shutil.copytree(ROOT / name, folder / name, ignore=unwanted)
        for path in (folder / name).rglob("*.py"):
            code = QUOTED.sub(rf"\1{NAME}.\2", moved(path.read_text(encoding="utf-8")))
            path.write_text(code, encoding="utf-8")
    (folder / "pytest.ini").write_text(SETTINGS, encoding="utf-8")
    return folder


if __name__ == "__main__":
    sys.exit(main())
