"""Merge the tiles of a site's pairs: change maps, regions, change by zone, false alarms."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sitedelta.areas.zonecells import zone_cells
from sitedelta.areas.zones import WHOLE_SITE
from sitedelta.comparison.changes import ChangeMap, gather, regions_of, write_change
from sitedelta.comparison.pairing import Pair
from sitedelta.comparison.strips import strips_of
from sitedelta.comparison.tally import ScoreTally
from sitedelta.comparison.zonechange import Measured, unseen, zone_changes, zone_shares
from sitedelta.files.store import SiteStore
from sitedelta.records import ChangeRegion, ZoneChange
from sitedelta.running.manifest import PairRecord
from sitedelta.running.siteinputs import SiteInputs
from sitedelta.running.siteplan import PairPlan


@dataclass(frozen=True, slots=True)
class PairPlans:
    """The pairs of a site."""

    pairs: tuple[Pair, ...]
    """Consecutive ones: they are findings."""
    changes: tuple[PairPlan | str, ...]
    """A string says why a pair cannot be compared."""
    null: tuple[Pair, ...]
    """Between which nothing happened."""
    controls: tuple[PairPlan | str, ...]
    """Of those; the very same as in `changes` where they are consecutive."""

    def without(self, lost: frozenset[Path]) -> "PairPlans":
        """Give the plans as they were worked off, without parts that were given up."""
        changes, controls = (
            tuple(c if isinstance(c, str) else replace(c, lost=lost) for c in plans)
            for plans in (self.changes, self.controls)
        )
        return replace(self, changes=changes, controls=controls)

    @property
    def compared(self) -> list[PairPlan]:
        """Give each pair that is compared, once."""
        extra = [c for p, c in zip(self.null, self.controls, strict=True) if p not in self.pairs]
        return [c for c in (*self.changes, *extra) if isinstance(c, PairPlan)]


@dataclass(frozen=True, slots=True)
class MergedPairs:
    """What the pairs of a site show."""

    records: tuple[PairRecord, ...]
    regions: tuple[ChangeRegion, ...]
    zones: tuple[ZoneChange, ...]


def merge_pairs(inputs: SiteInputs, plans: PairPlans, store: SiteStore) -> MergedPairs:
    """Gather every pair from its tiles; control pairs that are not consecutive leave only their false alarms."""
    records: list[PairRecord] = []
    regions: list[ChangeRegion] = []
    measured: dict[Pair, Measured] = {}
    for pair, change in zip(plans.pairs, plans.changes, strict=True):
        if isinstance(change, str):
            records.append(_refused(inputs, pair, change))
            continue
        found, measured[pair] = _gathered(inputs, change)
        records.append(_written(inputs, change, found, store))
        regions += regions_of(found, change.estimate.joint, inputs.grid, inputs.zones)
    for pair, change in zip(plans.null, plans.controls, strict=True):
        if pair not in measured and isinstance(change, PairPlan):
            _, measured[pair] = _gathered(inputs, change)
    zones = [z for p, c in zip(plans.pairs, plans.changes, strict=True) for z in _zones(inputs, plans, p, c, measured)]
    return MergedPairs(tuple(records), tuple(regions), tuple(zones))


def _gathered(inputs: SiteInputs, plan: PairPlan) -> tuple[ChangeMap, Measured]:
    joint = plan.estimate.joint
    area = {"cell_m": inputs.grid.gsd_m * joint.step, "min_area_m2": inputs.site.change.min_area_m2}
    zones = zone_cells(inputs.grid, inputs.zones, joint.shape, joint.step)
    tally = ScoreTally(zones, joint.shape)
    found = gather(tally.through(strips_of(plan.parts)), joint.shape, **area)
    shares = zone_shares(found, zones)
    return found, Measured(plan.estimate.model.method, joint.gsd_m, shares, tally.false_alarms(**area))


def _zones(
    inputs: SiteInputs, plans: PairPlans, pair: Pair, change: PairPlan | str, measured: dict[Pair, Measured]
) -> Sequence[ZoneChange]:
    before, after = inputs.scenes[pair.before], inputs.scenes[pair.after]
    if isinstance(change, str):
        ids = (WHOLE_SITE, *(z.id for z in inputs.zones))
        return [unseen(inputs.site.id, zone, before, after, change) for zone in ids]
    others = [measured[p] for p in plans.null if p in measured and p != pair]
    least = inputs.site.change.min_area_m2
    return zone_changes(inputs.site.id, before, after, measured[pair], others, min_area_m2=least)


def _refused(inputs: SiteInputs, pair: Pair, reason: str) -> PairRecord:
    before, after = inputs.scenes[pair.before], inputs.scenes[pair.after]
    gsd = max(before.gsd_m, after.gsd_m)
    return PairRecord(
        before.id, after.id, "not_observable", reason, gsd, "none", "", None, None, "", 0.0, 0.0, 0.0, None
    )


def _written(inputs: SiteInputs, plan: PairPlan, found: ChangeMap, store: SiteStore) -> PairRecord:
    joint = plan.estimate.joint
    path = store.change_raster(joint.before.scene.id, joint.after.scene.id)
    write_change(path, found, inputs.grid, step=joint.step, key=plan.key)
    return _record(plan, found, path.relative_to(store.root))


def _record(plan: PairPlan, found: ChangeMap, raster: Path) -> PairRecord:
    e = plan.estimate
    return PairRecord(
        before=e.joint.before.scene.id,
        after=e.joint.after.scene.id,
        status="compared",
        reason=None,
        gsd_m=e.joint.gsd_m,
        method=e.model.method,
        method_reason=e.method_reason,
        threshold=float(e.model.threshold),
        false_alarm_rate=e.model.false_alarm_rate,
        notes=e.model.notes,
        changed_m2=found.changed_m2,
        share_changed=found.share_changed,
        share_observed=found.share_observed,
        raster=raster.as_posix(),
    )
