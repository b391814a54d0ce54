"""Reading pictures of handwriting with a network: single files, folders, and folders with labels."""

from testing.reading.reader import NOTHING, Digits, Reading, is_number, read_digits, read_picture

__all__ = ["NOTHING", "Digits", "Reading", "is_number", "read_digits", "read_picture"]
