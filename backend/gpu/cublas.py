"""Matrix products by calls to cuBLAS itself, which a CUDA graph can record; CuPy refuses to make its own then."""

import ctypes
from functools import cached_property
from typing import Any, NamedTuple

WORKSPACE = 32 << 20  # bytes; cuBLAS's documentation recommends 32 MiB on Hopper, and less on older devices
PREFIXES = {"float32": ("S", ctypes.c_float), "float64": ("D", ctypes.c_double)}  # of cuBLAS's names, by dtype


class Matrix(NamedTuple):
    """How cuBLAS, which stores matrices by columns, reads a row-major array: as its transpose.

    Attributes
    ----------
    transposed : int
        1 if the array is itself the transpose of one whose rows are contiguous.
    leading : int
        Distance from one contiguous line to the next, in numbers.
    batch : int
        Distance from one matrix to the next, in numbers; 0 if there is only one.
    """

    transposed: int
    leading: int
    batch: int


class Cublas:
    """Matrix products on the current device and stream.

    Parameters
    ----------
    cupy : module
        CuPy's namespace.
    library : object, optional
        cuBLAS. None loads the one for CuPy's version of CUDA.

    Raises
    ------
    OSError, AttributeError
        If the library cannot be loaded, or the namespace does not give access to CUDA.
    """

    def __init__(self, cupy: Any, library: Any = None) -> None:
        self.cupy = cupy
        version = cupy.cuda.runtime.runtimeGetVersion() // 1000
        self.library = ctypes.CDLL(f"libcublas.so.{version}") if library is None else library

    @cached_property
    def _workspace(self) -> Any:
        """The storage that cuBLAS may use; a network that never multiplies on the device takes none."""
        return self.cupy.empty(WORKSPACE, dtype="uint8")

    def matmul(self, a: Any, b: Any, out: Any) -> bool:
        """Write ``a b`` into `out`; return False, with nothing done, where one call of cuBLAS cannot do that.

        Parameters
        ----------
        a : array (K,), (M, K) or (n, M, K)
        b : array (K, N) or (n, K, N)
        out : array (N,), (M, N) or (n, M, N), contiguous, all of one dtype, float32 or float64
        """
        rows, result = (a, out) if a.ndim > 1 else (a.reshape(1, -1), out.reshape(1, -1))
        arrays = (rows, b, result)
        if str(out.dtype) not in PREFIXES or {a.dtype, b.dtype} != {out.dtype} or b.ndim < 2 or out.size == 0:
            return False
        if max(rows.ndim, b.ndim) > 3 or rows.ndim < b.ndim:
            return False
        layouts = [layout(array) for array in arrays]
        if None in layouts or layouts[2].transposed:  # type: ignore[union-attr]
            return False
        self._call(arrays, layouts)
        return True

    def _call(self, arrays: tuple[Any, ...], layouts: list[Any]) -> None:
        """Compute ``Z^T = B^T A^T``, which by columns is ``Z = A B`` by rows."""
        prefix, number = PREFIXES[str(arrays[2].dtype)]
        (*batch, rows, columns), inner = arrays[2].shape, arrays[0].shape[-1]
        a, b, z = ((ctypes.c_void_p(array.data.ptr), each) for array, each in zip(arrays, layouts, strict=True))
        one, zero = ctypes.byref(number(1.0)), ctypes.byref(number(0.0))
        flags, sizes = (b[1].transposed, a[1].transposed), (columns, rows, inner)
        matrices = [(pointer, each.leading, ctypes.c_longlong(each.batch)) for pointer, each in (b, a, z)]
        handle = self._handle()
        if batch:
            B, A, Z = matrices
            function = getattr(self.library, f"cublas{prefix}gemmStridedBatched")
            code = function(handle, *flags, *sizes, one, *B, *A, zero, *Z, batch[0])
        else:
            B, A, Z = (each[:2] for each in matrices)  # type: ignore[assignment]
            code = getattr(self.library, f"cublas{prefix}gemm_v2")(handle, *flags, *sizes, one, *B, *A, zero, *Z)
        _check(code)

    def _handle(self) -> ctypes.c_void_p:
        """Return cuBLAS's handle of this thread, set to the current stream, with storage that a graph may keep."""
        handle = ctypes.c_void_p(self.cupy.cuda.device.get_cublas_handle())
        stream = ctypes.c_void_p(self.cupy.cuda.get_current_stream().ptr)
        _check(self.library.cublasSetStream_v2(handle, stream))  # which forgets the workspace
        workspace = ctypes.c_void_p(self._workspace.data.ptr)
        _check(self.library.cublasSetWorkspace_v2(handle, workspace, ctypes.c_size_t(WORKSPACE)))
        return handle


def layout(array: Any) -> Matrix | None:
    """Return how cuBLAS reads an array (M, N) or (n, M, N); None if neither rows nor columns are contiguous."""
    size = array.dtype.itemsize
    *_, rows, columns = array.shape
    *outer, by_row, by_column = (stride // size for stride in array.strides)
    if by_column == 1 or columns == 1:
        transposed, lines, leading, shortest = 0, rows, by_row, columns
    elif by_row == 1 or rows == 1:
        transposed, lines, leading, shortest = 1, columns, by_column, rows
    else:
        return None
    if lines == 1:
        leading = max(leading, shortest)
    return Matrix(transposed, leading, outer[0] if outer else 0) if leading >= shortest else None


def _check(code: int) -> None:
    """Raise RuntimeError unless cuBLAS returned 0."""
    if code:
        raise RuntimeError(f"cuBLAS returned the status {code}")
