"""Mutation testing: change the kernels one syntax node at a time and check that a test fails.

    python tests/mutation_check.py [--sample N] [--seed S] [--jobs J] [FILE ...]

Each mutant is written into a temporary copy of the tree and the tests of its file run there, stopping at the first
failure. What survives is printed with its line; mutants that cannot be told from the original stand in `EQUIVALENT`
with the reason. Exit status 1 if anything else survives. Not collected by pytest; a whole run takes minutes.
"""

import argparse
import ast
import concurrent.futures
import copy
import queue
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("backend", "initializers", "classes", "interface", "benchmarks", "tests")

# Kernel files, and the tests that must notice when one is broken; the closest first.
TARGETS = {
    "classes/activations.py": ["classes/test_activations.py", "classes/layers/test_layer.py"],
    "classes/layers/dense.py": ["classes/layers/test_layer.py", "classes/layers/test_sequential.py"],
    "classes/layers/dropout.py": ["classes/layers/test_layer.py", "engine/on_gpu/test_strict_backend.py"],
    "classes/losses.py": ["classes/test_losses.py", "engine/on_gpu/test_strict_backend.py"],
    "classes/optimizers.py": [
        "classes/test_optimizers.py",
        "engine/on_gpu/test_strict_backend.py",
        "engine/test_moving_average.py",
    ],
    "classes/schedules.py": ["classes/test_schedules.py"],
    "classes/training/loop.py": [
        "classes/training/test_loop.py",
        "engine/test_divergence.py",
        "engine/on_gpu/test_strict_backend.py",
        "engine/test_accumulation.py",
        "engine/test_moving_average.py",
        "classes/training/test_data_parallel.py",
    ],
    "classes/layers/parameters.py": ["classes/layers/test_parameters.py", "classes/layers/test_sequential.py"],
    "classes/callbacks.py": ["classes/test_callbacks.py", "engine/test_early_stopping.py"],
    "classes/layers/sequential.py": ["classes/layers/test_sequential.py", "classes/layers/test_summary.py"],
    "classes/checks.py": ["classes/test_checks.py", "classes/training/test_fitting.py"],
    "classes/training/records.py": ["classes/training/test_records.py"],
    "classes/gradient_check.py": ["classes/test_gradient_check.py"],
    "classes/layers/summary.py": ["classes/layers/test_summary.py"],
    "classes/files/model_file.py": [
        "classes/files/test_model_file.py",
        "classes/files/test_hostile_files.py",
        "classes/files/test_hostile_values.py",
    ],
    "classes/network.py": [
        "classes/test_neural_network.py",
        "engine/test_bad_arguments.py",
        "engine/test_determinism.py",
    ],
    "classes/neural_network.py": [
        "classes/test_neural_network.py",
        "engine/test_bad_arguments.py",
        "engine/test_determinism.py",
        "classes/test_gradient_check.py",
        "classes/files/test_model_file.py",
    ],
    "backend/array_backend.py": [
        "backend/test_array_backend.py",
        "engine/on_gpu/test_strict_backend.py",
        "classes/training/test_data_parallel.py",
    ],
    "backend/select.py": ["backend/test_select.py"],
    "backend/files.py": ["backend/test_files.py"],
    "initializers/weights.py": ["initializers/test_weights.py", "classes/layers/test_layer.py"],
    "initializers/batches.py": ["initializers/test_batches.py", "engine/on_gpu/test_strict_backend.py"],
}

