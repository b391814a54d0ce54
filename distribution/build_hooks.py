"""Hooks of hatchling, which builds the wheel: the packages move into one, and the requirements are read from files.

In the repository, ``classes``, ``training`` and the others are folders of their own, so that its scripts run without an
installation. In site-packages, these names would clash with those of other projects. In the wheel they are therefore
inside of ``neural_network_digit``, and every import of them begins with that name.
"""

import re
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

NAME = "neural_network_digit"
PACKAGES = ("backend", "initializers", "classes", "interface", "testing", "training", "web")
MODULES = "|".join([*PACKAGES, "main", "distribution"])
# "from classes.layers import Dense" and "import classes", also in the examples of docstrings.
FROM = re.compile(rf"^(\s*(?:>>> )?from )({MODULES})(?=[. ])", re.MULTILINE)
IMPORT = re.compile(rf"^(\s*(?:>>> )?)import ({MODULES})(?=$| as )", re.MULTILINE)
DOTTED_IMPORT = re.compile(rf"^\s*(?:>>> )?import (?:{MODULES})\..*", re.MULTILINE)


def moved(code: str) -> str:
    """Return the code of a module as it is in the wheel.

    Raises
    ------
    ValueError
        If it has an import such as ``import classes.layers``, which cannot be moved.

    Examples
    --------
    >>> moved("from classes.layers import Dense")
    'from neural_network_digit.classes.layers import Dense'
    """
    if dotted := DOTTED_IMPORT.search(code):
        raise ValueError(f"{dotted.group().strip()}: write 'from ... import ...', which can be moved.")
    code = IMPORT.sub(rf"\1from {NAME} import \2", FROM.sub(rf"\1{NAME}.\2", code))
    return code.replace(f"{NAME}.distribution", NAME)  # whose files become those of the package itself


def files_of_wheel(root: Path) -> dict[str, Path]:
    """Return the files of the package: their paths in the wheel, and where they are in the repository."""
    files = {
        path.relative_to(root).as_posix(): path
        for package in PACKAGES
        for path in sorted((root / package).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    own = {name: root / "distribution" / name for name in ("__init__.py", "__main__.py", "commands.py", "py.typed")}
    rest = {name: root / name for name in ("main.py", "model/pretrained.pkl", "model/README.md")}
    return {f"{NAME}/{name}": path for name, path in (files | own | rest).items()}


class WheelHook(BuildHookInterface):
    """Puts the files into the wheel, with their imports changed."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the changed modules to a temporary folder, and say what the wheel takes from where."""
        if version == "editable":
            raise ValueError("Only the repository itself is editable: run its scripts, or leave out the flag -e.")
        self.folder = tempfile.TemporaryDirectory(prefix=NAME)
        for target, source in files_of_wheel(Path(self.root)).items():
            path = source
            if source.suffix == ".py":
                path = Path(self.folder.name) / target
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(moved(source.read_text(encoding="utf-8")), encoding="utf-8")
            build_data["force_include"][str(path)] = target

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the temporary folder."""
        self.folder.cleanup()


class RequirementsHook(MetadataHookInterface):
    """Takes the dependencies and the optional ones from the requirements files."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set them."""
        root = Path(self.root)
        metadata["dependencies"] = requirements(root / "requirements.txt")
        files = {extra: requirements(root / name) for extra, name in self.config["files"].items()}
        metadata["optional-dependencies"] = files | self.config["extras"]


def requirements(path: Path) -> list[str]:
    """Return the requirements of a file, without comments and references to other files."""
    lines = (line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("-")]
