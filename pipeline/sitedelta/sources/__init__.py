"""Finding images, and what is said of them beside their pixels."""

from sitedelta.sources.files import find_images
from sitedelta.sources.metadata import Metadata, read_metadata
from sitedelta.sources.webtiles import is_tile_folder, tile_scene

__all__ = ["Metadata", "find_images", "is_tile_folder", "read_metadata", "tile_scene"]
