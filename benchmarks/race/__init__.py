"""The race against other libraries: jobs, the processes that run them, and tables of their times."""
