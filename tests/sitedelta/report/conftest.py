"""A small, believable site on disk: an apron with aircraft, a vehicle park, four dates, one under cloud."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
import rasterio
from pyproj import Transformer
from rasterio.crs import CRS
from rasterio.transform import Affine
from shapely import Polygon

from sitedelta.files.store import SiteStore, write_text
from sitedelta.files.tables import to_frame, to_geoframe, write_table
from sitedelta.records import (
    ChangeRegion,
    Event,
    EventKind,
    Observation,
    SiteObject,
    Status,
    Track,
    ZoneChange,
    ZoneStatus,
)
from sitedelta.running.manifest import (
    FORMAT,
    AlignmentRecord,
    DetectorRecord,
    GridRecord,
    Manifest,
    ModelRecord,
    PairRecord,
    SceneRecord,
    StatementRecord,
    ZoneRecord,
    to_json,
)
from sitedelta.scene import Scene
from sitedelta.site import Site, open_site

HEIGHT, WIDTH, GSD = 360, 480, 0.5
AFFINE = (GSD, 0.0, 767_900.0, 0.0, -GSD, 3_921_500.0)
APRON = (60, 40, 300, 250)
"""Left, top, right, bottom in pixels."""
PARK = (330, 60, 450, 300)

AIRCRAFT = {
    "d06": [(90, 110), (90, 190), (180, 110), (180, 250)],
    "d13": [(90, 110), (180, 110), (180, 250), (90, 260), (135, 180), (190, 185)],
}
VEHICLES = {
    "d06": [(100, 350), (112, 350), (124, 350)],
    "d13": [(100, 350), (200, 400), (212, 400), (224, 400), (236, 400)],
}


@dataclass(frozen=True)
class Texts:
    """What a user may have written; tests make it hostile."""

    name: str = "Test air base"
    source: str = "Example Publisher, CC BY 4.0"
    note: str = "A duplicate of the first image was left out."
    zone: str = "Main apron"
    statement: str = "All units are returning to their garrisons."
    reason: str = "gsd 3.0 m > 0.6 m"
    original: str = "before.png"


@dataclass(frozen=True)
class Maker:
    """Writes sites."""

    root: Path
    count: list[int] = field(default_factory=lambda: [0])

    def __call__(self, *, georeferenced: bool = True, texts: Texts | None = None) -> Site:
        self.count[0] += 1
        return write_site(self.root / f"site{self.count[0]}", georeferenced=georeferenced, texts=texts or Texts())


@pytest.fixture(scope="session")
def make_site(tmp_path_factory) -> Maker:
    return Maker(tmp_path_factory.mktemp("sites"))


@pytest.fixture(scope="session")
def texts() -> type[Texts]:
    """What makes texts that a user may have written."""
    return Texts


def day(number: int) -> datetime:
    return datetime(2024, 12, number, tzinfo=UTC)


def write_site(folder: Path, *, georeferenced: bool, texts: Texts) -> Site:
    store = SiteStore(folder)
    grid = GridRecord(
        HEIGHT, WIDTH, GSD, CRS.from_epsg(32636).to_wkt() if georeferenced else None, affine(georeferenced)
    )
    scenes = make_scenes(store, grid, texts)
    write_table(to_frame(make_observations(texts), Observation), store.observations)
    objects = make_objects(grid)
    write_table(to_geoframe(objects, SiteObject, georeferenced=georeferenced), store.objects)
    write_table(to_geoframe(make_events(objects), Event, georeferenced=georeferenced), store.events)
    write_table(to_geoframe(make_tracks(objects), Track, georeferenced=georeferenced), store.tracks)
    write_table(to_geoframe(make_changes(grid), ChangeRegion, georeferenced=georeferenced), store.changes)
    write_table(to_frame(make_zone_changes(texts), ZoneChange), store.zone_changes)
    pairs = make_pairs(store, grid)
    files = {p.relative_to(folder).as_posix(): digest(p) for p in sorted(folder.rglob("*")) if p.is_file()}
    manifest = Manifest(
        format=FORMAT,
        key="0" * 64,
        site="test-base",
        name=texts.name,
        grid=grid,
        zones=zones(texts),
        scenes=scenes,
        pairs=pairs,
        model=ModelRecord("d 1", {"d.onnx": "ab" * 32}),
        detectors=(
            DetectorRecord("classical", "aircraft", 0.5, 0.81, 0.74, 310, "rendered tiles"),
            DetectorRecord("classical", "vehicle", 0.5, 0.62, 0.58, 1240, "rendered tiles"),
        ),
        statements=(StatementRecord(day(9), "day", texts.statement, texts.source),),
        parameters={"change": {"method": "irmad", "false_alarm_rate": 0.001}, "count": ["aircraft", "vehicle"]},
        software={"numpy": "2.4.0", "sitedelta": "0.1.0"},
        notes=(texts.note,),
        files=files,
    )
    write_text(store.manifest, to_json(manifest))
    return open_site(folder)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def affine(georeferenced: bool) -> tuple[float, ...]:
    return AFFINE if georeferenced else (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def rectangle(box: tuple[int, int, int, int]) -> str:
    left, top, right, bottom = box
    return f"POLYGON (({left} {top}, {right} {top}, {right} {bottom}, {left} {bottom}, {left} {top}))"


def zones(texts: Texts) -> tuple[ZoneRecord, ...]:
    return (
        ZoneRecord("apron", texts.zone, 240 * 210 * GSD**2, rectangle(APRON)),
        ZoneRecord("park", "Vehicle park", 120 * 240 * GSD**2, rectangle(PARK)),
    )


def lonlat(grid: GridRecord, row: float, col: float) -> tuple[float | None, float | None]:
    if grid.crs_wkt is None:
        return None, None
    a, b, c, d, e, f = grid.affine
    to_wgs84 = Transformer.from_crs(grid.crs_wkt, "EPSG:4326", always_xy=True)
    x, y = col + 0.5, row + 0.5
    return to_wgs84.transform(a * x + b * y + c, d * x + e * y + f)


def draw(key: str, *, blur: float = 0, cloud: bool = False) -> np.ndarray:
    rng = np.random.default_rng(7)
    image = np.full((HEIGHT, WIDTH, 3), (96, 104, 90), np.float32)
    image += cv2.GaussianBlur(rng.normal(0, 60, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), 8)[..., None]
    for left, top, right, bottom in (APRON, PARK):
        image[top:bottom, left:right] = (150, 148, 142)
    image += rng.normal(0, 4, image.shape).astype(np.float32)
    for row, col in AIRCRAFT[key]:
        cv2.line(image, (col, row - 22), (col, row + 22), (232, 232, 228), 7, cv2.LINE_AA)
        cv2.line(image, (col - 20, row + 2), (col + 20, row + 2), (222, 222, 218), 6, cv2.LINE_AA)
        cv2.line(image, (col - 8, row + 19), (col + 8, row + 19), (222, 222, 218), 4, cv2.LINE_AA)
    for row, col in VEHICLES[key]:
        cv2.rectangle(image, (col - 6, row - 3), (col + 6, row + 3), (60, 66, 58), -1)
    if blur:
        image = cv2.GaussianBlur(image, (0, 0), blur)
    if cloud:
        image = image * 0.15 + 215
    return np.clip(image, 0, 255).astype(np.uint8)


def write_raster(path: Path, bands: np.ndarray, grid: GridRecord, valid: np.ndarray | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        dtype="uint8",
        count=bands.shape[0],
        height=grid.height,
        width=grid.width,
        crs=grid.crs_wkt,
        transform=Affine(*grid.affine),
        compress="deflate",
    ) as out:
        out.write(bands)
        if valid is not None:
            out.write_mask(valid)


def make_scenes(store: SiteStore, grid: GridRecord, texts: Texts) -> tuple[SceneRecord, ...]:
    rows = [
        ("s06", "d06", 6, 0.5, AlignmentRecord("reference", "identity", (1, 0, 0, 0, 1, 0), 0.0, 1.0, None)),
        ("s09", "d06", 9, 0.5, AlignmentRecord("georeference", "none", (1, 0, 0, 0, 1, 0), None, None, "cloud")),
        ("s10", "d06", 10, 3.0, AlignmentRecord("aligned", "affine", (1, 0, 1.2, 0, 1, -0.4), 0.8, 0.9, None)),
        ("s13", "d13", 13, 0.5, AlignmentRecord("aligned", "affine", (1, 0, 2.1, 0, 1, 3.3), 0.4, 0.95, None)),
    ]
    records = []
    for name, key, date, gsd, alignment in rows:
        cloud = name == "s09"
        image = draw(key, blur=3 if gsd > 1 else 0.6, cloud=cloud)
        valid = np.ones((HEIGHT, WIDTH), bool)
        valid[:, :12] = name == "s06"
        image[~valid] = 0
        write_raster(store.scene_raster(name), image.transpose(2, 0, 1), grid, valid)
        records.append(
            SceneRecord(
                make_scene(name, date, gsd, grid, texts), alignment, 0.02 if cloud else 0.97, 0.95 * cloud, None
            )
        )
    return tuple(replace(r, raster=f"rasters/scene-{r.scene.id}.tif") for r in records)


def make_scene(name: str, date: int, gsd: float, grid: GridRecord, texts: Texts) -> Scene:
    return Scene(
        id=name,
        uri=f"/data/{name}.png",
        originals=(Path("/data") / (texts.original if name == "s06" else f"{name}.png"),),
        sha256=hashlib.sha256(name.encode()).hexdigest(),
        date=day(date),
        date_precision="day",
        gsd_m=gsd,
        width=WIDTH,
        height=HEIGHT,
        bands=("red", "green", "blue"),
        kind="optical",
        georeferenced=grid.crs_wkt is not None,
        dtype="uint8",
        sensor="ExampleSat" if gsd < 1 else "DoveTest",
        source=texts.source,
        sun_elevation_deg=31.5,
    )


def observation(zone: str, scene: str, date: int, label: str, count: int | None, **kw) -> Observation:
    status = Status.COUNTED if count else Status.OBSERVED_ZERO
    values = {
        "site": "test-base",
        "zone": zone,
        "scene": scene,
        "date": day(date),
        "label": label,
        "status": status if count is not None else Status.NOT_OBSERVABLE,
        "count": count,
        "low": count,
        "high": None if count is None else count + 1,
        "share_observed": 0.97,
        "min_length_m": 8.0 if label == "aircraft" else 3.0,
        "reason": None,
        "gsd_m": 3.0 if scene == "s10" else 0.5,
    }
    return Observation(**(values | kw))


def make_observations(texts: Texts) -> list[Observation]:
    cloud = {"share_observed": 0.02, "reason": "cloud over 98 % of the zone"}
    coarse = {"reason": texts.reason}
    rows = []
    for zone, counts in {"site": (4, 6, 3, 5), "apron": (4, 6, 0, 0), "park": (0, 0, 3, 5)}.items():
        a0, a1, v0, v1 = counts
        partly = {
            "status": Status.PARTLY,
            "share_observed": 0.6,
            "reason": "60 % of the zone seen",
            "low": 2,
            "high": None,
        }
        rows += [
            observation(zone, "s06", 6, "aircraft", a0),
            observation(zone, "s06", 6, "vehicle", v0),
            observation(zone, "s09", 9, "aircraft", None, **cloud),
            observation(zone, "s09", 9, "vehicle", None, **cloud),
            observation(zone, "s10", 10, "aircraft", a0, **(partly if a0 else {})),
            observation(zone, "s10", 10, "vehicle", None, **coarse),
            observation(zone, "s13", 13, "aircraft", a1),
            observation(zone, "s13", 13, "vehicle", v1),
        ]
    return rows


def make_zone_changes(texts: Texts) -> list[ZoneChange]:
    def row(zone: str, status: ZoneStatus, share: float, regions: int, *alarms: object) -> ZoneChange:
        shares = (1.0, 43_200 * share, share, regions)
        return ZoneChange("test-base", zone, "s06", "s13", day(6), day(13), status, *shares, *alarms, None)

    nothing = ("test-base", "park", "s06", "s13", day(6), day(13), ZoneStatus.NOT_OBSERVABLE, 0.0)
    return [
        row("site", ZoneStatus.CHANGED, 0.02, 2, 0.004, 0.002, 0.009, "controls", 3, 1.5),
        row("apron", ZoneStatus.WITHIN_FALSE_ALARMS, 0.005, 1, 0.004, 0.001, 0.011, "controls", 3, 0.5),
        ZoneChange(*nothing, *(None,) * 6, "none", 0, None, texts.reason),
    ]


def make_objects(grid: GridRecord) -> list[SiteObject]:
    rows = []
    for scene, key, date in (("s06", "d06", 6), ("s13", "d13", 13)):
        for label, places in (("aircraft", AIRCRAFT[key]), ("vehicle", VEHICLES[key])):
            for n, (row, col) in enumerate(places):
                lon, lat = lonlat(grid, row, col)
                zone = "apron" if col < 300 else "park"
                length, width = (22.0, 20.0) if label == "aircraft" else (6.0, 3.0)
                heading = 0.0 if label == "aircraft" else 90.0
                rows.append(
                    SiteObject(
                        f"{scene}-{label}-{n}", scene, day(date), label, 0.9 - n / 50, row, col, row, col,
                        length, width, heading, zone, lon, lat,
                    )
                )  # fmt: skip
    return rows


def make_events(objects: list[SiteObject]) -> list[Event]:
    before = {(o.label, o.row, o.col): o for o in objects if o.scene == "s06"}
    after = {(o.label, o.row, o.col): o for o in objects if o.scene == "s13"}
    rows = []
    for place in sorted(before.keys() | after.keys()):
        b, a = before.get(place), after.get(place)
        o = b or a
        assert o is not None
        kind = EventKind.STAYED if b and a else EventKind.ARRIVED if a else EventKind.DEPARTED
        rows.append(
            Event(
                "s06", "s13", day(6), day(13), o.label, kind, o.site_row, o.site_col, o.score, o.length_m,
                o.heading_deg, b.id if b else None, a.id if a else None, o.zones, None, o.lon, o.lat,
            )
        )  # fmt: skip
    return rows


def make_tracks(objects: list[SiteObject]) -> list[Track]:
    places = sorted({(o.label, o.row, o.col) for o in objects})
    rows = []
    for n, place in enumerate(places):
        mine = [o for o in objects if (o.label, o.row, o.col) == place]
        first, last = mine[0], mine[-1]
        rows.append(
            Track(
                f"{place[0]}-track-{n}", place[0], None, first.date, last.date,
                ";".join(o.date.date().isoformat() for o in mine), "", "", None, None,
                float((last.date - first.date).days), None, first.length_m, first.site_row, first.site_col,
                first.zones, first.lon, first.lat,
            )
        )  # fmt: skip
    return rows


def make_changes(grid: GridRecord) -> list[ChangeRegion]:
    rows = []
    for n, (left, top, right, bottom) in enumerate([(385, 192, 412, 245), (235, 68, 286, 112)]):
        corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
        ring = corners if grid.crs_wkt is None else [lonlat(grid, row, col) for col, row in corners]
        shape = Polygon(ring)
        row, col = (top + bottom) / 2, (left + right) / 2
        lon, lat = lonlat(grid, row, col)
        area = (right - left) * (bottom - top) * GSD**2
        zone = "park" if col > 300 else "apron"
        rows.append(
            ChangeRegion(f"c{n}", "s06", "s13", day(6), day(13), area, 0.7, 2.5 - n, row, col, zone, lon, lat, shape)
        )
    return rows


def make_pairs(store: SiteStore, grid: GridRecord) -> tuple[PairRecord, ...]:
    change = np.zeros((1, HEIGHT, WIDTH), np.uint8)
    change[:, :, :12] = 255
    write_raster(store.change_raster("s06", "s10"), change, grid)
    change[:, 192:245, 385:412] = 1
    change[:, 68:112, 235:286] = 1
    write_raster(store.change_raster("s06", "s13"), change, grid)
    why = "three bands or more"
    none = PairRecord("s06", "s09", "not_observable", "cloud over 98 % of the site", 0.5, "irmad", why, None, None, "",
                      0.0, 0.0, 0.02, None)  # fmt: skip
    quiet = PairRecord("s06", "s10", "compared", None, 3.0, "irmad", why, 12.3, 0.001, "", 0.0, 0.0, 0.975,
                       "rasters/change-s06--s10.tif")  # fmt: skip
    changed = PairRecord("s06", "s13", "compared", None, 0.5, "irmad", why, 11.1, 0.001,
                         "Shadows differ: the sun stood 4 degrees lower.", 918.75, 0.0218, 0.975,
                         "rasters/change-s06--s13.tif")  # fmt: skip
    return none, quiet, changed


HOSTILE = Texts(
    name='<script>alert("name")</script>',
    source="<img src=http://evil.example/x onerror=alert(1)>]]>&undefined;",
    note="=HYPERLINK(\"http://evil.example\")</style><script>alert('note')</script>",
    zone="</title>{{ 7 * 7 }}<b onclick=x>$\\alpha$",
    reason='=cmd|"/C calc"!A1',
    original="\u0007<svg onload=alert(1)>.png",
)


@pytest.fixture(scope="session")
def site(make_site) -> Site:
    """A georeferenced site with its report."""
    from sitedelta.report.build import build

    found = make_site()
    build(found)
    return found


@pytest.fixture(scope="session")
def pixel_site(make_site) -> Site:
    """A site on a pixel grid with its report."""
    from sitedelta.report.build import build

    found = make_site(georeferenced=False)
    build(found)
    return found


@pytest.fixture(scope="session")
def hostile_site(make_site) -> Site:
    """A site whose every text attacks its reader, with its report."""
    from sitedelta.report.build import build

    found = make_site(texts=HOSTILE)
    build(found)
    return found
