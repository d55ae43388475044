"""Tables as CSV."""

import csv
import io
from collections.abc import Iterable
from dataclasses import fields

from sitedelta.records import Observation, Track, ZoneChange
from sitedelta.report.plain import cell


def csv_text(
    rows: Iterable[Observation] | Iterable[Track] | Iterable[ZoneChange],
    kind: type[Observation] | type[Track] | type[ZoneChange],
) -> str:
    """Give one line a record; what is not observable has empty numbers, never 0."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = [f.name for f in fields(kind)]
    writer.writerow(names)
    writer.writerows([cell(getattr(r, n)) for n in names] for r in rows)
    return out.getvalue()
