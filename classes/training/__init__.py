"""Training: options, the loop, callbacks, checkpoints, and data parallelism."""
