"""What a file says of how its sensor sees the ground: RPC (tags, RPB, _RPC.TXT) or ground control points."""

import math
from typing import Any

from rasterdelta.errors import KernelError
from rasterdelta.rpc import Rpc
from sitedelta.errors import RasterError
from sitedelta.scene import Control, Sensor

_FEWEST = 3


def sensor_of(dataset: Any, name: str) -> Sensor | Control | None:
    """Read the RPC of an open dataset, else its ground control points; None where it has neither.

    Raises
    ------
    RasterError
        They cannot be used.
    """
    rpcs = dataset.rpcs
    if rpcs is not None:
        return _sensor(rpcs, name)
    points, crs = dataset.gcps
    if len(points) < _FEWEST or crs is None:
        return None
    # rasterio counts rows and columns of control points from the corner of the first pixel
    found = tuple((float(p.row) - 0.5, float(p.col) - 0.5, float(p.x), float(p.y)) for p in points)
    if not all(math.isfinite(v) for p in found for v in p):
        raise RasterError(f"{name}: its ground control points are not finite; remove them and give `gsd:`")
    return Control(found, crs.to_wkt())


def _sensor(rpcs: Any, name: str) -> Sensor:
    try:
        rpc = Rpc(
            line_off=rpcs.line_off,
            line_scale=rpcs.line_scale,
            samp_off=rpcs.samp_off,
            samp_scale=rpcs.samp_scale,
            lat_off=rpcs.lat_off,
            lat_scale=rpcs.lat_scale,
            long_off=rpcs.long_off,
            long_scale=rpcs.long_scale,
            height_off=rpcs.height_off,
            height_scale=rpcs.height_scale,
            line_num=tuple(rpcs.line_num_coeff),
            line_den=tuple(rpcs.line_den_coeff),
            samp_num=tuple(rpcs.samp_num_coeff),
            samp_den=tuple(rpcs.samp_den_coeff),
        )
    except KernelError as error:
        raise RasterError(f"{name}: its RPC cannot be used ({error}); remove it and give `gsd:`") from error
    return Sensor(rpc, float(rpcs.height_off))
