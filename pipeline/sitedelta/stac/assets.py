"""Which files of an item show the site: one with all its bands, or one a band."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal, TypeAlias

from sitedelta.errors import InputError
from sitedelta.raster.bandnames import known_band
from sitedelta.remote.address import name_in, plain
from sitedelta.scene import Kind
from sitedelta.stac.item import Asset, Item

Provider: TypeAlias = Literal["scl", "qa_pixel", "udm2", "udm"]

_COLOURS = ("red", "green", "blue")
_BEST = (*_COLOURS, "nir")
_POLARISATIONS = ("vv", "vh", "hh", "hv")
_NEITHER = frozenset(
    {"thumbnail", "overview", "metadata", "data-mask", "cloud", "cloud-shadow", "snow-ice", "saturation"}
)
_PICTURES = frozenset(
    {"thumbnail", "preview", "rendered_preview", "tilejson", "overview", "browse", "info", "metadata"}
)
_COLOUR_IS_WORTH = 2.0
"""An image in colour is taken before a grey one that is up to so many times finer."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The files that make one image, and its provider's mask."""

    assets: tuple[Asset, ...]
    """One, or several whose bands are laid together in this order."""
    mask: Asset | None
    provider: Provider | None
    """Whose mask it is."""


def choose(item: Item, *, kind: Kind = "optical", named: tuple[str, ...] = ()) -> Choice:
    """Choose the assets of an item that are read.

    In this order: the finest; in colour before grey, up to a factor of two; with near infrared before without.

    Parameters
    ----------
    named
        Keys of the assets that the user wants, in the order of their bands.

    Raises
    ------
    InputError
        It has none of these, or no image at all.
    """
    mask, provider = _mask(item)
    if named:
        known = {a.key: a for a in item.assets}
        missing = [n for n in named if n not in known]
        if missing:
            raise InputError(
                f"{_where(item)}: has no asset {missing[0]!r}; its assets are {', '.join(sorted(known)[:40])}"
            )
        return Choice(tuple(known[n] for n in named), mask, provider)
    images = [a for a in item.assets if _is_image(a)]
    found = min(_candidates(images, kind), key=lambda c: _rank(c, item), default=None)
    if found is None:
        keys = ", ".join(sorted(a.key for a in item.assets)[:40])
        raise InputError(f"{_where(item)}: none of its assets is an image (GeoTIFF or JPEG 2000): {keys}")
    return Choice(found, mask, provider)


def band_names(asset: Asset) -> tuple[str, ...]:
    """Name an asset's bands in the words of the pipeline, as far as its catalogue or its key tells: else empty."""
    names = tuple(known_band(b.common_name) or known_band(b.name) or "" for b in asset.bands)
    if names and all(names) and len(set(names)) == len(names):
        return names
    own = known_band(asset.key)
    if own and len(names) <= 1:
        return (own,)
    return _COLOURS if "visual" in (asset.key.lower(), *asset.roles) and len(names) in (0, 3) else ()


def _where(item: Item) -> str:
    return f"{plain(item.place)}, item {item.id}"


def _is_image(asset: Asset) -> bool:
    key = asset.key.lower()
    if _NEITHER & set(asset.roles) or key in _PICTURES or _provider(asset) is not None:
        return False
    ending = PurePosixPath(name_in(asset.href)).suffix.lower()
    return "tiff" in asset.media_type or "jp2" in asset.media_type or ending in (".tif", ".tiff", ".jp2")


def _candidates(images: list[Asset], kind: Kind) -> Iterator[tuple[Asset, ...]]:
    """Give what may be read as one image: each asset, and the assets of single bands that belong together."""
    yield from ((a,) for a in images)
    tiled_first = sorted(images, key=lambda a: "jp2" in f"{a.media_type}{a.href}".lower())
    single = [(a, band_names(a)[0]) for a in tiled_first if len(band_names(a)) == 1]
    for gsd in dict.fromkeys(a.gsd_m for a, _ in single):
        of_size: dict[str, Asset] = {}
        for asset, name in single:
            if asset.gsd_m == gsd:
                of_size.setdefault(name, asset)
        wanted = _POLARISATIONS if kind == "sar" else _BEST
        together = tuple(of_size[n] for n in wanted if n in of_size)
        if len(together) > 1 and (kind == "sar" or set(_COLOURS) <= of_size.keys()):
            yield together


def _rank(candidate: tuple[Asset, ...], item: Item) -> tuple[float, int, int]:
    bands = [n for a in candidate for n in band_names(a)]
    stated = min((a.gsd_m for a in candidate if a.gsd_m), default=item.properties.get("gsd"))
    gsd = float(stated) if isinstance(stated, int | float) and stated > 0 else 1e9
    in_colour = set(_COLOURS) <= set(bands)
    useful = sum(n in (*_BEST, *_POLARISATIONS) for n in bands)
    order = item.assets.index(candidate[0])
    return gsd * (1 if in_colour else _COLOUR_IS_WORTH), -useful, order


def _mask(item: Item) -> tuple[Asset | None, Provider | None]:
    found = [
        (p, a) for a in item.assets if (p := _provider(a)) is not None and "tif" in f"{a.media_type}{a.href}".lower()
    ]
    order: tuple[Provider, ...] = ("udm2", "udm", "scl", "qa_pixel")
    best = min(found, key=lambda pair: order.index(pair[0]), default=None)
    return (None, None) if best is None else (best[1], best[0])


def _provider(asset: Asset) -> Provider | None:
    """Tell a provider's mask by its key or its file's name."""
    words: tuple[Provider, ...] = ("udm2", "udm", "scl", "qa_pixel")
    for text in (asset.key.lower(), PurePosixPath(name_in(asset.href)).stem.lower()):
        found = next((w for w in words if re.search(rf"(^|[_.\-]){w}($|[_.\-])", text)), None)
        if found:
            return found
    return None
