"""Decisions as flat rows, the same in every file and on the command line: one column a thing that can be said."""

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sitedelta.counts.claims import CLASSES
from sitedelta.errors import InputError
from sitedelta.review import texts
from sitedelta.review.decision import VERDICTS, Kind, Size, Verdict

OTHER = "other"
"""Class of what is there, but is none that is counted."""
MACHINE = (
    "site", "kind", "id", "scene", "date", "image", "before", "date_before", "image_before", "class", "score",
    "length_m", "width_m", "heading_deg", "area_m2", "lon", "lat", "site_row", "site_col", "row", "col", "zone",
)  # fmt: skip
"""What a finding is; written for the reviewer, read back to know it again."""
ASKED = ("review", "reviewer", "note", "new_class", "new_lon", "new_lat", "new_row", "new_col", "time")
"""What a reviewer fills in; `new_row` and `new_col` are pixels of the site grid."""
_LATE = timedelta(days=1)
_NUMBERS = {"lon": 180.0, "lat": 90.0, "new_lon": 180.0, "new_lat": 90.0, "length_m": 1e4, "width_m": 1e4}


@dataclass(frozen=True, slots=True)
class Request:
    """What one row asks for, checked as far as a row alone can be."""

    where: str
    """The file and its row, for errors."""
    kind: Kind
    verdict: Verdict
    reviewer: str
    time: datetime | None
    note: str
    finding: str | None
    scene: str | None
    date: datetime | None
    image: str
    before: str | None
    date_before: datetime | None
    image_before: str
    label: str | None
    score: float | None
    size: Size
    lonlat: tuple[float, float] | None
    site: tuple[float, float] | None
    """Row and column on the site grid."""
    own: tuple[float, float] | None
    """Row and column in the image."""
    new_label: str | None
    new_lonlat: tuple[float, float] | None
    new_site: tuple[float, float] | None
    zone: str | None


def request(row: Mapping[str, Any], where: str, *, reviewer: str | None, now: datetime) -> Request | None:
    """Read one row; None where it asks for nothing.

    Raises
    ------
    InputError
        One line: the file, the row, what cannot be used and what could be said instead.
    """
    cells = {str(k).strip().lower(): v for k, v in row.items() if not _is_empty(v)}
    if "review" not in cells:
        return None
    kind = _one_of(Kind, cells.get("kind", Kind.OBJECT), f"{where}: kind")
    verdict = _one_of(Verdict, cells["review"], f"{where}: review")
    if verdict not in VERDICTS[kind]:
        known = ", ".join(VERDICTS[kind])
        raise InputError(f"{where}: of a thing of kind {kind} one says {known}, not {verdict}")
    found = Request(
        where=where,
        kind=kind,
        verdict=verdict,
        reviewer=texts.name(_text(cells, "reviewer") or reviewer or "", where),
        time=_time(cells.get("time"), f"{where}: time", now),
        note=texts.note(_text(cells, "note"), where),
        finding=texts.name(_text(cells, "id"), where, "id") or None,
        scene=texts.name(_text(cells, "scene"), where, "scene") or None,
        date=_date(cells.get("date"), f"{where}: date"),
        image=texts.name(_text(cells, "image"), where, "image"),
        before=texts.name(_text(cells, "before"), where, "before") or None,
        date_before=_date(cells.get("date_before"), f"{where}: date_before"),
        image_before=texts.name(_text(cells, "image_before"), where, "image_before"),
        label=texts.name(_text(cells, "class"), where, "class") or None,
        score=_number(cells, "score", where),
        size=Size(*(_number(cells, k, where) for k in ("length_m", "width_m", "heading_deg", "area_m2"))),
        lonlat=_pair(cells, "lon", "lat", where),
        site=_pair(cells, "site_row", "site_col", where),
        own=_pair(cells, "row", "col", where),
        new_label=texts.name(_text(cells, "new_class"), where, "new_class") or None,
        new_lonlat=_pair(cells, "new_lon", "new_lat", where),
        new_site=_pair(cells, "new_row", "new_col", where),
        zone=texts.name(_text(cells, "zone"), where, "zone") or None,
    )
    return _checked(found)


def _checked(r: Request) -> Request:
    """Refuse what lacks the thing that its verdict is about."""
    if not r.reviewer:
        raise InputError(f"{r.where}: nobody is named; fill in `reviewer`, or give --reviewer NAME")
    if r.verdict is Verdict.RECLASS and r.new_label not in (*CLASSES, OTHER):
        raise InputError(
            f"{r.where}: new_class is {r.new_label or 'missing'}; it is one of {', '.join(CLASSES)}, {OTHER}"
        )
    if r.verdict is Verdict.MOVE and not (r.new_lonlat or r.new_site):
        raise InputError(f"{r.where}: says nothing of where to; fill in new_lon and new_lat, or new_row and new_col")
    if r.verdict is Verdict.ADD:
        if not (r.lonlat or r.site):
            raise InputError(f"{r.where}: says nothing of where; fill in lon and lat, or site_row and site_col")
        if r.kind is Kind.OBJECT and r.label not in CLASSES:
            raise InputError(f"{r.where}: class is {r.label or 'missing'}; it is one of {', '.join(CLASSES)}")
    if r.kind is Kind.SEARCH and r.label not in CLASSES:
        raise InputError(f"{r.where}: class is {r.label or 'missing'}; say which was looked for: {', '.join(CLASSES)}")
    return r


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value)) or not str(value).strip()


def _text(cells: Mapping[str, Any], name: str) -> str:
    """Give a cell as text, without the mark that keeps a spreadsheet from taking it for a formula."""
    text = str(cells.get(name, ""))
    return text[1:] if text[:1] == "'" and text[1:2] in tuple("=+-@\t\r\n") and len(text) > 1 else text


def _one_of(kind: type[Any], value: Any, where: str) -> Any:
    text = str(value).strip().lower().replace("-", "")
    known = [str(v) for v in kind]
    if text not in known:
        near = difflib.get_close_matches(text, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"it is one of {', '.join(known)}"
        raise InputError(f"{where} is {str(value)[:40]!r}; {hint}")
    return kind(text)


def _number(cells: Mapping[str, Any], name: str, where: str) -> float | None:
    if name not in cells:
        return None
    try:
        value = float(str(cells[name]).strip().replace(",", ".") if isinstance(cells[name], str) else cells[name])
    except (TypeError, ValueError):
        value = math.nan
    if not abs(value) <= _NUMBERS.get(name, 1e9):
        raise InputError(f"{where}: {name} is {str(cells[name])[:40]!r}, not a number that can be meant")
    return value


def _pair(cells: Mapping[str, Any], first: str, second: str, where: str) -> tuple[float, float] | None:
    a, b = _number(cells, first, where), _number(cells, second, where)
    if (a is None) != (b is None):
        raise InputError(f"{where}: {first if a is None else second} is missing; a place needs {first} and {second}")
    return None if a is None or b is None else (a, b)


def _time(value: Any, where: str, now: datetime) -> datetime | None:
    found = _date(value, where)
    if found and found > now + _LATE:
        raise InputError(f"{where} is {found.isoformat()}, which is yet to come; correct the clock or the file")
    return found


def _date(value: Any, where: str) -> datetime | None:
    """Read a date, UTC where it does not say."""
    if value is None:
        return None
    try:
        found = value.to_pydatetime() if hasattr(value, "to_pydatetime") else value
        found = found if isinstance(found, datetime) else datetime.fromisoformat(str(found).strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InputError(f"{where} is {str(value)[:40]!r}; write it as 2024-12-13T09:30:00Z") from None
