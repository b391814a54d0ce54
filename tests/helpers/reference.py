"""Reference implementations of every formula of the engine, simple and independent of its code.

Nothing here is in place, fused, rescaled or overflow-safe beyond need. Arrays are float64; parameters are a list of
``(W, b)``; the names of the dict literals are those of the engine's registries, which `test_registry.py` compares.
"""

import math

import numpy as np

# --- activations: phi(z), phi'(z) -----------------------------------------------------------------------------------


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def _gelu(z):
    return 0.5 * z * (1.0 + np.tanh(math.sqrt(2.0 / math.pi) * (z + 0.044715 * z**3)))


def _gelu_slope(z):
    c = math.sqrt(2.0 / math.pi)
    t = np.tanh(c * (z + 0.044715 * z**3))
    return 0.5 * (1.0 + t) + 0.5 * z * (1.0 - t**2) * c * (1.0 + 3.0 * 0.044715 * z**2)


ACTIVATIONS = {
    "identity": (lambda z: z, lambda z: np.ones_like(z)),
    "relu": (lambda z: np.where(z > 0, z, 0.0), lambda z: np.where(z > 0, 1.0, 0.0)),
    "leaky_relu": (lambda z: np.where(z > 0, z, 0.01 * z), lambda z: np.where(z > 0, 1.0, 0.01)),
    "elu": (
        lambda z: np.where(z > 0, z, np.exp(np.minimum(z, 0.0)) - 1.0),
        lambda z: np.where(z > 0, 1.0, np.exp(np.minimum(z, 0.0))),
    ),
    "gelu": (_gelu, _gelu_slope),
    "silu": (lambda z: z * sigmoid(z), lambda z: sigmoid(z) + z * sigmoid(z) * (1.0 - sigmoid(z))),
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * (1.0 - sigmoid(z))),
    "tanh": (np.tanh, lambda z: 1.0 / np.cosh(z) ** 2),
}

# --- layers: y = f(x), and dL/dx, dL/dw from dL/dy ------------------------------------------------------------------


def dense(x, W, b, activation):
    return ACTIVATIONS[activation][0](x @ W + b)


def dense_gradients(x, W, b, activation, dy):
    """Return dL/dx, dL/dW, dL/db."""
    dz = dy * ACTIVATIONS[activation][1](x @ W + b)
    return dz @ W.T, x.T @ dz, dz.sum(axis=0)


def dropout(x, kept, rate):
    """`kept` is 1 where a number stays and 0 where it is dropped."""
    return x * kept / (1.0 - rate)


def spatial_dropout(x, kept, rate):
    """`kept` (N, C) is 1 where a channel stays and 0 where it is dropped."""
    return x * kept[:, None, None, :] / (1.0 - rate)


