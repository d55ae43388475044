"""Small images of an invented place, written on the fly, and a detector that finds painted marks."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import rasterio
import yaml
from affine import Affine
from hypothesis import settings
from numpy.typing import NDArray

from rasterdelta.detect.protocol import Accuracy, Detections
from sitedelta.imagery.ingest import scene_from_file
from sitedelta.scene import Scene

settings.register_profile("unhurried", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("unhurried")

CRS = "EPSG:32636"
CORNER = (767_900.0, 3_921_500.0)
"""Upper left corner of the ground, metres east and north."""
AIRCRAFT, VEHICLE = (250, 5, 5), (5, 5, 250)
"""Colours of the marks that stand for objects."""
CLOUD = 240


def textured(height: int, width: int, *, seed: int = 0) -> NDArray[np.uint8]:
    """Give ground that can be matched: fields, edges and grain, shape (3, height, width)."""
    rng = np.random.default_rng(seed)
    plane = np.zeros((height, width), np.float32)
    for sigma, weight in ((1.2, 9), (4, 16), (14, 22)):
        noise = cv2.GaussianBlur(rng.normal(size=plane.shape).astype(np.float32), (0, 0), sigma)
        plane += weight * noise / noise.std()
    for _ in range(height * width // 1500):
        r, c, h, w = rng.integers(0, height), rng.integers(0, width), rng.integers(6, 30), rng.integers(6, 30)
        plane[r : r + h, c : c + w] += rng.normal(0, 18)
    tint = np.array([1.0, 0.95, 0.85])[:, None, None]
    return np.clip((105 + plane) * tint, 30, 190).astype(np.uint8)


def paint(image: NDArray[Any], row: float, col: float, length: int, width: int, colour: tuple[int, ...]) -> None:
    """Paint an upright rectangle about a centre."""
    r, c = round(row - (length - 1) / 2), round(col - (width - 1) / 2)
    image[:, r : r + length, c : c + width] = np.array(colour, image.dtype)[: len(image), None, None]


@dataclass(frozen=True)
class Place:
    """Writes images of one place into a folder."""

    folder: Path

    def write(
        self,
        name: str,
        image: NDArray[Any],
        *,
        gsd: float = 0.5,
        corner: tuple[float, float] | None = CORNER,
        shift: tuple[float, float] = (0, 0),
        tags: Mapping[str, str] | None = None,
        **profile: Any,
    ) -> Path:
        """Write (band, row, column); `corner` None leaves the georeference out, `shift` (rows, columns) moves it."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if corner is not None:
            origin = Affine(gsd, 0, corner[0] + shift[1] * gsd, 0, -gsd, corner[1] - shift[0] * gsd)
            profile = {"crs": CRS, "transform": origin} | profile
        driver = {".png": "PNG", ".jpg": "JPEG"}.get(path.suffix, "GTiff")
        with rasterio.open(
            path, "w", driver=driver, count=len(image), height=image.shape[1], width=image.shape[2],
            dtype=image.dtype, **profile,
        ) as out:  # fmt: skip
            out.write(image)
            out.update_tags(**(tags or {}))
        return path

    def scene(self, name: str, image: NDArray[Any], *, gsd: float = 0.5, **given: Any) -> Scene:
        """Write an image and describe it."""
        path = self.write(name, image, gsd=gsd, **given)
        plain = given.get("corner", CORNER) is None
        return scene_from_file(path, gsd_m=gsd if plain else None, require_date=False)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture(scope="session")
def place_in() -> Callable[[Path], Place]:
    """Give a place in a folder of one's own."""
    return Place


@pytest.fixture(scope="session")
def ground() -> Callable[..., NDArray[np.uint8]]:
    return textured


@pytest.fixture(scope="session")
def marks() -> Any:
    """Give what paints objects: `marks(image, row, col, length, width, marks.AIRCRAFT)`."""

    class Marks:
        AIRCRAFT, VEHICLE = AIRCRAFT, VEHICLE
        __call__ = staticmethod(paint)

    return Marks()


