"""Reflectance from what a product says of its calibration: Landsat, Sentinel-2, Planet, Maxar."""

import json
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import numpy as np

from rasterdelta.errors import KernelError
from rasterdelta.radiometry.reflectance import from_radiance
from sitedelta.scene import Reflectance
from sitedelta.within import lies_outside

_MOST_BYTES = 20_000_000

_COARSEST_STEP = 0.001
"""Of reflectance in a product; radiance comes in larger ones."""

_SOLAR: dict[str, dict[str, float]] = {
    "WV02": {"pan": 1571.36, "coastal": 1773.81, "blue": 2007.27, "green": 1829.62, "yellow": 1701.85, "red": 1538.85,
             "rededge": 1346.09, "nir": 1053.21, "nir2": 856.599},
    "WV03": {"pan": 1574.41, "coastal": 1757.89, "blue": 2004.61, "green": 1830.18, "yellow": 1712.07, "red": 1535.33,
             "rededge": 1348.08, "nir": 1055.94, "nir2": 858.77},
    "GE01": {"pan": 1610.73, "blue": 1993.18, "green": 1828.83, "red": 1491.49, "nir": 1022.58},
    "QB02": {"pan": 1370.92, "blue": 1949.59, "green": 1823.64, "red": 1553.78, "nir": 1102.85},
}  # fmt: skip
"""Solar irradiance in each band at 1 astronomical unit, W m-2 um-1, after Thuillier (2003).

Source: DigitalGlobe, Absolute radiometric calibration: 2016v0, release of June 2017.
"""
_IMD_BANDS = {
    "P": "pan", "C": "coastal", "B": "blue", "G": "green", "Y": "yellow", "R": "red", "RE": "rededge", "N": "nir",
    "N1": "nir", "N2": "nir2",
}  # fmt: skip
_LANDSAT_OLI = {"coastal": 1, "blue": 2, "green": 3, "red": 4, "nir": 5, "swir1": 6, "swir2": 7, "pan": 8}
_LANDSAT_TM = {"blue": 1, "green": 2, "red": 3, "nir": 4, "swir1": 5, "swir2": 7, "pan": 8}


def read_reflectance(path: Path, bands: tuple[str, ...]) -> Reflectance | None:
    """Give the gains and offsets that turn an image's numbers into reflectance; None where its product does not say.

    Parameters
    ----------
    path
        The image; the product's metadata are looked for beside it (Sentinel-2: above it): `*_MTL.txt` and `*_MTL.json`
        of Landsat Collection 2, `MTD_MSIL1C.xml` and `MTD_MSIL2A.xml`, Planet's `*_metadata.xml`, Maxar's `.IMD`; and
        the item of a catalogue that a copy was made from.
    bands
        Names of the file's bands: red, green, blue, nir, ...

    Returns
    -------
    Reflectance or None
        Dimensionless, at the top of the atmosphere or, for Level-2 products, at the surface, as `source` says. Sun
        angle and distance are those that the product states.
    """
    for read in (_landsat, _sentinel, _planet, _maxar, _catalogue):
        found = read(path, bands)
        if found is not None:
            return found
    return None


def _landsat(path: Path, bands: tuple[str, ...]) -> Reflectance | None:
    """Read an MTL: reflectance = (M Q + A) / sin(sun elevation) in Level 1, M Q + A in Level 2 (LSDS-1618, -1619)."""
    said = _mtl(path)
    if said is None:
        return None
    numbers = _LANDSAT_OLI if re.search(r"LANDSAT_[89]", said.get("SPACECRAFT_ID", "")) else _LANDSAT_TM
    surface = said.get("PROCESSING_LEVEL", "L1TP").startswith("L2")
    elevation = _number(said.get("SUN_ELEVATION"))
    if not surface and (elevation is None or elevation <= 0):
        return None
    factor = 1.0 if surface else 1 / math.sin(math.radians(elevation or 90.0))

    def of(band: str) -> tuple[float | None, float | None]:
        n = numbers.get(band)
        mult, add = (_number(said.get(f"REFLECTANCE_{w}_BAND_{n}")) for w in ("MULT", "ADD"))
        return None if mult is None else mult * factor, None if add is None else add * factor

    return _collected(bands, of, f"Landsat MTL, {'surface' if surface else 'top of atmosphere'}")


