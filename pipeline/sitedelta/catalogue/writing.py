"""A static STAC catalogue of a site: a collection with an item a scene, a change map, and the tables."""

from collections.abc import Container
from pathlib import Path
from typing import TYPE_CHECKING

from sitedelta.files.store import write_json
from sitedelta.site import Site

if TYPE_CHECKING:
    import pystac

FOLDER = "stac"
"""Where collection and items stand, below the site's folder."""
_COLLECTION = "collection.json"


def write_catalog(site: Site) -> Path:
    """Write `catalog.json`, its collection and its items; give the path of the catalogue.

    All links are relative, so that the folder can be moved and served as it is. Items of an earlier run are removed.
    Raises `RunFailed` where a file cannot be written, `InputError` where a file that the manifest names is missing.
    """
    root, folder = site.store.catalog, site.store.root / FOLDER
    catalog = _catalog(site)
    (collection,) = catalog.get_collections()
    items = list(collection.get_items())
    for item in items:
        write_json(folder / f"{item.id}.json", item.to_dict(include_self_link=False))
    write_json(folder / _COLLECTION, collection.to_dict(include_self_link=False))
    write_json(root, catalog.to_dict(include_self_link=False))
    _remove_stale(folder, {_COLLECTION, *(f"{item.id}.json" for item in items)})
    return root


def _catalog(site: Site) -> "pystac.Catalog":
    import pystac
    from pystac.layout import CustomLayoutStrategy

    from sitedelta.catalogue.collection import site_collection
    from sitedelta.catalogue.items import change_item, scene_item, tables_item

    m = site.manifest
    catalog = pystac.Catalog(m.site, f"What sitedelta knows of {m.name}.", title=m.name)
    collection = site_collection(site)
    catalog.add_child(collection)
    scenes = {r.scene.id: scene_item(site, r) for r in m.scenes}
    changes = [change_item(site, p, scenes) for p in m.pairs if p.raster]
    for item in (*scenes.values(), *changes, tables_item(site, scenes)):
        collection.add_item(item)
    folder = f"{site.store.root.absolute()}/{FOLDER}"
    flat = CustomLayoutStrategy(
        collection_func=lambda *_: f"{folder}/{_COLLECTION}",
        item_func=lambda item, _: f"{folder}/{item.id}.json",
    )
    catalog.normalize_hrefs(str(site.store.root.absolute()), strategy=flat)
    catalog.catalog_type = pystac.CatalogType.SELF_CONTAINED
    return catalog


def _remove_stale(folder: Path, kept: Container[str]) -> None:
    for path in folder.glob("*.json"):
        if path.name not in kept:
            path.unlink()
