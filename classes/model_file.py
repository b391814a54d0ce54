"""Model files: a pickle of built-in types alone, read by an unpickler that knows nothing else."""

import io
import math
import pickle
import pickletools
import reprlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from backend import Backend, InputError
from backend.registry import look_up
from classes.construction import DTYPES
from classes.layers import LAYERS, Layer
from classes.losses import LOSSES
from classes.optimizers import OPTIMIZERS
from classes.records import History
from classes.sequential import declare_all
from initializers.files import write_bytes

if TYPE_CHECKING:
    from classes.neural_network import NeuralNetwork

FORMAT = "neural_network_digit model"
VERSION = 1
PROTOCOL = 4  # the newest that every supported Python reads alike

# What numbers, strings, bytes, lists and dicts are written with. None of these looks a name up or calls it. Tuples
# are left out: as keys of a dict, nested ones take exponential time.
SAFE_OPCODES = frozenset(
    (
        "PROTO FRAME STOP MARK MEMOIZE BINGET LONG_BINGET NONE NEWTRUE NEWFALSE BININT BININT1 BININT2 LONG1 "
        "BINFLOAT SHORT_BINUNICODE BINUNICODE SHORT_BINBYTES BINBYTES BINBYTES8 EMPTY_LIST APPEND APPENDS "
        "EMPTY_DICT SETITEM SETITEMS"
    ).split()
)
ARRAY_TYPES = ("<f2", "<f4", "<f8")
DEEPEST = 20  # levels of lists and dicts in each other
MOST_LAYERS = 200

Made = TypeVar("Made")


@dataclass(frozen=True)
class ModelContents:
    """What a model file says, in built-in types.

    Attributes
    ----------
    input_size : int
        Numbers of an input row.
    layers : list of dict
        ``kind`` and settings of every layer.
    loss, optimizer : dict
        ``kind`` and settings.
    learning_rate : float
        Base rate of the training.
    input_scaling, dtype : str
        As in `NeuralNetwork`.
    class_names : list of str
        One a class.
    parameters : dict of str to dict
        ``shape`` (list of int), ``dtype`` (one of `ARRAY_TYPES`) and ``data`` (bytes) of every array by name.
    history : dict
        As `History.to_dict` gives it.
    info : dict
        Data set, preset, accuracy when saved, and whatever else is worth knowing.
    """

    input_size: int
    layers: list[dict[str, Any]]
    loss: dict[str, Any]
    optimizer: dict[str, Any]
    learning_rate: float
    input_scaling: str
    dtype: str
    class_names: list[str]
    parameters: dict[str, dict[str, Any]]
    history: dict[str, Any]
    info: dict[str, Any]


FIELD_TYPES: dict[str, type] = {
    "input_size": int, "layers": list, "loss": dict, "optimizer": dict, "learning_rate": float, "input_scaling": str,
    "dtype": str, "class_names": list, "parameters": dict, "history": dict, "info": dict,
}  # fmt: skip


def contents_of(network: "NeuralNetwork") -> ModelContents:
    """Return what a file about this network says."""
    return ModelContents(
        input_size=network.input_size,
        layers=[{"kind": layer.kind, **layer.settings()} for layer in network.model.layers],
        loss={"kind": network.loss.kind, **network.loss.settings()},
        optimizer={"kind": network.optimizer.kind, "weight_decay": network.optimizer.weight_decay},
        learning_rate=float(network.learning_rate),
        input_scaling=network.input_scaling,
        dtype=network.dtype,
        class_names=list(network.class_names),
        parameters=_packed_parameters(network),
        history=network.history.to_dict(),
        info=dict(network.info),
    )


def _packed_parameters(network: "NeuralNetwork") -> dict[str, dict[str, Any]]:
    """Return every parameter as shape, dtype and bytes."""
    packed = {}
    for name in network.model.parameters.shapes:
        array = network.backend.to_host(network.model.parameters.view(name))
        array = array.astype(array.dtype.newbyteorder("<"))
        packed[name] = {"shape": list(array.shape), "dtype": array.dtype.str, "data": array.tobytes()}
    return packed


