import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from rasterdelta.difference.protocol import PairSample


def correlated_pair(seed=0, *, bands=4, shape=(96, 112), noise=5.0):
    """Two dates of textured ground, mixed bands, independent noise, nothing changed."""
    rng = np.random.default_rng(seed)
    ground = np.stack([gaussian_filter(rng.normal(0, 1, shape), 1.5) for _ in range(bands)])
    ground *= 60 / ground.std()
    mix = np.eye(bands) + 0.3 * rng.normal(0, 1, (bands, bands))
    before = np.einsum("ij,jrc->irc", mix, ground) + 300 + rng.normal(0, noise, (bands, *shape))
    after = 1.2 * np.einsum("ij,jrc->irc", mix, ground) + 250 + rng.normal(0, noise, (bands, *shape))
    return before.astype(np.float32), after.astype(np.float32)


def sample_of(before, after, valid=None):
    return PairSample(before, after, np.ones(before.shape[1:], bool) if valid is None else valid)


@pytest.fixture
def quiet_pair():
    return correlated_pair()


@pytest.fixture
def make_pair():
    return correlated_pair


@pytest.fixture
def sample():
    return sample_of
