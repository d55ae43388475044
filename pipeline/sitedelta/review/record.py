"""Take decisions into the ledger: what each row is about, what is known already, who disagrees."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from sitedelta.areas.zones import WHOLE_SITE
from sitedelta.errors import InputError
from sitedelta.files.store import SiteStore
from sitedelta.report.findings import Findings
from sitedelta.review.apply import State, state_of
from sitedelta.review.attach import SIZE_RATIO, Subject, key_of, place_m, reach_m, side_m, subjects
from sitedelta.review.decision import Decision, Kind, Look, Said, Spot, Verdict, sealed
from sitedelta.review.ground import Ground
from sitedelta.review.ledger import append
from sitedelta.review.rows import Request
from sitedelta.review.standing import Reviewed
from sitedelta.review.targets import Target


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the rows of one file."""

    new: tuple[Decision, ...]
    """Taken into the ledger."""
    known: int
    """Already there."""
    disputes: tuple[Reviewed, ...]
    """Things on which reviewers disagree, among those that the file speaks of."""
    unknown: tuple[Decision, ...]
    """New ones that are about no finding of the present results: kept for later ones."""


def record(store: SiteStore, findings: Findings, requests: Sequence[Request], *, via: str, now: datetime) -> Taken:
    """Take all rows into the ledger, or none: a row that cannot be used raises `InputError`."""
    asked: list[Decision] = []

    def make(standing: tuple[Decision, ...]) -> Sequence[Decision]:
        before = state_of(findings, standing)
        asked.extend(_decision(r, before, via=via, now=now) for r in requests)
        return _merged(asked, before, standing)

    new = append(store, make)
    return _taken(store, findings, asked, new)


def merge(store: SiteStore, findings: Findings, decisions: Sequence[Decision], *, via: str) -> Taken:
    """Take another ledger's decisions into this one, under their own ids and times."""
    asked = [replace(d, via=via) for d in decisions]
    new = append(store, lambda standing: _merged(asked, state_of(findings, standing), standing))
    return _taken(store, findings, asked, new)


def _taken(store: SiteStore, findings: Findings, asked: Sequence[Decision], new: tuple[Decision, ...]) -> Taken:
    from sitedelta.review.ledger import read_ledger

    after = state_of(findings, read_ledger(store.review))
    mine = {d.id for d in (*asked, *new)} | {d.subject for d in new}
    spoken = [r for r in after.reviewed if any(d.id in mine or d.subject in mine for d in r.subject.decisions)]
    lost = {d.id for r in spoken for d in r.subject.decisions if r.target is None and d.machine}
    unknown = tuple(d for d in new if d.id in lost)
    return Taken(new, len(asked) - len(new), tuple(r for r in spoken if r.disputed), unknown)


def _merged(asked: Sequence[Decision], before: State, standing: Sequence[Decision]) -> list[Decision]:
    """Give the decisions that are new, each with the thing that it is about."""
    chains = {s.id: s for s in subjects(standing)}
    by_target = {r.target.id: r.subject.id for r in before.reviewed if r.target}
    ids, own = {d.id for d in standing}, dict[str, str]()
    new = []
    for d in sorted(asked, key=lambda d: d.time):
        if d.id in ids:
            continue
        subject = own.get(d.subject) or _subject(d, chains, by_target, before)
        chain = chains.get(subject) if subject else None
        if chain and _says_the_same(d, chain):
            continue
        settled = replace(d, subject=subject or d.id)
        own[d.subject] = settled.subject
        chains[settled.subject] = _longer(chain, settled)
        ids.add(d.id)
        new.append(settled)
    return new


def _longer(chain: Subject | None, d: Decision) -> Subject:
    return subjects([*(chain.decisions if chain else ()), d])[0]


def _says_the_same(d: Decision, chain: Subject) -> bool:
    """Tell whether the reviewer's last word is this already."""
    mine = [v for v in chain.decisions if v.reviewer == d.reviewer]
    if not mine:
        return False
    last = mine[-1]
    same = (last.verdict, last.label, last.note, last.outline) == (d.verdict, d.label, d.note, d.outline)
    return same and (last.moved == d.moved or (last.moved is not None and d.moved is not None and _close(last, d)))