class Spotter:
    """Finds painted rectangles: red ones are aircraft, blue ones vehicles."""

    name = "spotter 1"
    classes = ("aircraft", "vehicle")
    files = ()

    def __init__(self) -> None:
        self.calls = 0

    def snap_px(self, label: str, gsd_m: float) -> int:  # noqa: ARG002 - the protocol's signature
        return 8

    def halo_m(self, label: str, gsd_m: float) -> float:  # noqa: ARG002 - the protocol's signature
        return {"aircraft": 40.0, "vehicle": 10.0}[label]

    def accuracy(self, label: str, gsd_m: float) -> Accuracy:  # noqa: ARG002 - the protocol's signature
        return Accuracy(0.95, 0.9, 200, "painted marks")

    def detect(self, image, valid, *, gsd_m, classes, weak=False) -> Detections:  # noqa: ARG002 - the signature
        self.calls += 1
        return Detections.join([self._found(image, valid, gsd_m, label) for label in classes])

    def _found(self, image, valid, gsd_m, label) -> Detections:
        strong, weak = (image[0], image[-1]) if label == "aircraft" else (image[-1], image[0])
        hit = (strong > 0.8) & (weak < 0.25) & valid
        n, _, stats, centres = cv2.connectedComponentsWithStats(hit.astype(np.uint8), connectivity=4)
        keep = [k for k in range(1, n) if stats[k, cv2.CC_STAT_AREA] >= 4]
        sides = stats[keep][:, [cv2.CC_STAT_HEIGHT, cv2.CC_STAT_WIDTH]].astype(float).reshape(-1, 2)
        upright = sides[:, 0] >= sides[:, 1]
        return Detections.plain(
            row=centres[keep][:, 1].reshape(-1),
            col=centres[keep][:, 0].reshape(-1),
            length_m=sides.max(1, initial=0) * gsd_m,
            width_m=sides.min(1, initial=1e9) * gsd_m,
            heading_deg=np.where(upright, 0.0, 90.0),
            score=np.full(len(keep), 0.9),
            label=np.full(len(keep), label, "<U16"),
        )


def _put_in_place(patch: pytest.MonkeyPatch) -> Spotter:
    found = Spotter()
    patch.setattr("sitedelta.detectors.models.shipped_detector", lambda: found)
    return found


@pytest.fixture
def spotter(monkeypatch: pytest.MonkeyPatch) -> Spotter:
    """Count painted marks instead of what the shipped detector finds (in this process: `jobs=1`)."""
    return _put_in_place(monkeypatch)


@pytest.fixture(scope="session")
def spotting() -> Callable[[], AbstractContextManager[Spotter]]:
    """Give a context in which painted marks are counted, for what several tests share."""

    @contextmanager
    def spot() -> Iterator[Spotter]:
        with pytest.MonkeyPatch.context() as patch:
            yield _put_in_place(patch)

    return spot


@pytest.fixture(scope="session")
def configure_in() -> Callable[[Path], Callable[..., Path]]:
    """Give what writes a configuration of one site into a folder."""

    def at(folder: Path) -> Callable[..., Path]:
        def write(*imagery: Mapping[str, Any], out: str = "out", file: str = "sites.yaml", **site: Any) -> Path:
            content = {"output": out, "sites": [{"id": "base", "imagery": [dict(i) for i in imagery], **site}]}
            path = folder / file
            path.write_text(yaml.safe_dump(content))
            return path

        return write

    return at


@pytest.fixture
def configure(configure_in: Callable[[Path], Callable[..., Path]], tmp_path: Path) -> Callable[..., Path]:
    """Write a configuration of one site."""
    return configure_in(tmp_path)


