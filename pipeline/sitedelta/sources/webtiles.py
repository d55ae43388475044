"""Folders of downloaded web-map tiles (`z/x/y.png`), read as one image in Web Mercator."""

import math
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from rasterio.enums import ColorInterp

from sitedelta.errors import InputError
from sitedelta.files.store import write_text
from sitedelta.raster import RasterInfo, describe
from sitedelta.raster.bandnames import is_palette
from sitedelta.raster.opening import gdal, open_dataset

_ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".webp"})
_HALF_WORLD = math.pi * 6378137.0
"""Half the side of the Web Mercator square, metres."""
_DEEPEST = 24
_MAX_TILES = 200_000
_MAX_SPAN = 1024
"""Tiles on a side: 262,144 pixels."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile file."""

    x: int
    y: int
    path: Path


@dataclass(frozen=True, slots=True)
class _Bands:
    """How a tile's bands give red, green, blue and alpha."""

    palette: bool
    colours: tuple[int, int, int]
    alpha: int | None


@dataclass(frozen=True, slots=True)
class TileMosaic:
    """Tiles of one zoom level that make one image."""

    zoom: int
    size: int
    """Pixels on a tile's side."""
    tiles: tuple[Tile, ...]
    """Sorted by column, then row."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a tile lies in the mosaic."""

    tile: Tile
    col: int
    row: int
    size: int
    bands: _Bands


def is_tile_folder(folder: Path) -> bool:
    """Tell whether a folder holds web-map tiles as `z/x/y.png` (or jpg, jpeg, webp)."""
    return any(next(_columns(z), None) is not None for z in _levels(folder))


def find_tiles(folder: Path) -> TileMosaic:
    """Find the tiles of the deepest zoom level that a folder holds.

    Raises
    ------
    InputError
        No tiles, too many, or too far apart to be one image; a tile that cannot be read; tiles of several sizes.
    """
    levels = [z for z in _levels(folder) if next(_columns(z), None) is not None]
    if not levels:
        raise InputError(f"{folder}: holds no web-map tiles (z/x/y.png, jpg, jpeg or webp)")
    level = max(levels, key=lambda z: int(z.name))
    zoom = int(level.name)
    tiles = tuple(sorted(_tiles(level, 2**zoom), key=lambda t: (t.x, t.y)))
    _refuse_odd(folder, tiles)
    return TileMosaic(zoom, _common_size(folder, tiles), tiles)


def write_vrt(mosaic: TileMosaic, vrt: Path) -> None:
    """Write a virtual raster over web-map tiles: red, green, blue and alpha in EPSG:3857.

    Parameters
    ----------
    mosaic
        The tiles; what none of them covers is no-data.
    vrt
        File to write; the tiles are named relative to it.
    """
    write_text(vrt, _vrt(mosaic, vrt.parent))


def _levels(folder: Path) -> Iterable[Path]:
    return (p for p in sorted(folder.iterdir()) if _number(p) is not None and int(p.name) <= _DEEPEST and p.is_dir())


def _columns(level: Path) -> Iterator[Path]:
    columns = (p for p in sorted(level.iterdir()) if _number(p) is not None and p.is_dir())
    return (p for p in columns if any(_is_tile(f) for f in p.iterdir()))


def _tiles(level: Path, side: int) -> Iterable[Tile]:
    for column in _columns(level):
        for file in column.iterdir():
            if _is_tile(file) and int(column.name) < side and int(file.stem) < side:
                yield Tile(int(column.name), int(file.stem), file)


def _is_tile(path: Path) -> bool:
    return path.suffix.lower() in _ENDINGS and re.fullmatch(r"\d{1,8}", path.stem) is not None


def _number(path: Path) -> int | None:
    return int(path.name) if re.fullmatch(r"\d{1,8}", path.name) else None


def _refuse_odd(folder: Path, tiles: Sequence[Tile]) -> None:
    if not tiles:
        raise InputError(f"{folder}: its tiles have numbers that do not exist at their zoom level")
    if len(tiles) > _MAX_TILES:
        raise InputError(f"{folder}: holds {len(tiles)} tiles, more than {_MAX_TILES}; keep those of the site")
    columns, rows = _spans(tiles)
    if max(columns[1] - columns[0], rows[1] - rows[0]) >= _MAX_SPAN:
        raise InputError(f"{folder}: its tiles lie more than {_MAX_SPAN} tiles apart; keep those of one site")
    (x, y), copies = Counter((t.x, t.y) for t in tiles).most_common(1)[0]
    if copies > 1:
        raise InputError(f"{folder}: two files stand for the tile x {x}, y {y}; keep one")


