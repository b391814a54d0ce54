"""Everything before the first step: weights, data sets, batches, augmentation, pictures."""
