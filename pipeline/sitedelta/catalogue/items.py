"""Items of a site: one a scene, one a change map, one for the tables, each with what it was made from."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sitedelta.catalogue.files import asset
from sitedelta.catalogue.places import bounds, projection, shown_footprint, site_footprint
from sitedelta.running.manifest import PairRecord, SceneRecord
from sitedelta.scene import Scene
from sitedelta.site import Site

if TYPE_CHECKING:
    import pystac

EO = "https://stac-extensions.github.io/eo/v2.0.0/schema.json"
FILE = "https://stac-extensions.github.io/file/v2.1.0/schema.json"
PROCESSING = "https://stac-extensions.github.io/processing/v1.2.0/schema.json"
PROJECTION = "https://stac-extensions.github.io/projection/v2.0.0/schema.json"
VIEW = "https://stac-extensions.github.io/view/v1.1.0/schema.json"

_COMMON = {"swir1": "swir16", "swir2": "swir22", "thermal": "lwir"} | {
    n: n for n in ("coastal", "blue", "green", "yellow", "red", "rededge", "nir", "pan")
}
"""Bands by the names of the eo extension."""

_TABLES = {
    "observations.parquet": "How many of each class in each zone on each date, or why that could not be observed",
    "objects.parquet": "Every object found",
    "tracks.parquet": "Each object over all dates",
    "events.parquet": "What arrived, departed or stayed between consecutive dates",
    "changes.parquet": "Regions that changed between consecutive dates",
    "zone_changes.parquet": "How much of each zone changed between consecutive dates",
}


def scene_item(site: Site, record: SceneRecord) -> "pystac.Item":
    """Describe a scene: its display image on the site grid, and what is known of the original."""
    import pystac

    s = record.scene
    view, eo = _view(s), _eo(record)
    shape = _footprint(site, record)
    item = pystac.Item(
        f"scene-{s.id}",
        geometry=shape,  # type: ignore[arg-type]  # a mapping serves
        bbox=bounds(shape),
        datetime=s.date,
        properties={
            "gsd": s.gsd_m,
            **({"platform": s.sensor} if s.sensor else {}),
            **view,
            **eo,
            **_processing(site, "Aligned to the reference image and resampled to the site grid, for display"),
            **_original(record),
            "sitedelta:alignment": record.alignment.status,
            "sitedelta:share_observed": record.share_observed,
            "sitedelta:share_cloud": record.share_cloud,
        },
        stac_extensions=[FILE, PROCESSING, PROJECTION, *([EO] if eo else []), *([VIEW] if view else [])],
    )
    _add_files(site, record, item)
    return item


def change_item(site: Site, pair: PairRecord, scenes: Mapping[str, "pystac.Item"]) -> "pystac.Item":
    """Describe a change map, and the two scenes that it derives from."""
    sources = [scenes[pair.before], scenes[pair.after]]
    item = _derived(
        site,
        f"change-{pair.before}--{pair.after}",
        sources,
        lineage=f"Change between both scenes by the method {pair.method}",
        gsd=pair.gsd_m,
        **{
            "sitedelta:method": pair.method,
            "sitedelta:threshold": pair.threshold,
            "sitedelta:false_alarm_rate": pair.false_alarm_rate,
            "sitedelta:changed_m2": pair.changed_m2,
            "sitedelta:share_observed": pair.share_observed,
        },
    )
    item.stac_extensions.append(PROJECTION)
    title = "Change map: 0 unchanged, 1 changed, 255 not observable"
    grid = projection(site.manifest.grid)
    item.add_asset("change", asset(site, str(pair.raster), "data", title, data_type="uint8", nodata=255, **grid))
    return item


def tables_item(site: Site, scenes: Mapping[str, "pystac.Item"]) -> "pystac.Item":
    """Describe the tables of counts, objects, events and changes, and the scenes that they derive from."""
    lineage = f"Objects found by {site.manifest.model.name}; counts, events and changes over all dates"
    item = _derived(site, "tables", list(scenes.values()), lineage=lineage)
    for name, title in _TABLES.items():
        if name in site.manifest.files:
            item.add_asset(Path(name).stem, asset(site, name, "data", title))
    return item


def _derived(site: Site, name: str, sources: list["pystac.Item"], *, lineage: str, **properties: Any) -> "pystac.Item":
    import pystac

    dates = [s.datetime for s in sources if s.datetime]
    shape = site_footprint(site.manifest.grid)
    item = pystac.Item(
        name,
        geometry=shape,  # type: ignore[arg-type]  # as above
        bbox=bounds(shape),
        datetime=None,
        start_datetime=min(dates),
        end_datetime=max(dates),
        properties={**properties, **_processing(site, lineage)},
        stac_extensions=[FILE, PROCESSING],
    )
    for source in sources:
        item.add_link(pystac.Link("derived_from", source, pystac.MediaType.GEOJSON))
    return item


def _processing(site: Site, lineage: str) -> dict[str, Any]:
    """Say what made it; a manifest may name no software."""
    software = site.manifest.software
    return {"processing:lineage": lineage, **({"processing:software": software} if software else {})}


def _view(s: Scene) -> dict[str, float]:
    """Give the angles that are known, within the ranges of the view extension."""
    angles = {
        "view:off_nadir": None if s.off_nadir_deg is None else abs(s.off_nadir_deg),
        "view:sun_azimuth": None if s.sun_azimuth_deg is None else s.sun_azimuth_deg % 360,
        "view:sun_elevation": s.sun_elevation_deg,
    }
    return {name: angle for name, angle in angles.items() if angle is not None}


def _eo(record: SceneRecord) -> dict[str, float]:
    """Give the share of cloud over what the scene shows of the site, percent; none for radar."""
    shown = record.share_cloud + record.share_observed
    if record.scene.kind != "optical" or shown <= 0:
        return {}
    return {"eo:cloud_cover": round(100 * record.share_cloud / shown, 2)}


def _footprint(site: Site, record: SceneRecord) -> Mapping[str, Any] | None:
    """Give the outline of what the scene shows of the site; of its image where it could not be placed."""
    grid = site.manifest.grid
    if record.raster is not None:
        return shown_footprint(site.store.root / record.raster, grid)
    return _polygon(record.footprint) or site_footprint(grid)


def _polygon(ring: Iterable[tuple[float, float]] | None) -> Mapping[str, Any] | None:
    return None if ring is None else {"type": "Polygon", "coordinates": [[list(place) for place in ring]]}


def _original(record: SceneRecord) -> dict[str, Any]:
    s = record.scene
    shape = _polygon(record.footprint)
    return {
        "sitedelta:original_names": [p.name for p in s.originals],
        "sitedelta:original_sha256": s.sha256,
        "sitedelta:original_shape": [s.height, s.width],
        "sitedelta:original_bands": list(s.bands),
        **({"sitedelta:original_footprint": shape} if shape else {}),
        "sitedelta:date_precision": s.date_precision,
        "sitedelta:source": s.source,
    }


def _add_files(site: Site, record: SceneRecord, item: "pystac.Item") -> None:
    """Add the display image; and the original, where it lies in the site's folder, with where it came from."""
    if record.raster:
        grid = projection(site.manifest.grid)
        title = "Display image on the site grid, 8 bit"
        shown = asset(site, record.raster, "visual", title, data_type="uint8", bands=_bands(record.scene), **grid)
        item.add_asset("visual", shown)
    originals = [p for p in record.scene.originals if not p.is_absolute() and ".." not in p.parts]
    if len(originals) == 1 == len(record.scene.originals) and (site.store.root / originals[0]).is_file():
        title = "What was copied of the original, as it was given"
        item.add_asset("original", asset(site, originals[0].as_posix(), "data", title))
        _add_origin(site.store.root / originals[0], item)


def _bands(scene: Scene) -> list[dict[str, str]]:
    from sitedelta.imagery.bands import display_bands

    names = [scene.bands[b] for b in display_bands(scene)]
    return [{"name": n, **({"eo:common_name": _COMMON[n]} if n in _COMMON else {})} for n in names]


def _add_origin(copy: Path, item: "pystac.Item") -> None:
    """Link to the item of another catalogue that a scene was copied from."""
    import pystac

    try:
        links = json.loads(copy.with_suffix(".json").read_text("utf-8"))["links"]
        found = [str(link["href"]) for link in links if link["rel"] == "via"]
    except (OSError, ValueError, LookupError, TypeError):
        return
    for href in found:
        if href.startswith(("https://", "http://", "s3://", "gs://", "az://")):
            item.add_link(pystac.Link("derived_from", href, pystac.MediaType.GEOJSON))
