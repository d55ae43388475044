"""A STAC API on this machine: stac-fastapi over items in memory, with paging."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import attr
import uvicorn
from fastapi import Request
from shapely import box
from shapely.geometry import shape
from stac_fastapi.api.app import StacApi
from stac_fastapi.types.config import ApiSettings
from stac_fastapi.types.core import BaseCoreClient
from stac_fastapi.types.errors import NotFoundError

PAGE = 2
"""Items a page, whatever is asked for."""


@attr.s
class Backend(BaseCoreClient):
    """Searches a list of items."""

    items: list[dict[str, Any]] = attr.ib(factory=list)
    pages: list[int] = attr.ib(factory=list)
    """Sizes of the pages that were given."""

    def post_search(self, search_request: Any, **kwargs: Any) -> dict[str, Any]:
        asked = search_request.model_dump(mode="json", exclude_none=True)
        token = int(kwargs["request"].query_params.get("page", 0))
        found = self._found(asked.get("collections"), search_request.bbox, asked.get("datetime"))
        return self._page(found, token, kwargs["request"], asked)

    def get_search(self, collections=None, ids=None, bbox=None, intersects=None, datetime=None, limit=10, **kwargs):  # noqa: ARG002
        request: Request = kwargs["request"]
        found = self._found(collections, bbox, request.query_params.get("datetime"))
        return self._page(found, int(request.query_params.get("page", 0)), request, None)

    def _found(self, collections: Any, bbox: Any, span: str | None) -> list[dict[str, Any]]:
        first, last = (_time(t) for t in (span or "../..").split("/"))
        kept = [i for i in self.items if not collections or i["collection"] in collections]
        kept = [i for i in kept if not bbox or shape(i["geometry"]).intersects(box(*bbox))]
        taken = {i["id"]: _time(i["properties"]["datetime"]) for i in kept}
        return [i for i in kept if (not first or taken[i["id"]] >= first) and (not last or taken[i["id"]] <= last)]

    def _page(self, found: list[dict[str, Any]], number: int, request: Request, body: Any) -> dict[str, Any]:
        part = [_linked(i, str(request.base_url)) for i in found[number * PAGE : (number + 1) * PAGE]]
        self.pages.append(len(part))
        base = f"{str(request.base_url).rstrip('/')}/search"
        links = []
        if len(found) > (number + 1) * PAGE:
            params = {k: v for k, v in request.query_params.items() if k != "page"} | {"page": str(number + 1)}
            query = "&".join(f"{k}={v}" for k, v in params.items())
            link = {"rel": "next", "href": f"{base}?{query}", "type": "application/geo+json"}
            links.append(link if body is None else {**link, "method": "POST", "body": body})
        return {"type": "FeatureCollection", "features": part, "links": links}

    def get_item(self, item_id: str, collection_id: str, **_: Any) -> dict[str, Any]:
        for item in self.items:
            if (item["id"], item["collection"]) == (item_id, collection_id):
                return item
        raise NotFoundError(item_id)

    def all_collections(self, **_: Any) -> dict[str, Any]:
        return {
            "collections": [self.get_collection(c) for c in sorted({i["collection"] for i in self.items})],
            "links": [],
        }

    def get_collection(self, collection_id: str, **kwargs: Any) -> dict[str, Any]:
        extent = {"spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": [[None, None]]}}
        root = str(kwargs["request"].base_url) if "request" in kwargs else "/"
        own = f"{root}collections/{collection_id}"
        rels = {"self": own, "root": root, "parent": root, "items": f"{own}/items"}
        links = [{"rel": rel, "href": href} for rel, href in rels.items()]
        told = {
            "type": "Collection",
            "stac_version": "1.0.0",
            "id": collection_id,
            "description": "d",
            "license": "other",
        }
        return {**told, "extent": extent, "links": links}

    def item_collection(self, collection_id: str, **_: Any) -> dict[str, Any]:
        found = [i for i in self.items if i["collection"] == collection_id]
        return {"type": "FeatureCollection", "features": found, "links": []}


def _linked(item: dict[str, Any], root: str) -> dict[str, Any]:
    """Give an item the links that every item of an API has."""
    collection = f"{root}collections/{item['collection']}"
    own = {"self": f"{collection}/items/{item['id']}", "root": root, "parent": collection, "collection": collection}
    return {**item, "links": [{"rel": rel, "href": href, "type": "application/json"} for rel, href in own.items()]}


def _time(text: str) -> datetime | None:
    return None if text in ("", "..") else datetime.fromisoformat(text)


@contextmanager
def serving(items: list[dict[str, Any]]) -> Iterator[tuple[str, Backend]]:
    """Serve items; give the address of the API, and what stands behind it."""
    backend = Backend(items=items)
    app = StacApi(settings=ApiSettings(enable_response_models=True), client=backend, extensions=[]).app
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}", backend
    server.should_exit = True
    thread.join(timeout=5)
