"""Dates of images: as written in configurations, tags and file names."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from sitedelta.errors import InputError
from sitedelta.scene import Scene

if TYPE_CHECKING:
    from sitedelta.raster import RasterInfo

Precision: TypeAlias = Literal["day", "time"]

EARLIEST = 1960
"""Year of the first reconnaissance satellites."""

NO_DATE = datetime.min.replace(tzinfo=UTC)
"""Stands for a date that is not known, where one is not needed."""


class Taken(NamedTuple):
    """When an image was taken."""

    date: datetime
    """UTC; midnight where only the day is known."""
    precision: Precision


def has_date(scene: Scene) -> bool:
    """Tell whether it is known when a scene was taken."""
    return scene.date != NO_DATE


def parse_date(text: str) -> date | datetime:
    """Read a date, or a date and time (UTC unless it says otherwise), in ISO 8601.

    Raises
    ------
    ValueError
        It is not a date, or not one that exists.

    Examples
    --------
    >>> parse_date("2024-12-13")
    datetime.date(2024, 12, 13)
    """
    text = text.strip()
    try:
        if re.fullmatch(r"\d{4}-?\d{2}-?\d{2}", text):
            return date.fromisoformat(text)
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        why = "not a date" if "isoformat" in str(error) else f"not a date that exists ({error})"
        raise ValueError(f"{why}; write 2024-12-13 or 2024-12-13T08:12Z") from None
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def taken(value: date | datetime) -> Taken:
    """Give a parsed date as an instant with its precision."""
    if isinstance(value, datetime):
        return Taken(value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC), "time")
    return Taken(datetime.combine(value, time(), UTC), "day")


def plausible(found: Taken, *, today: date) -> bool:
    """Tell whether a satellite can have taken an image then: from 1960 up to two days after `today`."""
    return found.date.year >= EARLIEST and found.date.date() <= today + timedelta(days=2)


def check(found: Taken, *, today: date, where: str) -> Taken:
    """Give the date back if it is plausible.

    Raises
    ------
    InputError
        It is before 1960 or in the future.
    """
    if not plausible(found, today=today):
        side = "before 1960" if found.date.year < EARLIEST else "in the future"
        raise InputError(f"{where}: the date {found.date:%Y-%m-%d} is {side}; give the date it was taken with `date:`")
    return found


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


def date_of(path: Path, info: "RasterInfo", *, today: date | None = None) -> Taken:
    """Give the date that an image states: in its sidecar, its tags or its name.

    Parameters
    ----------
    path
        The image file.
    info
        What `sitedelta.raster.describe` said of it.
    today
        Later dates are refused; the current day where it is not given.

    Raises
    ------
    InputError
        It states none, several, or one that is not plausible.
    """
    from sitedelta.sources.metadata import read_metadata

    today = today or datetime.now(UTC).date()
    stated = read_metadata(path, info)
    if stated.taken is not None:
        return check(stated.taken, today=today, where=str(path))
    named = date_in_name(path, today=today)
    written = stated.written if stated.written and plausible(stated.written, today=today) else None
    if named and written and named.date.date() != written.date.date():
        raise InputError(
            f"{path}: its name says {named.date:%Y-%m-%d}, its tags say {written.date:%Y-%m-%d}; say which with `date:`"
        )
    best = written if named is None or (written and written.precision == "time" != named.precision) else named
    if best is None:
        raise InputError(f"{path}: neither its tags nor its name say when it was taken; give it with `date:`")
    return best


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
