"""`sitedelta --help` answers at once because nothing heavy is imported for it."""

import os
import subprocess
import sys

import pytest

HEAVY = {
    "cryptography", "cv2", "dask", "distributed", "geopandas", "jinja2", "matplotlib", "numpy", "odc", "pandas",
    "pyarrow", "pydantic", "pyproj", "rasterio", "rich", "scipy", "shapely", "skimage", "xarray",
}  # fmt: skip


def imported_by(code: str) -> set[str]:
    """Top-level packages that a fresh interpreter has loaded after the code."""
    tail = "import sys; print('LOADED', *sys.modules)"
    said = subprocess.run([sys.executable, "-c", f"{code}\n{tail}"], check=True, capture_output=True, text=True).stdout
    return {name.split(".")[0] for name in said.rsplit("LOADED", 1)[1].split()}


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["run"],
        ["change"],
        ["register"],
        ["count"],
        ["compare"],
        ["evaluate"],
        ["train"],
        ["report"],
        ["watch"],
        ["review"],
        ["verify"],
        ["sign"],
        ["demo"],
    ],
)
def test_help_imports_nothing_heavy(command):
    loaded = imported_by(f"from sitedelta.cli import status_of; assert status_of({[*command, '--help']}) == 0")

    assert "click" in loaded
    assert not loaded & HEAVY


def test_importing_the_package_imports_no_dependency_at_all():
    assert not imported_by("import sitedelta") & (HEAVY | {"click"})


def test_help_is_fast():
    def once() -> float:
        """Seconds of processor time: those of the clock depend on what else the machine does."""
        start = os.times()
        subprocess.run(
            [sys.executable, "-c", "from sitedelta.cli import main; main(['--help'])"], check=True, capture_output=True
        )
        stop = os.times()
        return stop.children_user + stop.children_system - start.children_user - start.children_system

    assert min(once() for _ in range(3)) < 0.5
