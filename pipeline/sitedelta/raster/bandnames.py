"""Names of bands, from what a file says of them."""

import re
from typing import Any

from rasterio.enums import ColorInterp

_KNOWN = {
    "red": "red",
    "green": "green",
    "blue": "blue",
    "nir": "nir",
    "near infrared": "nir",
    "near-infrared": "nir",
    "near_infrared": "nir",
    "nir1": "nir",
    "rededge": "rededge",
    "red edge": "rededge",
    "red_edge": "rededge",
    "coastal": "coastal",
    "coastal_blue": "coastal",
    "yellow": "yellow",
    "pan": "pan",
    "panchromatic": "pan",
    "swir1": "swir1",
    "swir2": "swir2",
    "vv": "vv",
    "vh": "vh",
    "hh": "hh",
    "hv": "hv",
}
_COLOURS = ("red", "green", "blue")


def is_palette(dataset: Any) -> bool:
    """Tell whether a dataset is one band of indices into a colour table."""
    return bool(dataset.count <= 2 and dataset.colorinterp[0] == ColorInterp.palette and _colour_table(dataset))


def colour_bands(dataset: Any) -> tuple[int, ...]:
    """Give the numbers (from 1) of the bands that are not alpha.

    Many writers mark the fourth band of any 8-bit image as alpha; one that is described as near infrared is none.
    """
    marked = [
        c == ColorInterp.alpha and not _known(d) for c, d in zip(dataset.colorinterp, dataset.descriptions, strict=True)
    ]
    return tuple(i + 1 for i, alpha in enumerate(marked) if not alpha or len(marked) == 1)


def band_names(dataset: Any) -> tuple[str, ...]:
    """Name the bands that are read: from descriptions, else from colour interpretation, else by number."""
    if is_palette(dataset):
        return _COLOURS
    bands = colour_bands(dataset)
    described = [_known(dataset.descriptions[b - 1]) for b in bands]
    coloured = [_known(dataset.colorinterp[b - 1].name) for b in bands]
    names = [d or c or f"band{i}" for i, (d, c) in enumerate(zip(described, coloured, strict=True), 1)]
    if len(set(names)) < len(names):
        return tuple(f"band{i}" for i in range(1, len(names) + 1))
    return tuple(names)


def _known(text: str | None) -> str | None:
    words = re.sub(r"\s+", " ", (text or "").strip().lower())
    inside = re.search(r"\(([a-z _-]+\d?)\)$", words)
    return _KNOWN.get(words) or (_KNOWN.get(inside[1]) if inside else None)


def _colour_table(dataset: Any) -> bool:
    try:
        return bool(dataset.colormap(1))
    except ValueError:
        return False
