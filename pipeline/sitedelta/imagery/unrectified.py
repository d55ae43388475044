"""Images that were not rectified: their sensor model, the terrain under it, and what it says of them."""

from dataclasses import replace
from pathlib import Path

from sitedelta.errors import InputError
from sitedelta.files.hashing import sha256_file
from sitedelta.grid.ortho import ground_size_m
from sitedelta.grid.terrain import elevations
from sitedelta.raster import RasterInfo
from sitedelta.scene import Control, Sensor, Terrain


def with_terrain(path: Path, info: RasterInfo, dem: Path | None) -> tuple[RasterInfo, tuple[str, ...]]:
    """Give what a file holds with the terrain under its sensor model and its ground sampling distance, and a note.

    A rectified image, or one without a model, is given back as it is.

    Raises
    ------
    InputError
        The elevation model does not exist or is not georeferenced, or the sensor model leads beyond the Earth.
    """
    ground = info.ground
    if ground is None:
        return info, ()
    if isinstance(ground, Sensor) and dem is not None:
        ground = replace(ground, terrain=_terrain(dem))
    size = ground_size_m(ground, width=info.width, height=info.height, name=str(path))
    return replace(info, ground=ground, gsd_m=size), (f"{path.name} was not rectified: {placed_by(ground)}.",)


def placed_by(ground: Sensor | Control) -> str:
    """Say by what an image that was not rectified is placed, in words."""
    if isinstance(ground, Control):
        return f"placed by {len(ground.points)} ground control points"
    if ground.terrain is None:
        return f"placed by its RPC over ground of {ground.height_m:g} m height, everywhere"
    return f"placed by its RPC over {Path(ground.terrain.uri).name}"


def _terrain(dem: Path) -> Terrain:
    if not dem.is_file():
        raise InputError(f"{dem}: no such digital elevation model; correct `dem:` (--dem)")
    terrain = Terrain(str(dem), sha256_file(dem))
    elevations(terrain)  # a model that cannot be used is refused before anything is computed
    return terrain
