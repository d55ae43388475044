"""Run one site: settle the inputs, place the scenes, plan, work off the tiles, merge, write."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain

import numpy as np

from sitedelta.alignment.align import place_all
from sitedelta.alignment.placement import CoarseMask, Placement
from sitedelta.alignment.testimony import Witnesses
from sitedelta.comparison.pairing import Pair, consecutive_pairs
from sitedelta.comparison.pairs import check_method
from sitedelta.comparison.sitepairs import PairPlans, merge_pairs
from sitedelta.counts.claims import Claim, claim
from sitedelta.counts.counting import CountTask, read_parts
from sitedelta.counts.events import find_events
from sitedelta.counts.objects import Seen, seen_objects
from sitedelta.counts.observing import Extent, extents, observe
from sitedelta.counts.sizes import Sizes, gsd_doubts
from sitedelta.counts.tracks import Look, find_tracks
from sitedelta.detectors.models import detector
from sitedelta.detectors.record import detector_records
from sitedelta.engine import EVERY_CORE, Lost, Place, Task, work_off
from sitedelta.files.hashing import remembered, sha256_file
from sitedelta.files.store import SiteStore, names_onto_disk, sweep, write_text, written_together
from sitedelta.files.tables import to_frame, to_geoframe, write_table
from sitedelta.grid import outline
from sitedelta.imagery.prepare import Prepared, prepare
from sitedelta.imagery.views import merge_views
from sitedelta.progress import Progress, silent
from sitedelta.records import ChangeRegion, Event, Observation, SiteObject, Track, ZoneChange
from sitedelta.running.given import entry_numbers, given_files
from sitedelta.running.keys import code
from sitedelta.running.manifest import (
    FORMAT,
    AlignmentRecord,
    Manifest,
    PairRecord,
    SceneRecord,
    ZoneRecord,
    grid_record,
    to_json,
)
from sitedelta.running.siteinputs import SiteInputs, nothing_left_behind, parameters, portable, settle
from sitedelta.running.siteplan import CountPlan, PairPlan, ViewPlan, plan_count, plan_pair, plan_view
from sitedelta.running.versions import software
from sitedelta.settings.config import Site
from sitedelta.settings.controlpairs import control_pairs
from sitedelta.unfinished import ground_of, sentences, unseen
from sitedelta.words.statements import statement_records


@dataclass(frozen=True, slots=True)
class Placed:
    """The scenes of a site on its grid."""

    prepared: tuple[Prepared, ...]
    placements: tuple[Placement | None, ...]
    records: tuple[AlignmentRecord, ...]
    claims: tuple[tuple[Claim, ...], ...]
    """For each scene, what it allows to be said of each class."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All the tiles of a site."""

    counts: tuple[CountPlan, ...]
    views: tuple[ViewPlan | None, ...]
    """None for a scene that could not be placed."""
    changes: PairPlans
    lost: tuple[Lost, ...] = ()
    """Tiles that were given up."""

    def without(self, lost: tuple[Lost, ...]) -> "Plan":
        """Give the plan as it was worked off, without tiles that were given up."""
        if not lost:
            return self
        gone = frozenset(one.work.part for one in lost)
        counts = tuple(replace(p, lost=gone) for p in self.counts)
        views = tuple(v and replace(v, lost=gone) for v in self.views)
        return Plan(counts, views, self.changes.without(gone), lost)


@dataclass(frozen=True, slots=True)
class Found:
    """The records of a site."""

    objects: tuple[SiteObject, ...]
    events: tuple[Event, ...]
    tracks: tuple[Track, ...]
    observations: tuple[Observation, ...]
    regions: tuple[ChangeRegion, ...]
    zones: tuple[ZoneChange, ...]
    doubts: tuple[str, ...]
    """Images whose objects cannot have the sizes that they measure, one sentence each."""


def run_site(
    site: Site,
    store: SiteStore,
    *,
    place: Place = EVERY_CORE,
    since: date | None = None,
    until: date | None = None,
    progress: Progress = silent,
    reread: bool = False,
) -> bool:
    """Bring a site's results up to date; False where there was nothing new to do.

    Originals that have not changed, by their size, times and number, are not read again to hash them, unless `reread`.

    Tiles that had to be given up are named in the manifest, and their ground is not observable.
    """
    with nothing_left_behind(store.root):
        with remembered(store.root / "work" / "hashes.json", anew=reread):
            inputs = settle(site, store, since=since, until=until)
        if _is_current(store, inputs.key):
            return False
        sweep(store.root)
        placed = _place(inputs, progress)
    plan = _plan(inputs, placed, store, progress)
    lost = work_off(_tasks(plan), place, progress=progress, what="tiles", wants=_wants(place))
    plan = plan.without(lost)
    with written_together(store.root):
        found, pairs = _merge(inputs, placed, plan, store)
        _write_tables(inputs, found, store)
    _write_manifest(inputs, placed, pairs, plan, store, found.doubts)
    if not lost:
        _forget_parts(store, plan)
    _forget_rasters(store, plan, pairs)
    return True


