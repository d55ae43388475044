"""Names for results: hashes of everything that they depend on."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import is_dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from affine import Affine

import rasterdelta
import sitedelta
from sitedelta.running.versions import software

_SOURCES = (".py", ".npz", ".csv")


def key_of(*content: Any) -> str:
    """Hash values (dataclasses, arrays, paths, plain values) and the software to 20 hex digits."""
    digest = hashlib.sha256(json.dumps([_plain(content), dict(software()), code()], sort_keys=True).encode())
    return digest.hexdigest()[:20]


@cache
def code() -> str:
    """Hash the source and the data of both packages: results of other code are other results."""
    digest = hashlib.sha256()
    for package in (sitedelta, rasterdelta):
        root = Path(next(iter(package.__path__)))
        for path in sorted(p for p in root.rglob("*") if p.suffix in _SOURCES):
            digest.update(f"{path.relative_to(root).as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()


_PLACES = {"uri", "originals"}
"""Where files lie on this machine: results do not depend on it."""


def _plain(value: Any) -> Any:
    """Give a value as JSON holds it."""
    if is_dataclass(value) and not isinstance(value, type):
        kept = {k: getattr(value, k) for k in value.__dataclass_fields__ if k not in _PLACES}
        return [type(value).__name__, _plain(kept)]
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, tuple | list | Affine):
        return [_plain(v) for v in value]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return [value.dtype.str, value.shape, hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()]
    if hasattr(value, "wkt"):
        return value.wkt
    if isinstance(value, date | Path):
        return str(value)
    return value.item() if isinstance(value, np.generic) else value
