"""Register two images: hypotheses from cheap to dear, each refined and judged, the first that can be trusted taken."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from rasterdelta.errors import KernelError, NotEnoughData
from rasterdelta.registration.features import similarities
from rasterdelta.registration.pyramid import Pair, Pyramid, size
from rasterdelta.registration.refine import refine
from rasterdelta.registration.result import IDENTITY, Alignment, ModelChoice, Refusal
from rasterdelta.registration.shift import shifts
from rasterdelta.types import Image, Mask, Matrix

GLOBAL_SIDE: Final = 512
"""Side, in pixels, to which whole images are reduced for the search for a shift."""
SAME: Final = 10.0
"""Hypotheses nearer than this everywhere, in pixels, are one."""
PLENTY: Final = 0.5
"""An alignment with this support is taken without asking whether another hypothesis has more."""
STILL: Final = 2.0
STILL_SUPPORT: Final = 0.35
"""An unguided alignment that moves nothing by more than `STILL` pixels needs this support: furniture has less."""


def register(
    reference: Image,
    moving: Image,
    *,
    reference_valid: Mask | None = None,
    moving_valid: Mask | None = None,
    reference_covered: Mask | None = None,
    moving_covered: Mask | None = None,
    start: Matrix | None = None,
    scale: float | None = None,
    model: ModelChoice = "auto",
    seed: int = 0,
) -> Alignment | Refusal:
    """Find where each pixel of the reference image lies in the moving image, or refuse.

    Parameters
    ----------
    reference, moving : float32 ndarray of shape (band, row, column)
        Any radiometry; the numbers of bands may differ.
    reference_valid, moving_valid : bool ndarray of shape (row, column), optional
        True = valid; everything by default.
    reference_covered, moving_covered : bool ndarray of shape (row, column), optional
        True = the image reaches there, though cloud may hide the ground: what is covered and not valid has no say, but
        counts as ground on which nothing bears the alignment out. What is valid by default.
    start : matrix, optional
        First guess from reference (column, row, 1) to moving (column, row), right to within some tens of pixels.
    scale : float, optional
        Moving pixels per reference pixel, where the ground sampling distances are known but nothing else. Another one
        is tried last, as distances that people give are often rough.
    model : {"auto", "shift", "affine", "field"}
        "auto" takes the simplest global model that explains the tie points: a shift if a similarity differs from it
        nowhere by more than 0.25 pixel; else the similarity, unless an affine model lowers the median error at
        held-out points by a tenth and by 0.05 pixel (both are called "affine" in the result). A field follows relief
        and leaning buildings beside the global model; it must be asked for.
    seed : int
        Of random sample consensus and of the held-out points.

    Returns
    -------
    Alignment or Refusal
        A refusal is false and carries its reason.

    Raises
    ------
    KernelError
        Where shapes disagree or an image side is longer than 32767 pixels.

    Notes
    -----
    Hypotheses are tried from cheap to dear: the given start, shifts from the phase correlation of the whole images,
    similarities from SIFT features. Each is refined on grids of tie points (phase correlation of locally standardised
    patches) from coarse to fine, and accepted only if enough points agree, more than chance would bring, spread over
    the common ground, if the mean correlation surface stands out at lag 0 against shifted controls, and if points held
    out of the fit agree with it.
    """
    if scale is not None and not (np.isfinite(scale) and scale > 0):
        raise KernelError(f"the ratio of pixel sizes must be positive, not {scale}")
    reference_valid = np.ones(reference.shape[1:], np.bool_) if reference_valid is None else reference_valid
    moving_valid = np.ones(moving.shape[1:], np.bool_) if moving_valid is None else moving_valid
    pyramids = []
    given = (reference, reference_valid, reference_covered), (moving, moving_valid, moving_covered)
    for name, (image, valid, covered) in zip(("reference", "moving"), given, strict=True):
        try:
            pyramids.append(Pyramid.of(image, valid, covered))
        except NotEnoughData as error:
            return Refusal(f"the {name} image cannot be matched: {error}")
    first, second = pyramids
    refusals: list[Refusal] = []
    tried: list[Matrix] = []
    trusted: list[Alignment] = []
    for matrix in _hypotheses(first, second, start, scale, seed):
        if any(_alike(matrix, other, first.valid.shape, SAME) for other in tried):
            continue
        tried.append(matrix)
        result = refine(Pair.under(first, second, matrix), matrix, model=model, seed=seed)
        if isinstance(result, Refusal):
            refusals.append(result)
        elif result.support >= PLENTY or start is not None:
            return result
        else:
            trusted.append(result)
    if not trusted:
        return refusals[0]
    best = max(trusted, key=lambda found: found.support)
    if best.support < STILL_SUPPORT and _alike(best.matrix, IDENTITY, first.valid.shape, STILL):
        return Refusal("only details at identical screen positions match, as watermarks and buttons do")
    return best


def _alike(one: Matrix, other: Matrix, shape: tuple[int, int], within: float) -> bool:
    """Tell whether two matrices lie within some pixels of each other over an image."""
    corners = np.array([[x, y, 1] for x in (0, shape[1]) for y in (0, shape[0])])
    return bool(np.abs(corners @ (one - other).T).max() < within)


def _hypotheses(
    reference: Pyramid, moving: Pyramid, start: Matrix | None, scale: float | None, seed: int
) -> Iterator[Matrix]:
    linear = IDENTITY * (scale or 1.0) if start is None else np.asarray(start, np.float64)
    if start is not None:
        yield linear
        scale = size(linear)
    pair = Pair.under(reference, moving, linear)
    yield from shifts(*pair.at(max(1, round(pair.longest() / GLOBAL_SIDE))), linear)
    planes = reference.plane, reference.valid, moving.plane, moving.valid
    yield from similarities(*planes, scale=scale, free=start is None, seed=seed)