def write_contents(path: str | Path, contents: ModelContents) -> Path:
    """Write a model file, whole or not at all; return its path.

    Raises
    ------
    InputError
        If there is more in the contents than a file may hold, in `info` say; nothing is written then.
    OSError
        If the file cannot be written.
    """
    data = pickle.dumps({"format": FORMAT, "version": VERSION, **asdict(contents)}, protocol=PROTOCOL)
    _unpickled(data, str(path))
    return write_bytes(path, data)


def read_contents(path: str | Path) -> ModelContents:
    """Return what a model file says, without running anything that it holds.

    Parameters
    ----------
    path : str or Path
        A `.pkl` from anywhere.

    Returns
    -------
    ModelContents
        Of the right types; `build_network` checks that they belong together.

    Raises
    ------
    InputError
        If there is no such file, or it is no pickle, holds more than built-in types, or is no model of this version.
    """
    contents = _unpickled(_bytes_of(Path(path)), str(path))
    if not isinstance(contents, dict) or contents.get("format") != FORMAT:
        raise bad_file(str(path), f"a {FORMAT!r}", "a pickle of something else")
    if contents.get("version") != VERSION:
        raise bad_file(
            str(path),
            f"format version {VERSION}",
            reprlib.repr(contents.get("version")),
            "Update the program or train anew.",
        )
    for name, wanted in FIELD_TYPES.items():
        if type(contents.get(name)) is not wanted:
            raise bad_file(str(path), f"{name} as {wanted.__name__}", type(contents.get(name)).__name__)
    return ModelContents(**{field.name: contents[field.name] for field in fields(ModelContents)})


def _bytes_of(path: Path) -> bytes:
    """Return what a file holds."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise bad_file(str(path), "an existing model file", "no such file", "Train one first.") from None
    except OSError as failure:
        raise bad_file(str(path), "a file that can be read", str(failure.strerror), "Name another.") from failure


class _BuiltInUnpickler(pickle.Unpickler):
    """An unpickler that refuses to look up any name."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"a reference to {module}.{name}")


def _unpickled(data: bytes, path: str) -> Any:
    """Return the object that a pickle holds, once every one of its opcodes is known to be harmless."""
    try:
        for opcode, argument, _ in pickletools.genops(data):
            if opcode.name not in SAFE_OPCODES:
                found = f"{opcode.name} {argument or ''}".strip()
                raise bad_file(path, "numbers, strings, lists, dicts and bytes alone", f"the instruction {found}")
        contents = _BuiltInUnpickler(io.BytesIO(data)).load()
        _check_tree(contents, path)
        return contents
    except InputError:
        raise
    except Exception as failure:  # torn or hostile bytes make the reader raise anything at all
        raise bad_file(path, "a whole pickle", f"{type(failure).__name__}: {failure}") from failure


def _check_tree(contents: Any, path: str) -> None:
    """Refuse lists and dicts that occur twice or lie too deep: unfolded, they would have no end."""
    seen: set[int] = set()
    waiting = [(contents, 1)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, (list, dict)):
            if id(value) in seen or depth > DEEPEST:
                raise bad_file(
                    path, f"a tree of lists and dicts at most {DEEPEST} deep", "one that folds or goes deeper"
                )
            seen.add(id(value))
            items = value if isinstance(value, list) else value.values()
            waiting.extend((item, depth + 1) for item in items)


def build_network(
    network_class: "type[NeuralNetwork]", contents: ModelContents, path: str, *, device: str | Backend = "cpu"
) -> "NeuralNetwork":
    """Return the network that the contents describe, once they are known to belong together.

    Parameters
    ----------
    network_class : type
        `NeuralNetwork` or a class of its kind.
    contents : ModelContents
        From `read_contents` or `contents_of`.
    path : str
        What to call them in errors.
    device : {"cpu", "gpu", "auto"} or Backend
        Where the arithmetic shall happen.

    Raises
    ------
    InputError
        If a kind is unknown, shapes do not chain, or weights are missing or not finite.
    """
    try:
        return _built(network_class, contents, device)
    except InputError as error:
        raise InputError(
            f"model file {path}: {error.wrong}", expected=error.expected, found=error.found, advice=error.advice
        ) from error


