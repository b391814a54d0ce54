"""Optimizers: one equation each, over the vector of all parameters.

In the formulas, ``w`` are the parameters, ``g`` the gradients, ``r`` the learning rate, and ``k`` the step number
(from 1). `step` may overwrite the gradients, which saves each optimizer a vector.

A rule is elementwise, and its numbers are arguments, so that a GPU can run all of it as one kernel.
"""

import math
from collections.abc import Callable
from typing import Any, ClassVar

from backend.gpu.fusion import fused
from classes.checks import checked_number
from classes.files.packing import packed_array, unpacked_array
from classes.layers.parameters import ParameterVector


class Optimizer:
    """Base class of the update rules.

    Parameters
    ----------
    weight_decay : float, optional
        ``d``: weight matrices, but not biases, are multiplied by ``1 - r d`` before each step, independently of the
        gradient (decoupled weight decay, Loshchilov and Hutter 2019). None uses the default of the optimizer.

    Attributes
    ----------
    usual_rate, usual_decay : float
        Default learning rate and weight decay of the rule.
    vectors : tuple of str
        Names of the vectors (P,) of its state.
    needs_scratch : bool
        Whether it needs another vector, `s`, whose content need not be kept between steps.
    steps : int
        Number of steps taken.
    average_decay : float or None
        ``a``: decay of the moving average of the parameters that the state also contains, equation (24).
    averaged : int
        Number of steps in the average.

    Raises
    ------
    InputError
        If `weight_decay` is negative or not finite.
    """

    kind: ClassVar[str]  # the optimizer's key in OPTIMIZERS
    usual_rate: ClassVar[float] = 0.001
    usual_decay: ClassVar[float] = 0.0
    vectors: ClassVar[tuple[str, ...]] = ()
    needs_scratch: ClassVar[bool] = False

    def __init__(self, weight_decay: float | None = None) -> None:
        self.weight_decay = checked_number(
            self.usual_decay if weight_decay is None else weight_decay,
            "weight_decay", "a finite number of at least 0", lambda d: 0.0 <= d < math.inf,
            "0.0001 to 0.1 is usual; 0 turns it off.",
        )

    def bind(self, xp: Any, parameters: ParameterVector) -> None:
        """Use these parameters, and start with a state of zeros."""
        self.xp, self.parameters = xp, parameters
        self._kernel = fused(xp, self.rule)
        self.state = {name: xp.empty_like(parameters.values) for name in self.vectors}
        self.scratch = {"s": xp.empty_like(parameters.values)} if self.needs_scratch else {}
        self.average_decay: float | None = None
        self.averaged = 0
        self.reset()

    def reset(self) -> None:
        """Reset the state to zeros, and the average to the current parameters."""
        self.steps = self.averaged = 0
        self.shows_average = False
        for name in self.vectors:
            self.state[name].fill(0.0)
        if "A" in self.state:
            self.state["A"][...] = self.parameters.values

    def keep_average(self, decay: float) -> None:
        """Keep a moving average of the parameters from now on, or continue it (Polyak and Juditsky 1992)."""
        self.average_decay = decay
        self.state.setdefault("A", self.parameters.values.copy())

    def drop_average(self) -> None:
        """Stop averaging; the parameters keep their current values, which may be the averaged ones."""
        self.state.pop("A", None)
        self.averaged, self.shows_average = 0, False

    def show_average(self, shown: bool) -> None:
        """Swap the average into the parameters, so that it is used for prediction and saving, or swap it back."""
        if "A" in self.state and shown != self.shows_average:
            kept = self.parameters.values.copy()
            self.parameters.values[...] = self.state["A"]
            self.state["A"][...] = kept
            self.shows_average = shown

    def move(self, place: Callable[[Any], Any]) -> None:
        """Move each vector of the state to other storage, which `place` allocates."""
        for name, vector in self.state.items():
            self.state[name] = place(vector)
            self.state[name][...] = vector

    def packed(self, to_host: Callable[[Any], Any]) -> dict[str, Any]:
        """Return the state as built-in types; `to_host` copies a vector to main memory."""
        return {
            "steps": self.steps,
            "average_decay": self.average_decay,
            "averaged": self.averaged,
            "shows_average": self.shows_average,
            "vectors": {name: packed_array(to_host(vector)) for name, vector in self.state.items()},
        }

    def unpack(self, state: dict[str, Any], from_host: Callable[[Any], Any]) -> None:
        """Restore a state that `packed` returned.

        Raises
        ------
        InputError, KeyError, TypeError
            If it is not such a state, or that of another rule or of other parameters.
        """
        if state["average_decay"] is not None:
            self.keep_average(state["average_decay"])
        for name, vector in self.state.items():
            array = unpacked_array(state["vectors"].get(name), f"the optimizer's {name}", vector.shape)
            vector[...] = from_host(array.astype(vector.dtype))
        self.steps, self.averaged = int(state["steps"]), int(state["averaged"])
        self.shows_average = bool(state["shows_average"])

    def step(self, rate: float, part: slice = slice(None)) -> None:
        """Update the parameters, or a part of them, by one step with the learning rate `rate`.

        The rules are elementwise, so the result does not depend on how the vector is divided into parts.
        """
        self.steps += 1
        w, g = self.parameters.values, self.parameters.grads
        if self.weight_decay:
            w[part][: self._matrices_of(part)] *= 1.0 - rate * self.weight_decay   # w -= r d w
        vectors = {name: vector[part] for name, vector in (self.state | self.scratch).items()}
        average = vectors.pop("A", None)
        self.update(w[part], g[part], rate, **vectors)
        if average is not None and self.average_decay is not None:
            self._average(average, w[part], g[part], self.average_decay)

    def _average(self, average: Any, w: Any, s: Any, decay: float) -> None:
        """Apply ``A = a A + (1 - a) w``, with ``a = 1 - 1/k`` at the k-th step until that is `decay`: equation (24)."""
        self.averaged += 1
        a = min(decay, 1.0 - 1.0 / self.averaged)
        average *= a
        self.xp.multiply(w, 1.0 - a, out=s)
        average += s

    def _matrices_of(self, part: slice) -> int:
        """Return how many entries of the part belong to weight matrices, which come first."""
        start, stop, _ = part.indices(self.parameters.size)
        return max(0, min(stop, self.parameters.matrices.stop) - start)

    def update(self, w: Any, g: Any, rate: float, **vectors: Any) -> None:
        """Apply the equation of the rule; `g` may be overwritten.

        An optimizer of one's own may override this, with the names of its vectors as arguments, instead of `rule`.
        """
        self._kernel(w, g, *vectors.values(), *self.factors(rate))

    def factors(self, rate: float) -> tuple[float, ...]:
        """Return the numbers of the rule that change from step to step."""
        return (rate,)

    def rule(self, w: Any, g: Any, *vectors_and_factors: Any) -> None:
        """Apply the equation to arrays of one shape, with elementwise operations only."""
        raise NotImplementedError


