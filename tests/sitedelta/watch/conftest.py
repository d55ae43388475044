"""What tests of watching share with those of STAC and of stores."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


def _load(folder: str, name: str) -> ModuleType:
    path = Path(__file__).parents[1] / folder / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"{folder}_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_stac, _remote = _load("stac", "conftest"), _load("remote", "conftest")
serve, s3_server, bucket = _stac.serve, _remote.s3_server, _remote.bucket


@pytest.fixture(scope="session")
def world():
    return _stac.World()


@pytest.fixture
def serving_items():
    """Give what serves items by a STAC API, where its packages are installed."""
    return _load("stac", "apiserver").serving


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Wait for nothing between attempts."""
    monkeypatch.setattr("sitedelta.remote.web._WAITS_S", (0.0, 0.0, 0.0))
