"""A reviewer's decision: what it is about, where and when that is, what the machine had said, who says what of it."""

import hashlib
import json
import math
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum


class Kind(StrEnum):
    """What a decision is about."""

    OBJECT = "object"
    CHANGE = "change"
    """A changed region between two images."""
    EVENT = "event"
    """An arrival, a departure or a stay between two images."""
    SEARCH = "search"
    """Looking through a zone of one image for what the machine missed."""


class Verdict(StrEnum):
    """What a reviewer says."""

    ACCEPT = "accept"
    """It is there, and is what it was called."""
    REJECT = "reject"
    """It is not there."""
    RECLASS = "reclass"
    """It is there, of another class."""
    MOVE = "move"
    """It is there, a little beside."""
    ADD = "add"
    """The machine missed it."""
    UNSURE = "unsure"
    """It cannot be told; also takes an earlier decision of one's own back."""
    COMPLETE = "complete"
    """All objects of the class in the zone are found or added."""


VERDICTS: dict[Kind, tuple[Verdict, ...]] = {
    Kind.OBJECT: tuple(v for v in Verdict if v is not Verdict.COMPLETE),
    Kind.CHANGE: (Verdict.ACCEPT, Verdict.REJECT, Verdict.ADD, Verdict.UNSURE),
    Kind.EVENT: (Verdict.ACCEPT, Verdict.REJECT, Verdict.UNSURE),
    Kind.SEARCH: (Verdict.COMPLETE, Verdict.UNSURE),
}
"""What can be said of each kind."""


@dataclass(frozen=True, slots=True)
class Look:
    """One image, known again under another name by its bytes or its date."""

    scene: str
    date: datetime
    image: str = ""
    """SHA-256 of the original; empty where it is not known."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place. Pixels are floats whose integers are pixel centres."""

    site_row: float
    site_col: float
    """On the site grid of that time."""
    gsd_m: float
    """Of that grid."""
    lon: float | None = None
    lat: float | None = None
    """WGS 84; None without georeference."""
    row: float | None = None
    col: float | None = None
    """In the image's own file: no alignment moves it. None where that could not be told."""

    def __post_init__(self) -> None:
        given = [v for v in (self.site_row, self.site_col, self.gsd_m, self.lon, self.lat, self.row, self.col) if v]
        if not all(map(math.isfinite, given)):
            raise ValueError("a place must be given in finite numbers")


@dataclass(frozen=True, slots=True)
class Size:
    """How large a thing is; None where that is not known."""

    length_m: float | None = None
    width_m: float | None = None
    heading_deg: float | None = None
    area_m2: float | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What the machine had said."""

    finding: str
    """Id in the results of that time."""
    label: str
    """Class; for an event its kind and class, e.g. `arrived aircraft`."""
    score: float | None = None
    model: str = ""
    """The detector, or the change method."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One line of the ledger."""

    id: str
    """Digest of the rest: the same decision is the same line, wherever it comes from."""
    subject: str
    """Id of the first decision about the same thing."""
    kind: Kind
    verdict: Verdict
    reviewer: str
    time: datetime
    """When it was decided, UTC."""
    note: str
    look: Look
    """The image; the later one of two."""
    before: Look | None = None
    """The earlier image, of a change or an event."""
    spot: Spot
    """Where the machine had it; where the reviewer had, if the machine had nothing."""
    size: Size
    machine: Said | None = None
    """None for what the machine missed, and for a search."""
    label: str
    """Class that it has, as the reviewer says; of a change `ground`, of an event the kind and class."""
    moved: Spot | None = None
    """Where it really is."""
    zone: str | None = None
    """Zone that was searched."""
    outline: str | None = None
    """The ground that was searched: WKT in WGS 84, or in pixels (column, row) of the site grid."""
    via: str = "command line"
    """How it came: the command line, or the name of the file."""

    @property
    def where(self) -> Spot:
        """Give where the reviewer has it."""
        return self.moved or self.spot


def sealed(decision: Decision, subject: str | None = None) -> Decision:
    """Give a decision with its id, and its subject: itself where none is given."""
    said = {k: v for k, v in asdict(decision).items() if k not in ("id", "subject", "via")}
    text = json.dumps(said, sort_keys=True, default=_plain, ensure_ascii=False, allow_nan=False)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:20]
    return replace(decision, id=digest, subject=subject or digest)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a decision")
