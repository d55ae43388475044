"""The entries of a configuration whose images lie elsewhere, and these images."""

from pathlib import Path
from typing import TYPE_CHECKING

from sitedelta.grid.choice import area_bounds
from sitedelta.stac.gather import LeaveOut, gather, gather_files
from sitedelta.stac.query import Query, span

if TYPE_CHECKING:
    from sitedelta.settings.config import Imagery, Site


def query_of(site: "Site", entry: "Imagery") -> Query:
    """Give the search that an entry of a site's imagery asks for; see `sitedelta.stac.find_items`."""
    if entry.stac is None or site.aoi is None:
        raise TypeError("the entry searches no catalogue, or its site has no area")
    since, until = span(entry.since, entry.until)
    return Query(
        place=entry.stac,
        area=area_bounds(site.aoi),
        collections=entry.collections,
        since=since,
        until=until,
        max_gsd_m=entry.max_gsd,
        max_cloud=entry.max_cloud,
        max_scenes=entry.max_scenes,
        hosts=entry.hosts,
    )


def with_found(site: "Site", folder: Path, *, leave_out: LeaveOut | None = None) -> "Site":
    """Give a site with images that lie elsewhere brought to a folder; a site without such as it is.

    Parameters
    ----------
    leave_out
        As for `sitedelta.stac.gather.gather`.

    Raises
    ------
    InputError, RunFailed
        As `sitedelta.stac.gather.gather`.
    """
    if not any(entry.stac or isinstance(entry.path, str) for entry in site.imagery):
        return site
    return site.model_copy(update={"imagery": tuple(_found(site, entry, folder, leave_out) for entry in site.imagery)})


def _found(site: "Site", entry: "Imagery", folder: Path, leave_out: LeaveOut | None) -> "Imagery":
    from sitedelta.settings.config import Found

    if isinstance(entry, Found):
        return entry
    if isinstance(entry.path, str):
        files = gather_files(entry.path, area_bounds(site.aoi) if site.aoi else None, folder)
    elif entry.stac:
        query = query_of(site, entry)
        files = gather(query, folder, kind=entry.kind, assets=entry.assets, leave_out=leave_out)
    else:
        return entry
    return Found.model_construct(entry.model_fields_set, **dict(entry), files=files)
