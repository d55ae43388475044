"""Which detector counted: its name and the checksums of its files."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from sitedelta.counts.claims import Claim
from sitedelta.detectors.models import detector
from sitedelta.files.hashing import sha256_file
from sitedelta.running.manifest import DetectorRecord, ModelRecord
from sitedelta.scene import Scene


def model_record(model: Path | None = None) -> ModelRecord:
    """Name the shipped detector, or the one that a file describes, with the SHA-256 of each of its files.

    Raises
    ------
    ConfigError
        The file cannot be used.
    """
    found = detector(model)
    files = sorted({*found.files, *([model] if model else [])}, key=lambda p: (p.name, str(p)))
    return ModelRecord(found.name, {p.name: sha256_file(p) for p in files})


def detector_records(model: Path | None, scenes: Iterable[tuple[Scene, Sequence[Claim]]]) -> tuple[DetectorRecord, ...]:
    """Say how well the detector was measured to count each observable class at each ground sampling distance."""
    finder, found = detector(model), {}
    for scene, claims in scenes:
        for c in claims:
            if c.observable:
                a = finder.accuracy(c.label, scene.gsd_m)
                found[c.label, scene.gsd_m] = DetectorRecord(
                    finder.name, c.label, scene.gsd_m, a.precision, a.recall, a.objects, a.source
                )
    return tuple(found[k] for k in sorted(found))
