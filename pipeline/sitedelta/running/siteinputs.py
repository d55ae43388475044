"""Everything that a run of a site starts from, checked before anything is computed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from shutil import rmtree
from typing import Any

from sitedelta.alerts.rule import check_zones
from sitedelta.areas.zones import Zone, load_zones
from sitedelta.detectors.record import model_record
from sitedelta.errors import InputError
from sitedelta.files.store import SiteStore
from sitedelta.grid import SiteGrid, choose_grid
from sitedelta.imagery.ingest import ingest
from sitedelta.remote.address import is_address
from sitedelta.running.keys import key_of
from sitedelta.running.manifest import FORMAT, ModelRecord
from sitedelta.scene import Control, Scene, Sensor
from sitedelta.settings.config import SEARCH, Imagery, Site
from sitedelta.settings.controlpairs import check_controls
from sitedelta.stac.entries import with_found


@dataclass(frozen=True, slots=True)
class SiteInputs:
    """A site's scenes, grid and zones."""

    site: Site
    scenes: tuple[Scene, ...]
    grid: SiteGrid
    zones: tuple[Zone, ...]
    notes: tuple[str, ...]
    counter: ModelRecord
    """The detector."""
    key: str
    """Hash of all of it: an equal key means that there is nothing new."""


def settle(site: Site, store: SiteStore, *, since: date | None = None, until: date | None = None) -> SiteInputs:
    """Find, read and check everything that the configuration names; nothing stays behind when it fails."""
    with nothing_left_behind(store.root):
        counter = model_record(site.model)
        site = with_found(site, store.root / "imagery")
        found = ingest(site, workdir=store.root / "work")
        check_controls(site.id, site.change.controls, found.scenes)
        scenes = tuple(s for s in found.scenes if _between(s.date.date(), since, until))
        if not scenes:
            msg = (
                f"site {site.id}: no image is dated {_span(since, until)}; the images date from {_dates(found.scenes)}"
            )
            raise InputError(msg)
        grid = choose_grid(scenes, site.aoi)
        zones = load_zones(site.zones, grid)
        check_zones(site, [z.id for z in zones])
    key = key_of("site", FORMAT, parameters(site), scenes, grid.to_json(), zones, found.notes, counter)
    return SiteInputs(site, scenes, grid, zones, found.notes, counter, key)


def parameters(site: Site) -> dict[str, Any]:
    """Give the site's settings with all defaults filled in, without the paths of this machine."""
    settings = site.model_dump(mode="json", exclude={"imagery", "zones", "dem", "model", "alerts"})
    if isinstance(site.aoi, Path):
        settings["aoi"] = site.aoi.name
    imagery = [_entry(i) for i in site.imagery]
    return settings | {
        "zones": site.zones.name if site.zones else None,
        "dem": site.dem and site.dem.name,
        "model": site.model and site.model.name,
        "imagery": imagery,
    }


def _entry(entry: Imagery) -> dict[str, Any]:
    """Give the settings of an entry of imagery, with the names of files instead of their paths."""
    said = entry.model_dump(mode="json", exclude_none=True)
    if entry.stac is None:
        said = {k: v for k, v in said.items() if k not in SEARCH}
    elif not is_address(entry.stac):
        said["stac"] = Path(entry.stac).name
    own = entry.path.name if isinstance(entry.path, Path) else entry.path
    names = {"path": own, "mask": entry.mask and entry.mask.name}
    return said | {k: v for k, v in names.items() if v}


def portable(scene: Scene, root: Path) -> Scene:
    """Give a scene with its paths relative to the site's folder: results may be moved and published."""
    where = tuple(Path(os.path.relpath(p, root)) for p in scene.originals)
    mask = scene.mask and replace(scene.mask, uri=os.path.relpath(scene.mask.uri, root))
    return replace(scene, uri=os.path.relpath(scene.uri, root), originals=where, mask=mask, ground=_ground(scene, root))


def _ground(scene: Scene, root: Path) -> Sensor | Control | None:
    ground = scene.ground
    if not isinstance(ground, Sensor) or ground.terrain is None:
        return ground
    return replace(ground, terrain=replace(ground.terrain, uri=os.path.relpath(ground.terrain.uri, root)))


@contextmanager
def nothing_left_behind(folder: Path) -> Iterator[None]:
    """Take away the folders that a refused input made one create."""
    missing = [p for p in (folder, *folder.parents) if not p.exists()]
    try:
        yield
    except InputError:
        if missing and missing[-1].exists():
            rmtree(missing[-1])
        raise


def _between(day: date, since: date | None, until: date | None) -> bool:
    return (since is None or day >= since) and (until is None or day <= until)


def _span(since: date | None, until: date | None) -> str:
    return " and ".join(t for t in (since and f"{since} or later", until and f"{until} or earlier") if t)


def _dates(scenes: tuple[Scene, ...]) -> str:
    return f"{scenes[0].date.date()} to {scenes[-1].date.date()}"
