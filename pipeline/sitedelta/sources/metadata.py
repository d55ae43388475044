"""What tags and sidecars say of an image: date, sensor, sun and view angles."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sitedelta.imagery.dates import Taken, parse_date, taken
from sitedelta.raster import RasterInfo
from sitedelta.settings.defaults import COARSEST_M

_MAX_SIDECAR = 5_000_000


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is said of an image beside its pixels; None where nothing is said."""

    taken: Taken | None = None
    """When it was acquired, where a field says just that."""
    written: Taken | None = None
    """A date that may be that of the acquisition or of the file (TIFF and EXIF date)."""
    sensor: str | None = None
    sun_elevation_deg: float | None = None
    sun_azimuth_deg: float | None = None
    off_nadir_deg: float | None = None
    gsd_m: float | None = None
    """Ground sampling distance, as a sidecar states it."""
    source: str | None = None
    """Where the image was taken from, as the sidecar of a copy says."""


def read_metadata(path: Path, info: RasterInfo) -> Metadata:
    """Collect what an image's tags and its sidecar (STAC item, Planet metadata) say; the sidecar goes first.

    Parameters
    ----------
    path
        The image file; `NAME.json`, `NAME.tif.json` and Planet's `*_metadata.json` are looked for beside it.
    info
        What `sitedelta.raster.describe` said of it.
    """
    said = from_tags(info)
    for sidecar in sidecars(path):
        properties = _properties(sidecar)
        if properties:
            said = _merged(from_properties(properties), said)
    return said


def from_tags(info: RasterInfo) -> Metadata:
    """Read the usual tags of GeoTIFF, NITF, ENVI, Landsat and EXIF."""
    return Metadata(
        taken=_first_date(
            info,
            (
                "ACQUISITION_DATE",
                "ACQUISITIONDATETIME",
                "ACQUISITION_DATETIME",
                "DATE_ACQUIRED",
                "ACQUISITION TIME",
                "ACQUISITION_TIME",
            ),
            (
                "ACQUISITION_DATE_TIME",
                "DATETIME_ACQUIRED",
                "SENSING_TIME",
                "NITF_IDATIM",
                "NITF_STDIDC_ACQ_DATE",
                "FIRSTLINETIME",
            ),
        ),
        written=_first_date(info, ("EXIF_DateTimeOriginal", "TIFFTAG_DATETIME", "EXIF_DateTime")),
        sensor=info.tag(
            "SATELLITEID",
            "SATELLITE_ID",
            "SATELLITE",
            "PLATFORM",
            "SPACECRAFT_ID",
            "SENSOR",
            "SENSOR TYPE",
            "NITF_ISORCE",
        ),
        sun_elevation_deg=_angle(
            info.tag("SUN_ELEVATION", "SUNELEVATION", "MEANSUNEL", "SUN ELEVATION", "NITF_USE00A_SUN_EL"), 90
        ),
        sun_azimuth_deg=_angle(
            info.tag("SUN_AZIMUTH", "SUNAZIMUTH", "MEANSUNAZ", "SUN AZIMUTH", "NITF_USE00A_SUN_AZ"), 360
        ),
        off_nadir_deg=_angle(
            info.tag("OFF_NADIR", "OFFNADIR", "OFF_NADIR_ANGLE", "MEANOFFNADIRVIEWANGLE", "NITF_USE00A_OBL_ANG"), 90
        ),
    )


def from_properties(properties: Mapping[str, Any]) -> Metadata:
    """Read the properties of a STAC item or of Planet's metadata."""

    def first(*names: str) -> Any:
        return next((properties[n] for n in names if properties.get(n) is not None), None)

    return Metadata(
        taken=_date(first("datetime", "start_datetime", "acquired")),
        sensor=_text(first("platform", "satellite_id", "constellation", "instrument")),
        sun_elevation_deg=_angle(first("view:sun_elevation", "sun_elevation"), 90),
        sun_azimuth_deg=_angle(first("view:sun_azimuth", "sun_azimuth"), 360),
        off_nadir_deg=_angle(first("view:off_nadir", "view_angle"), 90),
        gsd_m=_metres(first("pixel_resolution", "gsd")),
        source=_text(first("sitedelta:source"), most=500),  # ends in a link, which is of no use cut off
    )


def _merged(first: Metadata, second: Metadata) -> Metadata:
    names = [n for n in Metadata.__slots__ if getattr(first, n) is None]
    return replace(first, **{n: getattr(second, n) for n in names})


def sidecars(path: Path) -> list[Path]:
    """Give the metadata files beside an image that `read_metadata` looks into."""
    own = [path.with_suffix(".json"), path.with_name(path.name + ".json"), path.with_suffix(".stac.json")]
    found = [p for p in own if p.is_file()]
    if found or not re.match(r"\d{8}_\d{6}_", path.stem):
        return found
    return sorted(p for p in path.parent.glob(f"{_escaped(path.stem[:15])}*_metadata.json") if _belongs(p, path))


def _escaped(text: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", text)


def _belongs(sidecar: Path, path: Path) -> bool:
    return path.stem.startswith(sidecar.stem.removesuffix("_metadata"))


def _properties(sidecar: Path) -> Mapping[str, Any] | None:
    """Give the properties of a GeoJSON feature; anything else beside an image is none of ours."""
    try:
        if sidecar.stat().st_size > _MAX_SIDECAR:
            return None
        value = json.loads(sidecar.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    properties = value.get("properties") if isinstance(value, dict) else None
    return properties if isinstance(properties, dict) else None


def _first_date(info: RasterInfo, *names: tuple[str, ...]) -> Taken | None:
    texts = (info.tag(name) for group in names for name in group)
    return next(filter(None, map(_date, texts)), None)


def _date(value: object) -> Taken | None:
    text = str(value or "").strip().strip('"{}')
    if re.fullmatch(r"\d{4}[:/]\d\d[:/]\d\d([ T].*)?", text):
        text = re.sub(r"[:/]", "-", text[:10]) + text[10:]
    if re.fullmatch(r"\d{14}", text):
        text = f"{text[:8]}T{text[8:]}"
    text = re.sub(r"(\.\d{6})\d+", r"\1", text)
    try:
        return taken(parse_date(text))
    except ValueError:
        return None


def _angle(value: object, largest: float) -> float | None:
    try:
        number = float(str(value).split()[0])
    except (ValueError, IndexError):
        return None
    return number if math.isfinite(number) and -largest <= number <= largest else None


def _metres(value: object) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if 0 < value <= COARSEST_M else None


def _text(value: object, *, most: int = 100) -> str | None:
    text = " ".join(str(value or "").split())
    return text[:most] or None
