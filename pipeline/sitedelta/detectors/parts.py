"""A detector taken apart into its description and its networks, and put together again as one file."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

import yaml

from rasterdelta.detect.accuracy import Table
from rasterdelta.detect.closer import Closer
from rasterdelta.detect.details import Detail, Details
from rasterdelta.detect.network import FEATURES
from rasterdelta.detect.neural import Model
from rasterdelta.detect.shipped import FOLDER, MODELS, NAME
from rasterdelta.detect.sights import Sight
from sitedelta.detectors.archive import is_archive, networks, pack
from sitedelta.detectors.models import CloserLook, Detailed, Entry, Looked, Measured, ModelFile, described
from sitedelta.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Parts:
    """What a detector is made of."""

    said: ModelFile
    files: Mapping[str, bytes]
    """Networks by the name that the description gives them."""

    def entry(self, label: str) -> Entry | None:
        """Give the network for a class, None where there is none."""
        return next((e for e in self.said.networks if e.label == label), None)


def take_apart(model: Path | None) -> Parts:
    """Take the shipped detector apart, or one in a file.

    Raises
    ------
    ConfigError
        The file cannot be used.
    """
    if model is None:
        return _shipped()
    said = described(model)
    names = sorted({n for e in said.networks for n in e.files})
    if is_archive(model):
        return Parts(said, networks(model, names))
    if clash := next((n for n in names if Path(n).name != n), None):
        raise ConfigError(f"{model}: {clash} is not beside it; put the networks beside their description")
    return Parts(said, {n: (model.parent / n).read_bytes() for n in names})


def put_together(path: Path, parts: Parts, *, card: str) -> None:
    """Write a detector as one file, which `--model` takes."""
    plain = parts.said.model_dump(mode="json", by_alias=True, exclude_none=True)
    described = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=120)
    pack(path, described=described, card=card, files=parts.files)


def _shipped() -> Parts:
    table = Table.from_csv((FOLDER / "accuracy.csv").read_text(encoding="utf-8").splitlines())
    details = Details.from_csv((FOLDER / "details.csv").read_text(encoding="utf-8").splitlines())
    entries, files = [], {FEATURES.name: FEATURES.read_bytes()}
    for model, _ in MODELS:
        files |= {f.name: f.read_bytes() for f in model.files}
        entries.append(_entry(model, table, details))
    return Parts(ModelFile(name=NAME, networks=tuple(entries)), files)


def _entry(model: Model, table: Table, details: Details) -> Entry:
    return Entry.model_validate(
        {
            "class": model.label,
            "file": model.network.path.name,
            "features": FEATURES.name,
            "working_gsd": model.sights[0].working_m,
            "longest": model.longest_m,
            "widest": model.widest_m if isfinite(model.widest_m) else None,
            "axial": model.axial,
            "apart": model.apart,
            "apart_along": model.apart_along,
            "looks": [_looked(s) for s in model.sights],
            "closer": _looked_again(model.closer) if model.closer else None,
            "details": [_detailed(d) for d in details.bands if d.label == model.label],
            "accuracy": _measured(table, model.label),
        }
    )


def _looked(s: Sight) -> Looked:
    return Looked(
        gsd_max=s.gsd_max_m,
        working_gsd=s.working_m,
        half_from=s.half_from_m,
        agree=s.agree,
        turned=s.turned,
        closer=s.closer,
    )


def _looked_again(c: Closer) -> CloserLook:
    most = c.most if c.most < float("inf") else None
    return CloserLook(file=c.path.name, weight=c.weight, longest=c.longest_m, least=c.least, most=most)


def _detailed(d: Detail) -> Detailed:
    return Detailed(
        gsd_max=d.gsd_max_m,
        length_sd=d.length_sd,
        width_sd=d.width_sd,
        subclass=d.subclass,
        other=d.other,
        slope=d.slope,
        offset=d.offset,
        source=d.source,
    )


def _measured(table: Table, label: str) -> list[Measured]:
    return [
        Measured(
            gsd_max=b.gsd_max_m,
            threshold=b.threshold,
            slope=b.slope,
            offset=b.offset,
            precision=b.accuracy.precision,
            recall=b.accuracy.recall,
            objects=b.accuracy.objects,
            source=b.accuracy.source,
        )
        for b in table.bands
        if b.label == label
    ]
