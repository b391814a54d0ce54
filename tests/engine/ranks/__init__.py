"""Training on several ranks of MPI."""
