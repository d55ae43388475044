"""The pixel grid of a site, and where each scene lies on it."""

from sitedelta.grid.choice import choose_grid, footprint, outline
from sitedelta.grid.locate import PixelMap, locate, scene_lonlat
from sitedelta.grid.sitegrid import SiteGrid, earth_grid, pixel_grid, scene_grid

__all__ = [
    "PixelMap",
    "SiteGrid",
    "choose_grid",
    "earth_grid",
    "footprint",
    "locate",
    "outline",
    "pixel_grid",
    "scene_grid",
    "scene_lonlat",
]
