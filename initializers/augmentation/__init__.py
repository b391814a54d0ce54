"""Random changes of training images: warps, pen strokes, mixtures, and images that show no digit."""

from initializers.augmentation.policies import AUGMENTATIONS, DRAWS, OF_LABELLED, Augmentation, Augmenter

__all__ = ["AUGMENTATIONS", "DRAWS", "OF_LABELLED", "Augmentation", "Augmenter"]
