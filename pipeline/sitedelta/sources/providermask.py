"""The mask that a provider delivers with an image: found beside it, or named."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, TypeAlias

from sitedelta.errors import InputError
from sitedelta.files.hashing import sha256_file
from sitedelta.scene import MaskFile

Provider: TypeAlias = Literal["scl", "qa_pixel", "udm2", "udm", "any"]

_MARKS: tuple[tuple[Provider, str], ...] = (
    ("udm2", "udm2"),
    ("udm", "udm"),
    ("scl", "scl"),
    ("qa_pixel", "qa_pixel"),
)
"""A provider, and the word in a file's name that tells its masks."""
_SUFFIXES = frozenset({".tif", ".tiff", ".jp2", ".img", ".vrt", ".png"})


def is_mask(path: Path) -> bool:
    """Tell whether a file's name is that of a provider's mask (UDM2, UDM, SCL, QA_PIXEL): no image of its own."""
    return _provider(path) is not None


def find_mask(image: Path) -> MaskFile | None:
    """Find the provider's mask that belongs to an image, in its folder; None where there is none.

    Planet: `..._udm2.tif` (or `_udm`) of the same strip; Sentinel-2: the SCL of the same tile and date, also in the
    `R20m` folder of a product; Landsat: `..._QA_PIXEL.TIF` of the same product. A mask that was made for another cut
    of the same strip is none: its name must say the same up to the product's own words.
    """
    found = sorted(_candidates(image), key=lambda p: (_rank(p), p.name))
    return describe_mask(found[0]) if found else None


def describe_mask(path: Path) -> MaskFile:
    """Describe a mask file that was found or named; raises `InputError` where it does not exist."""
    if not path.is_file():
        raise InputError(f"{path}: no such mask; correct `mask:`")
    return MaskFile(str(path), sha256_file(path), _provider(path) or "any")


def _provider(path: Path) -> Provider | None:
    if path.suffix.lower() not in _SUFFIXES:
        return None
    stem = path.stem.lower()
    return next((p for p, word in _MARKS if re.search(rf"(^|[_.\-]){word}($|[_.\-])", stem)), None)


def _rank(path: Path) -> int:
    return [p for p, _ in _MARKS].index(_provider(path) or "udm")


def _candidates(image: Path) -> Iterator[Path]:
    own = _product(image)
    if is_mask(image) or not own:
        return
    for folder in _folders(image):
        for path in folder.iterdir() if folder.is_dir() else ():
            if path != image and is_mask(path) and _product(path) == own and path.is_file():
                yield path


def _folders(image: Path) -> tuple[Path, ...]:
    """Give the folder of an image, and that of the 20 m bands within a Sentinel-2 product."""
    folder = image.parent
    return (folder, folder.parent / "R20m") if re.fullmatch(r"R\d\dm", folder.name) else (folder,)


_WORDS = re.compile(
    r"[_.\-](3B|1B|3A|Analytic(MS)?|Visual|BasicAnalytic|SR|DN|udm2?|clip|file[_.\-]format|reproject|harmonized"
    r"|composite|\d+b|SCL|QA[_]PIXEL|ST|B\d{1,2}A?|TCI|AOT|WVP|\d{2}m|bandmath|COG|toar)(?=$|[_.\-])",
    flags=re.IGNORECASE,
)


def _product(path: Path) -> str:
    """Give the part of a name that all files of one product share: what it says besides band, level and tool."""
    stem, last = path.stem, ""
    while stem != last:
        last, stem = stem, _WORDS.sub("", stem)
    return stem.lower()
