"""Textured scenes with known displacements."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from rasterdelta.types import Image, Matrix, Plane

Scene = Callable[..., Image]


def textured(seed: int, rows: int, cols: int) -> Plane:
    """Draw blocks, lines and several scales of noise: something like ground seen from above."""
    rng = np.random.default_rng(seed)
    out = np.zeros((rows, cols), np.float32)
    for sigma, strength in ((1.2, 6.0), (4.0, 20.0), (20.0, 120.0)):
        out += strength * sigma * cv2.GaussianBlur(rng.normal(0, 1, out.shape).astype(np.float32), (0, 0), sigma)
    for _ in range(rows * cols // 3000):
        r, c, h, w = rng.integers(0, rows), rng.integers(0, cols), *rng.integers(4, 40, 2)
        out[r : r + h, c : c + w] += rng.uniform(-80, 80)
    return cv2.GaussianBlur(out, (0, 0), 0.8) + 400


def warped(plane: Plane, matrix: Matrix, shape: tuple[int, int]) -> Plane:
    """Give the moving image for a matrix from reference to moving, with Lanczos."""
    return cv2.warpAffine(plane, matrix, shape[::-1], flags=cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REFLECT)


@pytest.fixture(scope="session")
def ground() -> Plane:
    return textured(0, 640, 640)


@pytest.fixture(scope="session")
def elsewhere() -> Plane:
    return textured(1, 640, 640)
