"""Dates in the names of files: how publishers, satellites and people write them."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path

from sitedelta.errors import InputError
from sitedelta.imagery.dates import Taken, plausible

_MONTHS = {
    name: i + 1
    for i, name in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"))
}
_MMM = "(?P<mon>" + "|".join(_MONTHS) + ")"
_MON = _MMM + "[a-z]*"
_H, _M, _S = r"(?P<H>[01]\d|2[0-3])", r"(?P<M>[0-5]\d)", r"(?P<S>[0-5]\d)"
_CLOCK = _H + _M + _S
_DASHED = r"(?P<y>19[6-9]\d|20\d\d)(?P<sep>[-_. ])(?P<m>\d\d?)(?P=sep)(?P<d>\d\d?)"
_YMD = r"(?P<y>19[6-9]\d|20\d\d)(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])"

_PRODUCTS = (
    # Sentinel-1, -2, -3: sensing time comes first, processing time later.
    rf"^s[1-6][a-d]_\w*?_{_YMD}t{_CLOCK}_",
    # Landsat collections: acquisition, then processing.
    rf"^l[a-z]0\d_\w{{4}}_\d{{6}}_{_YMD}_\d{{8}}",
    # Maxar orders: 24DEC13081233-P2AS.
    rf"(?<![a-z0-9])(?P<y>\d\d){_MMM}(?P<d>\d\d){_CLOCK}(?!\d)",
)
_FORMS = (
    rf"(?<!\d){_YMD}(?:t|z|_t?|-)?{_CLOCK}(?!\d)",
    rf"(?<!\d){_YMD}t{_H}{_M}(?!\d)",
    rf"(?<!\d){_YMD}(?!\d)",
    rf"(?<!\d){_DASHED}t{_H}[-_:.h]?{_M}(?:[-_:.m]?{_S})?(?![-_:.]?\d)",
    rf"(?<!\d){_DASHED}[_ -]{_CLOCK}(?!\d)",
    rf"(?<!\d){_DASHED}[_ -]{_H}[:.h]{_M}(?:[:.m]{_S})?(?![-_:.]?\d)",
    rf"(?<!\d){_DASHED}(?!\d)",
    rf"(?<![a-z0-9])(?P<d>\d\d?)[-_. ]?{_MON}[-_., ]*(?P<y>19[6-9]\d|20\d\d)(?!\d)",
    rf"(?<![a-z]){_MON}[-_. ]?(?P<d>\d\d?)[-_., ]+(?P<y>19[6-9]\d|20\d\d)(?!\d)",
)
_CAPTURED = r"screen[ _-]?(shot|capture)\D*\d{4}-?\d\d-?\d\d\D{1,5}\d\d[-:.]?\d\d[-:.]?\d\d"
"""Names that systems give to screenshots, with the moment of the capture."""

_EITHER = (
    # Day and month, or day and year, could be exchanged.
    (r"(?<!\d)(?P<a>\d\d?)(?P<sep>[-_.])(?P<b>\d\d?)(?P=sep)(?P<y>19[6-9]\d|20\d\d)(?!\d)", ("dmy", "mdy")),
    (rf"(?<![a-z0-9])(?P<a>\d\d){_MMM}(?P<b>\d\d)(?![a-z0-9])", ("y-d", "d-y")),
)


def dates_in(text: str, *, today: date) -> tuple[Taken, ...]:
    """Find the plausible dates that a file name can mean; more than one where it is ambiguous.

    Parameters
    ----------
    text
        A file name without its extension.
    today
        Dates more than two days after it are not plausible.

    Returns
    -------
    tuple of Taken
        Distinct days, in order of appearance; each with the time if the name gives it.
    """
    text = text.lower()
    for pattern in _PRODUCTS:
        if match := re.search(pattern, text):
            return _distinct(_reading(match), today)
    found: list[Taken] = []
    for pattern in _FORMS:
        for match in re.finditer(pattern, text):
            found += _reading(match)
            text = text.replace(match.group(), "~" * len(match.group()), 1)
    for pattern, orders in _EITHER:
        for match in re.finditer(pattern, text):
            found += [t for order in orders for t in _either(match, order)]
    return _distinct(found, today)


def date_in_name(path: Path, *, today: date) -> Taken | None:
    """Give the date that a file's name states, None where it states none.

    Raises
    ------
    InputError
        The name can mean several dates, or states when a screenshot was made.
    """
    if re.match(_CAPTURED, path.stem.lower()):
        raise InputError(f"{path}: its name says when the screenshot was made, not the image; give that with `date:`")
    found = dates_in(path.stem, today=today)
    if len(found) > 1:
        days = " or ".join(f"{t.date:%Y-%m-%d}" for t in found)
        raise InputError(f"{path}: its name can mean {days}; say which with `date:`")
    return found[0] if found else None


def _reading(match: re.Match[str]) -> list[Taken]:
    part = match.groupdict()
    year = int(part["y"]) + (2000 if len(part["y"]) == 2 else 0)
    month = _MONTHS[part["mon"]] if part.get("mon") else int(part["m"])
    return _instant(year, month, int(part["d"]), part)


def _either(match: re.Match[str], order: str) -> list[Taken]:
    a, b = int(match["a"]), int(match["b"])
    if order in ("dmy", "mdy"):
        day, month = (a, b) if order == "dmy" else (b, a)
        return _instant(int(match["y"]), month, day, {})
    day, year = (b, a) if order == "y-d" else (a, b)
    return _instant(2000 + year, _MONTHS[match["mon"]], day, {})


def _instant(year: int, month: int, day: int, part: dict[str, str | None]) -> list[Taken]:
    hour, minute, second = (int(part.get(k) or 0) for k in "HMS")
    try:
        instant = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return []
    return [Taken(instant, "time" if part.get("H") else "day")]


def _distinct(found: Iterable[Taken], today: date) -> tuple[Taken, ...]:
    days: dict[date, Taken] = {}
    for taken_ in found:
        known = days.get(taken_.date.date())
        if plausible(taken_, today=today) and (known is None or known.precision == "day"):
            days[taken_.date.date()] = taken_
    return tuple(days.values())
