"""Labelled folders whose truth is painted."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

COLUMNS = ("image", "class", "kind", "col", "row", "length_px", "visibility")


@pytest.fixture
def labelled(tmp_path: Path, place_in: Any) -> Callable[..., Path]:
    """Write a folder: images by name, rows of labels by name of image as (class, row, col, length, visibility)."""

    def write(images, rows, *, name="mine", gsd=0.5, exhaustive=1, sites=None):
        folder = tmp_path / name
        place = place_in(folder / "images")
        for file, pixels in images.items():
            place.write(file, pixels, corner=None)
        table(folder / "images.csv", ("image", "gsd_m", "exhaustive"), [(f, gsd, exhaustive) for f in images])
        found = [(f, label, "", col, row, size, seen) for f in rows for label, row, col, size, seen in rows[f]]
        table(folder / "labels.csv", COLUMNS, found)
        if sites:
            (folder / "sites.json").write_text(sites)
        return folder

    return write


def table(path: Path, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    with path.open("w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(columns)
        out.writerows(rows)