def _close(a: Decision, b: Decision) -> bool:
    return abs(a.where.site_row - b.where.site_row) < 0.1 and abs(a.where.site_col - b.where.site_col) < 0.1


def _subject(d: Decision, chains: dict[str, Subject], by_target: dict[str, str], before: State) -> str | None:
    """Find what was decided already about the same thing."""
    if d.subject in chains:
        return d.subject
    if d.machine and d.machine.finding in by_target and _is_of_these(d, before):
        return by_target[d.machine.finding]
    key = key_of(d.kind, d.look, d.before, before.ground)
    if key is None:
        return None
    near = [s for s in chains.values() if key_of(s.kind, s.last.look, s.last.before, before.ground) == key]
    if d.kind is Kind.SEARCH:
        return next((s.id for s in near if (s.last.zone, s.last.label) == (d.zone, d.label)), None)
    return _nearest(d, near, before.ground)


def _is_of_these(d: Decision, before: State) -> bool:
    """Tell whether the finding of this id, here and now, is the one that is meant: ids are counted anew by each run."""
    target = next(t for t in before.targets if d.machine and t.id == d.machine.finding)
    return target.spot == d.spot


def _nearest(d: Decision, near: Sequence[Subject], ground: Ground) -> str | None:
    gsd = ground.record(str(ground.known(d.look))).scene.gsd_m
    here, reach = place_m(d.kind, d.look, d.spot, ground), reach_m(d.kind, d.label, d.size, gsd)
    found = []
    for s in near:
        a = s.anchor
        away = float(np.hypot(*np.subtract(place_m(a.kind, a.look, a.spot, ground), here)))
        larger = abs(np.log(side_m(a.size) / side_m(d.size)))  # NaN where one is not known
        if away <= min(reach, reach_m(a.kind, a.label, a.size, gsd)) and not larger > np.log(SIZE_RATIO):
            found.append((d.label not in s.names, away, s.id))
    return min(found)[2] if found else None


def _decision(r: Request, before: State, *, via: str, now: datetime) -> Decision:
    """Turn a row into a decision on a finding of these results, else on what the row says of it."""
    ground = before.ground
    target, added = _target(r, before), _added(r, before)
    if added:
        look, first, spot, size, said = added.look, added.before, added.spot, added.size, None
    else:
        look, first = _looks(r, target, before)
        spot, size = (target.spot, target.size) if target else (_spot(r, look, ground), r.size)
        said = target.said if target else _said(r)
    moved = None
    if r.new_lonlat or r.new_site:
        moved = _placed(r.new_lonlat, r.new_site, look, ground, r.where)
    label = r.new_label if r.verdict is Verdict.RECLASS else (said.label if said else added.label if added else r.label)
    zone = (r.zone or WHOLE_SITE) if r.kind is Kind.SEARCH else None
    return sealed(
        Decision(
            id="",
            subject="",
            kind=r.kind,
            verdict=r.verdict,
            reviewer=r.reviewer,
            time=r.time or now,
            note=r.note,
            look=look,
            before=first,
            spot=spot,
            size=size,
            machine=said,
            label=str(label or "ground"),
            moved=moved if r.verdict is Verdict.MOVE else None,
            zone=zone,
            outline=ground.to_wkt(ground.outline(zone)) if zone else None,
            via=via,
        )
    )


def _target(r: Request, before: State) -> Target | None:
    """Give the finding that a row names, unless the row says that it lies elsewhere: then ids were counted anew."""
    found = next((t for t in before.targets if t.id == r.finding and t.kind is r.kind), None)
    if found is None or r.verdict is Verdict.ADD:
        return None
    if not (r.lonlat or r.site or r.own):
        return found
    look = found.look
    here = place_m(found.kind, look, found.spot, before.ground)
    spot = Spot(
        *(r.site or (found.spot.site_row, found.spot.site_col)),
        before.ground.grid.gsd_m,
        *(r.lonlat or (None, None)),
        *(r.own or (None, None)),
    )
    away = float(np.hypot(*np.subtract(place_m(found.kind, look, spot, before.ground), here)))
    gsd = before.ground.record(look.scene).scene.gsd_m
    return found if away <= reach_m(found.kind, found.said.label, found.size, gsd) else None


