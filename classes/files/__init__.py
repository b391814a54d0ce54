"""Networks in files: safe pickles of built-in types, the model file, and copies made through it."""
