"""The configuration of a run: what the YAML file may say, checked whole before anything runs."""

import os
import re
from collections.abc import Mapping
from datetime import date as Date  # noqa: N812 - the field of the same name would shadow it
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeAlias, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from sitedelta.alerts.setting import Alert, WebAddress
from sitedelta.errors import ConfigError
from sitedelta.imagery.dates import parse_date
from sitedelta.remote.address import checked, is_address, plain
from sitedelta.remote.sync import staging
from sitedelta.scene import Kind
from sitedelta.settings.configerrors import explain
from sitedelta.settings.defaults import COARSEST_M, HIDDEN, MIN_AREA_M2, Hidden, Label, Radiometry
from sitedelta.settings.names import SAFE_ID
from sitedelta.settings.yamlfile import read_yaml
from sitedelta.within import refuse_host, refuse_outside

Method: TypeAlias = Literal[
    "auto",
    "cva",
    "irmad",
    "logratio",
    "mad",
    "pcakmeans",
    "sar",
    "sfa",
    "siamese",
    "ssim",
    "structure",
    "ndvi",
    "ndwi",
    "ndsi",
]
"""Change algorithms; `auto` chooses by kind and number of bands."""

Item = TypeVar("Item")


def _filled(value: tuple[Item, ...]) -> tuple[Item, ...]:
    if not value:
        raise ValueError("must not be empty")
    return value


Metres: TypeAlias = Annotated[float, Field(strict=True, gt=0, le=COARSEST_M, allow_inf_nan=False)]


def _absolute(value: object, info: ValidationInfo) -> object:
    """Make a path absolute, relative to the folder of the configuration file."""
    if not isinstance(value, str | Path):
        raise ValueError("must be a path, written as text")  # noqa: TRY004 - pydantic reports ValueError
    text = str(value)
    if not text.strip() or "\0" in text:
        raise ValueError("must be a path, not an empty text")
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", text):
        raise ValueError(f"{plain(text)!r} is an address; give a local path")
    folder = (info.context or {}).get("folder", Path.cwd())
    found = Path(os.path.normpath(folder / Path(text).expanduser()))
    refuse_outside(found)
    return found


def _area(value: object, info: ValidationInfo) -> object:
    """Read an area of interest: four numbers or the path of a vector file."""
    if not isinstance(value, list | tuple):
        return _absolute(value, info)
    if len(value) != 4 or not all(isinstance(v, int | float) and not isinstance(v, bool) for v in value):
        raise ValueError("must be four numbers: west, south, east, north in degrees")
    west, south, east, north = value
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= 90 and -90 <= north <= 90):
        raise ValueError("out of range: longitudes lie within -180 to 180 and latitudes within -90 to 90 degrees")
    if not (west < east and south < north):
        raise ValueError("out of order: write west, south, east, north, with west < east and south < north")
    return float(west), float(south), float(east), float(north)


def _date(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str | Date | None):
        raise ValueError("not a date; write 2024-12-13 or 2024-12-13T08:12Z")  # noqa: TRY004 - as above
    return parse_date(value) if isinstance(value, str) else value


def _catalogue(value: object, info: ValidationInfo) -> object:
    """Read where a STAC catalogue is: an address without secrets, or a path."""
    return _reached(value) if isinstance(value, str) and is_address(value) else str(_absolute(value, info))


def _reached(url: str) -> str:
    """Check an address: whole, without secrets, and of a host that may be asked."""
    refuse_host(checked(url))
    return url


def _hosts(value: tuple[str, ...]) -> tuple[str, ...]:
    odd = next((v for v in value if not re.fullmatch(r"((s3|gs|az)://)?(\*\.)?[a-z0-9._-]+(:\d+)?", v)), None)
    if odd is not None:
        raise ValueError(f"{odd!r} is no host; write example.org, *.example.org, example.org:8080 or s3://bucket")
    return value


BandName: TypeAlias = Annotated[str, Field(min_length=1, max_length=40)]
LocalPath: TypeAlias = Annotated[Path, BeforeValidator(_absolute)]


