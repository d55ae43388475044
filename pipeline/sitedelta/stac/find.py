"""From an address or a path to STAC items: an API, a catalogue, a collection, an item, or stac-geoparquet."""

from collections.abc import Iterator
from typing import Any

from sitedelta.errors import InputError
from sitedelta.remote.address import plain
from sitedelta.remote.web import Web
from sitedelta.stac.api import is_api, search
from sitedelta.stac.item import Item, read_item
from sitedelta.stac.query import Query, ordered
from sitedelta.stac.static import walk

MOST_OFFERED = 50_000
"""Items that a search looks through."""


def find_items(query: Query) -> tuple[Item, ...]:
    """Find the scenes that a catalogue offers and a search asks for.

    Parameters
    ----------
    query
        Where to search, and for what. What a server or a catalogue gives is filtered again here, so that the same
        search means the same everywhere.

    Returns
    -------
    tuple of Item
        Sorted by date; nothing of them but their description has been read.

    Raises
    ------
    InputError
        One line: nothing is there, it is no STAC, it leads to hosts or folders that are not named, or too many match.
    RunFailed
        The network failed, after retries.
    """
    found: dict[tuple[str, str], Item] = {}
    for number, item in enumerate(_offered(query), 1):
        if number > MOST_OFFERED:
            raise InputError(f"{plain(query.place)}: offers more than {MOST_OFFERED} items; narrow the search")
        if query.matches(item):
            found[(item.collection, item.id)] = item
        if len(found) > query.max_scenes:
            raise InputError(
                f"{plain(query.place)}: more than {query.max_scenes} scenes match; narrow the search with `since:`, "
                "`until:`, `max_cloud:` or `collections:`, or raise `max_scenes:`"
            )
    return ordered(found.values())


def _offered(query: Query) -> Iterator[Item]:
    if query.place.lower().split("?")[0].endswith((".parquet", ".geoparquet")):
        from sitedelta.stac.parquet import read_items

        return read_items(query)
    web = Web(query.reach)
    raw = web.document(query.place)
    kind = raw.get("type") if isinstance(raw, dict) else None
    if kind == "Feature":
        return iter((read_item(raw, query.place),))
    if kind == "FeatureCollection":
        return _features(raw, query.place)
    if kind not in ("Catalog", "Collection"):
        raise InputError(
            f"{plain(query.place)}: is no STAC API, catalogue, collection or item; give the address of one"
        )
    return search(web, raw, query) if is_api(raw) else walk(web, raw, query)


def _features(raw: dict[str, Any], place: str) -> Iterator[Item]:
    features = raw.get("features")
    return (read_item(f, place) for f in features) if isinstance(features, list) else iter(())