def _is_current(store: SiteStore, key: str) -> bool:
    from sitedelta.errors import InputError
    from sitedelta.running.manifest import read_manifest

    try:
        manifest = read_manifest(store.manifest)
    except InputError:
        return False
    return (
        manifest.key == key and not manifest.unfinished and all((store.root / name).exists() for name in manifest.files)
    )


def _place(inputs: SiteInputs, progress: Progress) -> Placed:
    prepared = []
    for k, scene in enumerate(inputs.scenes):
        progress(k, len(inputs.scenes), "images")
        prepared.append(prepare(scene))
    progress(len(prepared), len(prepared), "images")
    placements, records = place_all(prepared, inputs.grid, progress=progress)
    limits = {str(k): v for k, v in inputs.site.limits.items()}
    able = detector(inputs.site.model).classes
    claims = tuple(
        tuple(claim(c, s.gsd_m, tightened=limits, kind=s.kind, found=able) for c in inputs.site.count)
        for s in inputs.scenes
    )
    return Placed(tuple(prepared), placements, records, claims)


def _plan(inputs: SiteInputs, placed: Placed, store: SiteStore, progress: Progress) -> Plan:
    counts = tuple(
        plan_count(p, c, store.parts, counter=inputs.counter, model=inputs.site.model)
        for p, c in zip(placed.prepared, placed.claims, strict=True)
    )
    views = tuple(
        None if at is None else plan_view(at, p, inputs.grid, store.scene_raster(p.scene.id), store.parts)
        for at, p in zip(placed.placements, placed.prepared, strict=True)
    )
    return Plan(counts, views, _plan_pairs(inputs, placed, store, progress))


def _plan_pairs(inputs: SiteInputs, placed: Placed, store: SiteStore, progress: Progress) -> PairPlans:
    change = inputs.site.change
    hidden = [k for k in range(len(inputs.scenes)) if _why_not(k, placed)]
    pairs, null = consecutive_pairs(inputs.scenes, hidden=hidden), control_pairs(change.controls, inputs.scenes)
    method, plans = check_method(change.method), dict[Pair, PairPlan | str]()
    wanted, witnesses = dict.fromkeys((*pairs, *null)), Witnesses()
    for k, pair in enumerate(wanted):
        progress(k, len(wanted), "pairs")
        plans[pair] = _refused(pair, placed) or plan_pair(
            _witnessed(pair, placed, inputs, witnesses),
            inputs.grid,
            store.parts,
            method=method,
            radiometry=change.radiometry,
            false_alarm_rate=change.false_alarm_rate,
        )
    return PairPlans(pairs, tuple(plans[p] for p in pairs), null, tuple(plans[p] for p in null))


def _witnessed(
    pair: Pair, placed: Placed, inputs: SiteInputs, witnesses: Witnesses
) -> tuple[Placement | None, Placement | None]:
    """Give the placements of a pair; what hides the ground on one date is judged with the other as a witness."""
    before, after = placed.placements[pair.before], placed.placements[pair.after]
    if before is None or after is None:
        return before, after
    return witnesses.hear((before, after), (placed.prepared[pair.before], placed.prepared[pair.after]), inputs.grid)


def _refused(pair: Pair, placed: Placed) -> str | None:
    """Say why a pair that was not matched is not compared."""
    return _why_not(pair.before, placed) or _why_not(pair.after, placed)


def _why_not(k: int, placed: Placed) -> str | None:
    """Say why a scene is compared with none: its georeference alone would show shifts as change."""
    record = placed.records[k]
    if record.status not in ("georeference", "refused"):
        return None
    return f"registration of {placed.prepared[k].scene.id} was refused: {record.reason}"


def _wants(place: Place) -> Callable[[Task], Mapping[str, float]]:
    """Give what a tile asks of its worker: those that count may ask for a GPU."""
    return lambda task: place.resources if isinstance(task, CountTask) else {}