def _mtl(path: Path) -> Mapping[str, str] | None:
    stem = re.sub(r"_(SR_|ST_)?B\d+$", "", path.stem)
    text = _text(path.with_name(f"{stem}_MTL.txt"))
    if text is not None:
        pairs = re.findall(r"^\s*(\w+)\s*=\s*\"?([^\"\n]*)\"?\s*$", text, flags=re.MULTILINE)
        # Level 2 repeats names of Level 1 further down: the first that is met is that of the product itself
        return {k: v.strip() for k, v in reversed(pairs) if k not in ("GROUP", "END_GROUP")}
    try:
        tree = json.loads(_text(path.with_name(f"{stem}_MTL.json")) or "null")
    except ValueError:
        return None
    groups = tree.get("LANDSAT_METADATA_FILE", {}) if isinstance(tree, dict) else {}
    flat: dict[str, str] = {}
    for group in groups.values() if isinstance(groups, dict) else ():
        for key, value in group.items():
            flat.setdefault(key, str(value))
    return flat or None


def _sentinel(path: Path, bands: tuple[str, ...]) -> Reflectance | None:
    """Read a product's MTD: reflectance = (Q + add offset) / quantification, the offset from baseline 04.00 on."""
    for folder in (path.parent, *list(path.parents)[1:6]):
        for level, place in (("L2A", "surface"), ("L1C", "top of atmosphere")):
            tree = _xml(folder / f"MTD_MSI{level}.xml")
            if tree is not None:
                scale = _number(_first(tree, "BOA_QUANTIFICATION_VALUE") or _first(tree, "QUANTIFICATION_VALUE"))
                offset = _number(_first(tree, "BOA_ADD_OFFSET") or _first(tree, "RADIO_ADD_OFFSET") or "0")
                if scale and offset is not None:
                    gain = 1 / scale
                    return _collected(bands, lambda _: (gain, offset * gain), f"Sentinel-2 {level}, {place}")  # noqa: B023
    return None


def _planet(path: Path, bands: tuple[str, ...]) -> Reflectance | None:
    """Read Planet's metadata: reflectance = Q times a coefficient; surface reflectance products hold 1e-4 steps."""
    if re.search(r"_SR(_|$)", path.stem):
        if re.match(r"\d{8}_\d{6}_", path.stem):
            return _collected(bands, lambda _: (1e-4, 0.0), "Planet surface reflectance, steps of 1e-4")
        return None
    stem = re.sub(r"(_clip|_file_format|_reproject)+$", "", path.stem)
    tree = next((t for t in map(_xml, (path.with_name(f"{s}_metadata.xml") for s in (stem, path.stem))) if t), None)
    if tree is None:
        return None
    gains = {}
    for one in (e for e in tree.iter() if _tag(e) == "bandSpecificMetadata"):
        number, gain = _number(_first(one, "bandNumber")), _number(_first(one, "reflectanceCoefficient"))
        if number is not None and gain is not None:
            gains[bands[int(number) - 1] if 0 < number <= len(bands) else ""] = gain
    return _collected(bands, lambda b: (gains.get(b), 0.0), "Planet reflectance coefficients, top of atmosphere")


