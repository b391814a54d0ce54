"""What ranks send each other, with threads and queues in place of MPI."""

import queue
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from backend.ranks import Ranks
from classes.training.rank_exchange import GradientBuckets, exchange_parts

SIZE, MATRICES = 23, 17


class Thread(Ranks):
    """A rank that is a thread; messages of a pair arrive in their order."""

    def __init__(self, number, count, boxes):
        self.number, self.count, self.boxes = number, count, boxes
        self.pieces = []

    def send(self, vector, to):
        self.pieces.append(len(vector))
        self.boxes[self.number, to].put(vector.copy())
        return lambda: None

    def receive(self, vector, sender):
        return lambda: np.copyto(vector, self.boxes[sender, self.number].get(timeout=10))

    def finish(self, requests):
        for request in requests:
            request()


def on_threads(count, work):
    """Return what `work` returns for each rank."""
    boxes = {(a, b): queue.Queue() for a in range(count) for b in range(count)}
    ranks = [Thread(number, count, boxes) for number in range(count)]
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, ranks))


def cuts_of(count):
    return [SIZE * part // count for part in range(count)] + [SIZE]


def gradients_of(number):
    return np.random.default_rng(number).normal(size=SIZE)


@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize("bucket", [8, 40, 10_000])
def test_each_rank_gets_the_sum_of_its_part(count, bucket):
    def work(ranks):
        gradients = gradients_of(ranks.number)
        buckets = GradientBuckets(ranks, gradients, cuts_of(count), MATRICES, bucket)
        for _ in range(2):  # the second step uses the same buffers
            gradients[...] = gradients_of(ranks.number)
            for start in (12, 12, 5):  # layers from the last to the second; one has no matrix
                buckets.ready_from(start)
            buckets.finish()
        return gradients[cuts_of(count)[ranks.number] : cuts_of(count)[ranks.number + 1]]

    found = np.concatenate(on_threads(count, work))
    np.testing.assert_allclose(found, sum(gradients_of(number) for number in range(count)))


def test_small_pieces_wait_for_more():
    def work(ranks):
        buckets = GradientBuckets(ranks, gradients_of(ranks.number), [0, 0, SIZE], MATRICES, 8 * 10)
        buckets.ready_from(12)  # five gradients of matrices are too few
        sent = list(ranks.pieces)
        buckets.ready_from(5)  # twelve are enough
        early = list(ranks.pieces)
        buckets.finish()
        return sent, early, ranks.pieces

    first, _ = on_threads(2, work)
    assert first == ([], [12], [12, 5, SIZE - MATRICES])  # all belong to the second rank


@pytest.mark.parametrize("count", [2, 4])
def test_parts_come_together_on_all_ranks(count):
    def work(ranks):
        vector = np.full(SIZE, -1.0)
        start, stop = cuts_of(count)[ranks.number : ranks.number + 2]
        vector[start:stop] = np.arange(start, stop)
        exchange_parts(ranks, vector, cuts_of(count))
        return vector

    for found in on_threads(count, work):
        np.testing.assert_array_equal(found, np.arange(SIZE))
