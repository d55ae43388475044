"""Copies of scenes in a site's folder: the part that shows the site, the provider's mask, and what is said of it."""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, TypeVar

from sitedelta.errors import InputError
from sitedelta.files.hashing import sha256_file
from sitedelta.files.store import ASIDE, write_json
from sitedelta.imagery.dates import parse_date, taken
from sitedelta.remote.address import is_address, plain
from sitedelta.remote.web import Facts, Web
from sitedelta.remote.window import Cut, Source, UnplacedError, copy_window
from sitedelta.stac.assets import Choice, band_names
from sitedelta.stac.item import Asset, Band, Item
from sitedelta.stac.query import Bounds

T = TypeVar("T")

FILE_EXTENSION = "https://stac-extensions.github.io/file/v2.1.0/schema.json"

_KEPT = re.compile(
    r"datetime|start_datetime|end_datetime|created|updated|platform|constellation|instruments|mission|gsd|license"
    r"|view:.*|eo:cloud_cover|sat:.*|processing:(level|software|version|datetime)|.*:boa_offset_applied|product:type"
)
"""Properties of an item that are kept beside its copy."""


@dataclass(frozen=True, slots=True)
class Wish:
    """An item, and what of it is read for a site."""

    item: Item
    choice: Choice
    area: Bounds | None
    """What is copied; the whole file, as it is, where None."""
    whole: str = ""
    """Ending of a file that is copied as it is where it has no georeference; such a file is refused where empty."""

    @property
    def name(self) -> str:
        """File name without ending."""
        return re.sub(r"[^A-Za-z0-9._-]+", "-", self.item.id).strip(".-")[:80] or "scene"

    @property
    def digest(self) -> str:
        """Tell this copy from others: another version of the item, other assets, another area."""
        p = self.item.properties
        named = [(a.key, plain(a.href), a.checksum) for a in (*self.choice.assets, *_present(self.choice.mask))]
        told = [self.item.collection, self.item.id, p.get("updated"), named, self.area]
        return hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()[:8]


def bring(wish: Wish, folder: Path, web: Web) -> Path | None:
    """Copy a scene into a folder of its own, unless it stands there; None where nothing of it shows the area.

    Raises
    ------
    InputError, RunFailed
        An asset cannot be read.
    """
    own = folder / f"{wish.name[:40]}-{wish.digest}"
    sidecar, nothing = own / f"{wish.name}.json", own / "nothing"
    if nothing.exists():
        return None
    if image := _standing(own, sidecar):
        return image
    places = [_find(a, wish.item, web) for a in wish.choice.assets]
    copied = _copy_image(wish, places, own, web)
    if copied is None:
        own.mkdir(parents=True, exist_ok=True)
        nothing.touch()
        return None
    files = [copied, *_present(_copy_mask(wish, own, web))]
    write_json(sidecar, _sidecar(wish, files))
    when = _modified(places, wish.item)
    for path in (*(f.path for f in files), sidecar):
        os.utime(path, (when, when))
    return copied.path


@dataclass(frozen=True, slots=True)
class _Found:
    """An asset, and what its server says of its file."""

    asset: Asset
    facts: Facts


@dataclass(frozen=True, slots=True)
class _Copied:
    """A file that was made, and what it was cut from."""

    path: Path
    role: str
    cut: Cut | None
    """None where it is the whole file, as it was."""
    of: tuple[_Found, ...]


def _find(asset: Asset, item: Item, web: Web) -> _Found:
    place = web.reach.follow(asset.href, item.place)
    return _Found(asset, web.facts(place) if is_address(place) else _local_facts(Path(place)))


def _local_facts(path: Path) -> Facts:
    if not path.is_file():
        raise InputError(f"{path}: no such file; the catalogue that names it is out of date")
    return Facts(str(path), size=path.stat().st_size)


def _copy_image(wish: Wish, found: Sequence[_Found], folder: Path, web: Web) -> _Copied | None:
    try:
        if wish.area is not None:
            return _copy(found, wish.area, folder / f"{wish.name}.tif", web)
    except UnplacedError:
        if not wish.whole:
            raise
    out = folder / f"{wish.name}{wish.whole}"
    web.download(found[0].facts.url, out)
    return _Copied(out, "data", None, tuple(found))


