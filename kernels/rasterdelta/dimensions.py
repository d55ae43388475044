"""What a measured size is compatible with, by published dimensions. It excludes kinds; it never names one."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from rasterdelta.errors import KernelError

NOTHING: Final = "size tells nothing"
_QUANTILE = 1.645
"""Of the normal distribution: 90 % lie within so many standard deviations."""
_WIDEST = 2.5
"""An interval whose ends differ by a larger factor tells nothing."""
_MOST = 0.5
"""What is compatible with a larger share of the kinds of its class tells nothing."""
_SHOWN, _EXCLUDED = 5, 3
"""So many kinds are named."""
_FAR = 2.0
"""That kinds of so many times the length are excluded goes without saying."""
_TABLE = Path(__file__).with_name("dimensions.csv")


@dataclass(frozen=True, slots=True)
class Range:
    """From the least to the greatest, metres."""

    low: float
    high: float

    def meets(self, other: "Range") -> bool:
        """Tell whether they have a value in common."""
        return self.low <= other.high and other.low <= self.high

    @classmethod
    def around(cls, value: float, sd: float) -> "Range":
        """Give the 90 % interval of a true size whose measured logarithm is normal, of deviation `sd / value`."""
        factor = float(np.exp(_QUANTILE * sd / value))
        return cls(value / factor, value * factor)


@dataclass(frozen=True, slots=True)
class Kind:
    """Published dimensions of one kind or family."""

    label: str
    subclass: str
    name: str
    length: Range
    """Nose to tail; of helicopters from the fuselage to the turning rotors; of vehicles the hull without a gun."""
    width: Range
    """Wingspan, wings swept to spread; rotor; hull."""
    source: str
    """Publication that carries the dimensions, or what an own range was set around."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a size says."""

    length: Range
    """90 % interval of the true length."""
    compatible: tuple[Kind, ...]
    excluded: tuple[Kind, ...]
    """Of the same class; both in the table's order, what watchers of bases ask for first."""


@cache
def kinds() -> tuple[Kind, ...]:
    """Give the table: published dimensions of aircraft and vehicles, each with its source (`dimensions.csv`)."""
    with _TABLE.open(encoding="utf-8", newline="") as text:
        return tuple(
            Kind(
                r["class"],
                r["subclass"],
                r["name"],
                Range(float(r["length_low_m"]), float(r["length_high_m"])),
                Range(float(r["width_low_m"]), float(r["width_high_m"])),
                r["source"],
            )
            for r in csv.DictReader(text)
        )


def compatible_kinds(
    label: str,
    length_m: float,
    length_sd_m: float,
    width_m: float = np.nan,
    width_sd_m: float = np.nan,
    *,
    subclass: str = "",
) -> Verdict | None:
    """Say which kinds a measured size is compatible with.

    Parameters
    ----------
    label : str
        Class, `aircraft` or `vehicle`.
    length_m, length_sd_m : float
        Measured length and its standard deviation.
    width_m, width_sd_m : float, optional
        Wingspan or width; NaN where not known. That of helicopters is not used: rotors stand any way.
    subclass : str, optional
        Only kinds of it are asked, where it is told.

    Returns
    -------
    Verdict or None
        None where the size tells nothing: an unknown or too wide deviation, or too many compatible kinds.

    Raises
    ------
    KernelError
        A size that is not above 0, or a negative deviation.
    """
    if not length_m > 0 or length_sd_m < 0 or width_m <= 0 or width_sd_m < 0:
        raise KernelError(f"want sizes above 0 and deviations of 0 or more, not {length_m}, {length_sd_m}")
    asked = [k for k in kinds() if k.label == label and (not subclass or k.subclass == subclass)]
    if not asked or np.isnan(length_sd_m):
        return None
    length = Range.around(length_m, length_sd_m)
    width = None if np.isnan(width_m) or np.isnan(width_sd_m) else Range.around(width_m, width_sd_m)
    fits = tuple(k for k in asked if _fits(k, length, width))
    if length.high > _WIDEST * length.low or len(fits) > _MOST * len(asked):
        return None
    return Verdict(length, fits, tuple(k for k in asked if k not in fits))


def _fits(kind: Kind, length: Range, width: Range | None) -> bool:
    by_width = width is None or kind.subclass == "helicopter" or kind.width.meets(width)
    return kind.length.meets(length) and by_width


def size_statement(
    label: str,
    length_m: float,
    length_sd_m: float,
    width_m: float = np.nan,
    width_sd_m: float = np.nan,
    *,
    subclass: str = "",
) -> str:
    """Say in words what a measured size is compatible with; parameters as in `compatible_kinds`.

    Examples
    --------
    >>> size_statement("aircraft", 70.0, 3.0).partition("; ")[0]
    'length 70 m (65 to 75): compatible with An-124, A330/A340, A350, A380, B747 and 2 more'
    >>> size_statement("aircraft", 70.0, float("nan"))
    'size tells nothing'
    """
    said = compatible_kinds(label, length_m, length_sd_m, width_m, width_sd_m, subclass=subclass)
    if said is None:
        return NOTHING
    measured = f"length {_metres(length_m)} m ({_metres(said.length.low)} to {_metres(said.length.high)})"
    if not said.compatible:
        return f"{measured}: compatible with nothing that is listed"
    more = len(said.compatible) - _SHOWN
    names = ", ".join(k.name for k in said.compatible[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
    near = [k.name for k in said.excluded if k.length.high * _FAR > length_m > k.length.low / _FAR]
    return f"{measured}: compatible with {names}" + (f"; not with {', '.join(near[:_EXCLUDED])}" if near else "")


def _metres(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"
