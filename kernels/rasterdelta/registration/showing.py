"""Which tie points see the ground on both dates: cloud, fog and glare take its structure away on one."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from rasterdelta.registration.ties import Ties

LOST: Final = 1.6
"""Ratio of contrasts, beside that at agreeing points, from which a patch shows the ground on one date only: season,
sun and sensor move it by a tenth, unless they move it everywhere."""


def showing(ties: Ties, agreeing: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell the tie points around which both images show as much structure as they do where they agree.

    Parameters
    ----------
    ties : Ties
    agreeing : bool ndarray of shape (n,)
        True where the alignment explains the point.

    Returns
    -------
    bool ndarray of shape (n,)
        True = both show the ground; everything is, where nothing agrees.
    """
    if not agreeing.any():
        return np.ones(len(ties), np.bool_)
    beside = ties.contrast - np.median(ties.contrast[agreeing])
    return np.asarray(np.abs(beside) <= np.log(LOST), np.bool_)
