import sys
from pathlib import Path

import pytest


@pytest.fixture(autouse=True, scope="session")
def _importable():
    """Let processes apart import the tasks of the tests: they look for modules where this process does."""
    folder = str(Path(__file__).parent / "importable")
    sys.path.append(folder)
    yield
    sys.path.remove(folder)


@pytest.fixture(scope="session")
def trivial(_importable):
    import trivial_tasks

    return trivial_tasks
