"""The files that are read together with an image: georeference, masks and metadata that lie beside it."""

import re
from collections.abc import Iterator
from pathlib import Path

from sitedelta.raster import files_of
from sitedelta.sources.metadata import sidecars
from sitedelta.sources.providermask import find_mask
from sitedelta.within import lies_outside

_ABOVE = 6
"""Folders in which a Sentinel-2 product's metadata may stand above one of its images."""


def companions(image: Path) -> tuple[Path, ...]:
    """Give the files that say something of an image file: its georeference, masks, coefficients, dates.

    Those that GDAL reads with it, the provider's mask, and the metadata of `read_metadata` and `read_reflectance`.

    Raises
    ------
    RasterError
        The image cannot be read.
    """
    mask = find_mask(image)
    found = {*files_of(image), *sidecars(image), *metadata_places(image), *([Path(mask.uri)] if mask else [])}
    return tuple(sorted(p for p in found if p != image and p.is_file() and not lies_outside(p)))


def metadata_places(image: Path) -> Iterator[Path]:
    """Give where Landsat, Planet, Maxar and Sentinel-2 put metadata, whether they are there or not."""
    landsat = re.sub(r"_(SR_|ST_)?B\d+$", "", image.stem)
    planet = re.sub(r"(_clip|_file_format|_reproject)+$", "", image.stem)
    yield from (image.with_name(f"{landsat}_MTL.{ending}") for ending in ("txt", "json"))
    yield from (image.with_name(f"{stem}_metadata.xml") for stem in dict.fromkeys((planet, image.stem)))
    yield from (image.with_suffix(ending) for ending in (".IMD", ".imd"))
    for folder in list(image.parents)[:_ABOVE]:
        yield from (folder / f"MTD_MSI{level}.xml" for level in ("L2A", "L1C"))
