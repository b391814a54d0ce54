"""A substitute for cuBLAS on the CPU: the same functions, with addresses as arguments, computed by NumPy.

It follows cuBLAS's documentation: matrices are stored by columns, op(A) is A or its transpose, and every leading
dimension must be at least the number of stored rows.
"""

import ctypes

import numpy as np

INVALID_VALUE = 7  # CUBLAS_STATUS_INVALID_VALUE


class StrictCublas:
    """The functions that `backend.gpu.cublas` calls.

    Parameters
    ----------
    do : callable
        Runs an operation, now or when a graph is launched.
    """

    def __init__(self, do):
        self.do = do
        self.cublasSgemm_v2 = self.gemm(ctypes.c_float)
        self.cublasDgemm_v2 = self.gemm(ctypes.c_double)
        self.cublasSgemmStridedBatched = self.batched(ctypes.c_float)
        self.cublasDgemmStridedBatched = self.batched(ctypes.c_double)

    def cublasSetStream_v2(self, handle, stream):  # noqa: N802 - the library's own name
        return 0

    def cublasSetWorkspace_v2(self, handle, workspace, size):  # noqa: N802 - the library's own name
        return 0 if workspace.value else INVALID_VALUE

    def gemm(self, number):
        """Return the product of two matrices for a type of numbers."""
        batched = self.batched(number)

        def function(handle, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc):
            return batched(handle, ta, tb, m, n, k, alpha, a, lda, NONE, b, ldb, NONE, beta, c, ldc, NONE, 1)

        return function

    def batched(self, number):
        """Return the products of pairs of matrices for a type of numbers."""

        def function(handle, ta, tb, m, n, k, alpha, a, lda, sa, b, ldb, sb, beta, c, ldc, sc, count):
            if lda < (k if ta else m) or ldb < (n if tb else k) or ldc < m:
                return INVALID_VALUE
            assert (alpha._obj.value, beta._obj.value) == (1.0, 0.0)
            # By rows, the arguments are Z = X W with X the second and W the first.
            w, x = (by_rows(*each) for each in (
                (number, a, k, m, lda, ta, sa, count), (number, b, n, k, ldb, tb, sb, count),
            ))  # fmt: skip
            z = by_rows(number, c, n, m, ldc, 0, sc, count)
            w = w[0] if sa.value == 0 else w  # one matrix for the batch
            if count == 1:  # NumPy's products of two matrices may have other bits than those of stacks
                x, z, w = x[0], z[0], w[0] if w.ndim == 3 else w
            self.do(lambda: z.__setitem__(..., np.matmul(x, w)))
            return 0

        return function


NONE = ctypes.c_longlong(0)


def by_rows(number, pointer, rows, columns, leading, transposed, stride, count):
    """Return the matrices (count, rows, columns) at an address as NumPy reads them, by rows."""
    size = ctypes.sizeof(number)
    lines, length = (columns, rows) if transposed else (rows, columns)
    length += (count - 1) * stride.value + (lines - 1) * leading
    flat = np.ctypeslib.as_array(ctypes.cast(pointer, ctypes.POINTER(number)), (length,))
    steps = (size, leading * size) if transposed else (leading * size, size)
    return np.lib.stride_tricks.as_strided(flat, (count, rows, columns), (stride.value * size, *steps))
