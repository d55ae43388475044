"""Where the sun stands in an image."""

import math

import numpy as np

from rasterdelta.masks import Sun
from sitedelta.grid import scene_grid
from sitedelta.grid.ground import Ground, ground_of
from sitedelta.scene import Scene


def sun_in_image(scene: Scene) -> Sun:
    """Give the sun's azimuth clockwise from the image's up, and its elevation; None where not known.

    The azimuth is known where the image is georeferenced: rotated and south-up images turn it. Meridian convergence
    (at most 3 degrees within a UTM zone) is left out.
    """
    azimuth, elevation = scene.sun_azimuth_deg, scene.sun_elevation_deg
    if azimuth is None or not scene.georeferenced:
        return Sun(None, elevation)
    if scene.ground is not None:
        return Sun(_by_ground(scene, ground_of(scene.ground), azimuth), elevation)
    grid = scene_grid(scene)
    row, col = (grid.shape[0] - 1) / 2, (grid.shape[1] - 1) / 2
    east, north = math.sin(math.radians(azimuth)), math.cos(math.radians(azimuth))
    if grid.geobox.crs is not None and grid.geobox.crs.geographic:
        _, y = grid.transform @ (col, row)
        east /= max(math.cos(math.radians(y)), 1e-3)
    inverse = ~grid.transform
    across, down = inverse.a * east + inverse.b * north, inverse.d * east + inverse.e * north
    return Sun(math.degrees(math.atan2(across, -down)) % 360, elevation)


def _by_ground(scene: Scene, ground: Ground, azimuth: float) -> float:
    """Turn an azimuth into an image that was not rectified: the way of a step of 100 m on the ground."""
    lon, lat = ground.lonlat(np.array([(scene.height - 1) / 2]), np.array([(scene.width - 1) / 2]))
    step = 100 / 111_320
    to_lon = lon + step * math.sin(math.radians(azimuth)) / max(math.cos(math.radians(float(lat[0]))), 1e-3)
    there, here = ground.pixels(to_lon, lat + step * math.cos(math.radians(azimuth))), ground.pixels(lon, lat)
    return math.degrees(math.atan2(float(there[1][0] - here[1][0]), float(here[0][0] - there[0][0]))) % 360