def _padded(x, kernel, stride, padding):
    """Return images with their zeros at the borders, and how many rows and columns come before each of them."""
    before, widths = [], [(0, 0)]
    for extent, size, step in zip(x.shape[1:3], kernel, stride, strict=True):
        missing = max((math.ceil(extent / step) - 1) * step + size - extent, 0) if padding == "same" else 0
        before.append(missing // 2)
        widths.append((missing // 2, missing - missing // 2))
    return np.pad(x, [*widths, (0, 0)]), before


def _windows(x, kernel, stride):
    """Yield each window's place in the output, and its slices of the input."""
    height, width = (
        (extent - size) // step + 1 for extent, size, step in zip(x.shape[1:3], kernel, stride, strict=True)
    )
    for i in range(height):
        for j in range(width):
            top, left = i * stride[0], j * stride[1]
            yield (i, j), (slice(None), slice(top, top + kernel[0]), slice(left, left + kernel[1]))


def _image_of(places, x, channels):
    height, width = (max(place[axis] for place in places) + 1 for axis in (0, 1))
    return np.zeros((len(x), height, width, channels))


def conv2d(x, W, b, stride=(1, 1), padding="valid"):
    """Return the convolution of images (N, H, W, C) with a kernel (K, L, C, O), without an activation."""
    padded, _ = _padded(x, W.shape[:2], stride, padding)
    windows = list(_windows(padded, W.shape[:2], stride))
    z = _image_of([place for place, _ in windows], x, W.shape[3])
    for (i, j), window in windows:
        z[:, i, j] = np.einsum("nklc,klco->no", padded[window], W) + b
    return z


def conv2d_gradients(x, W, dz, stride=(1, 1), padding="valid"):
    """Return dL/dx, dL/dW, dL/db."""
    padded, before = _padded(x, W.shape[:2], stride, padding)
    dx, dW = np.zeros_like(padded), np.zeros_like(W)
    for (i, j), window in _windows(padded, W.shape[:2], stride):
        dW += np.einsum("nklc,no->klco", padded[window], dz[:, i, j])
        dx[window] += np.einsum("no,klco->nklc", dz[:, i, j], W)
    top, left = before
    return dx[:, top : top + x.shape[1], left : left + x.shape[2]], dW, dz.sum(axis=(0, 1, 2))


def pool(x, size, stride, of_window):
    """Return images of ``of_window(window)``, a function of (N, K, L, C) to (N, C)."""
    windows = list(_windows(x, size, stride))
    y = _image_of([place for place, _ in windows], x, x.shape[3])
    for (i, j), window in windows:
        y[:, i, j] = of_window(x[window])
    return y


def max_pool2d(x, size, stride):
    return pool(x, size, stride, lambda window: window.max(axis=(1, 2)))


def max_pool2d_gradients(x, size, stride, dy):
    """The first largest pixel of a window, by rows, has the whole gradient."""
    dx = np.zeros_like(x)
    for (i, j), window in _windows(x, size, stride):
        for n in range(len(x)):
            for c in range(x.shape[3]):
                first = np.unravel_index(x[window][n, :, :, c].argmax(), size)
                dx[n, window[1].start + first[0], window[2].start + first[1], c] += dy[n, i, j, c]
    return dx


def average_pool2d(x, size, stride):
    return pool(x, size, stride, lambda window: window.mean(axis=(1, 2)))


def average_pool2d_gradients(x, size, stride, dy):
    dx = np.zeros_like(x)
    for (i, j), window in _windows(x, size, stride):
        dx[window] += dy[:, i, j][:, None, None, :] / (size[0] * size[1])
    return dx


def global_average_pool(x):
    return x.mean(axis=(1, 2))


def global_average_pool_gradients(x, dy):
    return np.broadcast_to(dy[:, None, None, :] / (x.shape[1] * x.shape[2]), x.shape)


def batch_norm(x, gamma, beta, epsilon):
    """Return the normalised batch, its mean and its variance; every axis but the last is summed over."""
    axes = tuple(range(x.ndim - 1))
    mean, variance = x.mean(axis=axes), x.var(axis=axes)
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta, mean, variance


def batch_norm_gradients(x, gamma, epsilon, dz):
    """Return dL/dx, dL/dgamma, dL/dbeta, through mean and variance (Ioffe and Szegedy 2015, section 3)."""
    axes = tuple(range(x.ndim - 1))
    count = x.size / x.shape[-1]
    mean, variance = x.mean(axis=axes), x.var(axis=axes)
    deviation = np.sqrt(variance + epsilon)
    normalised = (x - mean) / deviation
    dn = dz * gamma
    dvariance = (dn * (x - mean)).sum(axis=axes) * -0.5 * deviation**-3
    dmean = -dn.sum(axis=axes) / deviation - dvariance * 2.0 * (x - mean).sum(axis=axes) / count
    dx = dn / deviation + dvariance * 2.0 * (x - mean) / count + dmean / count
    return dx, (dz * normalised).sum(axis=axes), dz.sum(axis=axes)


def reshape(x, shape):
    return x.reshape(len(x), *shape)


LAYERS = {  # forward and backward; the derivative of dropout is its own mask
    "dense": (dense, dense_gradients),
    "dropout": (dropout, dropout),
    "spatial_dropout": (spatial_dropout, spatial_dropout),
    "conv2d": (conv2d, conv2d_gradients),
    "max_pool2d": (max_pool2d, max_pool2d_gradients),
    "average_pool2d": (average_pool2d, average_pool2d_gradients),
    "global_average_pool": (global_average_pool, global_average_pool_gradients),
    "batch_norm": (batch_norm, batch_norm_gradients),
    "reshape": (reshape, reshape),
    "flatten": (reshape, reshape),
}

# --- loss -----------------------------------------------------------------------------------------------------------


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def targets(y, classes, smoothing=0.0):
    return (1.0 - smoothing) * np.eye(classes)[y] + smoothing / classes


def cross_entropy(z, y, smoothing=0.0):
    """Return the mean loss and its derivative by the logits."""
    n, classes = z.shape
    t, p = targets(y, classes, smoothing), softmax(z)
    loss = 0.0
    for i in range(n):
        for c in range(classes):
            loss -= t[i, c] * math.log(p[i, c])
    return loss / n, (p - t) / n


LOSSES = {"cross_entropy": cross_entropy}

# --- the whole network ----------------------------------------------------------------------------------------------


def predict_logits(parameters, activations, x):
    for (W, b), activation in zip(parameters, activations, strict=True):
        x = dense(x, W, b, activation)
    return x


def loss_and_gradients(parameters, activations, x, y, smoothing=0.0, kept=None, rate=0.0):
    """Return the mean loss and a list of (dW, db); `kept` holds a mask, or None, for the output of each layer."""
    kept = kept or [None] * len(parameters)
    inputs = [x]
    for (W, b), activation, mask in zip(parameters, activations, kept, strict=True):
        y_l = dense(inputs[-1], W, b, activation)
        inputs.append(y_l if mask is None else dropout(y_l, mask, rate))
    loss, dy = cross_entropy(inputs[-1], y, smoothing)
    gradients = []
    for place in reversed(range(len(parameters))):
        if kept[place] is not None:
            dy = dropout(dy, kept[place], rate)
        dy, dW, db = dense_gradients(inputs[place], *parameters[place], activations[place], dy)
        gradients.insert(0, (dW, db))
    return loss, gradients


def difference_quotient(function, w, h=1e-5):
    """Return df/dw by central differences, a number at a time."""
    gradient = np.zeros_like(w)
    for place in np.ndindex(w.shape):
        above, below = w.copy(), w.copy()
        above[place] += h
        below[place] -= h
        gradient[place] = (function(above) - function(below)) / (2.0 * h)
    return gradient


# --- optimizers: w at step k (from 1), as in the papers; `state` is a dict of their own -----------------------------


def sgd(w, g, rate, state, k):
    return w - rate * g


def momentum(w, g, rate, state, k):
    state["m"] = 0.9 * state.get("m", 0.0) + g
    return w - rate * state["m"]


def nesterov(w, g, rate, state, k):
    state["m"] = 0.9 * state.get("m", 0.0) + g
    return w - rate * (g + 0.9 * state["m"])


def adagrad(w, g, rate, state, k):
    state["v"] = state.get("v", 0.0) + g**2
    return w - rate * g / (np.sqrt(state["v"]) + 1e-8)


def rmsprop(w, g, rate, state, k):
    state["v"] = 0.9 * state.get("v", 0.0) + 0.1 * g**2
    return w - rate * g / (np.sqrt(state["v"]) + 1e-8)


def adam(w, g, rate, state, k):
    state["m"] = 0.9 * state.get("m", 0.0) + (1.0 - 0.9) * g
    state["v"] = 0.999 * state.get("v", 0.0) + (1.0 - 0.999) * g**2
    m_hat = state["m"] / (1.0 - 0.9**k)
    v_hat = state["v"] / (1.0 - 0.999**k)
    return w - rate * m_hat / (np.sqrt(v_hat) + 1e-8)


# rule, usual learning rate, usual weight decay
OPTIMIZERS = {
    "sgd": (sgd, 0.1, 0.0),
    "momentum": (momentum, 0.02, 0.0),
    "nesterov": (nesterov, 0.02, 0.0),
    "adagrad": (adagrad, 0.01, 0.0),
    "rmsprop": (rmsprop, 0.001, 0.0),
    "adam": (adam, 0.001, 0.0),
    "adamw": (adam, 0.001, 0.01),
}


def clipped(gradients, highest_norm):
    norm = math.sqrt(sum(float((g**2).sum()) for pair in gradients for g in pair))
    if norm <= highest_norm:
        return gradients
    return [(dW * highest_norm / norm, db * highest_norm / norm) for dW, db in gradients]


class Descent:
    """An optimizer over a list of (W, b), each array with a state of its own; only matrices decay."""

    def __init__(self, optimizer, weight_decay=0.0):
        self.rule, self.weight_decay = OPTIMIZERS[optimizer][0], weight_decay
        self.states, self.k = {}, 0

    def step(self, parameters, gradients, rate):
        self.k += 1
        moved = []
        for place, ((W, b), (dW, db)) in enumerate(zip(parameters, gradients, strict=True)):
            decay = rate * self.weight_decay * W
            W = self.rule(W, dW, rate, self.states.setdefault((place, "W"), {}), self.k) - decay
            b = self.rule(b, db, rate, self.states.setdefault((place, "b"), {}), self.k)
            moved.append((W, b))
        return moved


def trained(parameters, activations, batches, optimizer, rates, *, decay=0.0, clip=None, smoothing=0.0):
    """Return the parameters after a step for each (x, y) of `batches`, and the mean loss before each."""
    descent, losses = Descent(optimizer, decay), []
    for (x, y), rate in zip(batches, rates, strict=True):
        loss, gradients = loss_and_gradients(parameters, activations, x, y, smoothing)
        losses.append(loss)
        if clip is not None:
            gradients = clipped(gradients, clip)
        parameters = descent.step(parameters, gradients, rate)
    return parameters, losses


# --- schedules and first weights ------------------------------------------------------------------------------------


def _cosine_between(start, end, share):
    return end + (start - end) * math.cos(math.pi * share / 2.0) ** 2


SCHEDULES = {
    "constant": lambda p: 1.0,
    "step": lambda p: 1.0 if p < 1 / 3 else 0.1 if p < 2 / 3 else 0.01,
    "exponential": lambda p: math.exp(-p * math.log(100.0)),
    "cosine": lambda p: _cosine_between(1.0, 0.0, p),
    "one_cycle": lambda p: (
        _cosine_between(1 / 25, 1.0, p / 0.3) if p <= 0.3 else _cosine_between(1.0, 0.0, (p - 0.3) / 0.7)
    ),
}

# whether uniform, variance for I inputs and O outputs
INITIALIZERS = {
    "xavier_uniform": (True, lambda inputs, outputs: 2.0 / (inputs + outputs)),
    "xavier_normal": (False, lambda inputs, outputs: 2.0 / (inputs + outputs)),
    "he_uniform": (True, lambda inputs, outputs: 2.0 / inputs),
    "he_normal": (False, lambda inputs, outputs: 2.0 / inputs),
    "lecun_uniform": (True, lambda inputs, outputs: 1.0 / inputs),
    "lecun_normal": (False, lambda inputs, outputs: 1.0 / inputs),
}
