"""A smooth displacement field from scattered tie points."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from rasterdelta.registration.warp import Positions
from rasterdelta.types import FloatArray

ANCHOR: Final = 1e-4
"""Pull of every node towards the global model: felt only where no tie point is near."""
ROUNDS: Final = 3
"""Fits, each of which weighs the points by how the one before missed them."""


@dataclass(frozen=True, slots=True)
class Nodes:
    """The grid that carries a field: (rows, columns) of nodes `step` pixels apart, the first at pixel (0, 0)."""

    rows: int
    cols: int
    step: int

    @classmethod
    def over(cls, shape: tuple[int, int], step: int) -> "Nodes":
        """Cover an image of (row, column) pixels."""
        return cls(-(-(shape[0] - 1) // step) + 1, -(-(shape[1] - 1) // step) + 1, step)

    def weights(self, col: Positions, row: Positions) -> sparse.csr_matrix:
        """Give the bilinear weights, shape (n, nodes), of the nodes at each position."""
        c, r = np.clip(col / self.step, 0, self.cols - 1.001), np.clip(row / self.step, 0, self.rows - 1.001)
        c0, r0 = np.floor(c).astype(np.intp), np.floor(r).astype(np.intp)
        fc, fr = c - c0, r - r0
        index = r0 * self.cols + c0
        at = np.stack([index, index + 1, index + self.cols, index + self.cols + 1], axis=1)
        value = np.stack([(1 - fr) * (1 - fc), (1 - fr) * fc, fr * (1 - fc), fr * fc], axis=1)
        rows = np.repeat(np.arange(len(col)), 4)
        return sparse.csr_matrix((value.ravel(), (rows, at.ravel())), shape=(len(col), self.rows * self.cols))

    def bending(self) -> sparse.csr_matrix:
        """Give the thin-plate energy of the nodes, shape (nodes, nodes)."""
        dr, dc = _second(self.rows), _second(self.cols)
        one_r, one_c = sparse.identity(self.rows), sparse.identity(self.cols)
        mixed = sparse.kron(_first(self.rows), _first(self.cols))
        along_r, along_c = sparse.kron(dr, one_c), sparse.kron(one_r, dc)
        return (along_r.T @ along_r + along_c.T @ along_c + 2 * mixed.T @ mixed).tocsr()


def _first(n: int) -> sparse.csr_matrix:
    return sparse.diags([-1.0, 1.0], [0, 1], shape=(n - 1, n))


def _second(n: int) -> sparse.csr_matrix:
    return sparse.diags([1.0, -2.0, 1.0], [0, 1, 2], shape=(max(n - 2, 0), n))


def fit_field(
    col: Positions,
    row: Positions,
    error: Positions,
    weight: Positions,
    nodes: Nodes,
    *,
    wavelength: float,
    tolerance: float,
) -> FloatArray:
    """Fit a thin plate through displacements, robustly.

    Parameters
    ----------
    col, row, weight : ndarray of shape (n,)
        Places and weights of the points.
    error : ndarray of shape (n, 2)
        Displacement (dcol, drow) beside the global model, in pixels.
    wavelength : float
        Waves of this length, in pixels, are followed by half; longer ones better, shorter ones less.
    tolerance : float
        Points farther from the plate than this, in pixels, lose their say (Tukey's biweight at 1.5 times it).

    Returns
    -------
    field : float32 ndarray of shape (2, n, m)
        Displacement at the nodes, within the range of the points that count.
    """
    design = nodes.weights(col, row)
    # A wave of length L on nodes h apart bends by (2 pi h / L)^2: its energy is to equal the weight of the points.
    stiffness = weight.sum() / (nodes.rows * nodes.cols) * (wavelength / (2 * np.pi * nodes.step)) ** 4
    energy = nodes.bending() * stiffness + ANCHOR * sparse.identity(nodes.rows * nodes.cols)
    spread = float(np.quantile(np.abs(error), 0.9)) if len(error) else 0.0
    say = weight
    for cut in np.geomspace(max(spread, tolerance), tolerance, ROUNDS):
        solver = splu((design.T @ sparse.diags(say) @ design + energy).tocsc())
        plate = solver.solve(design.T @ (say[:, None] * error))
        distance = np.hypot(*(error - design @ plate).T)
        say = weight * np.square(np.clip(1 - np.square(distance / (1.5 * cut)), 0, None))
    counted = distance <= tolerance
    if counted.any():
        plate = np.clip(plate, error[counted].min(axis=0) - 0.5, error[counted].max(axis=0) + 0.5)
    return np.asarray(plate.T.reshape(2, nodes.rows, nodes.cols), np.float32)
