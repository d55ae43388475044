"""Bringing what a configuration names elsewhere to the site's folder: the scenes of a search, or files by address."""

import glob
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from sitedelta.errors import InputError
from sitedelta.imagery.dates import NO_DATE
from sitedelta.remote.address import name_in, plain
from sitedelta.remote.listing import is_pattern, listed
from sitedelta.remote.reach import reach_of
from sitedelta.remote.stores import filesystem, told
from sitedelta.remote.web import Web
from sitedelta.scene import Kind
from sitedelta.stac.assets import Choice, choose
from sitedelta.stac.copies import Wish, bring
from sitedelta.stac.find import find_items
from sitedelta.stac.item import Asset, Item
from sitedelta.stac.query import Bounds, Query

LeaveOut: TypeAlias = Callable[[str, InputError], None]
"""Is told the id of a scene that cannot be used, and why."""


def gather(
    query: Query,
    folder: Path,
    *,
    kind: Kind = "optical",
    assets: tuple[str, ...] = (),
    leave_out: LeaveOut | None = None,
) -> tuple[Path, ...]:
    """Bring the scenes that a search finds to a folder; those that are there already are not read again.

    Parameters
    ----------
    folder
        Each scene gets a folder of its own in it, with the image, a sidecar that says what it was cut from, and the
        provider's mask where there is one.
    assets
        Keys of the assets to read; chosen where there are none.
    leave_out
        Told of each scene that cannot be used, where others can; without it, the first such ends the search.

    Returns
    -------
    tuple of Path
        The images, by date. A scene of which nothing shows the area is none.

    Raises
    ------
    InputError, RunFailed
        As `find_items`; and where an asset cannot be read.
    """
    web, found, lost = Web(query.reach), list[Path](), list[tuple[str, InputError]]()
    for item in find_items(query):
        try:
            path = bring(Wish(item, choose(item, kind=kind, named=assets), query.area), folder, web)
        except InputError as error:
            if leave_out is None:
                raise
            lost.append((item.id, error))
        else:
            found += [] if path is None else [path]
    if lost and not found:
        raise lost[0][1]
    for name, why in lost:
        if leave_out is not None:
            leave_out(name, why)
    return tuple(found)


def gather_files(url: str, area: Bounds | None, folder: Path) -> tuple[Path, ...]:
    """Bring an image, or those that a pattern names, to a folder; see `gather`.

    Of a georeferenced image, the part that shows the area is copied; of another, or without an area, the whole file.
    One that its server has in another version is copied anew.

    Raises
    ------
    InputError
        Nothing is there, it refuses to be read, or is no image that can be read over the network.
    RunFailed
        The network fails, after retries.
    """
    web = Web(reach_of(url, ()))
    found = (bring(_wish(one, area, web), folder, web) for one in _matching(url, web))
    return tuple(path for path in found if path is not None)


def _matching(url: str, web: Web) -> tuple[str, ...]:
    if url.startswith(("http://", "https://")):
        return listed(url, web) if is_pattern(url) else (url,)
    if not glob.has_magic(url.split("?", maxsplit=1)[0]):
        return (url,)
    scheme = url.split("://", 1)[0]
    with told(url):
        found = sorted(filesystem(url).glob(url))
    if not found:
        raise InputError(f"{plain(url)}: matches no image; check the bucket and the pattern")
    return tuple(f"{scheme}://{name}" for name in found)


def _wish(url: str, area: Bounds | None, web: Web) -> Wish:
    """Make an item of a lone file: its version is what its server says of it."""
    facts = web.facts(url)
    name = PurePosixPath(name_in(url))
    version = {"updated": f"{facts.etag} {facts.size} {facts.modified}"}
    asset = Asset("image", url, "", (), (), None, None)
    item = Item(name.stem, "", NO_DATE, NO_DATE, None, None, version, (asset,), url)
    return Wish(item, Choice((asset,), None, None), area, name.suffix.lower() or ".tif")