def _output(value: object, info: ValidationInfo) -> object:
    """Read where results go: a folder, or an address whose results are made in a folder here and published."""
    if not isinstance(value, str) or not is_address(value):
        return _absolute(value, info)
    url = _reached(value).rstrip("/")
    if not url.startswith(("s3://", "gs://", "az://")):
        raise ValueError(f"{plain(url)!r} cannot be written to; give a folder, or s3://bucket/folder (gs://, az://)")
    if info.context is not None:
        info.context["store"] = url
    return staging(url)


OutputPlace: TypeAlias = Annotated[Path, BeforeValidator(_output)]


def _image_path(value: object, info: ValidationInfo) -> object:
    """Read where images are: a path, or an address without secrets."""
    return _reached(value) if isinstance(value, str) and is_address(value) else _absolute(value, info)


ImagePath: TypeAlias = Annotated[Path | str, BeforeValidator(_image_path)]
"""An address stays text."""
Catalogue: TypeAlias = Annotated[str, BeforeValidator(_catalogue)]
Names: TypeAlias = tuple[Annotated[str, Field(min_length=1, max_length=200)], ...]
Area: TypeAlias = Annotated[tuple[float, float, float, float] | Path, BeforeValidator(_area)]
Day: TypeAlias = Annotated[datetime | Date, BeforeValidator(_date)]


SEARCH = frozenset({"stac", "collections", "assets", "since", "until", "max_gsd", "max_cloud", "max_scenes", "hosts"})
"""Keys of an entry of imagery that search a catalogue."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Imagery(_Model):
    """One image, or several that share what is said here."""

    path: ImagePath | None = Field(
        default=None,
        description="An image, a glob (*.tif), a folder of images, a folder of web-map tiles (z/x/y.png), or the "
        "address of an image (https, s3). Needed, or `stac`.",
    )
    stac: Catalogue | None = Field(
        default=None,
        description="Instead of `path`: address or path of a STAC API, catalogue, collection, item, or "
        "stac-geoparquet file; its scenes of the `aoi` are read.",
    )
    collections: Names = Field(default=(), description="With `stac`: ids of the collections to search; [] all.")
    assets: Names = Field(
        default=(), description="With `stac`: keys of the assets that make the image; [] the best are chosen."
    )
    since: Day | None = Field(
        default=None, description="With `stac`: only scenes of this day (or time, UTC) and later."
    )
    until: Day | None = Field(default=None, description="With `stac`: only scenes of this day and earlier.")
    max_gsd: Metres | None = Field(
        default=None, description="With `stac`: only scenes that state no coarser ground sampling distance, metres."
    )
    max_cloud: Annotated[float, Field(strict=True, ge=0, le=100, allow_inf_nan=False)] | None = Field(
        default=None, description="With `stac`: only scenes that state no more cloud, percent."
    )
    max_scenes: int = Field(
        default=500, strict=True, ge=1, le=20_000, description="With `stac`: a search that finds more is refused."
    )
    hosts: Annotated[tuple[str, ...], AfterValidator(_hosts)] = Field(
        default=(),
        description="With `stac`: other hosts that the catalogue may lead to, e.g. [data.example.org, s3://bucket].",
    )
    date: Day | None = Field(
        default=None,
        description="When it was taken, UTC: 2024-12-13 or 2024-12-13T08:12Z. Needed where the image does not say.",
    )
    gsd: Metres | None = Field(
        default=None,
        description="Ground sampling distance in metres a pixel. Needed where the image is not georeferenced.",
    )
    source: str | None = Field(
        default=None, max_length=500, description="Publisher, link or licence line, shown in the report."
    )
    sensor: str | None = Field(default=None, max_length=100, description="Satellite or sensor, shown in the report.")
    bands: Annotated[tuple[BandName, ...], AfterValidator(_filled)] | None = Field(
        default=None, description="Names of the bands in file order, e.g. [blue, green, red, nir]."
    )
    kind: Kind = Field(default="optical", description="optical, or sar for radar amplitude.")
    mask: LocalPath | None = Field(
        default=None,
        description="The provider's cloud mask (UDM2, SCL, QA_PIXEL, or any raster that is 0 over clear ground); "
        "found beside the image where not given.",
    )

    @model_validator(mode="after")
    def _bands_differ(self) -> Self:
        if self.bands and len(set(self.bands)) != len(self.bands):
            raise ValueError("bands: two bands have the same name; give each its own")
        return self

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.path is None) == (self.stac is None):
            raise ValueError("give either `path:` or `stac:`")
        searched = sorted(self.model_fields_set & SEARCH)
        if self.stac is None and searched:
            raise ValueError(f"{searched[0]}: only goes with `stac:`")
        if self.stac is not None and (self.date or self.mask):
            raise ValueError("`date:` and `mask:` go with `path:`; the items of a catalogue say them themselves")
        return self


class Found(Imagery):
    """An entry whose images have been found elsewhere and brought to the site's folder; never written by a user."""

    files: tuple[Path, ...] = Field(exclude=True)


