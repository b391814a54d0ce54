"""A substitute for CuPy on the CPU, which raises errors for everything that CuPy or this project's rules forbid.

Numbers come from NumPy, so a network that runs here must give the bits that it gives there. What is refused raises
TypeError: NumPy arrays or NumPy scalars mixed in, implicit conversion to NumPy, keywords such as `where` and `mode`,
and an `out` of another dtype or shape, or that is not contiguous.

`tests.helpers.gpu.strict_cuda` has streams and graphs.
"""

import types

import numpy as np

from tests.helpers.gpu import strict_cuda
from tests.helpers.gpu.strict_cublas import StrictCublas
from tests.helpers.gpu.strict_cuda import FUSING, RECORDING, check_order, do, not_fused, not_recorded

__version__ = "strict"

UFUNCS = """
    abs absolute add arctan ceil cos cosh divide equal exp exp2 expm1 fabs floor floor_divide fmax fmin greater
    greater_equal invert isfinite isinf isnan less less_equal log log10 log1p log2 logical_and logical_not logical_or
    maximum minimum multiply negative not_equal power reciprocal remainder rint sign sin sinh sqrt square subtract tan
    tanh true_divide
""".split()
REDUCTIONS = "sum prod max min amax amin mean argmax argmin all any".split()


class ndarray:  # noqa: N801 - CuPy's own name for it
    """An array on the pretended device."""

    __slots__ = ("_host",)
    __array_ufunc__ = None  # NumPy's ufuncs refuse it, and NumPy's arrays leave operators to it
    __hash__ = None

    def __init__(self, host):
        self._host = host

    def __array__(self, *_, **__):
        raise TypeError("Implicit conversion to a NumPy array is not allowed. Please use `.get()`.")

    def __array_function__(self, function, *_):
        raise TypeError(f"numpy.{function.__name__} is not for arrays on the device")

    def __getitem__(self, key):
        not_fused("indexing")
        places = _view_key(key)
        if [place for place in places if isinstance(place, np.ndarray)]:
            return _delivered(lambda: self._host[places], None)
        return ndarray(self._host[places])

    def __setitem__(self, key, value):
        not_fused("indexing")
        places, operand = _key(key), _operand(value)
        do(lambda: self._host.__setitem__(places, operand))

    def __len__(self):
        return len(self._host)

    def __float__(self):
        return float(self.get()[()])

    def __int__(self):
        return int(self.get()[()])

    def __bool__(self):
        return bool(self.get())

    def __neg__(self):
        return negative(self)  # noqa: F821 - made below

    def get(self):
        """Return a NumPy copy: the explicit way."""
        not_recorded("copies to main memory")
        return self._host.copy()

    def item(self):
        return self.get().item()

    def tolist(self):
        return self.get().tolist()

    def copy(self):
        return _delivered(self._host.copy, None)

    def astype(self, dtype):
        return _delivered(lambda: self._host.astype(dtype), None)

    def reshape(self, *shape):
        return ndarray(self._host.reshape(*shape))

    def ravel(self):
        return ndarray(self._host.ravel())

    def transpose(self, *axes):
        return ndarray(self._host.transpose(*axes))

    def fill(self, value):
        not_fused("fill")
        operand = _operand(value)
        do(lambda: self._host.fill(operand))

    shape = property(lambda self: self._host.shape)
    dtype = property(lambda self: self._host.dtype)
    ndim = property(lambda self: self._host.ndim)
    size = property(lambda self: self._host.size)
    nbytes = property(lambda self: self._host.nbytes)
    strides = property(lambda self: self._host.strides)
    T = property(lambda self: ndarray(self._host.T))
    data = property(lambda self: types.SimpleNamespace(ptr=self._host.__array_interface__["data"][0]))


def _operand(value):
    """Return what NumPy computes with; refuse what CuPy would."""
    if isinstance(value, ndarray):
        return value._host
    if type(value) in (bool, int, float):  # exactly: numpy.float64 is a float too
        return value
    raise TypeError(f"Unsupported type {type(value)}")


def _key(key):
    """Return an index, once it holds no NumPy arrays, NumPy scalars or lists."""
    parts = key if isinstance(key, tuple) else (key,)
    for part in parts:
        if (
            part is not None
            and part is not Ellipsis
            and not isinstance(part, (slice, ndarray))
            and type(part) is not int
        ):
            raise TypeError(f"Unsupported index {type(part)}")
    return tuple(part._host if isinstance(part, ndarray) else part for part in parts)


def _view_key(key):
    """Return an index that gives a view of 0 dimensions where NumPy would give a scalar."""
    key = _key(key)
    return key if Ellipsis in [part for part in key if part is Ellipsis] else (*key, Ellipsis)


def _delivered(compute, out, like=None):
    """Return the result of `compute` on the device, in `out` if there is one and it is exactly right.

    While recording, `like` says what the result looks like where computing it has an effect.
    """
    check_order()
    result = np.asarray(compute() if like is None or not RECORDING else like)
    if out is None:
        out = _rubbish(result) if RECORDING else ndarray(result)
        do(lambda: out._host.__setitem__(..., compute())) if RECORDING else None
        return out
    if not isinstance(out, ndarray):
        raise TypeError(f"out must be an array on the device, not {type(out)}")
    if (out.dtype, out.shape) != (result.dtype, result.shape):
        raise TypeError(f"out is {out.dtype} {out.shape}, the result {result.dtype} {result.shape}")
    if not out._host.flags.c_contiguous:
        raise TypeError("out is not contiguous")
    if RECORDING:
        do(lambda: out._host.__setitem__(..., compute()))
    else:
        out._host[...] = result
    return out