class SGD(Optimizer):
    """Stochastic gradient descent, ``w -= r g`` (Robbins and Monro 1951)."""

    kind = "sgd"
    usual_rate = 0.1

    def rule(self, w: Any, g: Any, rate: float) -> None:
        """Apply ``w -= r g``, equation (15)."""
        g *= rate
        w -= g


class Momentum(Optimizer):
    """``m = u m + g``, ``w -= r m`` with ``u = 0.9`` (Polyak 1964)."""

    kind = "momentum"
    usual_rate = 0.02
    vectors = ("m",)
    u: ClassVar[float] = 0.9

    def rule(self, w: Any, g: Any, m: Any, rate: float) -> None:
        """Apply ``m = u m + g``, ``w -= r m``, equation (16)."""
        m *= self.u
        m += g
        self.xp.multiply(m, rate, out=g)
        w -= g


class Nesterov(Optimizer):
    """``m = u m + g``, ``w -= r (g + u m)`` with ``u = 0.9`` (Nesterov 1983; Sutskever et al. 2013).

    The state is ``n = u m``, for which the rule reads ``n = u (n + g)``, ``w -= r (g + n)`` and needs no scratch.
    """

    kind = "nesterov"
    usual_rate = 0.02
    vectors = ("n",)
    u: ClassVar[float] = 0.9

    def rule(self, w: Any, g: Any, n: Any, rate: float) -> None:
        """Apply ``n = u (n + g)``, ``w -= r (g + n)``, equations (17) and (21)."""
        n += g
        n *= self.u
        g += n
        g *= rate
        w -= g


