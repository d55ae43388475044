"""The detector that counts: the shipped one, one that `sitedelta train` wrote, or a network described in YAML."""

from functools import cache
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from rasterdelta.detect.accuracy import Band, Table
from rasterdelta.detect.closer import Closer
from rasterdelta.detect.details import Detail, Details
from rasterdelta.detect.network import Network
from rasterdelta.detect.neural import Model, NeuralDetector
from rasterdelta.detect.panel import Panel, Seat
from rasterdelta.detect.protocol import Accuracy, Detector
from rasterdelta.detect.shipped import shipped_detector
from rasterdelta.detect.sights import Sight
from sitedelta.counts.claims import CLASSES
from sitedelta.detectors.archive import description, is_archive
from sitedelta.errors import ConfigError
from sitedelta.settings.configerrors import explain
from sitedelta.settings.yamlfile import parse_yaml, read_yaml
from sitedelta.within import refuse_outside

Metres = Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)]
Share = Annotated[float, Field(gt=0, le=1)]


T = TypeVar("T")


def _some(value: tuple[T, ...]) -> tuple[T, ...]:
    if not value:
        raise ValueError("must not be empty")
    return value


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Measured(_Model):
    """What was measured up to one ground sampling distance."""

    gsd_max: Metres
    threshold: float = Field(description="Log-odds from which a peak is an object.")
    slope: float = Field(default=1.0, description="Probability of being real: logistic(slope * log-odds + offset).")
    offset: float = 0.0
    precision: Share
    recall: Share
    objects: int = Field(ge=1, description="Labelled objects that the two rates are worth.")
    source: str = Field(min_length=1, max_length=500)


class Looked(_Model):
    """How images up to one ground sampling distance are looked at."""

    gsd_max: Metres
    working_gsd: Metres = Field(description="They are resampled to about this ground sampling distance, metres.")
    half_from: float | None = Field(
        default=None,
        ge=0,
        le=1000,
        allow_inf_nan=False,
        description="Objects of this length and more are looked for at half that resolution too, metres.",
    )
    agree: float = Field(
        default=0.0, ge=0, le=1, description="Share of the mean of both looks' log-odds, beside the surer look's."
    )
    turned: bool = Field(
        default=False, description="Look a second time at the image turned by half a turn, and take the mean of both."
    )
    closer: bool = Field(default=False, description="Look at each object again with the network under `closer`.")


class CloserLook(_Model):
    """How each object that a network found is looked at again."""

    file: str = Field(description="ONNX file beside the network's; it takes features of the same first layers.")
    weight: float = Field(gt=0, le=10, description="Share of its log-odds that is added.")
    longest: Metres = Field(description="Longer objects are cut off, metres.")
    least: float = Field(description="What was found at lower log-odds is not looked at again.")
    most: float | None = Field(default=None, description="Nor is what was found at higher ones.")


class Detailed(_Model):
    """How good sizes and the sub-class are, up to one ground sampling distance."""

    gsd_max: Metres
    length_sd: float = Field(gt=0, description="Standard deviation of measured over true lengths, as logarithms.")
    width_sd: float = Field(gt=0, description="The same of widths.")
    subclass: str = Field(default="", description="What the sub-class is called; empty where it is not told.")
    other: str = Field(default="", description="What all others are called.")
    slope: float = Field(default=1.0, description="Probability of the sub-class: logistic(slope * log-odds + offset).")
    offset: float = 0.0
    source: str = Field(min_length=1, max_length=500)


class Entry(_Model):
    """One network for one class."""

    label: str = Field(alias="class")
    file: str = Field(description="ONNX file, relative to this one.")
    features: str | None = Field(default=None, description="ONNX file of first layers whose features it takes.")
    working_gsd: Metres = Field(description="Ground sampling distance it was taught, metres.")
    longest: Metres = Field(default=75.0, description="Length of the longest object, metres.")
    widest: Metres | None = Field(default=None, description="Wider ones are none of the class, metres.")
    axial: bool = Field(default=False, description="True where the heading map holds twice the angle.")
    apart: Share = 0.5
    apart_along: Share = 0.5
    looks: tuple[Looked, ...] = Field(
        default=(), description="By ground sampling distance; without any all images are resampled to `working_gsd`."
    )
    closer: CloserLook | None = None
    details: tuple[Detailed, ...] = ()
    accuracy: Annotated[tuple[Measured, ...], AfterValidator(_some)]

    @property
    def files(self) -> tuple[str, ...]:
        """Names of its ONNX files."""
        again = self.closer.file if self.closer else None
        return tuple(n for n in (self.file, self.features, again) if n is not None)


class ModelFile(_Model):
    """The whole file."""

    name: str = Field(min_length=1, max_length=100, description="Name and version, for reports.")
    networks: Annotated[tuple[Entry, ...], AfterValidator(_some)]


