"""Augmentation of training images: warps, pen strokes, mixup, and images without a digit."""

from initializers.augmentation.policies import AUGMENTATIONS, DRAWS, OF_LABELLED, Augmentation, Augmenter

__all__ = ["AUGMENTATIONS", "DRAWS", "OF_LABELLED", "Augmentation", "Augmenter"]