def _copy(found: Sequence[_Found], area: Bounds, out: Path, web: Web, role: str = "data") -> _Copied | None:
    with ExitStack() as stack:
        sources = [Source(stack.enter_context(_readable(f, out, web)), band_names(f.asset)) for f in found]
        cut = copy_window(sources, area, out)
    return None if cut is None else _Copied(out, role, cut, tuple(found))


@contextmanager
def _readable(found: _Found, beside: Path, web: Web) -> Iterator[str]:
    """Give where parts of a file can be read: where it lies, or in a copy of all of it where its server gives none."""
    if found.facts.by_parts:
        yield found.facts.url
        return
    beside.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(prefix=ASIDE, dir=beside.parent) as file:
        web.download(found.facts.url, Path(file.name))
        yield file.name


def _copy_mask(wish: Wish, folder: Path, web: Web) -> _Copied | None:
    if wish.choice.mask is None or wish.area is None:
        return None
    out = folder / f"{wish.name}_{wish.choice.provider}.tif"
    return _copy([_find(wish.choice.mask, wish.item, web)], wish.area, out, web, "data-mask")


def _standing(folder: Path, sidecar: Path) -> Path | None:
    """Give the image of a scene that was copied before, where its files still have the bytes that they had."""
    try:
        assets = json.loads(sidecar.read_text("utf-8"))["assets"]
        each = {key: (folder / Path(a["href"]).name, a["file:checksum"]) for key, a in assets.items()}
        whole = all(f"1220{sha256_file(path)}" == checksum for path, checksum in each.values())
        return each["image"][0] if whole else None
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None


def _sidecar(wish: Wish, files: Sequence[_Copied]) -> dict[str, Any]:
    """Describe a copy as a STAC item of its own, with all that is known of what it was cut from."""
    item = wish.item
    kept = {k: v for k, v in item.properties.items() if _KEPT.fullmatch(k)}
    source = " ".join(filter(None, (item.collection, item.id)))
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": [FILE_EXTENSION],
        "id": item.id,
        "geometry": item.geometry,
        "bbox": None if item.bbox is None else list(item.bbox),
        "properties": {
            **kept,
            "datetime": kept.get("datetime"),
            "sitedelta:source": f"{source}, {plain(_published(item.place))}",
            "sitedelta:collection": item.collection,
            "sitedelta:cut_from": [_origin(f, one) for f in files for one in f.of],
        },
        "links": [{"rel": "via", "href": _published(item.place)}],
        "assets": {("image" if f.role == "data" else "mask"): _asset(f) for f in files},
    }


def _asset(copied: _Copied) -> dict[str, Any]:
    bands = [{"name": b.name, **_scale(b)} for f in copied.of for b in f.asset.bands]
    return {
        "href": f"./{copied.path.name}",
        **({} if copied.cut is None else {"type": "image/tiff; application=geotiff"}),
        "roles": [copied.role],
        "file:checksum": f"1220{sha256_file(copied.path)}",
        "file:size": copied.path.stat().st_size,
        **({"bands": bands} if copied.role == "data" and bands else {}),
    }


def _scale(band: Band) -> dict[str, float]:
    both = {"raster:scale": band.scale, "raster:offset": band.offset}
    return {k: v for k, v in both.items() if v is not None}


def _origin(copied: _Copied, one: _Found) -> dict[str, Any]:
    cut, facts = copied.cut, one.facts
    said = {"etag": facts.etag, "bytes": facts.size, "modified": facts.modified, "checksum": one.asset.checksum}
    return {
        "asset": one.asset.key,
        "href": _published(facts.url),
        **{k: v for k, v in said.items() if v is not None},
        **({} if cut is None else {"rows": cut.window[:2], "cols": cut.window[2:], "shape": cut.of}),
    }


def _published(place: str) -> str:
    """Give an address without its secrets, or a file's name: where it lies on this machine is nobody's business."""
    return plain(place) if is_address(place) else Path(place).name


def _modified(found: Sequence[_Found], item: Item) -> float:
    """Give when the originals were last written, as their server or their catalogue says, in seconds since 1970."""
    said = next((f.facts.modified for f in found if f.facts.modified), None)
    try:
        if said:
            return parsedate_to_datetime(said).timestamp()
        return taken(parse_date(str(item.properties["updated"]))).date.timestamp()
    except (ValueError, LookupError, OverflowError):
        return max(item.end.timestamp(), 0.0)


def _present(value: T | None) -> tuple[T, ...]:
    return () if value is None else (value,)
