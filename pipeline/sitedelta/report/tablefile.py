"""The observations as CSV."""

import csv
import io
from collections.abc import Iterable
from dataclasses import fields

from sitedelta.records import Observation
from sitedelta.report.plain import cell


def observations_csv(rows: Iterable[Observation]) -> str:
    """Give one line an observation; what is not observable has an empty count, never 0."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = [f.name for f in fields(Observation)]
    writer.writerow(names)
    writer.writerows([cell(getattr(r, n)) for n in names] for r in rows)
    return out.getvalue()