EQUIVALENT = [
    ("classes/activations.py", "xp.zeros(z.shape", "", "any shape of zeros broadcasts to the same"),
    (
        "classes/layers/dense.py",
        "self._use_rows(0)",
        "0 becomes",
        "the views are cut anew at the first batch of another size",
    ),
    ("classes/gradient_check.py", "STEP = 1e-6", "", "any small step serves"),
    ("classes/gradient_check.py", "direction /= ", "", "only the size of the step, near enough to its best"),
    ("classes/gradient_check.py", "worst = max(", "1e-06", "any small number keeps the quotient finite"),
    ("classes/gradient_check.py", "(name)[...] = 1.0", "1.0 becomes", "directions are normalised afterwards"),
    ("classes/layers/layer.py", "def backward(", "True becomes", "a default of an abstract method, which only raises"),
    ("classes/layers/dense.py", "self.n = n", "removed", "the same views are cut anew at every batch"),
    (
        "classes/layers/dropout.py",
        "self.dropped = False",
        "",
        "every forward sets it before a backward",
    ),
    ("classes/files/model_file.py", "found = f", "or becomes and", "the wording of an error"),
    ("classes/network.py", "EVALUATION_BATCH = 1000", "", "any size serves"),
    ("classes/network.py", "LearningRate(self.", "1 becomes", "made for its checks alone"),
    ("classes/network.py", "noise.integers(", "** becomes", "fewer seeds, each as good"),
    ("classes/network.py", "if capacity > ", "", "the same room is made again"),
    ("classes/neural_network.py", "def check_gradients(", "", "any number of directions and any seed serve"),
    ("classes/network.py", "strict=True", "True becomes", "both were made of one length"),
    ("classes/training/records.py", "allow_nan=False", "False becomes", "nothing that is not finite is left by then"),
    ("classes/training/records.py", "indent=2", "2 becomes", "the looks of a file"),
    ("classes/schedules.py", "if progress < peak:", "< becomes <=", "rise and fall meet at the peak, both at 1"),
    ("classes/layers/sequential.py", "self.capacity = 0", "", "room is made at the first batch either way"),
    ("classes/layers/summary.py", "strict=True", "True becomes", "both were made of one length"),
    ("backend/files.py", "os.umask(0)", "", "set back at once"),
]  # file, part of the line as it stands, part of what was done (all of it if empty), why no test can see it

SWAPS = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip
SIGNS = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.FloorDiv: "//", ast.Lt: "<",
    ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=", ast.Is: "is", ast.IsNot: "is not",
    ast.And: "and", ast.Or: "or",
}  # fmt: skip


class Mutant(NamedTuple):
    """One broken version of a file."""

    file: str
    line: int
    code: str
    change: str
    source: str

    @property
    def equivalent(self) -> bool:
        """Whether the table says that no test can see it."""
        return any(
            self.file == file and code in self.code and change in self.change for file, code, change, _ in EQUIVALENT
        )


def swapped(operator: ast.AST) -> tuple[ast.AST, str] | None:
    """Return the opposite operator and what to call the change."""
    other = SWAPS.get(type(operator))
    return (other(), f"{SIGNS[type(operator)]} becomes {SIGNS[other]}") if other else None


def changes(node: ast.AST) -> list[tuple[ast.AST, str]]:
    """Return what may stand in place of a node, each with its name."""
    found: list[tuple[ast.AST, str]] = []
    for field in ("op", "ops"):
        operator = getattr(node, field, None)
        operator = operator[0] if isinstance(operator, list) else operator
        if operator is not None and (pair := swapped(operator)):
            twin = copy.deepcopy(node)
            setattr(twin, field, [pair[0], *node.ops[1:]] if field == "ops" else pair[0])
            found.append((twin, pair[1]))
    match node:
        case ast.UnaryOp(op=ast.USub() | ast.Not()):
            found.append((node.operand, "sign dropped"))
        case ast.Attribute(attr="T"):
            found.append((node.value, ".T dropped"))
        case ast.Constant(value=bool()):
            found.append((ast.Constant(not node.value), f"{node.value} becomes {not node.value}"))
        case ast.Constant(value=int() | float()):
            other = node.value + 1 if isinstance(node.value, int) else node.value * 1.25 or 0.25
            found.append((ast.Constant(other), f"{node.value} becomes {other}"))
        case ast.AugAssign() | ast.Expr(value=ast.Call()):
            found.append((ast.Pass(), "statement removed"))
        case ast.Assign(targets=[ast.Subscript() | ast.Attribute(), *_]):
            found.append((ast.Pass(), "statement removed"))
        case ast.If() | ast.IfExp():
            twin = copy.deepcopy(node)
            twin.test = ast.UnaryOp(ast.Not(), twin.test)
            found.append((twin, "condition negated"))
    return found


