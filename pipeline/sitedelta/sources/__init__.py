"""Finding images, and what is said of them beside their pixels."""

from sitedelta.sources.acquired import date_of
from sitedelta.sources.calibration import read_reflectance
from sitedelta.sources.companions import companions
from sitedelta.sources.files import find_images
from sitedelta.sources.metadata import Metadata, read_metadata
from sitedelta.sources.providermask import describe_mask, find_mask
from sitedelta.sources.webtiles import TileMosaic, find_tiles, is_tile_folder, write_vrt

__all__ = [
    "Metadata",
    "TileMosaic",
    "companions",
    "date_of",
    "describe_mask",
    "find_images",
    "find_mask",
    "find_tiles",
    "is_tile_folder",
    "read_metadata",
    "read_reflectance",
    "write_vrt",
]
