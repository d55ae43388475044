"""The collection of a site: what it spans in space and time, and the files that speak of all of it."""

from typing import TYPE_CHECKING

from sitedelta.catalogue.files import asset, named
from sitedelta.catalogue.items import FILE
from sitedelta.catalogue.places import bounds, site_footprint
from sitedelta.site import Site

if TYPE_CHECKING:
    import pystac

_WORLD = [-180.0, -90.0, 180.0, 90.0]
"""Stands for a place that is not known: a collection has to have an extent."""


def site_collection(site: Site) -> "pystac.Collection":
    """Describe a site: its extent, its imagery, its report."""
    import pystac

    m = site.manifest
    dates = [r.scene.date for r in m.scenes]
    box = bounds(site_footprint(m.grid)) or _WORLD
    where = "" if m.grid.crs_wkt else " None of its images is georeferenced: its place on the Earth is not known."
    extent = pystac.Extent(pystac.SpatialExtent([box]), pystac.TemporalExtent([[min(dates), max(dates)]]))
    found = pystac.Collection(
        id=m.site,
        title=m.name,
        description=f"Images of {m.name} on several dates, maps of change, tables of what was counted.{where}",
        extent=extent,
        license="other",
        stac_extensions=[FILE],
        summaries=_summaries(site),
        providers=[pystac.Provider("sitedelta", roles=[pystac.ProviderRole.PROCESSOR])],
    )
    if site.store.manifest.is_file():
        found.add_asset("manifest", asset(site, "manifest.json", "metadata", "Scenes, alignment, pairs and parameters"))
    for key, name, role, title in (
        ("report", "report/index.html", "overview", "Report, one file that works offline"),
        ("evidence", "report/evidence.json", "metadata", "What each sentence of the report rests on"),
        ("kmz", "report/site.kmz", "overview", "Map for Google Earth"),
    ):
        found.add_asset(key, named(name, role, title))
    return found


def _summaries(site: Site) -> "pystac.Summaries":
    import pystac

    scenes = [r.scene for r in site.manifest.scenes]
    platforms = sorted({s.sensor for s in scenes if s.sensor})
    gsds = [s.gsd_m for s in scenes]
    ranges = {"gsd": {"minimum": min(gsds), "maximum": max(gsds)}}
    return pystac.Summaries({**({"platform": platforms} if platforms else {}), **ranges})
