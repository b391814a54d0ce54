"""A profiler for steps: every timed call counts its own time, without that of nested timed calls."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from backend import NumpyBackend

PRODUCTS = ("matmul", "dot")


class Stopwatch:
    """Adds up each part's own nanoseconds, step by step, on the thread that made the watch.

    A component is named by its enclosing timed calls, from the outermost to itself. Other threads run concurrently:
    their work is not counted here, and waiting for them counts for the call that waits.

    Attributes
    ----------
    steps : list of dict
        Nanoseconds by part, for every step that has ended.
    flops : dict of str to int
        Floating-point operations of the calls that are matrix products.
    """

    def __init__(self) -> None:
        self.steps: list[dict[str, int]] = []
        self.flops: dict[str, int] = {}
        self._now: defaultdict[str, int] = defaultdict(int)
        self._stack: list[_Call] = []
        self._thread = threading.get_ident()

    def run(self, name: str, call: Callable[..., Any], *args: Any, names_inner: bool = True, **options: Any) -> Any:
        """Call and time a component; its name prefixes those of nested calls by default."""
        if threading.get_ident() != self._thread:
            return call(*args, **options)
        outer = self._stack[-1].prefix if self._stack else ""
        mine = _Call(f"{outer}{name}: " if names_inner else outer)
        self._stack.append(mine)
        started = time.perf_counter_ns()
        try:
            return call(*args, **options)
        finally:
            whole = time.perf_counter_ns() - started
            self._stack.pop()
            self._now[outer + name] += whole - mine.inner
            if self._stack:
                self._stack[-1].inner += whole

    def end_step(self) -> None:
        """Close the step's account."""
        self.steps.append(dict(self._now))
        self._now.clear()


class _Call:
    """A call that has not returned: what inner calls' names begin with, and the nanoseconds that they took."""

    __slots__ = ("inner", "prefix")

    def __init__(self, prefix: str) -> None:
        self.prefix, self.inner = prefix, 0


class TimedFunction:
    """A function of a namespace, under the watch; the attributes of a ufunc stay."""

    def __init__(self, watch: Stopwatch, name: str, function: Any) -> None:
        self._watch, self._name, self._function = watch, name, function

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Call it; a product is named by its shapes."""
        name = self._name
        if name in PRODUCTS and args[0].ndim == args[1].ndim == 2:
            name = self._product(args[0].shape, args[1].shape)
        return self._watch.run(name, self._function, *args, **options)

    def _product(self, a: tuple[int, int], b: tuple[int, int]) -> str:
        name = f"product ({a[0]} x {a[1]}) ({b[0]} x {b[1]})"
        self._watch.flops[name] = 2 * a[0] * a[1] * b[1]
        return name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._function, name)


class TimedNamespace:
    """NumPy's namespace, its functions under the watch."""

    def __init__(self, watch: Stopwatch, xp: Any) -> None:
        self._watch, self._xp = watch, xp

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._xp, name)
        if callable(value) and not isinstance(value, type):
            value = TimedFunction(self._watch, name, value)
        setattr(self, name, value)  # looked up once
        return value


class TimedBackend(NumpyBackend):
    """NumPy's backend over a timed namespace."""

    xp: Any

    def __init__(self, watch: Stopwatch) -> None:
        self._watch = watch
        self.xp = TimedNamespace(watch, NumpyBackend.xp)

    def take_rows(self, source: Any, rows: Any, out: Any) -> None:
        """Gather, under the watch."""
        self._watch.run("gather rows", super().take_rows, source, rows, out)

    def fill_uniform(self, generator: Any, out: Any) -> None:
        """Draw, under the watch."""
        self._watch.run("draw random numbers", super().fill_uniform, generator, out)
