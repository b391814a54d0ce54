"""The server of the page: predictions, models and training over HTTP, for the page and for scripts."""
