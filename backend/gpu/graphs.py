"""CUDA graphs: a sequence of operations is recorded once, and then started by one call instead of one call each.

A step of a small network takes a GPU less time than the interpreter needs to issue its operations.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any

WARM_UP = 2  # calls before the recording, in which kernels are compiled and the pool gets its memory
MOST_GRAPHS = 8  # kept for one function: batches in one or two buffers, and the shorter last batch


class Replayed:
    """A function of arrays whose operations are recorded as a CUDA graph, and replayed from then on.

    The function must issue the same operations whenever it is called with the same arguments. It is recorded at the
    third call with arrays of the same storage and shape, and runs as usual before. What cannot be recorded, such as a
    copy from main memory, runs as usual forever.

    Parameters
    ----------
    cupy : module
        CuPy's namespace.
    function : callable
        Takes arrays and hashable values; returns an array, which is valid until the next call.
    """

    def __init__(self, cupy: Any, function: Callable[..., Any]) -> None:
        self.cupy, self.function = cupy, function
        self._stream = cupy.cuda.Stream(non_blocking=True)  # the default stream cannot be recorded
        self._pool = cupy.cuda.MemoryPool()  # memory of recorded temporaries must stay reserved for the graphs
        self._calls: dict[Hashable, int] = {}
        self._graphs: dict[Hashable, tuple[Any, Any]] = {}
        self._last: Any = None  # the graph launched last, and its result
        self._last_arguments: tuple[Any, ...] = (object(),)

    def __call__(self, *arguments: Any) -> Any:
        """Return what the function returns."""
        if not self._same_as_last(arguments):
            key = tuple(self._identity(argument) for argument in arguments)
            if key not in self._graphs:
                return self._called(key, arguments)
            self._last, self._last_arguments = self._graphs[key], arguments
        graph, result = self._last
        graph.launch()
        return result

    def _called(self, key: Hashable, arguments: tuple[Any, ...]) -> Any:
        """Run the function, or record it if it has been called often enough."""
        calls = self._calls[key] = self._calls.get(key, 0) + 1
        if calls > WARM_UP + 1 or len(self._graphs) >= MOST_GRAPHS:
            return self.function(*arguments)
        with self._on_own_stream():
            return self._recorded(key, arguments) if calls == WARM_UP + 1 else self.function(*arguments)

    @property
    def is_recorded(self) -> bool:
        """Whether there is a graph for some arguments."""
        return bool(self._graphs)

    @contextmanager
    def _on_own_stream(self) -> Iterator[None]:
        """Run operations in a stream and in memory of their own, after what was issued before and before the rest."""
        stream, current = self._stream, self.cupy.cuda.get_current_stream()
        stream.wait_event(current.record())
        try:
            with stream, self.cupy.cuda.using_allocator(self._pool.malloc):
                yield
        finally:
            current.wait_event(stream.record())

    def _same_as_last(self, arguments: tuple[Any, ...]) -> bool:
        """Return whether the arguments are those of the graph launched last, which is a fast comparison."""
        pairs = zip(arguments, self._last_arguments, strict=False)
        return len(arguments) == len(self._last_arguments) and all(
            new is old or (isinstance(new, (int, float)) and new == old) for new, old in pairs
        )

    def _identity(self, argument: Any) -> Hashable:
        """Return what must be equal for a graph to be valid: an array's place and form, or the value itself."""
        if isinstance(argument, self.cupy.ndarray):
            return argument.data.ptr, argument.shape, argument.strides, str(argument.dtype)
        return argument

    def _recorded(self, key: Hashable, arguments: tuple[Any, ...]) -> Any:
        """Record the operations and run them once; if they cannot be recorded, run them as usual."""
        stream = self._stream
        stream.synchronize()
        stream.begin_capture()
        try:
            result = self.function(*arguments)
        except Exception:  # the library's own errors: their types differ between versions
            _end(stream)
            return self.function(*arguments)
        graph = _end(stream)
        if graph is None:
            return self.function(*arguments)
        self._graphs[key] = graph, result
        graph.launch(stream)
        return result


def _end(stream: Any) -> Any:
    """End a recording; return its graph, or None if an error had ended it."""
    try:
        return stream.end_capture()
    except Exception:
        return None
