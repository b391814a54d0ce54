"""Data for tests: drawn digits, folders of pictures, damaged files, and a server of MNIST's files."""
