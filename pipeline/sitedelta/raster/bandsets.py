"""Bands that are named by their sensor's numbers: B4 is red on one satellite and near infrared on another."""

import re
from collections.abc import Sequence
from typing import Final

_TM: Final = {
    "B1": "blue",
    "B2": "green",
    "B3": "red",
    "B4": "nir",
    "B5": "swir1",
    "B6": "thermal",
    "B61": "thermal",
    "B62": "thermal2",
    "B7": "swir2",
    "B8": "pan",
}
_OLI: Final = {
    "B1": "coastal",
    "B2": "blue",
    "B3": "green",
    "B4": "red",
    "B5": "nir",
    "B6": "swir1",
    "B7": "swir2",
    "B8": "pan",
    "B9": "cirrus",
    "B10": "thermal",
    "B11": "thermal2",
}
_MSI: Final = {
    "B1": "coastal",
    "B2": "blue",
    "B3": "green",
    "B4": "red",
    "B5": "rededge",
    "B6": "rededge2",
    "B7": "rededge3",
    "B8": "nir",
    "B8A": "nir2",
    "B9": "watervapour",
    "B10": "cirrus",
    "B11": "swir1",
    "B12": "swir2",
}
_ONLY: Final = (
    (_MSI, {"B8A", "B12"}),
    (_TM, {"B61", "B62"}),
)
"""Sets of bands, and names that only they hold."""


def names_of_set(descriptions: Sequence[str | None], sensor: str | None) -> tuple[str, ...] | None:
    """Name bands that a file calls B1, B2, ... by what they measure.

    Parameters
    ----------
    descriptions : sequence of str
        As the file has them: `B4`, `B04`, `SR_B4`, ...
    sensor : str, optional
        The satellite, where a tag says it.

    Returns
    -------
    tuple of str or None
        None where these are no such names, or it cannot be told of which sensor. Sources: the band tables of the
        Landsat 4 to 9 and the Sentinel-2 user guides.
    """
    found = [re.fullmatch(r"(?:SR_|ST_)?B0?(\d{1,2}A?)", (d or "").strip().upper()) for d in descriptions]
    if not found or not all(found):
        return None
    numbers = [f"B{m[1]}" for m in found if m]
    for table, only in _tables(sensor, numbers, descriptions):
        if only and set(numbers) <= set(table):
            return tuple(table[n] for n in numbers)
    return None


def _tables(
    sensor: str | None, numbers: Sequence[str], descriptions: Sequence[str | None]
) -> list[tuple[dict[str, str], bool]]:
    said = re.sub(r"[^A-Z0-9]", "", (sensor or "").upper())
    by_sensor = [
        (_OLI, bool(re.search(r"LANDSAT[89]|^LC0?[89]|OLI", said))),
        (_TM, bool(re.search(r"LANDSAT[4-7]|^L[ET]0?[4-7]|ETM|^TM$", said))),
        (_MSI, bool(re.search(r"SENTINEL2|^S2[ABC]|MSI", said))),
    ]
    padded = any(re.match(r"B0\d", (d or "").upper()) for d in descriptions)
    return [*by_sensor, (_MSI, padded), *((table, bool(only & set(numbers))) for table, only in _ONLY)]
