"""A substitute for `cupy.cuda` on the CPU: streams, and graphs of operations.

While a stream captures, nothing is computed, new arrays hold rubbish, and copies from or to main memory and CuPy's own
matrix products are refused; launching the graph computes everything. Streams must be ordered by events: on a GPU, tests
failed at random when a stream relied on the order of the default stream.
"""

import types
from contextlib import contextmanager

RECORDING = []  # the operations of each graph that is being recorded, innermost last
STREAMS = []  # the streams that have been entered, innermost last
UNORDERED = []  # streams that have been left, and for which the default stream does not wait yet
FUSING = []  # the functions that are being fused, innermost last


def check_order():
    """Refuse operations that might run before those of another stream are done."""
    if UNORDERED and not STREAMS:
        raise RuntimeError("the default stream does not wait for a stream that was used")


def not_fused(what):
    """Refuse what CuPy cannot put into an elementwise kernel."""
    if FUSING:
        raise TypeError(f"{what} in a fused function")


def do(operation):
    """Run an operation now, or when the graph that is being recorded is launched."""
    check_order()
    if RECORDING:
        RECORDING[-1].append(operation)
    else:
        operation()


def not_recorded(what):
    """Refuse what CUDA cannot record."""
    if RECORDING:
        raise RuntimeError(f"the current stream is capturing, so {what} are disallowed")


class Stream:
    synchronized = 0
    ptr = 0

    def __init__(self, null=False, non_blocking=False):
        self.waits = False

    def __enter__(self):
        if not self.waits:
            raise RuntimeError("the stream does not wait for what was issued before")
        STREAMS.append(self)
        return self

    def __exit__(self, *_):
        self.waits = False
        UNORDERED.append(STREAMS.pop())

    def synchronize(self):
        not_recorded("synchronizations")
        Stream.synchronized += 1

    def record(self):
        return self

    def wait_event(self, event):
        self.waits = True
        if event in UNORDERED:
            UNORDERED.remove(event)

    def begin_capture(self):
        RECORDING.append([])

    def end_capture(self):
        return Graph(RECORDING.pop())


class Graph:
    launched = 0

    def __init__(self, operations):
        self.operations = operations

    def launch(self, stream=None):
        Graph.launched += 1
        for operation in self.operations:
            operation()


@contextmanager
def using_allocator(allocator):
    yield


_null = Stream()
device = types.SimpleNamespace(get_cublas_handle=lambda: 1)
runtime = types.SimpleNamespace(
    getDeviceProperties=lambda number: {"name": f"stand-in {number}".encode()}, runtimeGetVersion=lambda: 13020
)


def Device():  # noqa: N802 - the library's own name
    return types.SimpleNamespace(id=0)


def MemoryPool():  # noqa: N802 - the library's own name
    return types.SimpleNamespace(malloc=None)


def get_current_stream():
    return STREAMS[-1] if STREAMS else _null
