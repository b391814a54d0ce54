"""MNIST-C's corruptions of test images, and the scores of a network under them."""

from testing.corruptions.mnist_c import BLOCK, CORRUPTIONS, Corruption, corrupted

__all__ = ["BLOCK", "CORRUPTIONS", "Corruption", "corrupted"]
