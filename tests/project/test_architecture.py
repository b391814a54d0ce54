"""The architecture, checked on the syntax trees."""

import ast
import functools
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Imports point left only.
ORDER = ["backend", "initializers", "classes", "interface", "testing", "training", "web", "distribution", "main"]
FILES = sorted(path for name in ORDER[:-1] for path in (ROOT / name).rglob("*.py"))
FILES += [path for path in [ROOT / "main.py"] if path.exists()]
HEAVY = "matplotlib seaborn pandas scipy sklearn PIL requests pooch rich cupy joblib dask distributed starlette".split()

# Modules that are proved in a file of another name.
PROVED_IN = {
    "backend/versions.py": "backend/test_array_backend.py",
    "classes/construction.py": "engine/test_bad_arguments.py",
    "classes/network.py": "classes/test_neural_network.py",
    "classes/training/state.py": "classes/training/test_loop.py",
    "backend/engines/errors.py": "backend/engines/test_parallel.py",
    "classes/layers/dense.py": "classes/layers/test_layer.py",
    "classes/layers/dropout.py": "classes/layers/test_layer.py",
    "interface/loading.py": "training/test_train.py",  # through the script that shows it at work
    "backend/drawing/style.py": "backend/drawing/test_pictures.py",
    "backend/drawing/image_grid.py": "backend/drawing/test_pictures.py",
    "main.py": "project/test_main.py",
    "training/exchange/c_functions.py": "training/exchange/test_c_header.py",
    "distribution/__main__.py": "distribution/test_installed.py",
}

# Of joblib, what runs tasks; its pickles are like all others.
RUNS_TASKS = {
    "joblib.Parallel",
    "joblib.cpu_count",
    "joblib.delayed",
    "joblib.parallel_config",
    "joblib._dask.DaskDistributedBackend",
    "joblib.externals.loky.process_executor.TerminatedWorkerError",
}

EVERY_FILE = pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())


@functools.cache
def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def package_of(path):
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported(nodes):
    """Yield the full name of everything that import statements among the nodes ask for."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def calls(tree):
    return {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}


def roots(names):
    return {name.split(".")[0] for name in names}


def test_there_is_something_to_walk():
    assert {package_of(path) for path in FILES} >= set(ORDER[:3])
    assert len(FILES) > 20


@EVERY_FILE
def test_imports_point_left_only(path):
    place = ORDER.index(package_of(path))
    found = roots(imported(ast.walk(tree_of(path))))
    assert not found & set(ORDER[place + 1 :])
    assert "tests" not in found


def test_files_do_not_import_each_other_in_a_circle():
    graph = {module_of(path): imported_files(path) for path in FILES}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def imported_files(path):
    """Return the modules that a file names in imports, wherever they stand; packages that these imply do not count."""
    modules = {module_of(other) for other in FILES}
    names = set(imported(ast.walk(tree_of(path))))
    return {name if name in modules else name.rpartition(".")[0] for name in names} & modules


def module_of(path):
    """Return a file's name as imports have it, ``classes.layers.dense`` say; a package's is that of its `__init__`."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@EVERY_FILE
def test_only_the_backend_knows_cupy_and_only_the_interface_speaks(path):
    tree = tree_of(path)
    found = roots(imported(ast.walk(tree)))
    assert package_of(path) == "backend" or "cupy" not in found
    assert package_of(path) == "interface" or ("rich" not in found and not {"print", "input"} & calls(tree))


@EVERY_FILE
def test_no_pyplot_whose_state_is_global(path):
    tree = tree_of(path)
    assert not any("pyplot" in name for name in imported(ast.walk(tree)))
    assert not any(isinstance(node, ast.Attribute) and node.attr == "pyplot" for node in ast.walk(tree))


@EVERY_FILE
def test_randomness_comes_from_generators_alone(path):
    used = {
        node.attr
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "random"
        and isinstance(node.value.value, ast.Name)
    }
    assert used <= {"default_rng", "Generator", "SeedSequence"}
    assert "random" not in roots(imported(ast.walk(tree_of(path))))


@EVERY_FILE
def test_pickles_are_read_in_one_place_and_nothing_is_evaluated(path):
    tree = tree_of(path)
    names = roots(set(imported(ast.walk(tree))) - RUNS_TASKS)
    if path != ROOT / "classes" / "files" / "packing.py":
        assert not names & {"pickle", "marshal", "shelve", "dill", "joblib", "cloudpickle"}
    assert not {"eval", "exec", "compile", "__import__"} & calls(tree)


@pytest.mark.parametrize("package", ["backend", "initializers", "classes"])
def test_heavy_libraries_are_not_imported_by_importing_the_engine(package):
    modules = sorted(_module(path) for path in (ROOT / package).rglob("*.py") if path.stem != "__init__")
    engine = ["weights", "batches", "augmentation.mixing"] if package == "initializers" else modules
    # A subclass of matplotlib's Figure, and joblib, which only scripts with parallel tasks import.
    engine = [name for name in engine if name != "drawing.notebook_figure" and not name.startswith("engines.")]
    assert set(engine) <= set(modules)
    imports = "; ".join([f"import {package}", *(f"import {package}.{name}" for name in engine)])
    program = f"{imports}; import sys; sys.stdout.write(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert f"{package}.{engine[0]}" in loaded
    assert not loaded & set(HEAVY)
    right = ORDER[ORDER.index(package) + 1 :]
    assert not roots(loaded) & set(right)


def _module(path):
    """Return a file's name as an import of its room would have it."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts[1:])


@EVERY_FILE
def test_files_and_functions_stay_short(path):
    lengths = {}
    for node in ast.walk(tree_of(path)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            documented = ast.get_docstring(node) is not None
            first = node.body[0].end_lineno if documented else node.lineno - 1
            lengths[node.name] = node.end_lineno - first
    assert {name: length for name, length in lengths.items() if length > 45} == {}
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("*.py")), ids=lambda path: path.name)
def test_proofs_stay_short_too(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize(
    "path", [path for path in FILES if path.stem != "__init__"], ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_every_module_has_its_proofs(path):
    place = path.relative_to(ROOT)
    proof = PROVED_IN.get(place.as_posix(), place.with_name(f"test_{path.name}"))
    assert (ROOT / "tests" / proof).is_file()


def test_no_module_hides_one_of_pythons():
    assert not {path.stem for path in FILES if path.parent == ROOT} & sys.stdlib_module_names
    assert not set(ORDER) & sys.stdlib_module_names
