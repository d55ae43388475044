"""Count aircraft and vehicles in images, each in its own pixels."""

import csv
import io
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rasterdelta.detect.protocol import Detections
from sitedelta.counts.claims import CLASSES, Claim, check_classes, claim
from sitedelta.counts.counting import box_of, count_scenes, interval_of
from sitedelta.counts.describe import describe
from sitedelta.counts.observing import NOTHING, WHOLE
from sitedelta.counts.sizes import Sizes, gsd_doubts
from sitedelta.detectors.models import detector
from sitedelta.errors import InputError
from sitedelta.files.given import PathLike, given
from sitedelta.files.store import write_json, write_text, written_aside
from sitedelta.grid import scene_lonlat
from sitedelta.imagery.ingest import scene_from_file
from sitedelta.imagery.prepare import Prepared, prepare
from sitedelta.progress import Progress, silent
from sitedelta.records import Status
from sitedelta.settings.defaults import HIDDEN, Hidden
from sitedelta.verbs.marked import picture_names, write_marked

if TYPE_CHECKING:
    import geopandas


_BOX = ("row_min", "col_min", "row_max", "col_max")


@dataclass(frozen=True, slots=True)
class CountRow:
    """One object of one image; the columns of the table, in order."""

    image: str
    label: str
    score: float
    row: float
    col: float
    """Centre, in pixels of the image file."""
    length_m: float
    width_m: float
    heading_deg: float
    row_min: float
    col_min: float
    row_max: float
    col_max: float
    lon: float | None
    lat: float | None
    subclass: str | None
    """E.g. `helicopter`; None where it is not sure enough to be told."""
    subclass_score: float | None
    """Its probability, 0 to 1."""
    length_sd_m: float | None
    width_sd_m: float | None
    """Standard deviations of the sizes; None where they were not measured at this ground sampling distance."""
    size_says: str
    """Which kinds the size is compatible with, in words."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The objects of several images."""

    rows: tuple[CountRow, ...]
    georeferenced: bool
    """True where every image is: the objects then are points on the Earth."""
    summary: dict[str, Any]
    """What `FILE.summary.json` says."""


def count(
    images: Sequence[PathLike] | PathLike,
    *,
    out: PathLike | None = None,
    gsd: float | None = None,
    hidden: tuple[Hidden, ...] = HIDDEN,
    dem: PathLike | None = None,
    classes: Sequence[str] = CLASSES,
    jobs: int = 0,
    model: PathLike | None = None,
    pictures: PathLike | None = None,
    progress: Progress = silent,
) -> "geopandas.GeoDataFrame":
    """Count objects in images.

    The parameters and errors are those of `count_files`; `out` may be omitted.

    Returns
    -------
    GeoDataFrame
        One row an object, columns as in the CSV file; points in WGS 84 where all images are georeferenced, else in
        pixels (column, row) of each image. `attrs["summary"]` is JSON-ready.
    """
    done = count_files(
        [images] if isinstance(images, str | Path) else images,
        out=given(out),
        gsd=gsd,
        classes=classes,
        hidden=hidden,
        dem=given(dem),
        jobs=jobs,
        model=given(model),
        pictures=given(pictures),
        progress=progress,
    )
    table = _geoframe(done)
    table.attrs["summary"] = done.summary
    return table


def count_files(
    images: Sequence[str | Path],
    *,
    out: Path | None = None,
    gsd: float | None = None,
    hidden: tuple[Hidden, ...] = HIDDEN,
    dem: Path | None = None,
    classes: Sequence[str] = CLASSES,
    jobs: int = 0,
    model: Path | None = None,
    pictures: Path | None = None,
    progress: Progress = silent,
) -> Counted:
    """Count objects in images, and write a table and a summary beside it.

    Parameters
    ----------
    images
        Files; each is counted by itself.
    out
        Table to write, by its ending: .csv, .geojson, .gpkg or .parquet; the summary is `<out>.summary.json`.
    gsd
        Ground sampling distance in metres, needed for images that carry none.
    hidden
        What counts as not observable: cloud, shadow (of cloud), haze, snow, water, dark.
    dem
        Digital elevation model, for images that were not rectified.
    classes
        What to count.
    jobs
        Local processes; 0 means one a core.
    model
        File that describes a detector of one's own (`sitedelta.detectors.models`); the shipped one where not given.
    pictures
        Folder for a picture of each image, `<image>-objects.png`, with a box about each object.

    Raises
    ------
    InputError
        An image or the model cannot be used, a class is unknown, or the table's ending is.
    """
    labels = check_classes(tuple(classes))
    write = _writer(out)
    able = detector(model).classes
    scenes = [
        scene_from_file(Path(i), gsd_m=gsd, hidden=hidden, dem=dem, require_date=False, hashed=False) for i in images
    ]
    prepared = [prepare(s) for s in scenes]
    claims = [tuple(claim(c, s.gsd_m, kind=s.kind, found=able) for c in labels) for s in scenes]
    found = count_scenes(prepared, claims, jobs=jobs, progress=progress, model=model)
    rows = [r for i, p, f in zip(images, prepared, found, strict=True) for r in _rows(str(i), p, f)]
    said = [statement(str(i), p, c, f, model) for i, p, c, f in zip(images, prepared, claims, found, strict=True)]
    done = Counted(tuple(rows), all(s.georeferenced for s in scenes), {"images": said})
    if out is not None:
        write(done, out)
        write_json(out.with_name(out.name + ".summary.json"), done.summary)
    if pictures is not None:
        for name, p, f in zip(picture_names([Path(i) for i in images]), prepared, found, strict=True):
            write_marked(pictures / name, p, f)
    return done


