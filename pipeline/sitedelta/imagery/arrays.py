"""Rasters as xarray objects."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sitedelta.files.rasterfile import open_raster

if TYPE_CHECKING:
    import xarray as xr


def read_dataarray(path: Path) -> "xr.DataArray":
    """Read a raster whole: dims (band, y, x), coordinates of pixel centres, attrs crs, transform and valid (a mask).

    Where it is georeferenced, the coordinate `spatial_ref` says so as the CF conventions have it: rioxarray and odc-geo
    know where it lies.
    """
    import xarray as xr

    with open_raster(path) as d:
        t = d.transform
        x = t.c + t.a * (np.arange(d.width) + 0.5)
        y = t.f + t.e * (np.arange(d.height) + 0.5)
        wkt = d.crs.to_wkt() if d.crs else None
        found = xr.DataArray(
            d.read(),
            dims=("band", "y", "x"),
            coords={"band": [n or str(k + 1) for k, n in enumerate(d.descriptions)], "y": y, "x": x},
            name=path.stem,
            attrs={"crs": wkt, "transform": tuple(t)[:6], "valid": d.dataset_mask() > 0},
        )
    if wkt is None:
        return found
    place = {"crs_wkt": wkt, "spatial_ref": wkt, "GeoTransform": " ".join(map(str, t.to_gdal()))}
    located = found.assign_coords(spatial_ref=xr.DataArray(0, attrs=place))
    located.encoding["grid_mapping"] = "spatial_ref"
    return located
