"""Searching a STAC API."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sitedelta.errors import InputError
from sitedelta.remote.address import plain
from sitedelta.remote.web import Web, parsed
from sitedelta.stac.item import Item, read_item
from sitedelta.stac.query import Query

if TYPE_CHECKING:
    from pystac_client.stac_api_io import StacApiIO

_PAGE = 100


def is_api(raw: Mapping[str, Any]) -> bool:
    """Tell whether a catalogue or collection is that of an API, which can be searched."""
    return "conformsTo" in raw or bool(_links(raw, "search")) or (raw.get("type") == "Collection" and _is_live(raw))


def search(web: Web, raw: Mapping[str, Any], query: Query) -> Iterator[Item]:
    """Ask an API for the items of an area, dates and collections, page by page.

    Raises
    ------
    InputError
        It is none that can be searched, or its answers are not STAC.
    """
    from pystac.errors import STACError
    from pystac_client import Client
    from pystac_client.exceptions import APIError

    root, collections = _root(web, raw, query)
    try:
        client = Client.open(root, stac_io=_io(web, root))
        methods = {str(link.get("method", "GET")).upper() for link in _links(client.to_dict(), "search")}
        found = client.search(
            method="POST" if "POST" in methods else "GET",
            limit=_PAGE,
            bbox=list(query.area),
            datetime=_span(query),
            collections=list(collections) or None,
        )
        yield from (read_item(one, root) for one in found.items_as_dicts())
    except (STACError, APIError, NotImplementedError, KeyError, TypeError, AttributeError, RecursionError) as error:
        msg = f"{plain(root)}: cannot be searched as a STAC API ({type(error).__name__}); give the address of its root"
        raise InputError(msg) from error


def _root(web: Web, raw: Mapping[str, Any], query: Query) -> tuple[str, tuple[str, ...]]:
    """Give the root of the API, and the collections to search: the one whose address was given, where it was one's."""
    if raw.get("type") == "Catalog":
        return query.place, query.collections
    roots = _links(raw, "root")
    if not roots:
        raise InputError(f"{plain(query.place)}: names no root of its API; give the address of the root")
    return web.reach.follow(str(roots[0].get("href")), query.place), (str(raw.get("id")),)


def _is_live(raw: Mapping[str, Any]) -> bool:
    return bool(_links(raw, "items")) and not _links(raw, "item")


def _links(raw: Mapping[str, Any], rel: str) -> list[dict[str, Any]]:
    links = raw.get("links")
    each = links if isinstance(links, list) else []
    return [one for one in each if isinstance(one, dict) and one.get("rel") == rel]


def _span(query: Query) -> str | None:
    if query.since is None and query.until is None:
        return None
    first, last = ("" if t is None else t.strftime("%Y-%m-%dT%H:%M:%SZ") for t in (query.since, query.until))
    return f"{first or '..'}/{last or '..'}"


def _io(web: Web, root: str) -> "StacApiIO":
    """Give pystac-client a way to read that is bounded, and stays with the hosts that are named."""
    from pystac.link import Link
    from pystac_client.stac_api_io import StacApiIO

    class Bounded(StacApiIO):
        """Reads by `Web` alone: no local file, no host that is not named, no headers that a server asks for."""

        def read_text(self, source: Any, *args: Any, **kwargs: Any) -> str:  # noqa: ARG002 - the signature of the base
            if not isinstance(source, Link):
                return self.request(str(source), kwargs.get("method"), None, kwargs.get("parameters"))
            link = source.to_dict()
            body = link.get("body") or {}
            merged = {**(kwargs.get("parameters") or {}), **body} if link.get("merge") else body
            return self.request(link["href"], link.get("method"), None, merged)

        def json_loads(self, txt: str, *args: Any, **kwargs: Any) -> dict[str, Any]:  # noqa: ARG002 - as above
            found = parsed(txt, root)
            return found if isinstance(found, dict) else {}

        def request(
            self,
            href: str,
            method: str | None = None,
            headers: dict[str, str] | None = None,  # noqa: ARG002 - as above
            parameters: dict[str, Any] | None = None,
        ) -> str:
            url = web.reach.follow(href, root)
            if (method or "GET").upper() == "POST":
                return web.text(url, method="POST", body=parameters or {})
            return web.text(url, params=parameters or None)

    return Bounded(max_retries=None)