@pytest.fixture(scope="session")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """Give files of schemas by address: STAC's own as pystac ships them, and extensions' by their specification.

    No package carries the schemas that extensions publish. Where SITEDELTA_STAC_SCHEMAS names a folder that holds them
    (as `eo/v2.0.0/schema.json`), those are taken.
    """
    from pystac.validation.local_validator import get_local_schema_cache

    folder = tmp_path_factory.mktemp("schemas")
    found = get_local_schema_cache() | {f"{_EXTENSIONS}/{name}/schema.json": _published(name) for name in _FIELDS}
    paths = {}
    for number, (address, schema) in enumerate(found.items()):
        path = folder / f"{number}.json"
        path.write_text(json.dumps(schema))
        paths[address] = str(path)
    return paths


_EXTENSIONS = "https://stac-extensions.github.io"
_ANGLE = {"type": "number", "minimum": 0, "maximum": 360}
_FIELDS: dict[str, dict[str, Any]] = {
    "file/v2.1.0": {
        "checksum": {"type": "string", "pattern": "^[0-9a-f]{6,}$"},
        "size": {"type": "integer", "minimum": 0},
    },
    "projection/v2.0.0": {
        "code": {"type": ["string", "null"]},
        "wkt2": {"type": ["string", "null"]},
        "shape": {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2},
        "transform": {"type": "array", "items": {"type": "number"}, "minItems": 6, "maxItems": 9},
    },
    "view/v1.1.0": {
        "off_nadir": {"type": "number", "minimum": 0, "maximum": 90},
        "sun_azimuth": _ANGLE,
        "sun_elevation": {"type": "number", "minimum": -90, "maximum": 90},
    },
    "eo/v2.0.0": {
        "cloud_cover": {"type": "number", "minimum": 0, "maximum": 100},
        "common_name": {
            "enum": [
                *("pan", "coastal", "blue", "green", "green05", "yellow", "red", "rededge", "rededge071", "rededge075"),
                *("rededge078", "nir", "nir08", "nir09", "cirrus", "swir16", "swir22", "lwir", "lwir11", "lwir12"),
            ]
        },
    },
    "processing/v1.2.0": {
        "lineage": {"type": "string"},
        "software": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}
"""Fields of extensions that the catalogue uses, as their specifications define them."""


_NEEDED = frozenset({"eo", "view"})
"""Extensions that an item may name only where it has one of their fields, in its properties or assets."""


def _published(name: str) -> dict[str, Any]:
    path = Path(os.environ.get("SITEDELTA_STAC_SCHEMAS", "")) / name / "schema.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else _extension(name)
    return found


def _extension(name: str) -> dict[str, Any]:
    """Make a schema that knows an extension's fields wherever they may stand, and no other of its prefix."""
    short = name.split("/", maxsplit=1)[0]
    prefix = {"projection": "proj"}.get(short, short)
    fields = {f"{prefix}:{field}": rule for field, rule in _FIELDS[name].items()}
    own = {
        "type": "object",
        "properties": fields,
        "patternProperties": {f"^(?!{prefix}:)": {}},
        "additionalProperties": False,
    }
    with_bands = {"allOf": [own, {"properties": {"bands": {"type": "array", "items": own}}}]}
    address = f"{_EXTENSIONS}/{name}/schema.json"
    some = {"anyOf": [{"required": [field]} for field in fields]}
    in_bands = {"required": ["bands"], "properties": {"bands": {"contains": some}}}
    somewhere = {"properties": {"properties": {"anyOf": [some, in_bands]}}}
    in_assets = {"properties": {"assets": {"not": {"additionalProperties": {"not": {"anyOf": [some, in_bands]}}}}}}
    return {
        **({"anyOf": [somewhere, in_assets]} if short in _NEEDED else {}),
        "$id": address,
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "required": ["stac_extensions"],
        "properties": {
            "stac_extensions": {"type": "array", "contains": {"const": address}},
            "properties": with_bands,
            "assets": {"type": "object", "additionalProperties": with_bands},
            "links": {"type": "array", "items": own},
        },
    }
