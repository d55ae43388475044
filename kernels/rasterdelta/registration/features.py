"""A similarity between two images about which nothing is known, from SIFT features."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from rasterdelta.types import Mask, Matrix, Plane

LONGEST: Final = 1400
"""Side, in pixels, to which images are reduced before features are looked for."""
FEATURES: Final = 4000
RATIO: Final = 0.85
TRIES: Final = 4000
STILL: Final = 2.0
"""Matches that moved less, in pixels, may be screen furniture."""
FEWEST: Final = 6

Points = NDArray[np.complex128]


def similarities(
    reference: Plane,
    reference_valid: Mask,
    moving: Plane,
    moving_valid: Mask,
    *,
    scale: float | None,
    free: bool = True,
    seed: int,
) -> list[Matrix]:
    """Find similarities (rotation, scale, shift) that many feature matches agree on, best first.

    Parameters
    ----------
    reference, moving : float32 ndarray of shape (row, column)
    reference_valid, moving_valid : bool ndarray
        True = valid.
    scale : float or None
        Known moving pixels per reference pixel, to within a tenth.
    free : bool
        Whether similarities of any scale follow those of the known one.
    seed : int
        Of the random sample consensus.

    Returns
    -------
    list of matrix
        Reference to moving; empty where nothing agrees. The first leaves out matches at identical screen positions
        (watermarks, logos, buttons), the second counts them; then the same of any scale.

    References
    ----------
    .. [1] Lowe, D. G. (2004). Distinctive image features from scale-invariant keypoints.
       DOI 10.1023/B:VISI.0000029664.99615.94
    .. [2] Arandjelovic, R., Zisserman, A. (2012). Three things everyone should know to improve object retrieval.
       DOI 10.1109/CVPR.2012.6248018
    """
    left, right = _features(reference, reference_valid), _features(moving, moving_valid)
    a, b = _matched(left, right)
    moved = np.abs(b - a) > STILL
    sets = [moved, np.ones(len(a), np.bool_)] if not moved.all() else [moved]
    scales = (scale, None) if free and scale is not None else (scale,)
    found = [_similarity(a[s], b[s], known, left[2] / right[2], seed) for known in scales for s in sets]
    return [_full(m, left[2], right[2]) for m in found if m is not None]


def _full(matrix: Matrix, reference: float, moving: float) -> Matrix:
    """Take a matrix between images reduced by two factors to the full ones; pixel centres are at whole numbers."""
    shrink = np.array([[1 / reference, 0, 0.5 / reference - 0.5], [0, 1 / reference, 0.5 / reference - 0.5], [0, 0, 1]])
    grow = np.array([[moving, 0, (moving - 1) / 2], [0, moving, (moving - 1) / 2], [0, 0, 1]])
    return np.asarray((grow @ np.vstack([matrix, [0, 0, 1]]) @ shrink)[:2], np.float64)


Features = tuple[Points, NDArray[np.float32], float]


def _features(plane: Plane, valid: Mask) -> Features:
    """Give positions (column + i row), RootSIFT descriptors and the factor of reduction."""
    factor = max(1.0, max(plane.shape) / LONGEST)
    size = (round(plane.shape[1] / factor), round(plane.shape[0] / factor))
    small = cv2.resize(_eight_bit(plane, valid), size, interpolation=cv2.INTER_AREA)
    mask = cv2.resize(valid.astype(np.uint8) * 255, size, interpolation=cv2.INTER_NEAREST)
    mask = cv2.erode(mask, np.ones((7, 7), np.uint8), borderType=cv2.BORDER_REPLICATE)
    sift = cv2.SIFT.create(nfeatures=FEATURES, contrastThreshold=0.02)
    keys, words = sift.detectAndCompute(small, mask)
    if words is None or len(keys) < FEWEST:
        return np.zeros(0, np.complex128), np.zeros((0, 128), np.float32), factor
    at = np.array([complex(*k.pt) for k in keys])
    # The detector's threads hand in key points in any order: sort them, so that the result is the same every time.
    order = np.lexsort((*words.T[:4], at.imag, at.real))
    root = np.sqrt(words / np.maximum(words.sum(axis=1, keepdims=True), 1e-6))
    return at[order], root[order].astype(np.float32), factor


def _eight_bit(plane: Plane, valid: Mask) -> NDArray[np.uint8]:
    low, high = np.percentile(plane[valid], [0.5, 99.5]) if valid.any() else (0.0, 1.0)
    span = max(float(high - low), 1e-6)
    return np.clip((plane - low) * (255 / span), 0, 255).astype(np.uint8)


def _matched(left: Features, right: Features) -> tuple[Points, Points]:
    """Pair features that choose each other, one of them clearly."""
    if min(len(left[0]), len(right[0])) < FEWEST:
        return np.zeros(0, np.complex128), np.zeros(0, np.complex128)
    likeness = left[1] @ right[1].T
    forth, back = likeness.argmax(axis=1), likeness.argmax(axis=0)
    i = np.flatnonzero(back[forth] == np.arange(len(forth)))
    top = np.sort(np.partition(likeness[i], -2, axis=1)[:, -2:], axis=1)
    distance = np.sqrt(np.clip(2 - 2 * top, 0, None))
    i = i[distance[:, 1] <= RATIO * distance[:, 0]]
    return left[0][i], right[0][forth[i]]


def _similarity(a: Points, b: Points, scale: float | None, reduction: float, seed: int) -> Matrix | None:
    """Find b = z a + t by random sample consensus; a mirrored match cannot be expressed."""
    if len(a) < FEWEST:
        return None
    rng = np.random.default_rng(seed)
    i, j = rng.integers(0, len(a), (2, TRIES))
    run = a[j] - a[i]
    apart = np.abs(run) > 20
    z = (b[j] - b[i])[apart] / run[apart]
    t = b[i][apart] - z * a[i][apart]
    size = np.abs(z)
    known = None if scale is None else scale * reduction
    likely = (size > 0.1) & (size < 10) if known is None else (size > 0.85 * known) & (size < 1.18 * known)
    z, t = z[likely], t[likely]
    if not len(z):
        return None
    inside = np.concatenate(
        [
            (np.abs(z[k : k + 200, None] * a + t[k : k + 200, None] - b) < _tolerance(z[k : k + 200])).sum(axis=1)
            for k in range(0, len(z), 200)
        ]
    )
    best = int(inside.argmax())
    return _polished(a, b, z[best], t[best]) if inside[best] >= FEWEST else None


def _tolerance(z: Points) -> NDArray[np.float64]:
    return 3.0 * np.maximum(1.0, np.abs(z))[:, None]


def _polished(a: Points, b: Points, z: complex, t: complex) -> Matrix:
    for _ in range(5):
        near = np.abs(z * a + t - b) < 3.0 * max(1.0, abs(z))
        if near.sum() < FEWEST:
            break
        ma, mb = a[near].mean(), b[near].mean()
        z = complex(((b[near] - mb) * np.conj(a[near] - ma)).sum() / np.square(np.abs(a[near] - ma)).sum())
        t = complex(mb - z * ma)
    return np.array([[z.real, -z.imag, t.real], [z.imag, z.real, t.imag]])
