"""Real imagery, where it is at hand."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Give the folder of real imagery; skip the test where there is none."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("SITEDELTA_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"no real imagery at {folder}; set SITEDELTA_DATA to a folder that holds it")
    return folder
