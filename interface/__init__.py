"""The user interface in the terminal: console, prompts, progress, exit of scripts, digits as text, flags."""