def detector(model: Path | None = None) -> Detector:
    """Give the shipped detector, or the one that a file describes.

    Raises
    ------
    ConfigError
        One line: the file, the place in it, what is wrong and how to mend it.
    """
    return shipped_detector() if model is None else _load(model, _version(model))


def _version(path: Path) -> int:
    """Give when a file was written, 0 where it is missing: a file that changed is read again."""
    refuse_outside(path)
    return path.stat().st_mtime_ns if path.is_file() else 0


@cache
def _load(path: Path, _changed: int) -> Detector:
    said = described(path)
    table = Table(tuple(_band(e.label, m) for e in said.networks for m in sorted(e.accuracy, key=lambda m: m.gsd_max)))
    seats = [Seat(e.label, e.accuracy[-1].gsd_max, _seated(e, path, table, said.name)) for e in said.networks]
    return Panel(tuple(sorted(seats, key=lambda s: (s.label, s.gsd_max_m))), said.name)


def described(path: Path) -> ModelFile:
    """Give what a file says of its detector, checked.

    Raises
    ------
    ConfigError
        One line: the file, the place in it, what is wrong and how to mend it.
    """
    document = parse_yaml(path, description(path)) if is_archive(path) else read_yaml(path)
    if not isinstance(document.value, dict):
        raise ConfigError(f"{path}: holds no keys; a model starts with `name:` and `networks:`")
    try:
        said = ModelFile.model_validate(document.value)
    except ValidationError as error:
        raise ConfigError(explain(error, ModelFile, path=path, document=document)) from error
    for k, entry in enumerate(said.networks):
        _check(path, f"networks[{k}]", entry)
    return said


def _home(path: Path) -> Path:
    """Give where the networks are: beside a description, or in the archive with it."""
    return path if is_archive(path) else path.parent


def _check(path: Path, place: str, entry: Entry) -> None:
    if entry.label not in CLASSES:
        raise ConfigError(f"{path}, {place}.class: {entry.label!r} is not known; the classes are {', '.join(CLASSES)}")
    if entry.closer and not entry.features:
        raise ConfigError(f"{path}, {place}.closer: takes features, but none are named; add `features:`")
    if entry.looks and any(k.closer for k in entry.looks) != (entry.closer is not None):
        raise ConfigError(f"{path}, {place}.closer: must be there if one of `looks` says `closer: true`, and only then")
    again = Path(entry.file).with_name(entry.closer.file) if entry.closer else None
    for key, name in (("file", entry.file), ("features", entry.features), ("closer.file", again)):
        if name is not None:
            _check_network(_home(path) / name, f"{path}, {place}.{key}")


def _check_network(file: Path, where: str) -> None:
    refuse_outside(file)
    try:
        inputs = Network(file, None).inputs
    except OSError:
        raise ConfigError(f"{where}: {file} cannot be read; give an ONNX file beside this one") from None
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from None
    if inputs != 1:
        raise ConfigError(f"{where}: {file} takes {inputs} inputs; it must take one image")


def _band(label: str, m: Measured) -> Band:
    accuracy = Accuracy(m.precision, m.recall, m.objects, m.source)
    return Band(label, m.gsd_max, m.threshold, m.slope, m.offset, accuracy)


def _seated(e: Entry, path: Path, table: Table, name: str) -> Detector:
    home = _home(path).absolute()
    network = Network(home / e.file, home / e.features if e.features else None)
    details = Details(tuple(_detail(e.label, d) for d in sorted(e.details, key=lambda d: d.gsd_max)))
    return NeuralDetector(model_of(e, network), table, name, details)


def model_of(e: Entry, network: Network) -> Model:
    """Give a network as it is described."""
    ordered = sorted(e.looks, key=lambda k: k.gsd_max)
    sights = tuple(Sight(k.gsd_max, k.working_gsd, k.half_from, k.agree, k.turned, k.closer) for k in ordered)
    plain = (Sight(e.accuracy[-1].gsd_max, e.working_gsd, closer=e.closer is not None),)
    return Model(
        e.label,
        network,
        longest_m=e.longest,
        sights=sights or plain,
        widest_m=e.widest or float("inf"),
        axial=e.axial,
        apart=e.apart,
        apart_along=e.apart_along,
        closer=_closer(e, network),
    )


def _closer(e: Entry, network: Network) -> Closer | None:
    c = e.closer
    if c is None or network.first is None:
        return None
    most = float("inf") if c.most is None else c.most
    return Closer(network.path.with_name(c.file), c.weight, c.longest, c.least, most, network.first)


def _detail(label: str, d: Detailed) -> Detail:
    sizes = d.length_sd, d.width_sd
    return Detail(label, d.gsd_max, *sizes, d.subclass, d.other, d.slope, d.offset, d.source)
