"""STAC as a source of imagery: searching for items, choosing among their assets, reading what a site needs of them."""

from sitedelta.stac.find import find_items
from sitedelta.stac.item import Asset, Band, Item
from sitedelta.stac.query import Query

__all__ = ["Asset", "Band", "Item", "Query", "find_items"]
