"""Gradients that are added up over all ranks while the backward pass goes on."""

from typing import Any

from backend.ranks import BUCKET, Ranks


class GradientBuckets:
    """The vector of all gradients, sent in pieces; those of matrices from their end, where the backward pass begins.

    Parameters
    ----------
    ranks : Ranks
        Those whose gradients are added up.
    gradients : array (P,)
        The gradients of this rank, those of matrices first; replaced by the sum.
    matrices : int
        Number of gradients of matrices.
    size : int
        Bytes of a piece, at least; the last one may be shorter.
    """

    def __init__(self, ranks: Ranks, gradients: Any, matrices: int, size: int = BUCKET) -> None:
        self.ranks, self.gradients = ranks, gradients
        self.least = max(1, size // gradients.itemsize)
        self.matrices = matrices
        self._end, self._requests = matrices, list[Any]()

    def ready_from(self, start: int) -> None:
        """Begin to add up the gradients of matrices from `start` on, which are final, once there are enough of them."""
        if self._end - start >= self.least:
            self._requests.append(self.ranks.begin_adding(self.gradients[start : self._end]))
            self._end = start
        self.ranks.progress(self._requests)

    def finish(self) -> Any:
        """Add up the rest, wait for all pieces, and return the sum (P,)."""
        for rest in (self.gradients[: self._end], self.gradients[self.matrices :]):
            if len(rest):
                self._requests.append(self.ranks.begin_adding(rest))
        self.ranks.finish_adding(self._requests)
        self._end, self._requests = self.matrices, []
        return self.gradients
