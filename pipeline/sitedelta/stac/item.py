"""STAC items as they are offered, read without trust (STAC 1.0 and 1.1)."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from sitedelta.errors import InputError
from sitedelta.imagery.dates import parse_date, taken
from sitedelta.remote.address import plain

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

_MOST_ASSETS = 500
_LONGEST = 500
"""Characters of an id or a name."""


@dataclass(frozen=True, slots=True)
class Band:
    """One band of an asset, as its catalogue describes it."""

    name: str
    common_name: str | None = None
    """red, green, blue, nir, ..."""
    scale: float | None = None
    offset: float | None = None
    """Number of the file times scale plus offset gives reflectance."""
    gsd_m: float | None = None


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of an item."""

    key: str
    href: str
    """As it stands in the item: relative to it, or an address."""
    media_type: str
    roles: tuple[str, ...]
    bands: tuple[Band, ...]
    gsd_m: float | None
    checksum: str | None
    """Multihash of its bytes (file extension), where its catalogue gives it."""


@dataclass(frozen=True, slots=True)
class Item:
    """One scene that a catalogue offers."""

    id: str
    collection: str
    """Empty where it is in none."""
    start: datetime
    end: datetime
    """UTC; both are its date where it has one."""
    geometry: Mapping[str, Any] | None
    bbox: tuple[float, float, float, float] | None
    properties: Mapping[str, Any]
    assets: tuple[Asset, ...]
    place: str
    """Address or path of the document that its references are relative to."""

    @property
    def gsd_m(self) -> float | None:
        """Finest ground sampling distance that it states, metres."""
        stated = [a.gsd_m for a in self.assets if a.gsd_m] + [g for g in (_number(self.properties.get("gsd")),) if g]
        return min(stated, default=None)

    @property
    def cloud(self) -> float | None:
        """Share of the scene under cloud as its provider states it, percent."""
        return _number(self.properties.get("eo:cloud_cover"))

    def shape(self) -> "BaseGeometry | None":
        """Give its footprint in longitude and latitude; None where it has none."""
        from shapely import box
        from shapely.errors import ShapelyError
        from shapely.geometry import shape

        if self.geometry is not None:
            try:
                with np.errstate(all="ignore"):
                    return shape(self.geometry).buffer(0)
            except (ShapelyError, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
                pass
        return None if self.bbox is None else box(*self.bbox)

    def meets(self, area: tuple[float, float, float, float]) -> bool:
        """Tell whether it may show a part of an area; True where it does not say where it lies."""
        from shapely import box

        shape = self.shape()
        return shape is None or bool(shape.intersects(box(*area)))


def read_item(raw: object, place: str) -> Item:
    """Read an item; raises `InputError` where what it needs is missing or of the wrong kind."""
    where = plain(place)
    if not isinstance(raw, dict) or not isinstance(raw.get("assets"), dict):
        raise InputError(f"{where}: holds no STAC item")
    name, properties = _text(raw.get("id")), raw.get("properties")
    if not name or not isinstance(properties, dict):
        raise InputError(f"{where}: holds an item without id or properties")
    if len(raw["assets"]) > _MOST_ASSETS:
        raise InputError(f"{where}: item {name[:80]} has {len(raw['assets'])} assets, more than {_MOST_ASSETS}")
    start, end = _times(properties, f"{where}: item {name[:80]}")
    geometry = raw.get("geometry")
    return Item(
        id=name,
        collection=_text(raw.get("collection")) or "",
        start=start,
        end=end,
        geometry=geometry if isinstance(geometry, dict) else None,
        bbox=_bbox(raw.get("bbox")),
        properties=properties,
        assets=tuple(_assets(raw["assets"])),
        place=_own(raw.get("links"), place),
    )


def _own(links: object, place: str) -> str:
    """Give the address that an item names as its own, else that of the document that it came with."""
    from sitedelta.remote.address import is_address, joined

    each = (link for link in links if isinstance(link, dict)) if isinstance(links, list) else ()
    href = next((h for h in (link.get("href") for link in each if link.get("rel") == "self") if _text(h)), None)
    return joined(place, str(href)) if href and is_address(place) else place


def _times(properties: Mapping[str, Any], where: str) -> tuple[datetime, datetime]:
    one, first, last = (properties.get(n) for n in ("datetime", "start_datetime", "end_datetime"))
    try:
        texts = (one, one) if one else (first or last, last or first)
        start, end = (taken(parse_date(str(t))).date for t in texts)
    except ValueError as error:
        raise InputError(f"{where} has no usable date ({error})") from error
    return start, end


def _assets(raw: Mapping[Any, Any]) -> Iterator[Asset]:
    for key, one in raw.items():
        if isinstance(one, dict) and isinstance(one.get("href"), str):
            bands = tuple(_bands(one))
            roles = one.get("roles")
            yield Asset(
                key=str(key)[:_LONGEST],
                href=one["href"],
                media_type=(_text(one.get("type")) or "").lower(),
                roles=tuple(str(r).lower() for r in roles) if isinstance(roles, list) else (),
                bands=bands,
                gsd_m=_gsd(one, bands),
                checksum=_text(one.get("file:checksum")),
            )


def _bands(asset: Mapping[str, Any]) -> Iterator[Band]:
    """Read `bands` of STAC 1.1, or `eo:bands` and `raster:bands` of STAC 1.0 side by side."""
    new, eo, raster = (_dicts(asset.get(n)) for n in ("bands", "eo:bands", "raster:bands"))
    for k in range(max(map(len, (new, eo, raster)))):
        said: dict[str, Any] = {}
        for each in (raster, eo, new):
            said |= each[k] if k < len(each) else {}
        whole = dict(asset) | said
        yield Band(
            name=_text(said.get("name")) or "",
            common_name=_text(said.get("eo:common_name") or said.get("common_name")),
            scale=_number(whole.get("raster:scale", said.get("scale"))),
            offset=_number(whole.get("raster:offset", said.get("offset"))),
            gsd_m=_metres(said.get("raster:spatial_resolution", said.get("spatial_resolution")) or said.get("gsd")),
        )


def _gsd(asset: Mapping[str, Any], bands: Sequence[Band]) -> float | None:
    stated = _metres(asset.get("gsd")) or _metres(asset.get("raster:spatial_resolution"))
    return stated or min((b.gsd_m for b in bands if b.gsd_m), default=None)


def _dicts(value: object) -> list[dict[str, Any]]:
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def _bbox(value: object) -> tuple[float, float, float, float] | None:
    numbers = [_number(v) for v in value] if isinstance(value, list) else []
    if len(numbers) not in (4, 6) or any(n is None for n in numbers):
        return None
    half = len(numbers) // 2
    west, south, east, north = (float(numbers[k] or 0.0) for k in (0, 1, half, half + 1))
    return (west, south, east, north) if west <= east and south <= north else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def _metres(value: object) -> float | None:
    number = _number(value)
    return number if number and number > 0 else None


def _text(value: object) -> str | None:
    return value[:_LONGEST] if isinstance(value, str) and value.strip() else None
