"""Names for results: hashes of everything that they depend on."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import is_dataclass
from datetime import date
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from affine import Affine

_PACKAGES = ("sitedelta", "numpy", "scipy", "opencv-python-headless", "scikit-image", "rasterio", "odc-geo", "pyproj")


@cache
def software() -> Mapping[str, str]:
    """Give the versions of the packages that results depend on."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found


def key_of(*content: Any) -> str:
    """Hash values (dataclasses, arrays, paths, plain values) and the software's versions to 20 hex digits."""
    digest = hashlib.sha256(json.dumps([_plain(content), dict(software())], sort_keys=True).encode())
    return digest.hexdigest()[:20]


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
