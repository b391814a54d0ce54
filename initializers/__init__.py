"""All that exists before the first step: weights, and data from download to batches and pictures."""
