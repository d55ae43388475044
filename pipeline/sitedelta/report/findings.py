"""A site's tables as records, in a fixed order: what every part of the report is made from."""

from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

from sitedelta.files.tables import whole
from sitedelta.records import ChangeRegion, Event, Observation, SiteObject, Track, ZoneChange
from sitedelta.running.manifest import Manifest, PairRecord, SceneRecord
from sitedelta.site import Site

if TYPE_CHECKING:
    import pandas as pd

Record = TypeVar("Record", Observation, SiteObject, Event, Track, ChangeRegion, ZoneChange)


@dataclass(frozen=True, slots=True)
class Findings:
    """What a run found, as typed rows."""

    root: Path
    """The site's folder."""
    manifest: Manifest
    observations: tuple[Observation, ...]
    objects: tuple[SiteObject, ...]
    events: tuple[Event, ...]
    tracks: tuple[Track, ...]
    changes: tuple[ChangeRegion, ...]
    zone_changes: tuple[ZoneChange, ...]

    @property
    def georeferenced(self) -> bool:
        return self.manifest.grid.crs_wkt is not None

    def scene(self, scene: str) -> SceneRecord:
        return next(r for r in self.manifest.scenes if r.scene.id == scene)

    def events_of(self, pair: PairRecord) -> tuple[Event, ...]:
        return tuple(e for e in self.events if (e.before, e.after) == (pair.before, pair.after))

    def changes_of(self, pair: PairRecord) -> tuple[ChangeRegion, ...]:
        return tuple(c for c in self.changes if (c.before, c.after) == (pair.before, pair.after))

    def zone_changes_of(self, pair: PairRecord) -> tuple[ZoneChange, ...]:
        return tuple(z for z in self.zone_changes if (z.before, z.after) == (pair.before, pair.after))

    def told_of(self, event: Event) -> SiteObject | None:
        """Give the object of an event, as the later date shows it where both do; None where neither counts it."""
        known = {event.object_before, event.object_after}
        return next((o for o in reversed(self.objects) if o.id in known), None)

    def objects_of(self, scene: str) -> tuple[SiteObject, ...]:
        return tuple(o for o in self.objects if o.scene == scene)


def read_findings(site: Site) -> Findings:
    """Read the tables of a site; geometries that only repeat other columns are left alone."""
    store = site.store
    return Findings(
        store.root,
        site.manifest,
        _records(store.observations, Observation),
        _records(store.objects, SiteObject),
        _records(store.events, Event),
        _records(store.tracks, Track),
        _records(store.changes, ChangeRegion),
        _records(store.zone_changes, ZoneChange),
    )


def _records(path: Path, kind: type[Record]) -> tuple[Record, ...]:
    import pandas as pd
    import shapely

    with whole(path):
        table = pd.read_parquet(path)
        if kind is ChangeRegion:
            table = table.assign(polygon=shapely.from_wkb(table.pop("geometry").to_numpy()))
        return _rows(table, kind)


def _rows(table: "pd.DataFrame", kind: type[Record]) -> tuple[Record, ...]:
    hints = get_type_hints(kind)
    known = [f.name for f in fields(kind) if f.name in table or f.default is MISSING]
    columns = {n: [_value(v, hints[n]) for v in table[n]] for n in known}
    return tuple(kind(**dict(zip(columns, row, strict=True))) for row in zip(*columns.values(), strict=True))


def _value(value: Any, hint: Any) -> Any:
    """Give a cell as the plain Python value that its record declares; missing is None."""
    import pandas as pd

    if pd.isna(value):
        return None
    plain = hint if isinstance(hint, type) else next(t for t in hint.__args__ if t is not type(None))
    return value.to_pydatetime() if plain is datetime else plain(value)