def _made(views: Sequence[ViewPlan | None]) -> list[ViewPlan]:
    return [v for v in views if v is not None]


def _tasks(plan: Plan) -> list[Task]:
    counts = [t for p in plan.counts for t in p.tasks]
    views = [t for p in _made(plan.views) for t in p.tasks]
    changes = [t for p in plan.changes.compared for t in p.tasks]
    return [*counts, *views, *changes]


def _merge(inputs: SiteInputs, placed: Placed, plan: Plan, store: SiteStore) -> tuple[Found, tuple[PairRecord, ...]]:
    for view in _made(plan.views):
        if view.tasks:
            whole = not any(t.part in view.lost for t in view.tasks)
            merge_views(view.path, view.parts, inputs.grid, bands=view.bands, key=view.key if whole else "")
    seen = [_seen(inputs, placed, plan, k) for k in range(len(inputs.scenes))]
    where = extents(inputs.grid, inputs.zones)
    observations = chain.from_iterable(
        _observations(inputs, placed, seen[k].objects, where, k, _lost(placed, plan, k))
        for k in range(len(inputs.scenes))
    )
    pairs = merge_pairs(inputs, plan.changes, store)
    told = zip(plan.changes.pairs, plan.changes.changes, strict=True)
    events = chain.from_iterable(_events(inputs, placed, seen, plan, pair, change) for pair, change in told)
    tracks = find_tracks([_look(inputs, placed, plan, seen[k], k) for k in range(len(seen))], inputs.grid)
    objects = tracks.named([o for s in seen for o in s.objects])
    doubts = tuple(_doubts(placed, seen))
    found = Found(objects, tuple(events), tracks.tracks, tuple(observations), pairs.regions, pairs.zones, doubts)
    return found, pairs.records


def _doubts(placed: Placed, seen: Sequence[Seen]) -> Iterator[str]:
    for prepared, s in zip(placed.prepared, seen, strict=True):
        for doubt in gsd_doubts(Sizes.of_objects(s.objects), prepared):
            yield f"{prepared.scene.id}: {doubt}."


def _look(inputs: SiteInputs, placed: Placed, plan: Plan, seen: Seen, k: int) -> Look:
    """Give a scene for following objects: one that was not matched tells of no places."""
    at = placed.placements[k] if placed.records[k].status in ("reference", "aligned") else None
    return Look(inputs.scenes[k], seen, at and unseen(at, _lost(placed, plan, k)), placed.claims[k])


def _lost(placed: Placed, plan: Plan, k: int) -> CoarseMask | None:
    """Mark where a scene was not searched to the end."""
    return ground_of(plan.counts[k].tiles_lost, placed.prepared[k].clear)


def _seen(inputs: SiteInputs, placed: Placed, plan: Plan, k: int) -> Seen:
    at = placed.placements[k]
    found = read_parts(plan.counts[k].parts)
    return Seen() if at is None else seen_objects(found, at, inputs.grid, inputs.zones)


def _observations(
    inputs: SiteInputs,
    placed: Placed,
    objects: Sequence[SiteObject],
    where: Sequence[Extent],
    k: int,
    lost: CoarseMask | None,
) -> tuple[Observation, ...]:
    return observe(
        inputs.site.id,
        inputs.scenes[k],
        placed.placements[k],
        placed.prepared[k].data,
        placed.records[k].reason,
        placed.claims[k],
        objects,
        where,
        hidden_by=placed.prepared[k].hidden_by,
        model=inputs.site.model,
        lost=lost,
    )


def _events(
    inputs: SiteInputs, placed: Placed, seen: Sequence[Seen], plan: Plan, pair: Pair, change: PairPlan | str
) -> tuple[Event, ...]:
    """Find the events of a pair; where it is compared, what hides the ground is known from both dates."""
    before, after = placed.placements[pair.before], placed.placements[pair.after]
    if isinstance(change, PairPlan):
        before, after = change.estimate.joint.before, change.estimate.joint.after
    if before is None or after is None or _refused(pair, placed):
        return ()
    claims = placed.claims[pair.before], placed.claims[pair.after]
    at = unseen(before, _lost(placed, plan, pair.before)), unseen(after, _lost(placed, plan, pair.after))
    return find_events(seen[pair.before], seen[pair.after], at, claims, inputs.grid)


