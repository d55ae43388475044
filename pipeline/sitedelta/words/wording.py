"""Numbers, dates and names in a reader's words."""

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

DASH = "\N{EN DASH}"

_MANY = {
    "aircraft": "aircraft",
    "vehicle": "vehicles",
    "helicopter": "helicopters",
    "ship": "ships",
    "tent": "tents",
    "larger than a car": "larger than a car",
    "not told": "not told",
}
_TOO_COARSE = re.compile(r"gsd ([\d.]+) m > ([\d.]+) m")


def many(label: str) -> str:
    """Give the plural of a class.

    Examples
    --------
    >>> many("aircraft"), many("vehicle"), many("radar_mast")
    ('aircraft', 'vehicles', 'radar masts')
    """
    return _MANY.get(label, label.replace("_", " ") + "s")


def counted(number: int, label: str) -> str:
    """Give a number of things of a class, `no` for none.

    Examples
    --------
    >>> counted(0, "vehicle"), counted(1, "vehicle"), counted(1200, "aircraft")
    ('no vehicles', '1 vehicle', '1,200 aircraft')
    """
    if number == 0:
        return f"no {many(label)}"
    return f"{number:,} {label.replace('_', ' ') if number == 1 else many(label)}"


def grouped(value: int | None) -> str:
    """Give a number as sentences write it.

    Examples
    --------
    >>> grouped(12), grouped(1377), grouped(None)
    ('12', '1,377', 'unknown')
    """
    return "unknown" if value is None else f"{value:,}"


def listed(parts: Sequence[str]) -> str:
    """Join parts as a sentence does.

    Examples
    --------
    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def interval(low: int | None, high: int | None) -> str:
    """Give an interval, `unknown` without its ends."""
    return "unknown" if low is None or high is None else f"{grouped(low)}{DASH}{grouped(high)}"


def percent(share: float) -> str:
    """Give a share of 0 to 1 as whole per cent, rounded down, so that 100 % means all of it.

    Examples
    --------
    >>> percent(0.9999), percent(1.0), percent(0.004), percent(0.0)
    ('99 %', '100 %', 'less than 1 %', '0 %')
    """
    if 0 < share < 0.01:
        return "less than 1 %"
    return f"{int(share * 100 + 1e-9)} %"


def small_percent(share: float) -> str:
    """Give a share of 0 to 1 as per cent with two significant digits."""
    return f"{float(f'{share * 100:.2g}'):g} %"


def few_percent(share: float) -> str:
    """Give a share of 0 to 1 as per cent, two significant digits, without those below a thousandth of a per cent.

    Examples
    --------
    >>> few_percent(0.0042), few_percent(0.0), few_percent(3e-8)
    ('0.42 %', '0 %', 'less than 0.001 %')
    """
    return "less than 0.001 %" if 0 < share < 1e-5 else small_percent(share)


def area(square_metres: float) -> str:
    """Give an area in the unit a reader expects.

    Examples
    --------
    >>> area(940.2), area(52_000), area(3_400_000)
    ('940 m²', '5.2 ha', '3.4 km²')
    """
    if square_metres < 10_000:
        return f"{square_metres:,.0f} m²"
    if square_metres < 1_000_000:
        return f"{square_metres / 1e4:.1f} ha"
    return f"{square_metres / 1e6:.1f} km²"


def metres(length: float) -> str:
    """Give a length in metres or kilometres.

    Examples
    --------
    >>> metres(0.155), metres(0.5), metres(3.0), metres(250), metres(2000)
    ('0.155 m', '0.5 m', '3.0 m', '250 m', '2 km')
    """
    if length >= 1000:
        return f"{length / 1000:g} km"
    return f"{length:.0f} m" if length >= 10 else f"{length:.1f} m" if length >= 1 else f"{length:.3g} m"


def day(date: datetime) -> str:
    """Give a date.

    Examples
    --------
    >>> day(datetime(2024, 12, 6))
    '6 December 2024'
    """
    return f"{date.day} {date:%B %Y}"


def short_day(date: datetime) -> str:
    """Give a date for where there is little room.

    Examples
    --------
    >>> short_day(datetime(2024, 12, 6))
    '6 Dec 2024'
    """
    return f"{date.day} {date:%b %Y}"


def days(dates: Sequence[datetime]) -> str:
    """Give several dates, naming month and year once where they agree.

    Examples
    --------
    >>> days([datetime(2024, 12, 6), datetime(2024, 12, 13)])
    '6 and 13 December 2024'
    >>> days([datetime(2024, 11, 29), datetime(2024, 11, 30), datetime(2024, 12, 2)])
    '29 and 30 November 2024 and 2 December 2024'
    """
    months = [list(group) for _, group in groupby(dates, key=lambda d: (d.year, d.month))]
    return listed([f"{listed([str(d.day) for d in month])} {month[0]:%B %Y}" for month in months])


def moment(date: datetime, precision: str) -> str:
    """Give a date, with its time where that is known."""
    return f"{day(date)}, {date:%H:%M} UTC" if precision == "time" else day(date)


def span(first: datetime, last: datetime) -> str:
    """Give two dates as they stand after `between`, naming month and year once where they agree.

    Examples
    --------
    >>> span(datetime(2024, 12, 6), datetime(2024, 12, 13))
    '6 and 13 December 2024'
    >>> span(datetime(2023, 12, 28), datetime(2024, 1, 3))
    '28 December 2023 and 3 January 2024'
    """
    if first.date() == last.date():
        return f"{first:%H:%M} and {last:%H:%M} UTC on {day(last)}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} and {day(last)}"
    if first.year == last.year:
        return f"{first.day} {first:%B} and {day(last)}"
    return f"{day(first)} and {day(last)}"


def because(reason: str | None) -> str:
    """Put a recorded reason into a clause that follows `could not be observed`.

    Examples
    --------
    >>> because("gsd 3.0 m > 0.6 m")
    ' at 3.0 m (limit 0.6 m)'
    >>> because("cloud over 98 % of the zone")
    ' (cloud over 98 % of the zone)'
    """
    if reason is None:
        return " (no reason recorded)"
    if coarse := _TOO_COARSE.fullmatch(reason.strip()):
        return f" at {metres(float(coarse[1]))} (limit {metres(float(coarse[2]))})"
    return f" ({reason})"
