"""Event files read without TensorBoard: records of a protocol buffer, as tensorboardX writes them."""

import struct
from pathlib import Path


def events(folder: Path):
    """Return the events of all files in a folder, in the order in which the files were written."""
    from tensorboardX.proto.event_pb2 import Event

    found = []
    for path in sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns):
        content, place = path.read_bytes(), 0
        while place < len(content):
            (length,) = struct.unpack_from("<Q", content, place)  # then four bytes of its checksum
            event = Event()
            event.ParseFromString(content[place + 12 : place + 12 + length])
            found.append(event)
            place += 12 + length + 4  # and four of the record's
    return found


def scalars(folder: Path) -> dict[str, dict[int, float]]:
    """Return the scalars by name and step."""
    found: dict[str, dict[int, float]] = {}
    for event in events(folder):
        for value in event.summary.value:
            if value.HasField("simple_value"):
                found.setdefault(value.tag, {})[event.step] = value.simple_value
    return found