def _maxar(path: Path, bands: tuple[str, ...]) -> Reflectance | None:
    """Read an IMD: radiance = Q absCalFactor / effectiveBandwidth (W m-2 sr-1 um-1), then by solar irradiance."""
    text = next((t for t in map(_text, (path.with_suffix(s) for s in (".IMD", ".imd"))) if t is not None), None)
    if text is None:
        return None
    said: dict[str, str] = dict(re.findall(r"(\w+)\s*=\s*\"?([^\";\n]+)\"?;", text))
    solar, elevation = _SOLAR.get(said.get("satId", "")), _number(said.get("meanSunEl"))
    when = said.get("firstLineTime", said.get("earliestAcqTime", ""))
    if solar is None or elevation is None or not re.match(r"\d{4}-\d\d-\d\dT", when):
        return None
    day = datetime.fromisoformat(when[:10]).timetuple().tm_yday
    blocks = re.findall(r"BEGIN_GROUP\s*=\s*BAND_(\w+)(.*?)END_GROUP", text, flags=re.DOTALL)
    per_number = {}
    for letter, block in blocks:
        own = dict(re.findall(r"(\w+)\s*=\s*([^;\n]+);", block))
        gain, width = _number(own.get("absCalFactor")), _number(own.get("effectiveBandwidth"))
        if gain is not None and width:
            per_number[_IMD_BANDS.get(letter, "")] = gain / width

    def of(band: str) -> tuple[float | None, float | None]:
        if band not in per_number or band not in solar:
            return None, None
        one = np.ones(1, np.float32)
        try:
            found = from_radiance(
                per_number[band] * one,
                0 * one,
                solar=solar[band] * one,
                sun_elevation_deg=elevation,
                day_of_year=day,
                source="",
            )
        except KernelError:
            return None, None
        return float(found.gain[0]), 0.0

    return _collected(bands, of, "Maxar IMD, Thuillier 2003, top of atmosphere")


def _catalogue(path: Path, bands: tuple[str, ...]) -> Reflectance | None:
    """Read scale and offset of each band as the item beside a copy gives them; coarser steps are no reflectance."""
    try:
        item = json.loads(_text(path.with_suffix(".json")) or "null")
        stated = item["assets"]["image"]["bands"]
        done = any(k.endswith(":boa_offset_applied") and v is True for k, v in item["properties"].items())
        steps = [(float(b["raster:scale"]), 0.0 if done else float(b.get("raster:offset", 0.0))) for b in stated]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    if len(steps) != len(bands) or not all(0 < gain <= _COARSEST_STEP and abs(add) < 1 for gain, add in steps):
        return None
    return Reflectance(
        tuple(g for g, _ in steps), tuple(o for _, o in steps), "scale and offset of the catalogue's item"
    )


def _collected(
    bands: tuple[str, ...], of: Callable[[str], tuple[float | None, float | None]], source: str
) -> Reflectance | None:
    """Give the calibration of all bands, thermal ones left as they are; None where another is missing."""
    pairs = [(1.0, 0.0) if b.startswith("thermal") else of(b) for b in bands]
    gains, offsets = [g for g, _ in pairs if g is not None], [o for _, o in pairs if o is not None]
    if len(gains) < len(bands) or len(offsets) < len(bands):
        return None
    return Reflectance(tuple(gains), tuple(offsets), source)


def _text(path: Path) -> str | None:
    try:
        readable = not lies_outside(path) and path.stat().st_size <= _MOST_BYTES
        return path.read_text("utf-8", errors="replace") if readable else None
    except OSError:
        return None


def _xml(path: Path) -> ET.Element | None:
    """Parse metadata; files that declare entities are none of a provider's, and are left alone."""
    text = _text(path)
    if text is None or "<!DOCTYPE" in text or "<!ENTITY" in text:
        return None
    try:
        return ET.fromstring(text)  # noqa: S314 - no entities, checked above
    except ET.ParseError:
        return None


def _tag(element: ET.Element) -> str:
    return element.tag.rsplit("}", 1)[-1]


def _first(tree: ET.Element, name: str) -> str | None:
    return next((e.text for e in tree.iter() if _tag(e) == name), None)


def _number(text: str | None) -> float | None:
    try:
        value = float(str(text).strip())
    except ValueError:
        return None
    return value if math.isfinite(value) else None