def _spans(tiles: Sequence[Tile]) -> tuple[tuple[int, int], tuple[int, int]]:
    columns, rows = [t.x for t in tiles], [t.y for t in tiles]
    return (min(columns), max(columns)), (min(rows), max(rows))


def _common_size(folder: Path, tiles: Sequence[Tile]) -> int:
    infos = [describe(t.path) for t in tiles]
    sizes = {(i.width, i.height) for i in infos}
    if len(sizes) > 1 or any(w != h for w, h in sizes):
        odd = ", ".join(f"{w} x {h}" for w, h in sorted(sizes))
        raise InputError(f"{folder}: its tiles must be squares of one size, not {odd}")
    _refuse_depths(folder, infos)
    return sizes.pop()[0]


def _refuse_depths(folder: Path, infos: Sequence[RasterInfo]) -> None:
    if any(i.dtype != "uint8" for i in infos):
        raise InputError(f"{folder}: its tiles must have 8 bits a band; elevation or 16-bit tiles are not pictures")


def _vrt(mosaic: TileMosaic, folder: Path) -> str:
    (x0, x1), (y0, y1) = _spans(mosaic.tiles)
    size, pixel = mosaic.size, 2 * _HALF_WORLD / 2**mosaic.zoom / mosaic.size
    west, north = x0 * size * pixel - _HALF_WORLD, _HALF_WORLD - y0 * size * pixel
    width, height = (x1 - x0 + 1) * size, (y1 - y0 + 1) * size
    places = [_Place(t, (t.x - x0) * size, (t.y - y0) * size, size, _layout(t.path)) for t in mosaic.tiles]
    bands = "".join(_band(i, places, folder) for i in range(4))
    return (
        f'<VRTDataset rasterXSize="{width}" rasterYSize="{height}">\n<SRS>EPSG:3857</SRS>\n'
        f"<GeoTransform>{west!r}, {pixel!r}, 0, {north!r}, 0, {-pixel!r}</GeoTransform>\n{bands}</VRTDataset>\n"
    )


def _layout(path: Path) -> _Bands:
    with gdal(str(path)), open_dataset(path) as dataset:
        alpha = next((i for i, c in enumerate(dataset.colorinterp, 1) if c == ColorInterp.alpha), None)
        colours = (1, 2, 3) if dataset.count >= 3 else (1, 1, 1)
        return _Bands(is_palette(dataset), colours, alpha)


def _band(index: int, places: Sequence[_Place], folder: Path) -> str:
    colour = ("Red", "Green", "Blue", "Alpha")[index]
    sources = "".join(_source(index, place, folder) for place in places)
    start = f'<VRTRasterBand dataType="Byte" band="{index + 1}"><ColorInterp>{colour}</ColorInterp>\n'
    return f"{start}{sources}</VRTRasterBand>\n"


def _source(index: int, place: _Place, folder: Path) -> str:
    number, how = _expression(index, place.bands)
    name = escape(os.path.relpath(os.path.realpath(place.tile.path), os.path.realpath(folder)))
    side = f'xSize="{place.size}" ySize="{place.size}"'
    return (
        f'<ComplexSource><SourceFilename relativeToVRT="1">{name}</SourceFilename><SourceBand>{number}</SourceBand>'
        f'<SrcRect xOff="0" yOff="0" {side}/><DstRect xOff="{place.col}" yOff="{place.row}" {side}/>'
        f"{how}</ComplexSource>\n"
    )


def _expression(index: int, bands: _Bands) -> tuple[int, str]:
    """Give the band to take and how to change it: colour tables are looked up, a missing alpha is 255."""
    if bands.palette:
        return 1, f"<ColorTableComponent>{index + 1}</ColorTableComponent>"
    if index < 3:
        return bands.colours[index], ""
    if bands.alpha is not None:
        return bands.alpha, ""
    return 1, "<ScaleOffset>255</ScaleOffset><ScaleRatio>0</ScaleRatio>"
