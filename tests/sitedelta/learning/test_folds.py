"""Which images are held back from which student."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitedelta.errors import InputError
from sitedelta.learning.adapt.folds import folds

IMAGES = st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 30)), min_size=2, max_size=20)


@given(images=IMAGES, most=st.integers(2, 5), seed=st.integers(0, 3))
def test_sites_stay_together_and_every_part_holds_objects(images, most, seed):
    sites, objects = zip(*images, strict=True)
    full = {s for s, n in images if n}
    if len(full) < 2:
        with pytest.raises(InputError, match="two at least"):
            folds(sites, objects, most=most, seed=seed)
        return
    part = folds(sites, objects, most=most, seed=seed)
    for site in set(sites):
        assert len({p for s, p in zip(sites, part, strict=True) if s == site}) == 1
    assert set(part) == set(range(min(most, len(full))))
    for k in range(part.max() + 1):
        assert np.array(objects)[part == k].sum() > 0
    assert (part == folds(sites, objects, most=most, seed=seed)).all()
