"""Reading a provider's mask for the cells of a scene's overview."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from affine import Affine
from numpy.typing import NDArray

from rasterdelta.masks import Kind, Kinds
from rasterdelta.masks.providers import from_any, from_qa_pixel, from_scl, from_udm, from_udm2
from sitedelta.errors import RasterError
from sitedelta.grid import scene_grid
from sitedelta.grid.sitegrid import affine_points
from sitedelta.raster import RasterInfo, Reader
from sitedelta.raster.groundsize import transformer
from sitedelta.scene import MaskFile, Scene

_MOST: Final = 4096
"""Pixels on the longer side of a mask that are read."""

_READ: Final[dict[str, Callable[[NDArray[Any]], Kinds]]] = {
    "scl": lambda bands: from_scl(bands[0]),
    "qa_pixel": lambda bands: from_qa_pixel(bands[0]),
    "udm2": from_udm2,
    "udm": lambda bands: from_udm(bands[0]),
    "any": lambda bands: from_any(bands[0]),
}


def provided_kinds(scene: Scene, mask: MaskFile, shape: tuple[int, int]) -> Kinds:
    """Give what a provider's mask says of each cell of a scene's overview.

    The mask may have pixels of another size (SCL has 20 m, its bands 10 m): it is looked up by georeference where
    both have one, else it is laid over the whole image. Cells that it does not reach are clear.

    Raises
    ------
    RasterError
        It cannot be read, or is not what its name says.
    """
    with Reader(mask.uri) as reader:
        info = reader.info
        height, width = (max(1, min(n, round(n * _MOST / max(info.height, info.width, _MOST)))) for n in _size(info))
        codes, _ = reader.read((0, info.height, 0, info.width), out_shape=(height, width), resampling="nearest")
    if mask.provider == "udm2" and len(codes) < 6:
        raise RasterError(f"{mask.uri}: is named a UDM2, which has 8 bands, and has {len(codes)}; correct `mask:`")
    kinds = _READ[mask.provider](codes.astype(np.int64))
    rows, cols = _places(scene, info, shape)
    r = np.floor(rows * height / info.height).astype(np.intp)
    c = np.floor(cols * width / info.width).astype(np.intp)
    inside = (r >= 0) & (r < height) & (c >= 0) & (c < width)
    found = kinds[np.clip(r, 0, height - 1), np.clip(c, 0, width - 1)]
    return np.where(inside, found, np.uint8(Kind.CLEAR))


def _size(info: RasterInfo) -> tuple[int, int]:
    return info.height, info.width


def _places(scene: Scene, info: RasterInfo, shape: tuple[int, int]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Give where the centres of the overview's cells lie in the mask: rows and columns of pixel corners."""
    rows = (np.arange(shape[0]) + 0.5) * scene.height / shape[0]
    cols = (np.arange(shape[1]) + 0.5) * scene.width / shape[1]
    down, across = np.meshgrid(rows, cols, indexing="ij")
    if not scene.georeferenced or scene.ground is not None or info.crs is None:
        return down * info.height / scene.height, across * info.width / scene.width
    own = scene_grid(scene)
    x, y = affine_points(own.transform, across, down)
    if own.crs_wkt is not None and own.crs_wkt != info.crs:
        x, y = transformer(own.crs_wkt, info.crs).transform(x, y)
    inverse: Affine = ~info.transform
    found_across, found_down = affine_points(inverse, np.asarray(x), np.asarray(y))
    return found_down, found_across
