"""Names of bands, from what a file says of them."""

import re
from typing import Any

from rasterio.enums import ColorInterp

from sitedelta.raster.bandsets import names_of_set

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
    "swir16": "swir1",
    "swir22": "swir2",
    "nir08": "nir",
    "lwir": "thermal",
    "lwir11": "thermal",
    "thermal": "thermal",
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
        c == ColorInterp.alpha and not known_band(d)
        for c, d in zip(dataset.colorinterp, dataset.descriptions, strict=True)
    ]
    return tuple(i + 1 for i, alpha in enumerate(marked) if not alpha or len(marked) == 1)


def band_names(dataset: Any) -> tuple[str, ...]:
    """Name the bands that are read: from descriptions (a sensor's numbers, too), else from colours, else by number."""
    if is_palette(dataset):
        return _COLOURS
    bands = colour_bands(dataset)
    of_set = names_of_set([dataset.descriptions[b - 1] for b in bands], _sensor(dataset))
    if of_set is not None and len(set(of_set)) == len(of_set):
        return of_set
    described = [known_band(dataset.descriptions[b - 1]) for b in bands]
    coloured = [known_band(dataset.colorinterp[b - 1].name) for b in bands]
    names = [d or c or f"band{i}" for i, (d, c) in enumerate(zip(described, coloured, strict=True), 1)]
    if len(set(names)) < len(names):
        return tuple(f"band{i}" for i in range(1, len(names) + 1))
    return tuple(names)


def _sensor(dataset: Any) -> str | None:
    tags = {str(k).upper(): str(v) for k, v in dataset.tags().items()}
    return next((tags[n] for n in ("SPACECRAFT_ID", "SATELLITE", "PLATFORM", "SENSOR") if n in tags), None)


def known_band(text: str | None) -> str | None:
    """Give the pipeline's name of a band that is described in words; None where they are none that it knows."""
    words = re.sub(r"\s+", " ", (text or "").strip().lower())
    inside = re.search(r"\(([a-z _-]+\d?)\)$", words)
    return _KNOWN.get(words) or (_KNOWN.get(inside[1]) if inside else None)


def _colour_table(dataset: Any) -> bool:
    try:
        return bool(dataset.colormap(1))
    except ValueError:
        return False
