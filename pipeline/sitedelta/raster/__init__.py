"""Reading rasters: what a file holds, and windows of its pixels with their validity."""

from sitedelta.raster.info import RasterInfo
from sitedelta.raster.reader import Reader, describe, read

__all__ = ["RasterInfo", "Reader", "describe", "read"]
