"""The speed comparison with other libraries: jobs, their processes, and tables of the results."""
