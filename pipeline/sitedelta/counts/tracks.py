"""Follow objects over all dates of a site: since when, until when, and how long they stayed at least and at most."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np

from sitedelta.alignment.placement import Placement
from sitedelta.comparison.pairing import LIKE
from sitedelta.counts.claims import Claim
from sitedelta.counts.events import matched
from sitedelta.counts.objects import Seen
from sitedelta.grid import SiteGrid
from sitedelta.records import SiteObject, Track
from sitedelta.scene import Scene

_SURELY = 1.5
"""From so many times the least length that is counted, a coarser image does not overlook what a finer one showed."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one scene says."""

    scene: Scene
    seen: Seen
    placement: Placement | None
    """None where it is not known well enough where things lie."""
    claims: tuple[Claim, ...]

    def of(self, label: str) -> "ClassLook":
        """Give what it says of one class."""
        claim = next((c for c in self.claims if c.label == label and c.observable), None)
        known = self.placement if claim else None
        objects, weak = (tuple(o for o in s if o.label == label) for s in (self.seen.objects, self.seen.weak))
        return ClassLook(self.scene, objects, weak, known, claim)


@dataclass(frozen=True, slots=True)
class ClassLook:
    """What one scene says of one class."""

    scene: Scene
    objects: tuple[SiteObject, ...]
    weak: tuple[SiteObject, ...]
    placement: Placement | None
    """None where the scene says nothing of the class."""
    claim: Claim | None

    def shows(self, objects: Sequence[SiteObject], gsds: Mapping[str, float]) -> list[bool]:
        """Tell of which objects it would show that they are there; `gsds` are those of the scenes that saw them."""
        if self.placement is None or not objects:
            return [False] * len(objects)
        rows, cols = (np.array([getattr(o, n) for o in objects], float) for n in ("site_row", "site_col"))
        clear = self.placement.seen_at(rows, cols).tolist()
        return [c and o.length_m >= self._least_m(gsds[o.scene]) for c, o in zip(clear, objects, strict=True)]

    def _least_m(self, gsd_m: float) -> float:
        """Give the least length of what it does not overlook of the things that another image showed."""
        assert self.claim is not None
        alike = self.scene.gsd_m <= LIKE * gsd_m
        return self.claim.least_m if alike else _SURELY * self.claim.min_length_m


@dataclass(slots=True)
class _Path:
    """A track that is being followed."""

    sightings: list[SiteObject]
    sure: list[bool]
    """False = too weak to count."""
    absent_before: Scene | None = None
    absent_after: Scene | None = None
    hidden: list[Scene] = field(default_factory=list)

    @property
    def shown(self) -> SiteObject:
        """The last sighting that counts."""
        return next(o for o, s in zip(reversed(self.sightings), reversed(self.sure), strict=True) if s)


@dataclass(frozen=True, slots=True)
class Tracks:
    """All tracks of a site."""

    tracks: tuple[Track, ...]
    of_object: Mapping[str, str]
    """Track by the id of an object."""

    def named(self, objects: Sequence[SiteObject]) -> tuple[SiteObject, ...]:
        """Give objects with the ids of their tracks."""
        return tuple(replace(o, track=self.of_object.get(o.id)) for o in objects)


def find_tracks(looks: Sequence[Look], grid: SiteGrid) -> Tracks:
    """Follow the objects of each class over scenes in order of date.

    An object goes on where the next scene that shows its place shows an object of compatible size there (see
    `events.matched`), if only weakly. It ends where a scene of a later day shows the place clearly without it. Scenes
    that do not show the place, or not the class, neither end it nor lengthen it. Of the scenes of one day the finest
    that shows a place is believed.
    """
    found, members = list[Track](), dict[str, str]()
    ordered = sorted(looks, key=lambda look: (look.scene.date.date(), look.scene.gsd_m, look.scene.date, look.scene.id))
    at = {look.scene.id: look.placement for look in looks if look.placement is not None}
    for label in sorted({c.label for look in looks for c in look.claims}):
        paths = _followed([look.of(label) for look in ordered], at, grid)
        paths.sort(key=lambda p: (p.sightings[0].date, p.sightings[0].site_row, p.sightings[0].site_col))
        for n, path in enumerate(paths, 1):
            track = _track(f"{label}-track-{n:04d}", path)
            found.append(track)
            members |= {o.id: track.id for o in path.sightings}
    return Tracks(tuple(found), members)


def _followed(looks: Sequence[ClassLook], at: Mapping[str, Placement], grid: SiteGrid) -> list[_Path]:
    """Follow the objects of one class; scenes are in order of date, and of one day the finest comes first."""
    gsds = {look.scene.id: look.scene.gsd_m for look in looks}
    done, going, spare = list[_Path](), list[_Path](), list[SiteObject]()
    for k, look in enumerate(looks):
        if look.placement is None:
            for path in _open_on(going, look.scene):
                path.hidden.append(look.scene)
            continue
        left, come, unused = _gone_on(_open_on(going, look.scene), look, at, grid)
        _end(left, look, gsds)
        today = [e for e in looks[:k] if _same_day(e.scene, look.scene)]
        begun = _begun(_unseen_by(today, come, gsds), spare, at, grid)
        _date(begun, looks[:k], gsds)
        done += [p for p in going if p.absent_after]
        going = [*(p for p in going if not p.absent_after), *begun]
        spare = unused
    return done + going


