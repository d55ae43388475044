"""Dates of images: as written in configurations and tags, and which of them can be."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from sitedelta.errors import InputError
from sitedelta.scene import Scene

if TYPE_CHECKING:
    pass

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
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        why = "not a date" if "isoformat" in str(error) else f"not a date that exists ({error})"
        raise ValueError(f"{why}; write 2024-12-13 or 2024-12-13T08:12Z") from None


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
