"""What docs/kernels.md shows runs as it stands."""

import re
from pathlib import Path

import numpy as np
import pytest

PAGE = Path(__file__).parents[2] / "docs" / "kernels.md"


@pytest.fixture(scope="module")
def shown():
    names = {}
    for code in re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL):
        exec(compile(code, str(PAGE), "exec"), names)
    return names


def test_the_page_runs(shown):
    assert {"found", "lazy", "smoothed", "greenness", "steps"} <= set(shown)


def test_what_it_finds_is_what_it_made(shown):
    change = shown["found"].change
    assert (change[102:128, 202:258] == 1).mean() > 0.95
    assert (change[:40, :50] == 255).all()
    assert (change[140:, :] == 1).mean() < 0.01


def test_the_greenness_is_that_of_the_bands(shown):
    red, nir = (shown["before"].sel(band=name).astype(np.float32) for name in ("red", "nir"))
    np.testing.assert_allclose(shown["greenness"].compute(), (nir - red) / (nir + red), rtol=1e-6)


def test_the_series_changes_where_and_when_it_was_made_to(shown):
    unlikely = (shown["steps"] < 0.001).compute()
    assert unlikely[2, 100:130, 200:260].mean() > 0.5
    assert unlikely[:, 140:].mean() < 0.01
