"""Whether an alignment is worth more than leaving two images as they lie."""

from dataclasses import replace
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from rasterdelta.errors import NotEnoughData
from rasterdelta.registration.plane import one_plane
from rasterdelta.registration.result import IDENTITY, Alignment
from rasterdelta.threshold import MAD_TO_SIGMA
from rasterdelta.types import Image, Mask, Matrix, Plane

BLOCK: Final = 32
"""Side of a block that counts as one witness, in pixels."""
FEWEST: Final = 8
"""Fewer blocks than this bear no witness."""
SURE: Final = 4.0
"""Mean gain over its standard error at which one alignment is better than another: neighbouring blocks lean on each
other, so 2 would be too little."""
SMOOTH: Final = 2.0
"""Standard deviation of the Gaussian before the gradient: the edges of compression blocks, which lie at the same places
in any two images, must not speak for leaving them so."""
QUIET: Final = 3.0
"""Times the median gradient that is added to what is normal: faint texture is no edge."""
_NORMAL: Final = 31
"""Side of the surroundings whose mean gradient is taken as normal."""

_Edges: TypeAlias = tuple[Plane, Plane, Mask]


def simplest(
    found: Alignment, reference: Image, moving: Image, *, reference_valid: Mask, moving_valid: Mask
) -> Alignment:
    """Give the simplest alignment that no dearer one clearly beats: none at all, its shift, or itself.

    Parameters
    ----------
    found
        Of a global model.
    reference, moving
        float32, shape (band, row, column); images that may well lie on each other as they are.
    reference_valid, moving_valid
        True = valid, shape (row, column).

    Returns
    -------
    Alignment
        With the residual and the inlying points that the chosen matrix has.

    Notes
    -----
    The witnesses are the directions of edges, which the tie points (correlation of brightness) did not look at: in
    every block, doubled-angle gradients [1]_, in proportion to the gradients around, are correlated under both
    matrices; the mean gain over the blocks is compared with its standard error. A matrix beside which the tie points as
    a whole lie by more than a pixel gives way without them.

    References
    ----------
    .. [1] Granlund, G. H., Knutsson, H. (1995). Signal Processing for Computer Vision. DOI 10.1007/978-1-4757-2377-9
    """
    try:
        a, b = one_plane(reference, reference_valid), one_plane(moving, moving_valid)
    except NotEnoughData:
        return found
    first = _edges(a, reference_valid)
    best, lies = IDENTITY, _edges(*_under(b, moving_valid, IDENTITY, a.shape))
    for matrix in _dearer(found, a.shape):
        moved = _edges(*_under(b, moving_valid, matrix, a.shape))
        if _beside(found, best) or _gain(first, lies, moved) >= SURE:
            best, lies = matrix, moved
    return found if best is found.matrix else _as(found, best)


def _dearer(found: Alignment, shape: tuple[int, ...]) -> tuple[Matrix, ...]:
    """Give the shift of the middle, where more than a shift was found, and what was found."""
    if found.model == "shift":
        return (found.matrix,)
    middle = np.array([shape[1] / 2, shape[0] / 2])
    shift = IDENTITY.copy()
    shift[:, 2] = found.matrix @ [*middle, 1] - middle
    return shift, found.matrix


def _beside(found: Alignment, matrix: Matrix) -> bool:
    """Tell whether the tie points as a whole lie beside a matrix: their median by more than a pixel and its error."""
    p = found.points
    if not p.inlier.any():
        return False
    col, row = matrix @ np.stack([p.col, p.row, np.ones_like(p.col)])
    off = np.stack([p.col + p.dcol - col, p.row + p.drow - row])[:, p.inlier]
    middle = np.median(off, axis=1)
    spread = MAD_TO_SIGMA * float(np.median(np.abs(off - middle[:, None])))
    return bool(np.hypot(*middle) > max(1.0, SURE * spread / np.sqrt(off.shape[1])))


def _under(plane: Plane, valid: Mask, matrix: Matrix, shape: tuple[int, ...]) -> tuple[Plane, Mask]:
    size, seen = (shape[1], shape[0]), valid.astype(np.uint8)
    moved = cv2.warpAffine(
        plane, matrix, size, flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )
    there = cv2.warpAffine(seen, matrix, size, flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP)
    return np.asarray(moved, np.float32), np.asarray(there > 0, np.bool_)


def _edges(plane: Plane, valid: Mask) -> _Edges:
    """Give the gradient with its angle doubled, in proportion to the gradients around."""
    level = cv2.GaussianBlur(plane, (17, 17), SMOOTH)
    across, down = (np.asarray(cv2.Sobel(level, cv2.CV_32F, i, j), np.float32) for i, j in ((1, 0), (0, 1)))
    size = np.sqrt(across * across + down * down)
    typical = float(np.median(size[valid])) if valid.any() else 0.0
    around = cv2.blur(size, (_NORMAL, _NORMAL)) + np.float32(QUIET * typical + 1e-6)
    scale = np.where(valid, 1 / (around * np.maximum(size, np.float32(1e-6))), np.float32(0))
    return (across * across - down * down) * scale, 2 * across * down * scale, valid


def _gain(first: _Edges, plain: _Edges, better: _Edges) -> float:
    """Give by how many standard errors the last correlates better with the first than the one before it."""
    seen = first[2] & plain[2] & better[2]
    kept = _blocks(seen.astype(np.float32)) > BLOCK**2 / 2
    if kept.sum() < FEWEST:
        return 0.0
    gain = _likeness(first, better, seen)[kept] - _likeness(first, plain, seen)[kept]
    error = float(gain.std(ddof=1)) / np.sqrt(gain.size)
    return float(gain.mean()) / error if error > 0 else 0.0


def _likeness(one: _Edges, other: _Edges, seen: Mask) -> NDArray[np.float64]:
    """Give each block's part in the correlation of two edge fields."""
    shared = _blocks((one[0] * other[0] + one[1] * other[1]) * seen)
    own, its = (_blocks((e[0] * e[0] + e[1] * e[1]) * seen) for e in (one, other))
    share: NDArray[np.float64] = shared / max(float(np.sqrt(own * its).mean()), 1e-12)
    return share


def _blocks(plane: Plane) -> NDArray[np.float64]:
    """Give the sums over whole blocks."""
    rows, cols = (n // BLOCK for n in plane.shape)
    part = plane[: rows * BLOCK, : cols * BLOCK].astype(np.float64)
    sums: NDArray[np.float64] = part.reshape(rows, BLOCK, cols, BLOCK).sum(axis=(1, 3))
    return sums


def _as(found: Alignment, matrix: Matrix) -> Alignment:
    """Give an alignment by another matrix, judged by the same tie points.

    It is what the images say of themselves, or a shift of all that, and holds also where no tie point bears it out.
    """
    p = found.points
    col, row = matrix @ np.stack([p.col, p.row, np.ones_like(p.col)])
    distance = np.hypot(p.col + p.dcol - col, p.row + p.drow - row)
    inlier = p.inlier & (distance <= max(1.0, 3 * found.residual_px))
    kept = p.inlier if not inlier.any() else inlier
    residual = float(np.median(distance[kept])) if kept.any() else found.residual_px
    points = replace(p, inlier=kept)
    return replace(
        found,
        model="shift",
        matrix=matrix,
        residual_px=residual,
        points=points,
        field=None,
        field_step=0,
        supported=None,
    )
