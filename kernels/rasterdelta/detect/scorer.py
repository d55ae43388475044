"""A small perceptron that scores feature vectors; its weights are a plain file of arrays."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from rasterdelta.types import FloatArray


@dataclass(frozen=True, slots=True)
class Scorer:
    """Two hidden layers of rectified units on standardised features."""

    mean: FloatArray
    """Shape (feature,)."""
    scale: FloatArray
    """Shape (feature,): one over the standard deviation."""
    weights: tuple[FloatArray, ...]
    """Shapes (out, in), first layer first; the last layer has OUTPUTS rows."""
    biases: tuple[FloatArray, ...]

    def __call__(self, features: FloatArray) -> FloatArray:
        """Score features of shape (feature, n): the log-odds of an object and its log2 size ratio, shape (2, n)."""
        x = np.clip((features - self.mean[:, None]) * self.scale[:, None], -LIMIT, LIMIT)
        for w, b in zip(self.weights[:-1], self.biases[:-1], strict=True):
            x = np.maximum(w @ x + b[:, None], 0.0)
        return np.asarray(self.weights[-1] @ x + self.biases[-1][:, None], dtype=np.float32)

    def arrays(self, prefix: str = "") -> dict[str, FloatArray]:
        """Give the weights by name, for a file that holds several scorers."""
        layers = {f"{prefix}w{i}": w for i, w in enumerate(self.weights)} | {
            f"{prefix}b{i}": b for i, b in enumerate(self.biases)
        }
        return {f"{prefix}mean": self.mean, f"{prefix}scale": self.scale, **layers}

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[np.float32]], prefix: str = "") -> Self:
        """Read what `arrays` gave."""
        depth = sum(name.startswith(f"{prefix}w") for name in arrays)
        layers = [tuple(arrays[f"{prefix}{kind}{i}"] for i in range(depth)) for kind in "wb"]
        return cls(arrays[f"{prefix}mean"], arrays[f"{prefix}scale"], layers[0], layers[1])


LIMIT = 6.0
"""Standardised features are cut here: an unseen kind of image must not run away with the score."""
