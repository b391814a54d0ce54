"""One worker's part in a step: it learns from its share of the batch, with layers and gradients of its own."""

import copy
from typing import Any

from classes.losses import Loss
from classes.sequential import Sequential
from initializers.batches import Batches, Reader


class Learner:
    """A model, a loss and the buffers for a share of every batch.

    Parameters
    ----------
    model, loss : Sequential, Loss
        Bound for `capacity` rows.
    batches : Batches
        What is read.
    capacity : int
        Rows of the largest share.

    Attributes
    ----------
    result : tuple of array ()
        Summed loss and number of right answers of the last share, on the device, as they were before the step.
    """

    def __init__(self, model: Sequential, loss: Loss, batches: Batches, capacity: int) -> None:
        self.model, self.loss = model, loss
        self.reader = Reader(batches, capacity)
        self.result: tuple[Any, Any] = (0.0, 0)

    def learn(self, rows: Any, images: int) -> None:
        """Assign this share's part of the gradient of a batch's mean loss.

        Parameters
        ----------
        rows : slice or array
            This share's rows of the data set; there may be none.
        images : int
            Rows of the whole batch.
        """
        x, y = self.reader.read(rows)
        z = self.model.forward(x, training=True)
        self.result = self.loss.forward(z, y), count_hits(z, y)
        self.model.backward(self.loss.backward(images))


def team_of_learners(model: Sequential, loss: Loss, batches: Batches, generators: list[Any]) -> list[Learner]:
    """Return a learner for the model itself, and one for a replica on the same values for every generator.

    Parameters
    ----------
    model, loss : Sequential, Loss
        Bound for a whole batch.
    batches : Batches
        The training data.
    generators : list
        A random generator of the backend for each replica's dropout.
    """
    capacity = -(-batches.batch_size // (1 + len(generators)))
    learners = [Learner(model, loss, batches, capacity)]
    for generator in generators:
        replica, own_loss = model.replica(), copy.copy(loss)
        replica.bind(capacity, generator)
        own_loss.bind(model.backend, model.output_shape[0], capacity, model.dtype)
        learners.append(Learner(replica, own_loss, batches, capacity))
    return learners


def count_hits(z: Any, y: Any) -> Any:
    """Return how many rows of `z` (n, C) are largest at their class number `y` (n,), on the device."""
    return (z.argmax(axis=1) == y).sum()
