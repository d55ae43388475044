"""Rotation-invariant features of a place: channels sampled on rings, Fourier-transformed along the angle.

After K. Liu et al., "Rotation-Invariant HOG Descriptors Using Fourier Analysis in Polar and Spherical Coordinates",
International Journal of Computer Vision 106 (2014), doi:10.1007/s11263-013-0634-z. Turning the image by an angle t
multiplies the coefficient of angular order m of a channel of direction order k by exp(i (m + k) t): moduli, and
products of two coefficients of one total order, do not change.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rasterdelta.detect.channels import COUNT, ORDERS, Level
from rasterdelta.types import FloatArray

RINGS = (0.14, 0.28, 0.42, 0.56, 0.72, 1.1)
"""Radii in lengths of the object looked for."""
ANGLES = 16
TOP = 4
"""Highest total angular order kept."""
LIGHT_FEATURES = 2 + 2 * (2 * len(RINGS) - 1) * (TOP + 1)
"""Features of intensity and magnitude alone."""


@dataclass(frozen=True, slots=True)
class Spectra:
    """Angular spectra of the channels around n places."""

    groups: tuple[NDArray[np.complex64], ...]
    """Intensity, magnitude, then, where asked for, one a direction order; shape (ring, total order, n)."""
    centre: FloatArray
    """Intensity and magnitude at the places themselves, shape (2, n)."""


@lru_cache(maxsize=1)
def _bases() -> tuple[tuple[NDArray[np.complex64], tuple[int, ...]], ...]:
    turn = 2 * np.pi * np.arange(ANGLES) / ANGLES
    out = []
    for k in (0, 0, *ORDERS):
        totals = tuple(range(TOP + 1)) if k == 0 else tuple(range(-TOP, TOP + 1))
        basis = np.exp(1j * np.outer([q - k for q in totals], turn)) / ANGLES
        out.append((basis.astype(np.complex64), totals))
    return tuple(out)


def _offsets(radius_px: float, stride: int) -> NDArray[np.int64]:
    turn = 2 * np.pi * np.arange(ANGLES) / ANGLES
    return np.rint(radius_px * np.sin(turn)).astype(np.int64) * stride + np.rint(radius_px * np.cos(turn)).astype(
        np.int64
    )


def reach_px(length_px: float) -> int:
    """Pixels around a place that are sampled for an object of this length."""
    return int(np.ceil(max(RINGS) * length_px)) + 1


@dataclass(frozen=True, slots=True)
class Sampler:
    """Samples one pyramid level for objects of one length."""

    planes: tuple[NDArray[Any], ...]
    """Channels, padded and flat: intensity, magnitude, then a complex plane for each direction order."""
    width: int
    """Columns of the padded planes."""
    margin: int
    length_px: float

    @classmethod
    def of(cls, level: Level, length_px: float) -> Self:
        """Pad the channels of a level by what an object of this length needs."""
        margin = int(np.ceil(max(RINGS) * length_px)) + 1
        padded = np.pad(level.channels, ((0, 0), (margin, margin), (margin, margin)), mode="edge")
        flat = padded.reshape(COUNT, -1)
        directions = (flat[i] + np.complex64(1j) * flat[i + 1] for i in range(2, COUNT, 2))
        return cls((flat[0], flat[1], *directions), padded.shape[2], margin, length_px)

    def spectra(self, rows: NDArray[np.intp], cols: NDArray[np.intp], *, directions: bool = True) -> Spectra:
        """Sample the channels around n places (rows, cols of the level) and transform them along the angle.

        Without `directions` only intensity and gradient magnitude are sampled.
        """
        base = (rows + self.margin) * self.width + cols + self.margin
        rings = [_offsets(r * self.length_px, self.width)[:, None] + base for r in RINGS]
        groups = []
        for plane, (basis, totals) in list(zip(self.planes, _bases(), strict=True))[: None if directions else 2]:
            out = np.empty((len(rings), len(totals), base.size), np.complex64)
            for j, where in enumerate(rings):
                out[j] = _project(basis, plane.take(where))
            groups.append(out)
        return Spectra(tuple(groups), np.stack([p.take(base) for p in self.planes[:2]]))


def _project(basis: NDArray[np.complex64], samples: NDArray[Any]) -> NDArray[np.complex64]:
    if np.iscomplexobj(samples):
        return np.asarray(basis @ samples)
    out = np.empty((basis.shape[0], samples.shape[1]), np.complex64)
    out.real, out.imag = basis.real.copy() @ samples, basis.imag.copy() @ samples
    return out


def _compare(a: NDArray[np.complex64], b: NDArray[np.complex64]) -> FloatArray:
    """Give the real part of a times conjugate b, on the scale of their moduli."""
    dot = a.real * b.real + a.imag * b.imag
    return np.asarray(dot / np.sqrt(np.abs(a) * np.abs(b) + 1e-6), dtype=np.float32)


def invariants(spectra: Spectra) -> FloatArray:
    """Give the rotation- and mirror-invariant features, shape (feature, n).

    Those of intensity and magnitude come first, so that they are the same with and without directions.
    """
    parts: list[FloatArray] = [spectra.centre]
    for group, (_, totals) in zip(spectra.groups, _bases(), strict=False):
        size = np.abs(group)
        zero = totals.index(0)
        size[:, zero] = group[:, zero].real
        parts += [size, _compare(group[:-1], group[1:])]
    light = spectra.groups[0][:, 1:]
    for group in spectra.groups[2:]:
        parts.append(_compare(light, group[:, TOP + 1 :]))
    n = spectra.centre.shape[1]
    return np.concatenate([p.reshape(-1, n) for p in parts])
