"""Which images are held back from which student: whole sites, never part of one."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sitedelta.errors import InputError


def folds(sites: Sequence[str], objects: Sequence[int], *, most: int, seed: int) -> NDArray[np.int64]:
    """Give each image a part; the images of one part are held back from one student, so that each is once.

    Sites are dealt out by lot, those with most objects first, each to the part that holds fewest objects so far.

    Parameters
    ----------
    sites : sequence of str
        Site of each image.
    objects : sequence of int
        Objects labelled in each image.
    most : int
        Parts at most; fewer where there are fewer sites with objects.

    Raises
    ------
    InputError
        Objects are labelled at fewer than two sites.
    """
    held = {s: sum(n for name, n in zip(sites, objects, strict=True) if name == s) for s in dict.fromkeys(sites)}
    full = sum(n > 0 for n in held.values())
    if full < 2:
        raise InputError(
            f"objects are labelled at {full} site{'' if full == 1 else 's'}: two at least "
            "are needed, one to learn from and one to hold back (sites.json names the images of each site; one that it "
            "leaves out is a site of its own)"
        )
    order = np.random.default_rng(seed).permutation(list(held))
    parts = min(most, full)
    load, part = np.zeros(parts), {}
    for site in sorted(order, key=lambda s: -held[s]):
        part[site] = int(np.argmin(load))
        load[part[site]] += held[site] + 0.5
    return np.array([part[s] for s in sites])