def _write_tables(inputs: SiteInputs, found: Found, store: SiteStore) -> None:
    placed_on_earth = inputs.grid.georeferenced
    write_table(to_frame(found.observations, Observation), store.observations)
    write_table(to_geoframe(found.objects, SiteObject, georeferenced=placed_on_earth), store.objects)
    write_table(to_geoframe(found.events, Event, georeferenced=placed_on_earth), store.events)
    write_table(to_geoframe(found.tracks, Track, georeferenced=placed_on_earth), store.tracks)
    write_table(to_geoframe(found.regions, ChangeRegion, georeferenced=placed_on_earth), store.changes)
    write_table(to_frame(found.zones, ZoneChange), store.zone_changes)


def _write_manifest(
    inputs: SiteInputs,
    placed: Placed,
    pairs: tuple[PairRecord, ...],
    plan: Plan,
    store: SiteStore,
    doubts: tuple[str, ...],
) -> None:
    """Write the manifest, which stands only over complete results."""
    rasters = [v.path for v in _made(plan.views)] + [store.root / p.raster for p in pairs if p.raster]
    tables = [store.objects, store.events, store.tracks, store.observations, store.changes, store.zone_changes]
    manifest = Manifest(
        format=FORMAT,
        key=inputs.key,
        site=inputs.site.id,
        name=inputs.site.name,
        grid=grid_record(inputs.grid),
        zones=tuple(ZoneRecord(z.id, z.name, z.area_m2, z.polygon.wkt) for z in inputs.zones),
        scenes=_scene_records(inputs, placed, plan, store),
        pairs=pairs,
        model=inputs.counter,
        detectors=detector_records(inputs.site.model, zip(inputs.scenes, placed.claims, strict=True)),
        statements=statement_records(inputs.site.statements),
        parameters=parameters(inputs.site),
        software=dict(software()),
        notes=(*inputs.notes, *doubts),
        files={p.relative_to(store.root).as_posix(): sha256_file(p) for p in [*tables, *rasters]},
        given=given_files(inputs.site, inputs.scenes, store.root),
        code=code(),
        unfinished=_unfinished(inputs, plan),
    )
    write_text(store.manifest, to_json(manifest))
    names_onto_disk(store.root)  # before files are taken away of which the last one speaks


def _unfinished(inputs: SiteInputs, plan: Plan) -> tuple[str, ...]:
    """Say which tiles were given up."""
    why = {one.work.part: one.reason for one in plan.lost}
    found = list[str]()
    for scene, count, view in zip(inputs.scenes, plan.counts, plan.views, strict=True):
        found += sentences(f"objects in {scene.id}", count.tasks, why)
        found += sentences(f"the picture of {scene.id}", view.tasks if view else (), why)
    for change in plan.changes.compared:
        before, after = change.estimate.joint.before.scene.id, change.estimate.joint.after.scene.id
        found += sentences(f"change from {before} to {after}", change.tasks, why)
    return tuple(found)


def _scene_records(inputs: SiteInputs, placed: Placed, plan: Plan, store: SiteStore) -> tuple[SceneRecord, ...]:
    (whole, *_) = extents(inputs.grid, ())
    records = []
    numbers = entry_numbers(inputs.site, inputs.scenes)
    each = zip(placed.prepared, placed.placements, placed.records, plan.views, numbers, strict=True)
    for prepared, at, record, view, entry in each:
        seen = data = np.zeros(whole.rows.shape, np.bool_)
        if at is not None:
            rows, cols = at.to_scene(whole.rows, whole.cols)
            seen, data = prepared.clear.at(rows, cols), prepared.data.at(rows, cols)
        raster = view.path.relative_to(store.root).as_posix() if view else None
        shares = float(seen.mean()), float((data & ~seen).mean())
        own = portable(prepared.scene, store.root)
        records.append(SceneRecord(own, record, *shares, raster, entry, outline(prepared.scene)))
    return tuple(records)


def _forget_rasters(store: SiteStore, plan: Plan, pairs: Sequence[PairRecord]) -> None:
    """Take away the rasters of scenes and pairs that are no longer part of the site."""
    kept = {v.path for v in _made(plan.views)} | {store.root / p.raster for p in pairs if p.raster}
    for path in {*store.rasters.glob("scene-*.tif"), *store.rasters.glob("change-*.tif")} - kept:
        path.unlink(missing_ok=True)


def _forget_parts(store: SiteStore, plan: Plan) -> None:
    """Drop the tiles that finished rasters hold now; objects are small and serve the next run."""
    kept = {t.part.name for p in plan.counts for t in p.tasks}
    for path in store.parts.glob("*"):
        if path.name not in kept:
            path.unlink(missing_ok=True)
