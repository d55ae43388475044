"""Clear dates of an index series."""

import numpy as np
import pytest
from scipy import ndimage

from rasterdelta.errors import KernelError, NotEnoughData
from rasterdelta.masks.series import clear_dates


@pytest.fixture(scope="module")
def stack():
    """Give three years of an index over fields and forest, a third of the dates under cloud: days, index, clear."""
    rng = np.random.default_rng(4)
    days = np.sort(rng.choice(1095, 60, replace=False)).astype(float)
    field = ndimage.gaussian_filter(rng.normal(size=(60, 70)), 3) > 0
    low, high = np.where(field, 0.25, 0.45), np.where(field, 0.65, 0.85)
    phase = (0.5 - 0.5 * np.cos(2 * np.pi * days / 365.25))[:, None, None]
    index = low + (high - low) * phase + rng.normal(0, 0.02, (60, 60, 70))
    clear = np.ones(index.shape, np.bool_)
    for k in range(0, 60, 3):
        clear[k] = False
        if k % 2:
            clear[k, :, 35:] = True
    index = np.where(clear, index, 0.03 + 0.02 * rng.normal(size=index.shape))
    index[31, :, :] -= 0.15  # dry weeks: lower, but the fields still show
    return days, index.astype(np.float32), clear


def test_clear_pixels_are_told(stack):
    days, index, clear = stack
    found = clear_dates(index, days)
    assert (found.clear & clear).sum() / found.clear.sum() > 0.97
    assert (found.clear & clear).sum() / clear.sum() > 0.9
    assert found.share[31] > 0.8


def test_the_season_is_that_of_the_ground(stack):
    days, index, clear = stack
    off = (clear_dates(index, days).season - index)[clear]
    assert abs(np.median(off)) < 0.03


def test_what_was_not_seen_is_not_clear(stack):
    days, index, _ = stack
    index = index.copy()
    index[1, :10] = np.nan
    assert not clear_dates(index, days).clear[1, :10].any()


def test_too_few_dates(stack):
    days, index, _ = stack
    with pytest.raises(NotEnoughData, match="12 dates, not 5"):
        clear_dates(index[:5], days[:5])
    with pytest.raises(KernelError, match="4 days"):
        clear_dates(index, days[:4])
