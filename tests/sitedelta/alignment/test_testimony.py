"""Masks of a pair: each date is a witness for the other."""

from dataclasses import replace

import numpy as np
import pytest

from rasterdelta.registration.result import Alignment, Support, TiePoints
from sitedelta.alignment.placement import Placement, ScaledFrame
from sitedelta.alignment.testimony import Witnesses
from sitedelta.grid import scene_grid
from sitedelta.imagery.prepare import prepare

SIZE = 400
CLOUD = np.s_[100:220, 150:300]


@pytest.fixture
def cloudy(place, ground):
    """Give two dates of 4 km at 10 m, a clear one and one with a cloud."""
    world = (70 + 0.25 * ground(SIZE, SIZE, seed=4)).astype(np.uint8)
    under = world.copy()
    under[:, *CLOUD] = np.array([215, 222, 235])[:, None, None]
    return [prepare(place.scene(f"{n}.tif", i, gsd=10.0)) for n, i in (("clear", world), ("cloud", under))]


def stand(prepared, alignment=None):
    return Placement(prepared.scene, ScaledFrame(1.0), alignment, prepared.clear)


def heard(first, second, alignment=None):
    placements = stand(first), stand(second, alignment)
    return Witnesses().hear(placements, (first, second), scene_grid(first.scene))


def test_what_only_one_date_shows_as_bright_is_cloud(cloudy):
    clear, cloud = cloudy
    before, after = heard(clear, cloud)
    assert before.clear.mask.all()
    assert not after.clear.mask[CLOUD].any()
    assert after.clear.mask[260:].all()


def test_what_both_dates_show_is_a_roof(cloudy):
    _, cloud = cloudy
    assert not cloud.clear.mask[CLOUD].any()
    assert all(p.clear.mask.all() for p in heard(cloud, cloud))


def test_a_witness_stands_where_the_alignment_says(cloudy):
    clear, cloud = cloudy
    none = np.zeros(0)
    points = TiePoints(none, none, none, none, none, np.zeros(0, bool))
    moved = Alignment("shift", np.array([[1, 0, 60.0], [0, 1, -40.0]]), 0.1, 1.0, points)
    _, after = heard(clear, cloud, moved)
    assert not after.clear.mask[CLOUD].any()
    unknown = replace(moved, supported=Support(np.zeros((1, 1), bool), 1e6))
    masked = replace(cloud, clear=replace(cloud.clear, mask=np.ones((SIZE, SIZE), bool)))
    assert heard(clear, masked, unknown)[1].clear.mask.all()


def test_overviews_are_read_once_for_pairs_in_a_row(cloudy, monkeypatch):
    from sitedelta.alignment import testimony

    read = []
    monkeypatch.setattr(testimony, "overview_of", lambda s, b, f=testimony.overview_of: read.append(s.id) or f(s, b))
    clear, cloud = cloudy
    witnesses = Witnesses()
    for _ in range(3):
        witnesses.hear((stand(clear), stand(cloud)), (clear, cloud), scene_grid(clear.scene))
    assert sorted(read) == sorted({clear.scene.id, cloud.scene.id})


def test_bands_that_cannot_be_paired_leave_masks_as_they_are(cloudy, place, ground):
    clear, _ = cloudy
    grey = prepare(place.scene("grey.tif", ground(SIZE, SIZE)[:1], gsd=10.0))
    placements = stand(clear), stand(grey)
    assert Witnesses().hear(placements, (clear, grey), scene_grid(clear.scene)) == placements
