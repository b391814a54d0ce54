"""PyTorch on a GPU: the eager loop, and one with each step in a CUDA graph."""

import numpy as np
import torch
from torch.nn import functional

from benchmarks.peers.pytorch import Eager

WARM_UP = 3  # steps before the capture, as PyTorch's documentation asks for


class EagerOnGpu(Eager):
    """The usual loop with all tensors on the GPU."""

    device = "cuda"

    def epoch(self) -> None:
        """Learn from every image once, and wait for the GPU."""
        super().epoch()
        torch.cuda.synchronize()


class Graph(EagerOnGpu):
    """A step, with the gathering of its batch, is captured once and replayed; a smaller last batch runs eagerly."""

    def make_optimizer(self) -> torch.optim.Optimizer:
        """Return fused Adam, in the form that a graph can hold."""
        return torch.optim.Adam(self.model.parameters(), lr=self.setting.learning_rate, fused=True, capturable=True)

    def take(self, X: np.ndarray, y: np.ndarray) -> None:
        """Prepare tensors once, and capture a step."""
        super().take(X, y)
        self.model.train()
        self.rows = torch.zeros(self.setting.batch_size, dtype=torch.int64, device=self.device)
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        kept = [parameter.detach().clone() for parameter in self.model.parameters()]
        with torch.cuda.stream(side):
            for _ in range(WARM_UP):
                self.step()
        torch.cuda.current_stream().wait_stream(side)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.step()
        with torch.no_grad():  # forget the steps of the warm-up
            for parameter, values in zip(self.model.parameters(), kept, strict=True):
                parameter.copy_(values)

    def step(self) -> None:
        """Take a step with the batch whose numbers are in `rows`."""
        self.optimizer.zero_grad(set_to_none=True)
        loss = functional.cross_entropy(self.model(self.X[self.rows]), self.y[self.rows])
        loss.backward()
        self.optimizer.step()

    def epoch(self) -> None:
        """Learn from every image once, and wait for the GPU."""
        for rows in torch.randperm(len(self.X), device=self.device).split(self.setting.batch_size):
            if len(rows) == self.setting.batch_size:
                self.rows.copy_(rows)
                self.graph.replay()
            else:
                self.learn(self.X[rows], self.y[rows])
        torch.cuda.synchronize()
