"""The rows of a site's tables. A table's columns are the fields of its record, in order (see `tables`)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shapely import Polygon


class Status(StrEnum):
    """What can be said of a class in a zone on a date."""

    COUNTED = "counted"
    OBSERVED_ZERO = "observed_zero"
    PARTLY = "partly_observable"
    NOT_OBSERVABLE = "not_observable"


class EventKind(StrEnum):
    """What became of an object between two dates."""

    ARRIVED = "arrived"
    DEPARTED = "departed"
    STAYED = "stayed"
    NOT_OBSERVABLE = "not_observable"


class ZoneStatus(StrEnum):
    """What can be said of change in a zone between two dates."""

    CHANGED = "changed"
    WITHIN_FALSE_ALARMS = "within_false_alarms"
    CANNOT_TELL = "cannot_tell"
    NO_CHANGE = "no_change"
    NOT_OBSERVABLE = "not_observable"


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen of one class in one zone on one date."""

    site: str
    zone: str
    """Zone id; `site` for the whole area of interest."""
    scene: str
    date: datetime
    label: str
    """Class, e.g. `aircraft`."""
    status: Status
    count: int | None
    """Objects found; None unless something was observable."""
    low: int | None
    high: int | None
    """90 % interval of the true number."""
    share_observed: float
    """Share of the zone that the scene shows clearly, 0 to 1."""
    min_length_m: float
    """Only objects at least this long are counted at this ground sampling distance."""
    reason: str | None
    """Why not, or why only partly, observable."""
    gsd_m: float
    reviewed: int | None = None
    """Objects found that people looked at and agree on; None, as all that follows, where nobody reviewed the class."""
    reviewed_count: int | None = None
    """Objects with all that people said taken in; what nobody looked at is counted as found."""
    reviewed_low: int | None = None
    reviewed_high: int | None = None
    """90 % interval of the true number, given what people said; one number where all is reviewed and searched."""
    disputed: int | None = None
    """Objects on which people disagree."""
    reviewers: str | None = None
    """Who looked, joined by `, `."""


@dataclass(frozen=True, slots=True)
class SiteObject:
    """One object found in one scene."""

    id: str
    scene: str
    date: datetime
    label: str
    score: float
    row: float
    col: float
    """Centre in pixels of the scene's own image."""
    site_row: float
    site_col: float
    """Centre on the site grid, after alignment."""
    length_m: float
    width_m: float
    heading_deg: float
    """Clockwise from up on the site grid."""
    zones: str
    """Ids of the zones that hold it, joined by `;`."""
    lon: float | None
    lat: float | None
    subclass: str | None = None
    """E.g. `helicopter`; None where it is not sure enough to be told."""
    subclass_score: float | None = None
    """Probability of the sub-class, 0 to 1."""
    length_sd_m: float | None = None
    width_sd_m: float | None = None
    """Standard deviations of the sizes; None where they were not measured at this ground sampling distance."""
    size_says: str = "size tells nothing"
    """Which kinds the size is compatible with, in words."""
    track: str | None = None
    """Id of its track: the same object, or one that looks like it, at the same place on other dates."""
    review: str | None = None
    """What people decided: `accept`, `reject`, `reclass`, `move` or `disputed`; None where nobody did."""
    reviewers: str | None = None
    """Who did, joined by `, `."""


@dataclass(frozen=True, slots=True)
class Event:
    """What became of one object between two consecutive scenes."""

    before: str
    after: str
    date_before: datetime
    date_after: datetime
    label: str
    kind: EventKind
    site_row: float
    site_col: float
    score: float
    length_m: float
    heading_deg: float
    object_before: str | None
    object_after: str | None
    zones: str
    reason: str | None
    """Why not observable; for a stay, which date shows it too weakly to count."""
    lon: float | None
    lat: float | None
    review: str | None = None
    """What people decided: `accept`, `reject` or `disputed`; None where nobody did."""
    reviewers: str | None = None
    """Who did, joined by `, `."""


@dataclass(frozen=True, slots=True)
class Track:
    """One object, or ones that cannot be told apart, at one place over all dates."""

    id: str
    label: str
    subclass: str | None
    """As on most dates on which it is told."""
    first_seen: datetime
    last_seen: datetime
    seen_dates: str
    """Days on which it was seen, joined by `;`."""
    weak_dates: str
    """Those of them that show it too weakly to count."""
    hidden_dates: str
    """Days between the first and the last sighting, or after it, that could not show it."""
    absent_before: datetime | None
    """Last earlier date that shows its place without it."""
    absent_after: datetime | None
    """First later date that shows its place without it."""
    dwell_min_days: float
    """From the first to the last sighting."""
    dwell_max_days: float | None
    """From `absent_before` to `absent_after`; None where either is not known."""
    length_m: float
    """Median over its sightings."""
    site_row: float
    site_col: float
    """Where it was seen first."""
    zones: str
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True)
class ChangeRegion:
    """One connected region that changed between two consecutive scenes; its polygon is the table's geometry."""

    id: str
    before: str
    after: str
    date_before: datetime
    date_after: datetime
    area_m2: float
    compactness: float
    """4 pi area / perimeter squared: 0.785 for a square, near 0 for a line."""
    score: float
    """Mean of the change statistic over the region, in units of the pair's threshold."""
    site_row: float
    site_col: float
    zones: str
    lon: float | None
    lat: float | None
    polygon: Polygon
    """In WGS 84 when the site is georeferenced, else in pixels (column, row) of the site grid."""
    review: str | None = None
    """What people decided: `accept`, `reject` or `disputed`; None where nobody did."""
    reviewers: str | None = None
    """Who did, joined by `, `."""


@dataclass(frozen=True, slots=True)
class ZoneChange:
    """How much of one zone changed between two scenes, and how much false alarms alone would show."""

    site: str
    zone: str
    """Zone id; `site` for the whole area of interest."""
    before: str
    after: str
    date_before: datetime
    date_after: datetime
    status: ZoneStatus
    share_observed: float
    """Share of the zone that both scenes show, 0 to 1."""
    changed_m2: float | None
    """None where the zone was not observable, as all that follows from it."""
    share_changed: float | None
    """Of what both scenes show."""
    regions: int | None
    """Changed regions with a part in the zone."""
    false_alarm_rate: float | None
    """Share of unchanged ground that is called changed; None where that cannot be told."""
    false_alarm_low: float | None
    false_alarm_high: float | None
    """90 % interval of that share in a pair in which nothing happened."""
    false_alarm_source: str
    """`controls`, `bulk` or `none`."""
    control_pairs: int
    """Pairs in which nothing happened that stand behind it."""
    false_regions: float | None
    """Regions that false alarms alone would show in what was seen; None where that cannot be told."""
    reason: str | None
    """Why it was not observable, or why the rate cannot be told."""
