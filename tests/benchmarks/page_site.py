"""A site of real images as a run leaves it, made from labels: what the measure of its page needs, without the run."""

import csv
import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import rasterio

from sitedelta.records import Event, EventKind, Observation, SiteObject, Status
from sitedelta.report.build import _page
from sitedelta.report.chips import gallery
from sitedelta.report.findings import Findings
from sitedelta.running.manifest import (
    FORMAT,
    AlignmentRecord,
    GridRecord,
    Manifest,
    ModelRecord,
    PairRecord,
    SceneRecord,
)
from sitedelta.scene import Scene

SIDE, GSD = 2560, 0.5
VEHICLES = 200
"""Places drawn by lot that stand for vehicles found, a date."""
FIRST = datetime(2024, 3, 1, tzinfo=UTC)
IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def write_page(data: Path, folder: Path, dates: int) -> Path:
    """Write the page of the data's site with the most images; the images carry no dates: invented ones are given."""
    sites: dict[str, list[str]] = json.loads((data / "sites.json").read_text(encoding="utf-8"))
    names = max(sites.values(), key=len)[:dates]
    findings = _findings(data, folder, names)
    galleries = [gallery(findings, p, n) for n, p in enumerate(findings.manifest.pairs)]
    page = folder / "index.html"
    page.write_bytes(_page(findings, galleries))
    return page


def _findings(data: Path, folder: Path, names: list[str]) -> Findings:
    boxes = _boxes(data / "annotations.csv")
    scenes = tuple(_scene(data, folder, n, name) for n, name in enumerate(names))
    objects = [o for n, (r, name) in enumerate(zip(scenes, names, strict=True)) for o in _objects(r, boxes[name], n)]
    pairs = tuple(_pair(a, b) for a, b in pairwise(scenes))
    manifest = Manifest(
        format=FORMAT, key="0" * 64, site="airport", name="Airport", grid=GridRecord(SIDE, SIDE, GSD, None, IDENTITY),
        zones=(), scenes=scenes, pairs=pairs, model=ModelRecord("labels", {}), detectors=(), statements=(),
        parameters={}, software={}, notes=(), files={},
    )  # fmt: skip
    events = tuple(e for p in pairs for e in _events(p, objects))
    return Findings(folder, manifest, _observations(scenes, objects), tuple(objects), events, (), (), ())


def _boxes(path: Path) -> dict[str, list[list[float]]]:
    found: dict[str, list[list[float]]] = defaultdict(list)
    with path.open(newline="") as file:
        for r in csv.DictReader(file):
            found[r["image"]].append([float(r[k]) for k in ("row_min", "row_max", "col_min", "col_max")])
    return found


def _scene(data: Path, folder: Path, number: int, name: str) -> SceneRecord:
    image = cv2.imread(str(data / "images" / name))[..., ::-1].transpose(2, 0, 1)
    raster = f"scene-{number}.tif"
    with rasterio.open(
        folder / raster, "w", driver="GTiff", dtype="uint8", count=3, height=SIDE, width=SIDE, compress="deflate"
    ) as out:
        out.write(image)
    scene = Scene(
        id=f"s{number}", uri=str(data / "images" / name), originals=(data / "images" / name,), sha256=f"{number:064d}",
        date=FIRST + timedelta(days=9 * number), date_precision="day", gsd_m=GSD, width=SIDE, height=SIDE,
        bands=("red", "green", "blue"), kind="optical", georeferenced=False, dtype="uint8", sensor="Pleiades",
        source="Airbus DS, CC BY-NC-SA 4.0; date invented",
    )  # fmt: skip
    return SceneRecord(scene, AlignmentRecord("reference", "identity", IDENTITY, 0.0, 1.0, None), 1.0, 0.0, raster)


def _objects(r: SceneRecord, boxes: list[list[float]], seed: int) -> list[SiteObject]:
    rng = np.random.default_rng(seed)
    aircraft = [("aircraft", (a + b) / 2, (c + d) / 2, GSD * max(b - a, d - c)) for a, b, c, d in boxes]
    vehicles = [("vehicle", *rng.uniform(40, SIDE - 40, 2), 5.0) for _ in range(VEHICLES)]
    return [
        SiteObject(
            f"{r.scene.id}-{label}-{n}", r.scene.id, r.scene.date, label, float(rng.uniform(0.4, 1)), row, col,
            row, col, length, 0.8 * length, float(rng.uniform(0, 180)), "", None, None,
        )
        for n, (label, row, col, length) in enumerate([*aircraft, *vehicles])
    ]  # fmt: skip


def _pair(a: SceneRecord, b: SceneRecord) -> PairRecord:
    return PairRecord(a.scene.id, b.scene.id, "compared", None, GSD, "cva", "given", 1.0, None, "", 0.0, 0.0, 1.0, None)


def _events(p: PairRecord, objects: list[SiteObject]) -> list[Event]:
    gone = [_event(p, o, EventKind.DEPARTED) for o in objects if o.scene == p.before]
    return gone + [_event(p, o, EventKind.ARRIVED) for o in objects if o.scene == p.after]


def _event(p: PairRecord, o: SiteObject, kind: EventKind) -> Event:
    ids = (o.id, None) if kind is EventKind.DEPARTED else (None, o.id)
    place = (o.site_row, o.site_col, o.score, o.length_m, o.heading_deg)
    return Event(p.before, p.after, o.date, o.date, o.label, kind, *place, *ids, "", None, None, None)


def _observations(scenes: tuple[SceneRecord, ...], objects: list[SiteObject]) -> tuple[Observation, ...]:
    found = []
    for r in scenes:
        for label, least in (("aircraft", 8.0), ("vehicle", 3.0)):
            n = sum(o.scene == r.scene.id and o.label == label for o in objects)
            status = Status.COUNTED if n else Status.OBSERVED_ZERO
            row = ("airport", "site", r.scene.id, r.scene.date, label, status, n, n, n + 2, 1.0, least, None, GSD)
            found.append(Observation(*row))
    return tuple(found)