def _rubbish(like):
    """Return a new array of the same form whose content nobody may rely on."""
    return empty(like.shape, like.dtype)


def _elementwise(name):
    def call(*operands, out=None):
        numbers = [_operand(operand) for operand in operands]
        return _delivered(lambda: getattr(np, name)(*numbers), out)

    return call


def _reduction(name):
    def call(a, axis=None, *, out=None, keepdims=False):
        not_fused(name)
        numbers = _operand(a)
        return _delivered(lambda: getattr(np, name)(numbers, axis=axis, keepdims=keepdims), out)

    return call


def _operator(name):
    def call(self, other):
        number = _operand(other)
        return _delivered(lambda: getattr(np, name)(self._host, number), None)

    def reflected(self, other):
        number = _operand(other)
        return _delivered(lambda: getattr(np, name)(number, self._host), None)

    def in_place(self, other):
        number = _operand(other)
        result = getattr(np, name)(self._host, number)
        if (result.dtype, result.shape) != (self.dtype, self.shape):
            raise TypeError(f"{result.dtype} {result.shape} does not fit into {self.dtype} {self.shape}")
        do(lambda: self._host.__setitem__(..., getattr(np, name)(self._host, number)))
        return self

    return call, reflected, in_place


for _name in UFUNCS:
    globals()[_name] = _elementwise(_name)
for _name in REDUCTIONS:
    globals()[_name] = _reduction(_name)
    if not _name.startswith("a") or _name in ("argmax", "argmin", "all", "any"):
        setattr(ndarray, _name, globals()[_name])
for _symbol, _name in {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "pow": "power", "matmul": "matmul",
}.items():  # fmt: skip
    _plain, _reflected, _in_place = _operator(_name)
    setattr(ndarray, f"__{_symbol}__", _plain)
    setattr(ndarray, f"__r{_symbol}__", _reflected)
    setattr(ndarray, f"__i{_symbol}__", _in_place)
for _symbol, _name in {
    "eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal",
}.items():  # fmt: skip
    setattr(ndarray, f"__{_symbol}__", _operator(_name)[0])


def matmul(a, b, out=None):
    not_fused("matmul")
    if RECORDING:
        raise NotImplementedError("calling cuBLAS API during stream capture is currently unsupported")
    return _delivered(lambda: np.matmul(_operand(a), _operand(b)), out)


def vdot(a, b):
    return _delivered(lambda: np.vdot(_operand(a), _operand(b)), None)


def dot(a, b, out=None):
    return _delivered(lambda: np.dot(_operand(a), _operand(b)), out)


def take(a, indices, axis=None, out=None):
    return _delivered(lambda: np.take(_operand(a), _operand(indices), axis=axis), out)


def copyto(dst, src):
    target, source = _operand(dst), _operand(src)
    if not np.can_cast(getattr(source, "dtype", type(source)), target.dtype, casting="same_kind"):
        raise TypeError(f"cannot cast {source} to {target.dtype}")
    do(lambda: np.copyto(target, source, casting="same_kind"))


def asarray(a, dtype=None):
    """Bring an array to the device: the one explicit way in."""
    if isinstance(a, ndarray):
        return a if dtype is None else a.astype(dtype)
    not_recorded("copies from main memory")
    return ndarray(np.array(a, dtype=dtype))


def asnumpy(a):
    return a.get()


def empty(shape, dtype=float):
    """Return an array full of rubbish, so that nothing may rely on what `empty` finds."""
    host = np.empty(shape, dtype=dtype)
    host.fill(np.nan if host.dtype.kind == "f" else 77)
    return ndarray(host)


def zeros(shape, dtype=float):
    not_fused("zeros")
    return _delivered(lambda: np.zeros(shape, dtype=dtype), None)


def ones(shape, dtype=float):
    return _delivered(lambda: np.ones(shape, dtype=dtype), None)


def empty_like(a):
    return empty(a.shape, a.dtype)


def zeros_like(a):
    return zeros(a.shape, a.dtype)


def eye(n, dtype=float):
    return ndarray(np.eye(n, dtype=dtype))


def arange(*numbers, dtype=None):
    return ndarray(np.arange(*numbers, dtype=dtype))


class _Generator:
    def __init__(self, seed):
        self._generator = np.random.default_rng(seed)

    def random(self, size=None, dtype=np.float64, out=None):
        if out is not None and size is None:
            raise TypeError("give size beside out")
        return _delivered(lambda: self._generator.random(size, dtype=dtype), out, np.empty(size or (), dtype))


CUDA_NAMES = {"half", "half2", "float2", "int2", "dim3", "sqrt", "exp", "tanh"}  # a kernel cannot have such a name


def fuse(function):
    """Return the function, which may only be elementwise, and take arrays on the device and plain numbers."""

    def kernel(*arguments):
        if function.__name__ in CUDA_NAMES:
            raise TypeError(f'"{function.__name__}" has already been declared')
        places = [argument.data.ptr for argument in arguments if isinstance(argument, ndarray)]
        if len(set(places)) < len(places):
            raise TypeError("an array has two names")
        for argument in arguments:
            _operand(argument)
        FUSING.append(function)
        try:
            return function(*arguments)
        finally:
            FUSING.pop()

    return kernel


def _as_strided(x, shape=None, strides=None):
    return ndarray(np.lib.stride_tricks.as_strided(_operand(x), shape, strides))


lib = types.SimpleNamespace(stride_tricks=types.SimpleNamespace(as_strided=_as_strided))
random = types.SimpleNamespace(default_rng=_Generator)
cuda = strict_cuda
cublas_library = StrictCublas(do)
