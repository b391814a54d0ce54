"""Malicious and damaged files."""

import os
import pickle


def spoilt(data, *path, **to):
    """Return the file with the entry at `path` replaced, or taken out if `to` is empty."""
    contents = pickle.loads(data)
    del contents["checksum"]  # a forger would mend it
    place = contents
    for key in path[:-1]:
        place = place[key]
    if to:
        place[path[-1]] = to["to"]
    else:
        del place[path[-1]]
    return pickle.dumps(contents, protocol=4)


class Runs:
    """What a pickle runs when it is loaded."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)
