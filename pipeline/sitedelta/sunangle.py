"""Where the sun stands in an image."""

import math

from rasterdelta.masks import Sun
from sitedelta.grid import scene_grid
from sitedelta.scene import Scene


def sun_in_image(scene: Scene) -> Sun:
    """Give the sun's azimuth clockwise from the image's up, and its elevation; None where not known.

    The azimuth is known where the image is georeferenced: rotated and south-up images turn it. Meridian convergence
    (at most 3 degrees within a UTM zone) is left out.
    """
    azimuth, elevation = scene.sun_azimuth_deg, scene.sun_elevation_deg
    if azimuth is None or not scene.georeferenced:
        return Sun(None, elevation)
    grid = scene_grid(scene)
    row, col = (grid.shape[0] - 1) / 2, (grid.shape[1] - 1) / 2
    east, north = math.sin(math.radians(azimuth)), math.cos(math.radians(azimuth))
    if grid.geobox.crs is not None and grid.geobox.crs.geographic:
        _, y = grid.transform @ (col, row)
        east /= max(math.cos(math.radians(y)), 1e-3)
    inverse = ~grid.transform
    across, down = inverse.a * east + inverse.b * north, inverse.d * east + inverse.e * north
    return Sun(math.degrees(math.atan2(across, -down)) % 360, elevation)
