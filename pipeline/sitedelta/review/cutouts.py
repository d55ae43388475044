"""Pictures of findings beside a review sheet."""

from collections.abc import Sequence
from pathlib import Path

from sitedelta.files.store import written_aside
from sitedelta.report import images
from sitedelta.review.apply import State
from sitedelta.review.decision import Kind
from sitedelta.review.sheet import Row
from sitedelta.settings.names import slug

_LEAST, _MOST = 48, 320
"""Pixels on a side of a picture: of the site grid at least, of the file at most."""
_AROUND = 3.0
"""Sides of a thing that a picture shows."""


def with_cutouts(rows: Sequence[Row], s: State, file: Path) -> list[Row]:
    """Cut out each object, event and region from its image, and name the picture in the column `chip`.

    The pictures are put into a folder beside the sheet that is named after it; names are relative to the sheet.
    """
    folder = file.with_name(f"{file.stem}-chips")
    rasters = {r.scene.id: r.raster for r in s.findings.manifest.scenes}
    found = []
    for n, row in enumerate(rows):
        raster = rasters.get(row["scene"])
        if raster is None or row["kind"] == Kind.SEARCH:
            found.append(row)
            continue
        path = folder / f"{n:05d}-{slug(row['id'])[:60]}.jpg"
        with written_aside(path) as aside:
            aside.write_bytes(_cut(row, s.findings.root / raster, s.ground.grid.gsd_m))
        found.append(row | {"chip": path.relative_to(file.parent).as_posix()})
    return found


def _cut(row: Row, raster: Path, gsd_m: float) -> bytes:
    side_m = row["length_m"] or (row["area_m2"] or 0.0) ** 0.5
    side = max(_LEAST, round(_AROUND * side_m / gsd_m))
    window = images.Window(row["site_row"], row["site_col"], side)
    return images.jpeg(images.chip(raster, window, most=_MOST), quality=85)
