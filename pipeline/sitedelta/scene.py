"""A scene: one image of a place at one time, as it was given."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from rasterdelta.rpc import Rpc
from sitedelta.settings.defaults import HIDDEN, Hidden

Kind = Literal["optical", "sar"]


@dataclass(frozen=True, slots=True)
class MaskFile:
    """A mask that was delivered with an image."""

    uri: str
    sha256: str
    provider: Literal["scl", "qa_pixel", "udm2", "udm", "any"]
    """How its values are read; `any`: what is not 0 hides the ground."""


@dataclass(frozen=True, slots=True)
class Reflectance:
    """A published calibration: reflectance = gain * number + offset."""

    gain: tuple[float, ...]
    offset: tuple[float, ...]
    """One a band of the file."""
    source: str
    """What it rests on, and where in the atmosphere it holds."""


@dataclass(frozen=True, slots=True)
class Terrain:
    """A digital elevation model."""

    uri: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Sensor:
    """How a scene that was not rectified sees the ground."""

    rpc: Rpc
    height_m: float
    """Of the ground where no terrain is known, metres above the ellipsoid."""
    terrain: Terrain | None = None


@dataclass(frozen=True, slots=True)
class Control:
    """Ground control points of a scene that was not rectified."""

    points: tuple[tuple[float, float, float, float], ...]
    """Row and column (centres are integers), x and y; three or more."""
    crs: str
    """Of x and y, as WKT."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One original image and what is known of it. Never changed after ingest."""

    id: str
    """Unique within its site; safe as a file name."""
    uri: str
    """What GDAL opens: a file, or a virtual raster over downloaded web-map tiles."""
    originals: tuple[Path, ...]
    """The files whose bytes stand behind it."""
    sha256: str
    """Of the one original, or of the sorted hashes of several; empty where they were not hashed."""
    date: datetime
    """When it was taken, UTC."""
    date_precision: Literal["day", "time"]
    gsd_m: float
    """Ground sampling distance of its own pixels, in metres."""
    width: int
    height: int
    bands: tuple[str, ...]
    """One name a band: red, green, blue, nir, pan, ... or band1, band2, ... where not known."""
    kind: Kind
    georeferenced: bool
    dtype: str
    sensor: str | None = None
    source: str | None = None
    """Publisher, link or licence line, as given."""
    sun_elevation_deg: float | None = None
    sun_azimuth_deg: float | None = None
    off_nadir_deg: float | None = None
    ground: Sensor | Control | None = None
    """How it sees the ground, where it was not rectified; None where its georeference says it."""
    reflectance: Reflectance | None = None
    """How its numbers become reflectance, where its product says so."""
    mask: MaskFile | None = None
    """What its provider says of cloud; None where the bands have to tell it."""
    hidden: tuple[Hidden, ...] = HIDDEN
    """What counts as not observable."""

    @property
    def hidden_by(self) -> str:
        """Say where ground is that does not count as observable, in words: a cloud's shadow is cloud's doing."""
        others = [h for h in self.hidden if h not in HIDDEN]
        return f"under cloud, {', '.join(others)}" if others else "under cloud"
