"""MNIST on disk: finding, downloading, verifying and reading its IDX files; the digits that need no download."""