class AdaGrad(Optimizer):
    """``v = v + g^2``, ``w -= r g / (sqrt(v) + e)`` (Duchi et al. 2011)."""

    kind = "adagrad"
    usual_rate = 0.01
    vectors = ("v",)
    needs_scratch = True
    e: ClassVar[float] = 1e-8

    def rule(self, w: Any, g: Any, v: Any, s: Any, rate: float) -> None:
        """Apply the rule, equation (18)."""
        self.xp.multiply(g, g, out=s)
        v += s                                                     # v = v + g^2
        self.xp.sqrt(v, out=s)
        s += self.e
        g /= s                                                     # g / (sqrt(v) + e)
        g *= rate
        w -= g


class RMSProp(Optimizer):
    """``v = p v + (1 - p) g^2``, ``w -= r g / (sqrt(v) + e)`` with ``p = 0.9`` (Tieleman and Hinton 2012).

    The state is ``V = v / (1 - p)``, for which ``V = p V + g^2``, which saves a pass over the vector.
    """

    kind = "rmsprop"
    vectors = ("V",)
    needs_scratch = True
    p: ClassVar[float] = 0.9
    e: ClassVar[float] = 1e-8

    def factors(self, rate: float) -> tuple[float, ...]:
        """Return ``r c`` and ``c e`` with ``c = 1 / sqrt(1 - p)``, equation (21)."""
        c = (1.0 - self.p) ** -0.5
        return rate * c, c * self.e

    def rule(self, w: Any, g: Any, V: Any, s: Any, rc: float, ce: float) -> None:
        """Apply ``w -= r c g / (sqrt(V) + c e)``, equation (19)."""
        V *= self.p
        self.xp.multiply(g, g, out=s)
        V += s                                                     # V = p V + g^2
        self.xp.sqrt(V, out=s)
        s += ce
        g /= s                                                     # g / (sqrt(V) + c e)
        g *= rc
        w -= g


class Adam(Optimizer):
    """Adam (Kingma and Ba 2015): a step along the mean of the gradients over the root of the mean of their squares.

    ``m = b1 m + (1 - b1) g``, ``v = b2 v + (1 - b2) g^2``,
    ``w -= r (m / (1 - b1^k)) / (sqrt(v / (1 - b2^k)) + e)`` with ``b1 = 0.9``, ``b2 = 0.999``, ``e = 1e-8``.

    The state is ``M = m / (1 - b1)`` and ``V = v / (1 - b2)``: ten passes over the vectors instead of fourteen.
    """

    kind = "adam"
    vectors = ("M", "V")
    b1: ClassVar[float] = 0.9
    b2: ClassVar[float] = 0.999
    e: ClassVar[float] = 1e-8

    def factors(self, rate: float) -> tuple[float, ...]:
        """Return ``r a c`` and ``c e``, equation (21)."""
        a = (1.0 - self.b1) / (1.0 - self.b1**self.steps)          # m / (1 - b1^k) = a M
        c = ((1.0 - self.b2**self.steps) / (1.0 - self.b2)) ** 0.5  # v / (1 - b2^k) = V / c^2
        return rate * a * c, c * self.e

    def rule(self, w: Any, g: Any, M: Any, V: Any, rac: float, ce: float) -> None:
        """Apply ``w -= r a c M / (sqrt(V) + c e)``, equation (20)."""
        M *= self.b1
        M += g                                                     # M = b1 M + g
        V *= self.b2
        g *= g
        V += g                                                     # V = b2 V + g^2
        self.xp.sqrt(V, out=g)
        g += ce                                                    # c (sqrt(v / (1 - b2^k)) + e)
        self.xp.divide(M, g, out=g)
        g *= rac
        w -= g


class AdamW(Adam):
    """Adam with decoupled weight decay on by default (Loshchilov and Hutter 2019)."""

    kind = "adamw"
    usual_decay = 0.01


OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "sgd": SGD,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "adagrad": AdaGrad,
    "rmsprop": RMSProp,
    "adam": Adam,
    "adamw": AdamW,
}
