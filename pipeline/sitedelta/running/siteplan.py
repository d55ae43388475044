"""The static plan of a site: which tiles have to be made, each named by what it depends on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rasterdelta.errors import NotEnoughData
from sitedelta.alignment.placement import Placement
from sitedelta.comparison.pairs import ChangeTask, Method, PairEstimate, estimate_pair
from sitedelta.counts.claims import Claim
from sitedelta.counts.counting import CountTask, count_tasks
from sitedelta.errors import BandsDiffer
from sitedelta.files.rasterfile import read_tag
from sitedelta.grid import SiteGrid
from sitedelta.imagery.bands import display_bands
from sitedelta.imagery.prepare import Prepared
from sitedelta.imagery.views import ViewContext, ViewTask
from sitedelta.running.context import save_context
from sitedelta.running.keys import key_of
from sitedelta.running.manifest import ModelRecord
from sitedelta.running.tiles import Tile, cut
from sitedelta.settings.defaults import Radiometry
from sitedelta.unfinished import LostChange, LostView


@dataclass(frozen=True, slots=True)
class CountPlan:
    """The tiles of one scene that count."""

    key: str
    tasks: tuple[CountTask, ...]
    lost: frozenset[Path] = frozenset()
    """Parts that were given up."""

    @property
    def parts(self) -> list[Path]:
        """Give the parts that stand."""
        return [t.part for t in self.tasks if t.part not in self.lost]

    @property
    def tiles_lost(self) -> list[Tile]:
        """Give the tiles of which nothing is known."""
        return [t.tile for t in self.tasks if t.part in self.lost]


@dataclass(frozen=True, slots=True)
class ViewPlan:
    """The tiles of one scene's display image; none where the raster stands already."""

    key: str
    path: Path
    bands: int
    tasks: tuple[ViewTask, ...]
    lost: frozenset[Path] = frozenset()
    """Parts that were given up."""

    @property
    def parts(self) -> list[ViewTask | LostView]:
        """Give what the raster is joined from."""
        return [LostView(t.tile, self.bands) if t.part in self.lost else t for t in self.tasks]


@dataclass(frozen=True, slots=True)
class PairPlan:
    """The tiles of one pair's change map."""

    key: str
    estimate: PairEstimate
    tasks: tuple[ChangeTask, ...]
    lost: frozenset[Path] = frozenset()
    """Parts that were given up."""

    @property
    def parts(self) -> list[ChangeTask | LostChange]:
        """Give what the change map is joined from."""
        return [LostChange(t.tile) if t.part in self.lost else t for t in self.tasks]


def plan_count(
    prepared: Prepared, claims: Sequence[Claim], parts: Path, *, counter: ModelRecord, model: Path | None = None
) -> CountPlan:
    """Plan the counting of one scene, by the detector of a file or the shipped one, whose record names the parts."""
    key = key_of("count", prepared, claims, counter)
    return CountPlan(key, count_tasks(prepared, claims, parts, f"count-{key}", model))


def plan_view(placement: Placement, prepared: Prepared, grid: SiteGrid, path: Path, parts: Path) -> ViewPlan:
    """Plan a scene's display image on the site grid."""
    context = ViewContext(placement, prepared.stretch)
    key, bands = key_of("view", context, grid.to_json()), len(display_bands(prepared.scene))
    if read_tag(path, "SITEDELTA_KEY") == key:
        return ViewPlan(key, path, bands, ())
    saved = save_context(context, parts / f"view-{key}.context")
    tasks = (ViewTask(saved, t, parts / f"view-{key}-{t.row0}-{t.col0}.npz") for t in cut(grid.shape, halo=0))
    return ViewPlan(key, path, bands, tuple(tasks))


def plan_pair(
    placements: tuple[Placement | None, Placement | None],
    grid: SiteGrid,
    parts: Path,
    *,
    method: Method,
    radiometry: Radiometry = "line",
    false_alarm_rate: float | None = None,
) -> PairPlan | str:
    """Plan the change map of a pair, or say why the two cannot be compared."""
    before, after = placements
    if before is None or after is None:
        return "registration: one of the two images could not be aligned"
    try:
        estimate = estimate_pair(
            before, after, grid, method=method, radiometry=radiometry, false_alarm_rate=false_alarm_rate
        )
    except (NotEnoughData, BandsDiffer) as error:
        return str(error)
    key = key_of("change", estimate, grid.to_json())
    path = save_context(estimate, parts / f"change-{key}.context")
    tiles = cut(estimate.joint.shape, halo=estimate.model.halo)
    return PairPlan(
        key, estimate, tuple(ChangeTask(path, t, parts / f"change-{key}-{t.row0}-{t.col0}.npz") for t in tiles)
    )
