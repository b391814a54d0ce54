"""What ranks send each other at every step: their gradients to those that update them, and the updated parameters.

Rank r owns the entries from ``cuts[r]`` to ``cuts[r + 1]`` of every vector. Each pair of ranks exchanges messages
directly: over two ranks of a machine this takes half the time of MPI's own reduction (docs/cluster.md), and the
order of the sum does not depend on the library.
"""

import itertools
from collections.abc import Sequence
from typing import Any

from backend.ranks import BUCKET, Ranks


class GradientBuckets:
    """The vector of all gradients, sent in pieces; those of matrices from their end, where the backward pass begins.

    Parameters
    ----------
    ranks : Ranks
        Those whose gradients are added up.
    gradients : ndarray (P,)
        The gradients of this rank, those of matrices first; the part that it owns is replaced by the sum.
    cuts : sequence of int
        Which rank owns what.
    matrices : int
        Number of gradients of matrices.
    size : int
        Bytes of a piece, at least; the last ones may be shorter.
    """

    def __init__(self, ranks: Ranks, gradients: Any, cuts: Sequence[int], matrices: int, size: int = BUCKET) -> None:
        self.ranks, self.gradients, self.cuts, self.matrices = ranks, gradients, cuts, matrices
        self.least = max(1, size // gradients.itemsize)
        self._own = slice(cuts[ranks.number], cuts[ranks.number + 1])
        self._others = [number for number in range(ranks.count) if number != ranks.number]
        self._received = [gradients[self._own].copy() for _ in self._others]
        self._end, self._requests = matrices, list[Any]()

    def ready_from(self, start: int) -> None:
        """Begin to add up the gradients of matrices from `start` on, which are final, once there are enough of them."""
        if self._end - start >= self.least:
            self._begin(start, self._end)
            self._end = start
        self.ranks.progress(self._requests)

    def finish(self) -> None:
        """Send the rest, wait for all pieces, and add them up in the order of the ranks."""
        self._begin(0, self._end)
        self._begin(self.matrices, len(self.gradients))
        self.ranks.finish(self._requests)
        for received in self._received:
            self.gradients[self._own] += received
        self._end, self._requests = self.matrices, []

    def _begin(self, start: int, stop: int) -> None:
        """Begin to send a range, in pieces that each belong to one rank, and to receive the piece that is its own."""
        for owner, (first, last) in enumerate(itertools.pairwise(self.cuts)):
            piece = slice(max(start, first), min(stop, last))
            if piece.start >= piece.stop:
                continue
            if owner != self.ranks.number:
                self._requests.append(self.ranks.send(self.gradients[piece], owner))
                continue
            inside = slice(piece.start - first, piece.stop - first)
            for sender, received in zip(self._others, self._received, strict=True):
                self._requests.append(self.ranks.receive(received[inside], sender))


def exchange_parts(ranks: Ranks, vector: Any, cuts: Sequence[int]) -> None:
    """Send the part that this rank owns to all others, and fill in theirs."""
    own = vector[cuts[ranks.number] : cuts[ranks.number + 1]]
    requests = []
    for other, (start, stop) in enumerate(itertools.pairwise(cuts)):
        if other != ranks.number:
            requests += [ranks.send(own, other), ranks.receive(vector[start:stop], other)]
    ranks.finish(requests)
