"""Networks in files: safe pickles of built-in types, model files, and copies."""
