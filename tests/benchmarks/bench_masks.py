"""How well clouds are told from aprons: measured on real images, printed as tables.

`python -m tests.benchmarks.bench_masks [DATA] [--pictures DIR]`; DATA is a folder of image sets, `SITEDELTA_DATA` where
it is not given. Sets that are not there are left out.
"""

import argparse
import csv
import json
import os
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np
import rasterio

from rasterdelta.masks import Bands, Kind, Kinds, classify
from rasterdelta.masks.series import clear_dates
from rasterdelta.masks.twodates import Dated, classify_two
from sitedelta.imagery.ingest import scene_from_file
from sitedelta.imagery.prepare import prepare

CLOUDED = frozenset({"engels_airbase4.jpg", "engels_airbase5.jpg", "bg23.jpg", "valid_429_DT8_jpg_0085.jpg"})
"""Images that show thick cloud, by eye; all others of these sets show none."""
SETS = ("airbus", "airbases", "empty_bases", "hrplanes_valid", "planet", "simd", "estonia", "aerial_cars")
NAMES = ("blue", "green", "red", "nir", "swir1", "swir2", "thermal")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", type=Path, default=Path(os.environ.get("SITEDELTA_DATA", "../shared/data")))
    parser.add_argument("--pictures", type=Path)
    given = parser.parse_args()
    sys.stdout.write(
        "\n".join(
            (
                table(
                    ("images", "number", "cloud, % of area", "shadow, %", "haze, %"),
                    pictures(given.data, given.pictures),
                ),
                table(("pair", "date", "cloud, %", "shadow, %"), landsat(given.data)),
                table(("index stack", "precision", "recall"), stack(given.data)),
            )
        )
    )


def table(head: Sequence[str], rows: Iterator[Sequence[object]]) -> str:
    """Lay out a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(str(v) for v in line)} |\n" for line in lines)


def pictures(data: Path, out: Path | None) -> Iterator[tuple[object, ...]]:
    """Tell cloud in fine pictures through the product's own door, those with and those without cloud apart."""
    for name in SETS:
        sums: dict[bool, list[np.ndarray]] = {False: [], True: []}
        for path, gsd in images_of(data / name):
            kinds = prepare(scene_from_file(path, gsd_m=gsd, require_date=False)).kinds
            sums[path.name in CLOUDED].append(np.bincount(kinds.ravel(), minlength=8))
            if out is not None and (kinds == Kind.CLOUD).any():
                draw(path, kinds, out / f"{path.stem}.png")
        for clouded, counts in sums.items():
            if counts:
                share = 100 * np.sum(counts, axis=0) / np.sum(counts)
                label = f"{name}, {'with cloud' if clouded else 'without'}"
                yield label, len(counts), *(f"{share[k]:.3f}" for k in (Kind.CLOUD, Kind.SHADOW, Kind.HAZE))


def images_of(folder: Path) -> Iterator[tuple[Path, float]]:
    """Give the images of a set, with their pixel size; 1 m where none is recorded."""
    listed = folder / "images.csv"
    if not listed.exists():
        yield from ((p, 0.5) for p in sorted((folder / "images").glob("*.jpg")))
        return
    for row in csv.DictReader(listed.read_text().splitlines()):
        path = folder / "images" / row["image"]
        if path.exists():
            yield path, float(row["gsd_m"] or 1.0)


def landsat(data: Path) -> Iterator[tuple[object, ...]]:
    """Tell clouds and their shadows on two dates of Landsat, one of them cloudy."""
    folder = data / "change" / "landsat_clouds"
    if not folder.exists():
        return
    dates = [Dated(bands_of(folder / f"{d}_etm.tif"), ceiling=255.0) for d in ("july", "nov")]
    valid = np.ones(dates[0].bands.shape, np.bool_)
    single = [classify(d.bands, valid, gsd_m=30.0, ceiling=255.0) for d in dates]
    double = classify_two(*dates, valid, gsd_m=30.0)
    for name, one, two in zip(("July", "November"), single, double, strict=True):
        for label, kinds in (("alone", one), ("with the other as witness", two)):
            shares = (f"{100 * float((kinds == k).mean()):.2f}" for k in (Kind.CLOUD, Kind.SHADOW))
            yield label, name, *shares


def bands_of(path: Path) -> Bands:
    """Read the bands of a Landsat 7 file in their order."""
    with rasterio.open(path) as file:
        return Bands(**dict(zip(NAMES, file.read().astype(np.float32)[:7], strict=True)))


def stack(data: Path) -> Iterator[tuple[object, ...]]:
    """Tell the clear pixels and dates of a stack of NDVI, against the provider's mask."""
    folder = data / "change" / "sentinel2_ndvi_stack"
    if not folder.exists():
        return
    with np.load(folder / "stack.npz") as file:
        index, truth = file["ndvi"], ~file["cloud_mask"]
    when = [datetime.fromisoformat(t) for t in json.loads((folder / "timestamps.json").read_text())]
    found = clear_dates(index, [(t - when[0]).total_seconds() / 86400 for t in when])
    yield "clear pixels", *scores(found.clear, truth)
    for least in (0.5, 0.9):
        yield f"dates clear over {least:.0%}", *scores(found.share >= least, truth.mean(axis=(1, 2)) >= least)


def scores(found: np.ndarray, truth: np.ndarray) -> tuple[str, str]:
    """Give precision and recall."""
    both = float((found & truth).sum())
    return f"{both / max(found.sum(), 1):.3f}", f"{both / max(truth.sum(), 1):.3f}"


def draw(path: Path, kinds: Kinds, out: Path) -> None:
    """Outline cloud in red and shadow in blue on a reduced picture."""
    rows, cols = kinds.shape
    picture = cv2.resize(cv2.imread(str(path)), (cols, rows), interpolation=cv2.INTER_AREA)
    for kind, colour in ((Kind.CLOUD, (0, 0, 255)), (Kind.SHADOW, (255, 128, 0))):
        edges, _ = cv2.findContours((kinds == kind).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(picture, edges, -1, colour, 2)
    out.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(out), picture)


if __name__ == "__main__":
    main()