class Change(_Model):
    """How change between consecutive dates is found."""

    method: Method = Field(default="auto", description="Change algorithm; auto chooses by kind and number of bands.")
    radiometry: Radiometry = Field(
        default="line",
        description="How the later date is brought to the radiometry of the earlier one, where the method needs it: "
        "line (robust), unchanged (on the pixels that IR-MAD calls so), histogram, local (lines that differ from place "
        "to place, for haze; every method but radar takes it), none.",
    )
    min_area_m2: float = Field(
        default=MIN_AREA_M2,
        strict=True,
        ge=0,
        le=1e8,
        allow_inf_nan=False,
        description="Smaller changed regions are left out.",
    )
    false_alarm_rate: Annotated[float, Field(strict=True, gt=0, le=0.5, allow_inf_nan=False)] | None = Field(
        default=None,
        description="Share of unchanged pixels that may be called changed; each algorithm has its own where not given.",
    )
    controls: tuple[tuple[Day, Day], ...] = Field(
        default=(),
        description="Pairs of dates between which nothing happened, e.g. [[2024-11-29, 2024-12-02]]; from two pairs "
        "on, false-alarm rates are taken from them.",
    )


class Statement(_Model):
    """What somebody said of a site."""

    date: Day = Field(description="When it was said, UTC: 2024-12-13 or 2024-12-13T08:12Z.")
    text: str = Field(min_length=1, max_length=1000, description="What was said, as it is to be quoted.")
    source: str | None = Field(default=None, max_length=500, description="Who said it and where: publisher, link.")

    @field_validator("date")
    @classmethod
    def _said(cls, value: datetime | Date | None) -> datetime | Date:
        if value is None:
            raise ValueError("must be a date; write 2024-12-13 or 2024-12-13T08:12Z")
        return value


class Site(_Model):
    """One place and its images."""

    id: str = Field(max_length=60, description="Short name, [a-z0-9-]; results go to <output>/<id>/.")
    name: str = Field(default="", max_length=200, description="Title of the report; the id where it is not given.")
    aoi: Area | None = Field(
        default=None,
        description="Area of interest: [west, south, east, north] in degrees (WGS 84) or a vector file; "
        "omitted: the imagery's footprint.",
    )
    zones: LocalPath | None = Field(
        default=None, description="Polygons (GeoJSON, GeoPackage, KML); counts and change are given per zone as well."
    )
    imagery: Annotated[tuple[Imagery, ...], AfterValidator(_filled)] = Field(description="The images of the site.")
    count: tuple[Label, ...] = Field(default=("aircraft", "vehicle"), description="What to count; [] counts nothing.")
    change: Change = Field(default=Change(), description="How change is found.")
    hidden: tuple[Hidden, ...] = Field(
        default=HIDDEN,
        description="What counts as not observable: cloud, shadow (of cloud), haze, snow, water, dark; [] nothing.",
    )
    model: LocalPath | None = Field(
        default=None,
        description="A detector of one's own, described in YAML (see --model of count); that of the whole file, or "
        "the shipped one, where not given.",
    )
    dem: LocalPath | None = Field(
        default=None,
        description="Digital elevation model (any georeferenced raster, metres) for images that were not rectified "
        "(RPC); their model's mean height where not given.",
    )
    statements: tuple[Statement, ...] = Field(
        default=(),
        description="What was said of the site and when; set beside what was observed before and after it.",
    )
    alerts: tuple[Alert, ...] = Field(default=(), description="When to tell: rules, besides those of the whole file.")
    limits: Mapping[Label, Metres] = Field(
        default_factory=dict,
        description="Coarsest ground sampling distance in metres at which a class is counted, e.g. {vehicle: 0.5}; "
        "tightens the built-in limits.",
    )

    @field_validator("id")
    @classmethod
    def _safe(cls, value: str) -> str:
        if not SAFE_ID.fullmatch(value):
            raise ValueError("must be made of lower-case letters, digits and single hyphens, e.g. hmeimim-south")
        return value

    @field_validator("count")
    @classmethod
    def _once(cls, value: tuple[Label, ...]) -> tuple[Label, ...]:
        return tuple(dict.fromkeys(value))

    @model_validator(mode="after")
    def _placed(self) -> Self:
        if self.aoi is None and any(i.stac for i in self.imagery):
            raise ValueError("`stac:` needs an `aoi:`, the area to search")
        return self

    @model_validator(mode="after")
    def _counted(self) -> Self:
        odd = next((k for k, a in enumerate(self.alerts) if a.of and a.of not in self.count), None)
        if odd is not None:
            raise ValueError(f"alerts[{odd}] is on {self.alerts[odd].of}, which `count:` leaves out; add it there")
        return self

    @model_validator(mode="before")
    @classmethod
    def _titled(cls, value: object) -> object:
        if isinstance(value, dict) and isinstance(value.get("id"), str) and not value.get("name"):
            return value | {"name": value["id"]}
        return value


