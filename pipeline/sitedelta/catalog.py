"""A static STAC catalogue of a site: one item a scene, one a change map, each file with its checksum."""

from collections.abc import Container
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sitedelta.hashing import sha256_file
from sitedelta.manifest import GridRecord, PairRecord, SceneRecord
from sitedelta.site import Site
from sitedelta.store import write_json

if TYPE_CHECKING:
    import pystac

FOLDER = "stac"
"""Where the items stand, below the site's folder."""
_FILE = "https://stac-extensions.github.io/file/v2.1.0/schema.json"
_PROJECTION = "https://stac-extensions.github.io/projection/v2.0.0/schema.json"
_VIEW = "https://stac-extensions.github.io/view/v1.0.0/schema.json"
_COG = "image/tiff; application=geotiff; profile=cloud-optimized"


def write_catalog(site: Site) -> Path:
    """Write `catalog.json` and its items; give the path of the catalogue.

    All links are relative, so that the folder can be moved and served as it is. Items of an earlier run are removed.
    Raises `RunFailed` where a file cannot be written, `InputError` where a raster that the manifest names is missing.
    """
    root = site.store.catalog
    catalog = _catalog(site)
    items = list(catalog.get_items())
    for item in items:
        write_json(site.store.root / FOLDER / f"{item.id}.json", item.to_dict(include_self_link=False))
    write_json(root, catalog.to_dict(include_self_link=False))
    _remove_stale(site, {f"{item.id}.json" for item in items})
    return root


def _catalog(site: Site) -> "pystac.Catalog":
    import pystac
    from pystac.layout import CustomLayoutStrategy

    m = site.manifest
    catalog = pystac.Catalog(
        m.site, f"Images of {m.name}, aligned, and maps of what changed between them.", title=m.name
    )
    scenes = {r.scene.id: _scene_item(site, r) for r in m.scenes}
    changes = [_change_item(site, p, scenes) for p in m.pairs if p.raster]
    for item in (*scenes.values(), *changes):
        catalog.add_item(item)
    flat = CustomLayoutStrategy(item_func=lambda item, parent: f"{parent}/{FOLDER}/{item.id}.json")
    catalog.normalize_hrefs(str(site.store.root.absolute()), strategy=flat)
    catalog.catalog_type = pystac.CatalogType.SELF_CONTAINED
    return catalog


def _scene_item(site: Site, record: SceneRecord) -> "pystac.Item":
    import pystac

    s = record.scene
    view = {"view:sun_elevation": s.sun_elevation_deg, "view:sun_azimuth": s.sun_azimuth_deg}
    view["view:off_nadir"] = s.off_nadir_deg
    known = {k: v for k, v in {"platform": s.sensor, **view}.items() if v is not None}
    item = pystac.Item(
        f"scene-{s.id}",
        **_footprint(site.manifest.grid),
        datetime=s.date,
        properties={
            "gsd": s.gsd_m,
            **known,
            "sitedelta:original_names": [p.name for p in s.originals],
            "sitedelta:original_sha256": s.sha256,
            "sitedelta:source": s.source,
            "sitedelta:alignment": record.alignment.status,
            "sitedelta:share_observed": record.share_observed,
            "sitedelta:share_cloud": record.share_cloud,
        },
        stac_extensions=[_FILE, _PROJECTION, *([_VIEW] if view.keys() & known.keys() else [])],
    )
    if record.raster:
        item.add_asset("visual", _asset(site, record.raster, "visual", "Display image on the site grid, 8 bit"))
    return item


def _change_item(site: Site, pair: PairRecord, scenes: dict[str, "pystac.Item"]) -> "pystac.Item":
    import pystac

    sources = scenes[pair.before], scenes[pair.after]
    start, end = sources[0].datetime, sources[1].datetime
    item = pystac.Item(
        f"change-{pair.before}--{pair.after}",
        **_footprint(site.manifest.grid),
        datetime=None,
        start_datetime=start,
        end_datetime=end,
        properties={
            "gsd": pair.gsd_m,
            "sitedelta:method": pair.method,
            "sitedelta:threshold": pair.threshold,
            "sitedelta:false_alarm_rate": pair.false_alarm_rate,
            "sitedelta:changed_m2": pair.changed_m2,
            "sitedelta:share_observed": pair.share_observed,
        },
        stac_extensions=[_FILE, _PROJECTION],
    )
    for source in sources:
        item.add_link(pystac.Link("derived_from", source, pystac.MediaType.GEOJSON))
    text = "0 unchanged, 1 changed, 255 not observable"
    item.add_asset("change", _asset(site, str(pair.raster), "data", f"Change map: {text}"))
    return item


def _asset(site: Site, raster: str, role: str, title: str) -> "pystac.Asset":
    import pystac

    grid, path = site.manifest.grid, site.store.root / raster
    sha256 = site.manifest.files.get(raster) or sha256_file(path)
    extra: dict[str, Any] = {
        "file:checksum": f"1220{sha256}",
        "file:size": path.stat().st_size,
        **_crs(grid),
        "proj:shape": [grid.height, grid.width],
        "proj:transform": list(grid.affine),
    }
    return pystac.Asset(f"../{raster}", title=title, media_type=_COG, roles=[role], extra_fields=extra)


def _crs(grid: GridRecord) -> dict[str, Any]:
    """Name the CRS by its code where it has one; a pixel grid has none."""
    from pyproj import CRS

    if grid.crs_wkt is None:
        return {"proj:code": None}
    crs = CRS.from_wkt(grid.crs_wkt)
    code = crs.to_epsg()
    return {"proj:code": f"EPSG:{code}"} if code else {"proj:code": None, "proj:wkt2": crs.to_wkt()}


def _footprint(grid: GridRecord) -> dict[str, Any]:
    """Give geometry and bounding box in WGS 84; both None for a pixel grid."""
    if grid.crs_wkt is None:
        return {"geometry": None, "bbox": None}
    from sitedelta.report.geometry import corners

    ring = [[round(float(v), 7) for v in place] for place in corners(grid)]
    lons, lats = zip(*ring, strict=True)
    return {
        "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
        "bbox": [min(lons), min(lats), max(lons), max(lats)],
    }


def _remove_stale(site: Site, kept: Container[str]) -> None:
    for path in (site.store.root / FOLDER).glob("*.json"):
        if path.name not in kept:
            path.unlink()
