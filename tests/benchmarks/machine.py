"""On what was measured."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import rasterio

PACKAGES = ("numpy", "opencv-python-headless", "rasterio")


def machine() -> str:
    """Give processor, cores and versions in one line."""
    parts = [
        f"{processor()}, {len(os.sched_getaffinity(0))} cores",
        f"{platform.system()} {platform.release().split('-')[0]}",
        f"Python {platform.python_version()}",
        *(f"{name} {version(name)}" for name in PACKAGES),
        f"GDAL {rasterio.__gdal_version__}",
    ]
    return ", ".join([*parts, *([f"OTB {otb}"] if (otb := otb_version()) else [])])


def processor() -> str:
    """Give the name that the processor gives itself, or its architecture."""
    about = Path("/proc/cpuinfo")
    lines = about.read_text().splitlines() if about.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def otb_version() -> str:
    """Give the version of the Debian package of OTB; empty where there is none."""
    try:
        said = subprocess.run(
            ["dpkg-query", "-W", "-f=${Version}", "otb-bin"], check=False, capture_output=True, text=True
        )
    except FileNotFoundError:
        return ""
    return said.stdout.partition("+")[0]
