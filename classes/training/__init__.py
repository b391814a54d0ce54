"""How a network learns: options, the loop, callbacks, checkpoints, and several processes on one batch."""
