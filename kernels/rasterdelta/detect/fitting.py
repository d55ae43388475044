"""Fit the scorer: weighted logistic loss for presence, squared loss for size, Adam on minibatches."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rasterdelta.detect.scorer import LIMIT, Scorer
from rasterdelta.types import FloatArray

Layers = list[tuple[FloatArray, FloatArray]]


def fit(
    features: FloatArray,
    present: NDArray[np.bool_],
    size: FloatArray,
    weight: FloatArray,
    *,
    hidden: tuple[int, ...] = (64, 24),
    epochs: int = 20,
    batch: int = 512,
    rate: float = 2e-3,
    decay: float = 1e-4,
    dropout: float = 0.1,
    seed: int = 0,
) -> Scorer:
    """Fit a scorer.

    Parameters
    ----------
    features : ndarray of shape (feature, n)
    present : ndarray of shape (n,)
        True = the place is the centre of an object of about the size looked for.
    size : ndarray of shape (n,)
        log2 of the true over the looked-for size; read where `present`.
    weight : ndarray of shape (n,)
        Weight of each sample in the loss.
    hidden, epochs, batch, rate, decay, dropout, seed
        Widths of the hidden layers, passes over the data, minibatch, learning rate at the start (it falls to nothing as
        a cosine), decoupled weight decay, share of input features dropped, seed of everything random.

    Notes
    -----
    Adam: D. Kingma, J. Ba, ICLR 2015, arXiv:1412.6980; decoupled decay: I. Loshchilov, F. Hutter, arXiv:1711.05101.
    """
    rng = np.random.default_rng(seed)
    mean, scale = features.mean(axis=1), 1.0 / (features.std(axis=1) + 1e-4)
    x = np.clip((features - mean[:, None]) * scale[:, None], -LIMIT, LIMIT).T.astype(np.float32)
    widths = (x.shape[1], *hidden, 2)
    layers: Layers = [_start(rng, a, b) for a, b in pairwise(widths)]
    adam = _Adam([p for layer in layers for p in layer], decay)
    per_pass = -(-len(x) // batch)
    for turn in range(epochs):
        for i, rows in enumerate(np.array_split(rng.permutation(len(x)), per_pass)):
            kept = (rng.random(x.shape[1]) >= dropout).astype(np.float32) / np.float32(1 - dropout)
            gradients = _gradients(layers, x[rows] * kept, (present[rows], size[rows], weight[rows]))
            done = (turn + i / per_pass) / epochs
            adam.step([g for pair in gradients for g in pair], rate * 0.5 * (1 + np.cos(np.pi * done)))
    return Scorer(
        mean.astype(np.float32),
        scale.astype(np.float32),
        tuple(np.ascontiguousarray(w.T) for w, _ in layers),
        tuple(b for _, b in layers),
    )


def _start(rng: np.random.Generator, fan_in: int, fan_out: int) -> tuple[FloatArray, FloatArray]:
    w = rng.normal(0, np.sqrt(2 / fan_in), (fan_in, fan_out)).astype(np.float32)
    return w, np.zeros(fan_out, np.float32)


def _gradients(layers: Layers, x: FloatArray, truth: tuple[NDArray[np.bool_], FloatArray, FloatArray]) -> Layers:
    present, size, weight = truth
    seen = [x]
    for w, b in layers[:-1]:
        seen.append(np.maximum(seen[-1] @ w + b, 0))
    out = seen[-1] @ layers[-1][0] + layers[-1][1]
    share = weight / weight.sum()
    delta = np.empty_like(out)
    delta[:, 0] = share * (1 / (1 + np.exp(-np.clip(out[:, 0], -30, 30))) - present)
    delta[:, 1] = share * present * (out[:, 1] - size)
    gradients: Layers = []
    for (w, _), seen_by in zip(reversed(layers), reversed(seen), strict=True):
        gradients.insert(0, (seen_by.T @ delta, delta.sum(axis=0)))
        delta = (delta @ w.T) * (seen_by > 0)
    return gradients


class _Adam:
    """Adam with decoupled decay of the matrices, in place."""

    def __init__(self, parameters: list[FloatArray], decay: float) -> None:
        self.parameters, self.decay, self.count = parameters, decay, 0
        self.moments = [(np.zeros_like(p), np.zeros_like(p)) for p in parameters]

    def step(self, gradients: list[FloatArray], rate: float) -> None:
        self.count += 1
        for p, (first, second), g in zip(self.parameters, self.moments, gradients, strict=True):
            np.add(first, 0.1 * (g - first), out=first)
            np.add(second, 0.001 * (g * g - second), out=second)
            update = first / (1 - 0.9**self.count) / (np.sqrt(second / (1 - 0.999**self.count)) + 1e-8)
            np.subtract(p, np.float32(rate) * (update + self.decay * p * (p.ndim > 1)), out=p, casting="same_kind")
