"""How anything is asked and shown: console, prompts, progress, scripts' ends, digits as text, flags."""
