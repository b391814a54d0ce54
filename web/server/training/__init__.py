"""Training from the page: the settings it may choose, the child process that trains, and its events."""
