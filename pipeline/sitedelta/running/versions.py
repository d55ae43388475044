"""Versions of the packages that results depend on; nothing heavy is loaded to tell them."""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version

_PACKAGES = (
    "sitedelta",
    "numpy",
    "scipy",
    "opencv-python-headless",
    "scikit-image",
    "rasterio",
    "pyproj",
    "shapely",
    "onnxruntime",
)


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
