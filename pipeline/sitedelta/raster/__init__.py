"""Reading rasters: what a file holds, and windows of its pixels with their validity."""

from sitedelta.raster.info import RasterInfo
from sitedelta.raster.reader import Reader, Span, describe, files_of, read

__all__ = ["RasterInfo", "Reader", "Span", "describe", "files_of", "read"]
