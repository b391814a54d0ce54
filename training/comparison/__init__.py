"""Several trainings compared: grids of settings, engines that run them, and records of the results."""