def places(node: ast.AST) -> list[tuple[ast.AST, str, int | None]]:
    """Return (parent, field, index) of every node that runs; annotations, decorators and error texts do not count."""
    found = []
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list") or isinstance(node, ast.Raise):
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST):
                found += [(node, field, index), *places(child)]
    return found


def mutants_of(file: str) -> list[Mutant]:
    """Return every mutant of a file."""
    text = (ROOT / file).read_text(encoding="utf-8")
    tree, lines, found = ast.parse(text), text.splitlines(), []
    for parent, field, index in places(tree):
        value = getattr(parent, field)
        node = value if index is None else value[index]
        for other, change in changes(node):
            _put(parent, field, index, other)
            code = lines[node.lineno - 1].split("  #")[0].strip()
            found.append(Mutant(file, node.lineno, code, change, ast.unparse(ast.fix_missing_locations(tree))))
            _put(parent, field, index, node)
    return found


def _put(parent: ast.AST, field: str, index: int | None, node: ast.AST) -> None:
    if index is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[index] = node


def fresh_copy(folder: Path) -> Path:
    """Copy what the kernel tests need, with settings that load no plug-in for nothing."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\npythonpath = .\n")
    return folder


def survives(mutant: Mutant, folder: Path) -> bool:
    """Whether the tests of its file pass on the mutant."""
    tests = [f"tests/{name}" for name in TARGETS[mutant.file]]
    plain = [f"-pno:{plugin}" for plugin in ("cacheprovider", "hypothesispytest", "cov", "timeout")]
    target = folder / mutant.file
    target.write_text(mutant.source, encoding="utf-8")
    try:
        command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", *plain, *tests]
        return subprocess.run(command, cwd=folder, capture_output=True, timeout=60, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False  # an endless loop is noticed
    finally:
        shutil.copyfile(ROOT / mutant.file, target)


def run(mutants: list[Mutant], jobs: int) -> list[Mutant]:
    """Return those that survive."""
    with tempfile.TemporaryDirectory() as top:
        folders: queue.Queue[Path] = queue.Queue()
        for number in range(jobs):
            folders.put(fresh_copy(Path(top) / str(number)))

        def judged(mutant: Mutant) -> bool:
            folder = folders.get()
            try:
                return survives(mutant, folder)
            finally:
                folders.put(folder)

        for file in {mutant.file for mutant in mutants}:
            original = Mutant(file, 0, "", "", (ROOT / file).read_text(encoding="utf-8"))
            if not judged(original):
                raise SystemExit(f"the tests of {file} fail on the file as it stands")
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            return [mutant for mutant, alive in zip(mutants, pool.map(judged, mutants), strict=True) if alive]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="*", default=list(TARGETS), help="kernel files (all)")
    parser.add_argument("--sample", type=int, help="try only so many, drawn at random")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time")
    options = parser.parse_args()
    mutants = [mutant for file in options.files for mutant in mutants_of(file)]
    left_out = sum(mutant.equivalent for mutant in mutants)
    mutants = [mutant for mutant in mutants if not mutant.equivalent]
    if options.sample is not None and options.sample < len(mutants):
        mutants = random.Random(options.seed).sample(mutants, options.sample)
    alive = run(mutants, options.jobs)
    for mutant in alive:
        sys.stdout.write(f"survived  {mutant.file}:{mutant.line}  {mutant.code}  [{mutant.change}]\n")
    sys.stdout.write(f"{len(mutants) - len(alive)} of {len(mutants)} killed; {left_out} equivalent, left out\n")
    return 1 if alive else 0


if __name__ == "__main__":
    raise SystemExit(main())
