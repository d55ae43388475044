"""Walking a static STAC catalogue from its root to its items."""

from collections.abc import Iterator, Mapping
from typing import Any

from sitedelta.errors import InputError
from sitedelta.imagery.dates import parse_date, taken
from sitedelta.remote.address import plain
from sitedelta.remote.web import Web
from sitedelta.stac.item import Item, read_item
from sitedelta.stac.query import Query

MOST_DOCUMENTS = 20_000
_DEEPEST = 12


def walk(web: Web, raw: Mapping[str, Any], query: Query) -> Iterator[Item]:
    """Read the items of a catalogue or collection and of those below it, but for collections of other places and dates.

    Raises
    ------
    InputError
        It leads to folders or hosts that are not named, is not STAC, or does not end.
    """
    todo, seen = [(query.place, raw, 0)], {query.place}
    while todo:
        place, one, depth = todo.pop()
        for rel, href in _leads(one):
            to = web.reach.follow(href, place)
            if to in seen:
                continue
            seen.add(to)
            if len(seen) > MOST_DOCUMENTS or depth > _DEEPEST:
                raise InputError(f"{plain(query.place)}: is too large to be walked; give a collection, or its API")
            document = web.document(to)
            if rel == "item":
                yield read_item(document, to)
            elif isinstance(document, dict) and _may_hold(document, query):
                todo.append((to, document, depth + 1))


def _leads(raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    links = raw.get("links")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("rel") in ("item", "child") and isinstance(link.get("href"), str):
            yield str(link["rel"]), link["href"]


def _may_hold(raw: Mapping[str, Any], query: Query) -> bool:
    """Tell whether a collection may hold what is searched for, by its id and extent; True where it does not say."""
    if raw.get("type") != "Collection":
        return True
    if query.collections and raw.get("id") not in query.collections:
        return any(rel == "child" for rel, _ in _leads(raw))
    extent = raw.get("extent")
    space, time = (_rows(extent, name) for name in (("spatial", "bbox"), ("temporal", "interval")))
    return (not space or any(_meets(b, query) for b in space)) and (not time or any(_lasts(t, query) for t in time))


def _rows(extent: object, names: tuple[str, str]) -> list[list[Any]]:
    part = extent.get(names[0]) if isinstance(extent, dict) else None
    rows = part.get(names[1]) if isinstance(part, dict) else None
    return [r for r in rows if isinstance(r, list)] if isinstance(rows, list) else []


def _meets(bbox: list[Any], query: Query) -> bool:
    half = len(bbox) // 2
    if half not in (2, 3) or not all(isinstance(v, int | float) for v in bbox):
        return True
    west, south, east, north = query.area
    return bool(bbox[0] <= east and bbox[half] >= west and bbox[1] <= north and bbox[half + 1] >= south)


def _lasts(interval: list[Any], query: Query) -> bool:
    try:
        first, last = (None if not t else taken(parse_date(str(t))).date for t in interval[:2])
    except ValueError:
        return True
    return not (query.until and first and first > query.until) and not (query.since and last and last < query.since)