def _rows(image: str, prepared: Prepared, found: Detections) -> list[CountRow]:
    lonlat = scene_lonlat(prepared.scene, found.row, found.col)
    rows = []
    for i in range(len(found)):
        row, col, heading = float(found.row[i]), float(found.col[i]), float(found.heading_deg[i])
        length, width = float(found.length_m[i]), float(found.width_m[i])
        box = box_of(row, col, length / 2 / prepared.pixel_m, width / 2 / prepared.pixel_m, heading)
        lon, lat = (None, None) if lonlat is None else (float(lonlat[0][i]), float(lonlat[1][i]))
        more = asdict(describe(found, i, prepared.scene)) | dict(zip(_BOX, box, strict=True))
        said = (image, str(found.label[i]), float(found.score[i]), row, col, length, width, heading)
        rows.append(CountRow(*said, lon=lon, lat=lat, **more))
    return rows


def statement(
    image: str, prepared: Prepared, claims: tuple[Claim, ...], found: Detections, model: Path | None
) -> dict[str, Any]:
    """Say of one image and each class how many, with an interval, or why that cannot be said: JSON-ready.

    `notes` holds doubts about its ground sampling distance.
    """
    data = prepared.data.mask
    share = float(prepared.clear.mask[data].mean()) if data.any() else 0.0
    classes = {}
    for c in claims:
        mine = found.subclass[found.label == c.label]
        said = _class(c, len(mine), share, prepared, model)
        classes[c.label] = said if said["count"] is None else said | {"subclasses": _subclasses(mine)}
    notes = gsd_doubts(Sizes.of_detections(found), prepared)
    return {"image": image, "gsd_m": prepared.scene.gsd_m, "classes": classes, "notes": list(notes)}


def _subclasses(names: NDArray[np.str_]) -> dict[str, int]:
    """Count the sub-classes that are told; the others are `not told`."""
    told = Counter(names.tolist())
    return {name or "not told": told[name] for name in sorted(told, key=lambda n: (n == "", n))}


def _class(c: Claim, found: int, share: float, prepared: Prepared, model: Path | None) -> dict[str, Any]:
    cloud = f"{1 - share:.0%} {prepared.hidden_by}"
    if not c.observable or share < NOTHING:
        return _entry(Status.NOT_OBSERVABLE, None, None, None, c.reason or cloud, c.min_length_m)
    interval = interval_of(found, c.label, prepared.scene.gsd_m, model)
    if share < WHOLE:
        return _entry(Status.PARTLY, found, interval.low, None, cloud, c.min_length_m)
    status = Status.COUNTED if found else Status.OBSERVED_ZERO
    return _entry(status, found, interval.low, interval.high, None, c.min_length_m)


def _entry(
    status: Status, found: int | None, low: int | None, high: int | None, reason: str | None, min_length_m: float
) -> dict[str, Any]:
    return {
        "status": status.value,
        "count": found,
        "low": low,
        "high": high,
        "reason": reason,
        "min_length_m": min_length_m,
    }


def _writer(out: Path | None) -> Any:
    writers = {".csv": _write_csv, ".geojson": _write_vector, ".gpkg": _write_vector, ".parquet": _write_parquet}
    ending = ".csv" if out is None else out.suffix.lower()
    if ending not in writers:
        msg = f"{out}: a table ends in {', '.join(writers)}; give --out such a name"
        raise InputError(msg)
    return writers[ending]


def _write_csv(done: Counted, out: Path) -> None:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["class" if n == "label" else n for n in CountRow.__slots__])
    for r in done.rows:
        table.writerow([_cell(n, v) for n, v in asdict(r).items()])
    write_text(out, text.getvalue())


def _cell(name: str, value: object) -> object:
    if isinstance(value, float):
        digits = 7 if name in ("lon", "lat") else 4 if name.endswith("score") else 2
        return f"{value:.{digits}f}"
    return "" if value is None else value


def _write_vector(done: Counted, out: Path) -> None:
    table = _geoframe(done)
    driver = {".geojson": "GeoJSON", ".gpkg": "GPKG"}[out.suffix.lower()]
    with written_aside(out) as aside, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "'crs' was not provided")  # pixels have none, and the column crs says so
        aside.unlink()
        table.to_file(aside, driver=driver, engine="pyogrio", layer="objects")


def _write_parquet(done: Counted, out: Path) -> None:
    with written_aside(out) as aside:
        _geoframe(done).to_parquet(aside, index=False)


def _geoframe(done: Counted) -> "geopandas.GeoDataFrame":
    import geopandas
    import pandas as pd

    table = pd.DataFrame([asdict(r) for r in done.rows], columns=list(CountRow.__slots__)).rename(
        columns={"label": "class"}
    )
    numbers = ["lon", "lat", "subclass_score", "length_sd_m", "width_sd_m"]
    table[numbers] = table[numbers].astype("float64")
    table[["subclass", "size_says"]] = table[["subclass", "size_says"]].astype("str")
    if done.georeferenced:
        shapes = geopandas.points_from_xy(table["lon"], table["lat"])
    else:
        table["crs"] = "pixel"
        shapes = geopandas.points_from_xy(table["col"], table["row"])
    return geopandas.GeoDataFrame(table, geometry=shapes, crs="EPSG:4326" if done.georeferenced else None)
