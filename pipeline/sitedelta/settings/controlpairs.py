"""Pairs of dates between which nothing happened, as the user says."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import product

from sitedelta.comparison.pairing import Pair, alike
from sitedelta.errors import InputError
from sitedelta.imagery.dates import taken
from sitedelta.scene import Scene

Dates = Sequence[tuple[datetime | date, datetime | date]]


def check_controls(site: str, controls: Dates, scenes: Sequence[Scene]) -> None:
    """Raise `InputError` where a date names no image, or both dates of a pair are one day."""
    for number, dates in enumerate(controls):
        where = f"site {site}: change.controls[{number}]"
        for when in dates:
            if not _at(when, scenes):
                raise InputError(f"{where}: no image is dated {_text(when)}; {_near(when, scenes)}")
        if taken(dates[0]).date.date() == taken(dates[1]).date.date():
            raise InputError(f"{where}: both dates are {_text(dates[0])}; name two days between which nothing happened")


def control_pairs(controls: Dates, scenes: Sequence[Scene]) -> tuple[Pair, ...]:
    """Give the pairs of scenes that the dates name, of like resolution where there are such; each once."""
    found: dict[Pair, None] = {}
    for dates in controls:
        named = [_at(when, scenes) for when in dates]
        pairs = [Pair(*sorted(p)) for p in product(*named) if scenes[p[0]].kind == scenes[p[1]].kind]
        like = [p for p in pairs if alike(scenes[p.before], scenes[p.after])]
        found |= dict.fromkeys(like or pairs)
    return tuple(found)


def _at(when: datetime | date, scenes: Sequence[Scene]) -> list[int]:
    """Give the scenes of a day, or of a moment where one is given."""
    at = taken(when)
    if at.precision == "day":
        return [k for k, s in enumerate(scenes) if s.date.date() == at.date.date()]
    return [k for k, s in enumerate(scenes) if s.date.replace(second=0, microsecond=0) == at.date.replace(second=0)]


def _text(when: datetime | date) -> str:
    return f"{when:%Y-%m-%dT%H:%MZ}" if isinstance(when, datetime) else when.isoformat()


def _near(when: datetime | date, scenes: Sequence[Scene]) -> str:
    near = min(scenes, key=lambda s: abs(s.date - taken(when).date)).date
    return f"did you mean {_text(near if isinstance(when, datetime) else near.date())}?"
