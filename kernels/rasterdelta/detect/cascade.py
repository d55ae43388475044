"""A cheap scorer that passes few places on, and a full one for these.

After P. Viola, M. Jones, "Robust Real-Time Face Detection", International Journal of Computer Vision 57 (2004),
doi:10.1023/B:VISI.0000013087.49260.fb.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rasterdelta.detect.fitting import fit
from rasterdelta.detect.pyramid import GATE_FEATURES, Scale, features
from rasterdelta.detect.sampling import Samples
from rasterdelta.detect.scorer import Scorer
from rasterdelta.types import FloatArray

REFUSED = -6.0
"""Log-odds given to places that the gate refuses."""
PASSED = 0.98
"""Share of the objects' centres that the gate must pass."""


@dataclass(frozen=True, slots=True)
class Cascade:
    """The two scorers of one class."""

    gate: Scorer
    """Sees intensity and gradient magnitude alone; passes places with log-odds above 0."""
    judge: Scorer
    """Sees all features."""

    def __call__(self, scale: Scale, rows: NDArray[np.intp], cols: NDArray[np.intp]) -> FloatArray:
        """Score places of a scale's level: the log-odds of an object and its log2 size ratio, shape (2, n)."""
        out = np.zeros((2, len(rows)), np.float32)
        out[0] = REFUSED
        passed = np.flatnonzero(self.gate(features(scale, rows, cols, directions=False))[0] > 0)
        if passed.size:
            out[:, passed] = self.judge(features(scale, rows[passed], cols[passed]))
        return out


def fit_gate(samples: Samples, *, hidden: tuple[int, ...] = (24,), epochs: int = 5, seed: int = 0) -> Scorer:
    """Fit the gate of a cascade to the first features of samples, and move its log-odds so that it passes `PASSED`."""
    light = np.ascontiguousarray(samples.features[:GATE_FEATURES])
    gate = fit(light, samples.present, samples.size, samples.weight, hidden=hidden, epochs=epochs, seed=seed)
    limit = np.quantile(gate(light[:, samples.present])[0], 1 - PASSED)
    last = gate.biases[-1] - np.array([limit, 0], np.float32)
    return replace(gate, biases=(*gate.biases[:-1], last))