class Config(_Model):
    """The whole file."""

    output: OutputPlace = Field(
        description="Folder for the results, or address of an object store (s3://bucket/folder); each site gets a "
        "folder of its own in it."
    )
    model: LocalPath | None = Field(
        default=None,
        description="A detector of one's own for every site that names none; the shipped one where not given.",
    )
    alerts: tuple[Alert, ...] = Field(
        default=(),
        description="When to tell: rules for every site that has the zone and counts the class that they are for.",
    )
    webhook: WebAddress | None = Field(
        default=None,
        description="Address to which alerts are sent, https or http; signed where SITEDELTA_WEBHOOK_KEY is set.",
    )
    sites: Annotated[tuple[Site, ...], AfterValidator(_filled)] = Field(description="The places that are watched.")
    _store: str | None = PrivateAttr(default=None)

    @property
    def store(self) -> str | None:
        """Address to which results are published, where `output` names one and is the folder where they are made."""
        return self._store

    def alerts_of(self, site: Site) -> tuple[Alert, ...]:
        """Give the rules of the whole file that are about something the site counts, and the site's own."""
        return (*(a for a in self.alerts if a.of is None or a.of in site.count), *site.alerts)

    @field_validator("sites")
    @classmethod
    def _distinct(cls, value: tuple[Site, ...]) -> tuple[Site, ...]:
        ids = [site.id for site in value]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise ValueError(f"two sites have the id {twice[0]!r}; give each its own")
        return value

    @field_validator("sites")
    @classmethod
    def _equipped(cls, value: tuple[Site, ...], info: ValidationInfo) -> tuple[Site, ...]:
        model = info.data.get("model")
        return tuple(s.model_copy(update={"model": s.model or model}) for s in value)


def load_config(path: Path) -> Config:
    """Read and check a configuration file.

    Parameters
    ----------
    path
        A YAML file; relative paths in it are relative to its folder. The images need not exist yet.

    Raises
    ------
    ConfigError
        One line: the file, the place in it (`sites[0].imagery[1].gsd`), what is wrong and how to mend it.
    """
    document = read_yaml(path)
    if not isinstance(document.value, dict):
        raise ConfigError(f"{path}: holds no keys; a configuration starts with `output:` and `sites:`")
    folder = Path(os.path.abspath(path)).parent  # noqa: PTH100 - resolve() would follow symbolic links
    context: dict[str, Any] = {"folder": folder}
    try:
        loaded = Config.model_validate(document.value, context=context)
    except ValidationError as error:
        raise ConfigError(explain(error, Config, path=path, document=document)) from error
    loaded._store = context.get("store")  # noqa: SLF001 - set once, here
    return loaded