def _open_on(going: Sequence[_Path], scene: Scene) -> list[_Path]:
    """Give the tracks that no finer scene of the day has shown yet."""
    return [p for p in going if not _same_day(p.sightings[-1], scene)]


def _same_day(a: Scene | SiteObject, b: Scene) -> bool:
    return a.date.date() == b.date.date()


def _unseen_by(
    finer: Sequence[ClassLook], come: Sequence[SiteObject], gsds: Mapping[str, float]
) -> Sequence[SiteObject]:
    """Give the objects at places that no finer scene of the day shows."""
    for look in finer:
        come = [o for o, shown in zip(come, look.shows(come, gsds), strict=True) if not shown]
    return come


def _gone_on(
    going: Sequence[_Path], look: ClassLook, at: Mapping[str, Placement], grid: SiteGrid
) -> tuple[list[_Path], list[SiteObject], list[SiteObject]]:
    """Lengthen the tracks that a scene shows; give those that it does not, and the objects and weak ones left over."""
    first = matched([p.shown for p in going], look.objects, at, grid)
    for i, j in first.pairs.tolist():
        _add(going[i], look.objects[j], sure=True)
    left = [going[i] for i in first.unmatched_before.tolist()]
    second = matched([p.shown for p in left], look.weak, at, grid)
    for i, j in second.pairs.tolist():
        _add(left[i], look.weak[j], sure=False)
    come = [look.objects[j] for j in first.unmatched_after.tolist()]
    unused = [look.weak[j] for j in second.unmatched_after.tolist()]
    return [left[i] for i in second.unmatched_before.tolist()], come, unused


def _add(path: _Path, item: SiteObject, *, sure: bool) -> None:
    path.sightings.append(item)
    path.sure.append(sure)


def _end(left: Sequence[_Path], look: ClassLook, gsds: Mapping[str, float]) -> None:
    """End the tracks whose place a scene of a later day shows without them."""
    for path, shown in zip(left, look.shows([p.shown for p in left], gsds), strict=True):
        if shown:
            path.absent_after = look.scene
        else:
            path.hidden.append(look.scene)


def _begun(
    come: Sequence[SiteObject], spare: Sequence[SiteObject], at: Mapping[str, Placement], grid: SiteGrid
) -> list[_Path]:
    """Begin tracks, with what the scene before shows at their place too weakly to count."""
    paths = [_Path([o], [True]) for o in come]
    for i, j in matched(spare, come, at, grid).pairs.tolist():
        paths[j].sightings.insert(0, spare[i])
        paths[j].sure.insert(0, False)
    return paths


def _date(begun: Sequence[_Path], earlier: Sequence[ClassLook], gsds: Mapping[str, float]) -> None:
    """Find the last earlier day that shows their places without them."""
    open_ = list(begun)
    for look in reversed(earlier):
        later = [p for p in open_ if p.sightings[0].date.date() > look.scene.date.date()]
        for path, shown in zip(later, look.shows([p.shown for p in later], gsds), strict=True):
            if shown:
                path.absent_before = look.scene
        open_ = [p for p in open_ if p.absent_before is None]


def _track(name: str, path: _Path) -> Track:
    first, last = path.sightings[0], path.sightings[-1]
    before, after = (s.date if s else None for s in (path.absent_before, path.absent_after))
    hidden = [s.date.date().isoformat() for s in path.hidden]
    seen = {_day(o) for o in path.sightings} | ({after.date().isoformat()} if after else set())
    told = Counter(o.subclass for o in path.sightings if o.subclass)
    sure_days = {_day(o) for o, s in zip(path.sightings, path.sure, strict=True) if s}
    shown = next(o for o, s in zip(path.sightings, path.sure, strict=True) if s)
    return Track(
        id=name,
        label=first.label,
        subclass=told.most_common(1)[0][0] if told else None,
        first_seen=first.date,
        last_seen=last.date,
        seen_dates=";".join(dict.fromkeys(_day(o) for o in path.sightings)),
        weak_dates=";".join(dict.fromkeys(d for d in map(_day, path.sightings) if d not in sure_days)),
        hidden_dates=";".join(dict.fromkeys(d for d in hidden if d not in seen)),
        absent_before=before,
        absent_after=after,
        dwell_min_days=_days(first.date, last.date),
        dwell_max_days=_days(before, after) if before and after else None,
        length_m=float(np.median([o.length_m for o in path.sightings])),
        site_row=shown.site_row,
        site_col=shown.site_col,
        zones=shown.zones,
        lon=shown.lon,
        lat=shown.lat,
    )


def _day(item: SiteObject) -> str:
    return item.date.date().isoformat()


def _days(first: datetime, last: datetime) -> float:
    return (last - first).total_seconds() / 86400