def _added(r: Request, before: State) -> Decision | None:
    """Give the decision that added the thing that a row names."""
    found = (x.subject.anchor for x in before.reviewed if x.subject.id == r.finding)
    return next((d for d in found if d.machine is None and d.kind is r.kind), None)


def _looks(r: Request, target: Target | None, before: State) -> tuple[Look, Look | None]:
    if target:
        return target.look, target.before
    if r.finding and not (r.lonlat or r.site or r.verdict is Verdict.ADD or r.kind is Kind.SEARCH):
        raise _nothing(r)
    look = _look(r.scene, r.date, r.image, before.ground, r.where)
    if r.kind in (Kind.CHANGE, Kind.EVENT):
        return look, _look(r.before, r.date_before, r.image_before, before.ground, r.where)
    return look, None


def _look(scene: str | None, date: datetime | None, image: str, ground: Ground, where: str) -> Look:
    """Give the image that a row names, by its bytes, its id or its date; else as the row has it."""
    scenes = [x.scene for x in ground.records]
    found = [s for s in scenes if image and s.sha256 == image]
    found = found or [s for s in scenes if s.id == scene and date in (None, s.date)]
    found = found or [s for s in scenes if scene is None and s.date == date]
    if len(found) == 1:
        return ground.look(found[0].id)
    if scene and date:
        return Look(scene, date, image)
    what = f"no image {scene!r} is" if scene else "it does not say which image is meant; none alone is"
    raise InputError(f"{where}: {what} part of the site; its images are {', '.join(s.id for s in scenes)[:300]}")


def _said(r: Request) -> Said | None:
    if r.verdict is Verdict.ADD or r.kind is Kind.SEARCH:
        return None
    if not r.label:
        raise _nothing(r)
    return Said(r.finding or "", r.label, r.score, "")


def _nothing(r: Request) -> InputError:
    return InputError(f"{r.where}: no finding {r.finding or ''!r} is there; correct `id`, or give class and place")


def _spot(r: Request, look: Look, ground: Ground) -> Spot:
    if r.kind is Kind.SEARCH:
        if not (r.zone in (None, WHOLE_SITE) or any(z.id == r.zone for z in ground.zones)):
            known = ", ".join((WHOLE_SITE, *(z.id for z in ground.zones)))
            raise InputError(f"{r.where}: there is no zone {r.zone!r}; the zones are {known}")
        point = ground.outline(r.zone or WHOLE_SITE).representative_point()
        return Spot(point.y, point.x, ground.grid.gsd_m)
    if r.verdict is Verdict.ADD:
        return _placed(r.lonlat, r.site, look, ground, r.where)
    if not (r.lonlat or r.site):
        raise _nothing(r)
    lon, lat = r.lonlat or (None, None)
    row, col = r.own or (None, None)
    if r.site:
        return Spot(*r.site, ground.grid.gsd_m, lon, lat, row, col)
    at = ground.site_place(Look("", look.date), Spot(0.0, 0.0, ground.grid.gsd_m, lon, lat))
    return Spot(*at, ground.grid.gsd_m, lon, lat, row, col)


def _placed(
    lonlat: tuple[float, float] | None, site: tuple[float, float] | None, look: Look, ground: Ground, where: str
) -> Spot:
    """Describe a place that a reviewer gives; raises `InputError` where it is not on the site."""
    if lonlat and not ground.grid.georeferenced:
        if not site:
            raise InputError(f"{where}: the site has no longitudes and latitudes; give pixels of the site grid")
        lonlat = None
    lon, lat = lonlat or (None, None)
    row, col = site or (0.0, 0.0)
    if lonlat:
        row, col = ground.site_place(Look("", look.date), Spot(row, col, ground.grid.gsd_m, lon, lat))
    height, width = ground.grid.shape
    if not (-0.5 <= row <= height - 0.5 and -0.5 <= col <= width - 0.5):
        place = f"{lon:.6f}, {lat:.6f}" if lon is not None else f"row {row:.1f}, column {col:.1f}"
        raise InputError(f"{where}: {place} lies outside the site")
    scene = ground.known(look)
    if scene is None:
        return Spot(row, col, ground.grid.gsd_m, lon, lat)
    return ground.spots(scene, np.array([row]), np.array([col]))[0]
