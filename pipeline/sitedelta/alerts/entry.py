"""One line of the ledger of alerts."""

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Literal

Kind = Literal["began", "earlier", "fired", "cleared", "corrected", "merged", "withdrawn", "restored"]
"""`began`: the rule is watched from now on; `earlier`: it was met before that, and nobody is told.

`fired`: somebody is told, once; `cleared`: the rule is met no more. What follows corrects it, as images came late, were
removed or were counted again: `corrected`, `merged` with another alert, `withdrawn`, `restored`.
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened to an alert, and when that was written."""

    time: datetime
    """When the line was written, UTC."""
    kind: Kind
    site: str
    rule: str
    """Key of the rule: a hash of all that decides when it is met."""
    alert: str
    """Id of the alert; empty for `began`."""
    name: str
    """What the rule waits for."""
    zone: str
    label: str
    """Class; empty for changed ground."""
    direction: str
    """`rise`, `fall` or empty."""
    after: datetime | None
    begin: datetime | None
    end: datetime | None
    scene: str
    number: int | None
    low: int | None
    high: int | None
    text: str
    """For a reader."""
    late: bool
    """True where images of later dates were known already."""
    false_alarms: str
    """How often the rule is met where nothing happens."""
    per_month: float | None

    @property
    def key(self) -> str:
        """Name what is said, whenever it is said: equal for a line that is written twice."""
        said = (self.site, self.rule, self.alert, self.kind, *map(str, (self.begin, self.end, self.number)))
        return hashlib.sha256("\0".join(said).encode()).hexdigest()[:24]

    def plain(self) -> dict[str, Any]:
        """Give the entry as JSON holds it; dates are UTC."""
        return {k: _stamp(v) if isinstance(v, datetime) else v for k, v in asdict(self).items()}

    def to_line(self) -> str:
        return json.dumps(self.plain(), ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"


_DATES = ("time", "after", "begin", "end")


def _stamp(date: datetime) -> str:
    return date.isoformat(timespec="seconds").replace("+00:00", "Z")


def read_entry(line: bytes) -> Entry:
    """Read a line; raises `ValueError` or `TypeError` where it is none. Fields of later versions are passed over."""
    said = json.loads(line)
    known = {f.name: said[f.name] for f in fields(Entry)}
    dates = {k: known[k] and datetime.fromisoformat(known[k]) for k in _DATES}
    return Entry(**(known | dates))


def alert_id(site: str, rule: str, direction: str, begin: datetime, scene: str) -> str:
    """Name an alert by its rule and the image with which it was first met."""
    said = f"{site}\0{rule}\0{direction}\0{begin.isoformat()}\0{scene}"
    return hashlib.sha256(said.encode()).hexdigest()[:12]
