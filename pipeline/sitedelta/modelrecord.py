"""Which detector counted: its name and the checksums of its files."""

from pathlib import Path

from sitedelta.hashing import sha256_file
from sitedelta.manifest import ModelRecord
from sitedelta.models import detector


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
