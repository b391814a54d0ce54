"""The page in one file: the model as JSON, and the modules in a document."""