def _built(network_class: "type[NeuralNetwork]", contents: ModelContents, device: str | Backend) -> "NeuralNetwork":
    """Return the network; errors do not name the file yet."""
    if len(contents.layers) > MOST_LAYERS:
        raise _refusal("layers", f"at most {MOST_LAYERS}", str(len(contents.layers)))
    layers = [_made(LAYERS, layer, "layer") for layer in contents.layers]
    arrays = _checked_arrays(contents, layers)
    network = network_class(
        contents.input_size,
        layers=layers,
        loss=_made(LOSSES, contents.loss, "loss"),
        optimizer=str(contents.optimizer.get("kind")),
        weight_decay=_made(OPTIMIZERS, contents.optimizer, "optimizer").weight_decay,
        learning_rate=contents.learning_rate,
        input_scaling=contents.input_scaling,
        dtype=contents.dtype,
        class_names=contents.class_names,
        device=device,
    )
    for name, array in arrays.items():
        network.model.parameters.view(name)[...] = network.backend.from_host(array)
    network.history = _checked_history(contents.history)
    network.info = dict(contents.info)
    return network


def _made(registry: Mapping[str, Callable[..., Made]], described: Any, what: str) -> Made:
    """Return what a registry's entry makes of a description ``{"kind": ..., **settings}``."""
    if not isinstance(described, dict):
        raise _refusal(what, "a dict", type(described).__name__)
    settings = dict(described)
    maker = look_up(registry, settings.pop("kind", None), what)
    try:
        return maker(**settings)
    except TypeError as failure:
        raise _refusal(f"settings of a {what}", "those that it has", str(failure)) from failure


def _checked_arrays(contents: ModelContents, layers: list[Layer]) -> dict[str, np.ndarray]:
    """Return the arrays of the file, once they are those that the layers declare; nothing large is made before."""
    look_up(dict.fromkeys(DTYPES), contents.dtype, "dtype")
    _, shapes = declare_all(layers, (contents.input_size,))
    if set(shapes) != set(contents.parameters):
        raise _refusal("parameters", reprlib.repr(sorted(shapes)), reprlib.repr(list(contents.parameters)))
    return {name: _array(name, contents.parameters[name], shape, contents.dtype) for name, shape in shapes.items()}


def _array(name: str, packed: Any, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Return one parameter out of its bytes."""
    found = packed if isinstance(packed, dict) else {}
    stored, data = found.get("dtype"), found.get("data")
    if found.get("shape") != list(shape) or stored not in ARRAY_TYPES or not isinstance(data, bytes):
        described = f"shape {reprlib.repr(found.get('shape'))}, dtype {reprlib.repr(stored)}"
        raise _refusal(name, f"shape {list(shape)} and one of the dtypes {', '.join(ARRAY_TYPES)}", described)
    if len(data) != math.prod(shape) * np.dtype(stored).itemsize:
        raise _refusal(name, f"{math.prod(shape)} numbers", f"{len(data)} bytes of {stored}")
    with np.errstate(over="ignore"):  # what overflows here is refused below
        array = np.frombuffer(data, dtype=stored).reshape(shape).astype(dtype)
    if not np.isfinite(array).all():
        raise _refusal(name, "finite weights", f"NaN, infinity or more than {dtype} holds")
    return array


def _checked_history(described: dict[str, Any]) -> History:
    """Return the history of the file."""
    try:
        return History.from_dict(described)
    except (TypeError, KeyError, AttributeError) as failure:
        raise _refusal("history", "records of epochs", f"{type(failure).__name__}: {failure}") from failure


def _refusal(what: str, expected: str, found: str) -> InputError:
    """Return the error about a part of a model file."""
    return InputError(what, expected=expected, found=found, advice="Train a model anew, or take another file.")


def bad_file(
    path: str, expected: str, found: str, advice: str = "Train a model anew, or take another file."
) -> InputError:
    """Return the error about a model file."""
    return InputError(f"model file {path}", expected=expected, found=found, advice=advice)
