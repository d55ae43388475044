"""What is searched for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeAlias

from sitedelta.imagery.dates import taken
from sitedelta.remote.reach import Reach, reach_of
from sitedelta.stac.item import Item

Bounds: TypeAlias = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


@dataclass(frozen=True, slots=True)
class Query:
    """A search for scenes."""

    place: str
    """Address or absolute path of a STAC API, a catalogue, a collection, an item, or a stac-geoparquet file."""
    area: Bounds
    collections: tuple[str, ...] = ()
    """Ids; any where empty."""
    since: datetime | None = None
    until: datetime | None = None
    """UTC, both included."""
    max_gsd_m: float | None = None
    max_cloud: float | None = None
    """Percent of the scene, as its provider says."""
    max_scenes: int = 500
    """More that match are refused: the search is too wide."""
    hosts: tuple[str, ...] = ()
    """Other hosts that the catalogue may lead to."""

    @property
    def reach(self) -> Reach:
        """What the catalogue may lead to."""
        return reach_of(self.place, self.hosts)

    def matches(self, item: Item) -> bool:
        """Tell whether an item is one that is searched for; what it does not say of itself does not exclude it."""
        return (
            (not self.collections or item.collection in self.collections)
            and (self.since is None or item.end >= self.since)
            and (self.until is None or item.start <= self.until)
            and (self.max_gsd_m is None or item.gsd_m is None or item.gsd_m <= self.max_gsd_m)
            and (self.max_cloud is None or item.cloud is None or item.cloud <= self.max_cloud)
            and item.meets(self.area)
        )


def span(since: date | datetime | None, until: date | datetime | None) -> tuple[datetime | None, datetime | None]:
    """Give the first and the last instant of days or times, UTC."""
    last = None if until is None else taken(until)
    if last and last.precision == "day":
        last = last._replace(date=last.date + timedelta(days=1, microseconds=-1))
    return None if since is None else taken(since).date, last and last.date


def ordered(items: Iterable[Item]) -> tuple[Item, ...]:
    """Sort items by date, collection and id; of several with the same collection and id, the last that was offered."""
    known = {(i.collection, i.id): i for i in items}
    return tuple(sorted(known.values(), key=lambda i: (i.start, i.collection, i.id)))
