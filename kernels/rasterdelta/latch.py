"""When an alarm is set and cleared: rules with two levels, on intervals; what was not observable says nothing."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rasterdelta.errors import KernelError

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def latch(on: ArrayLike, off: ArrayLike, known: ArrayLike, *, looks: int = 1, initial: bool = False) -> Flags:
    """Set an alarm after some looks in a row that call for it, and clear it after some in a row that speak against it.

    Parameters
    ----------
    on, off : array_like of bool, shape (..., n)
        Whether each look, in order of time, calls for the alarm, and whether it speaks against it.
    known : array_like of bool, shape (..., n)
        False: the look tells nothing, and is passed over. One that is neither `on` nor `off` ends a row.
    looks : int
        Length of a row, 1 or more.
    initial : bool
        The state before the first look.

    Returns
    -------
    ndarray of bool, shape (..., n)
        The state after each look.
    """
    if looks < 1:
        raise KernelError(f"looks in a row must be 1 or more, not {looks}")
    yes, no, told = np.broadcast_arrays(*(np.asarray(v, bool) for v in (on, off, known)))
    state = np.full(yes.shape[:-1], initial)
    rising, falling = (np.zeros(yes.shape[:-1], int) for _ in range(2))
    found = np.empty(yes.shape, bool)
    for k in range(yes.shape[-1]):
        here = told[..., k]
        rising = np.where(here, np.where(yes[..., k], rising + 1, 0), rising)
        falling = np.where(here, np.where(no[..., k], falling + 1, 0), falling)
        state = (state | (rising >= looks)) & ~(falling >= looks)
        found[..., k] = state
    return found


def above(low: ArrayLike, high: ArrayLike, *, level: float, clear: float, looks: int = 1) -> Flags:
    """Tell when a number is surely above a level, and no longer once it is surely not above `clear`.

    Parameters
    ----------
    low, high : array_like of shape (..., n)
        Interval of the number at each look; `low` NaN where nothing was observable, `high` infinite where only a least
        number is known.
    clear : float
        At most `level`.
    looks : int
        Looks in a row that must agree.
    """
    if clear > level:
        raise KernelError(f"an alarm above {level} is cleared at that level or below, not at {clear}")
    a, b = _interval(low, high)
    return latch(a > level, b <= clear, ~np.isnan(a), looks=looks)


def below(low: ArrayLike, high: ArrayLike, *, level: float, clear: float, looks: int = 1) -> Flags:
    """Tell when a number is surely below a level, and no longer once it is surely not below `clear`; see `above`."""
    if clear < level:
        raise KernelError(f"an alarm below {level} is cleared at that level or above, not at {clear}")
    a, b = _interval(low, high)
    return latch(b < level, a >= clear, ~np.isnan(a), looks=looks)


def appears(low: ArrayLike, empty: ArrayLike, *, looks: int = 1) -> Flags:
    """Tell when there surely is something after nothing was seen; before the first empty look nothing can appear.

    Parameters
    ----------
    low : array_like of shape (..., n)
        Least number at each look; NaN where nothing was observable.
    empty : array_like of bool, shape (..., n)
        Looks that show the whole zone, and nothing in it.
    """
    a = np.asarray(low, float)
    return latch(a >= 1, empty, ~np.isnan(a), looks=looks, initial=True)


def moves(
    low: ArrayLike, high: ArrayLike, *, number: float = 0.0, share: float = 0.0, looks: int = 1
) -> NDArray[np.int8]:
    """Tell when a number has surely changed since the level that was last settled.

    The first look settles the level; each alarm settles it anew. A look that gives a least number only settles it until
    one that shows all. A change is sure where the intervals leave no room for a smaller one.

    Parameters
    ----------
    low, high : array_like of shape (..., n)
        As in `above`.
    number : float
        Change in objects that must be exceeded.
    share : float
        Change as a share of the settled level that must be exceeded, e.g. 0.5.
    looks : int
        Looks in a row that must agree.

    Returns
    -------
    ndarray of int8, shape (..., n)
        1 at a rise, -1 at a fall, else 0.
    """
    a, b = _interval(low, high)
    shape = a.shape[:-1]
    ref_low, ref_high = np.full(shape, np.nan), np.full(shape, np.nan)
    rising, falling = np.zeros(shape, int), np.zeros(shape, int)
    found = np.zeros(a.shape, np.int8)
    for k in range(a.shape[-1]):
        x, y = a[..., k], b[..., k]
        told = ~np.isnan(x) & ~np.isnan(ref_low)
        up = (x - ref_high > number) & (x > (1 + share) * ref_high)
        down = (ref_low - y > number) & (y < (1 - share) * ref_low)
        rising = np.where(told, np.where(up, rising + 1, 0), rising)
        falling = np.where(told, np.where(down, falling + 1, 0), falling)
        fired = np.where(rising >= looks, 1, np.where(falling >= looks, -1, 0)) * told
        found[..., k] = fired
        settle = (
            ((fired != 0) | ~np.isfinite(ref_high)) & ~np.isnan(x) & ((fired != 0) | ~np.isinf(y) | np.isnan(ref_low))
        )
        ref_low, ref_high = np.where(settle, x, ref_low), np.where(settle, y, ref_high)
        rising, falling = np.where(fired != 0, 0, rising), np.where(fired != 0, 0, falling)
    return found


def _interval(low: ArrayLike, high: ArrayLike) -> tuple[Floats, Floats]:
    a, b = np.broadcast_arrays(np.asarray(low, float), np.asarray(high, float))
    if (b < a).any():
        raise KernelError("the ends of an interval are in disorder")
    return a, np.where(np.isnan(a), np.nan, b)


def begins(state: ArrayLike, *, initial: bool = False) -> Flags:
    """Tell at which looks an alarm is set that was not set before; shape (..., n)."""
    now = np.asarray(state, bool)
    before = np.concatenate([np.full((*now.shape[:-1], 1), initial), now[..., :-1]], axis=-1)
    return np.asarray(now & ~before)
