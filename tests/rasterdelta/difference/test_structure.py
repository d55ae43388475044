import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, shift

from rasterdelta.difference import structure
from rasterdelta.difference.texture import Scales

GSD_M = 0.5


def ground(seed=0, shape=(420, 460)):
    rng = np.random.default_rng(seed)
    base = 110 + 6 * gaussian_filter(rng.normal(0, 1, shape), 1) / 0.28
    for row in range(40, shape[0], 90):
        base[row : row + 8] += 25
    return np.repeat(base[None], 3, axis=0)


def dated(image, seed, *, gain=1.0):
    noise = np.random.default_rng(seed).normal(0, 2, image.shape)
    return (gain * image + noise).astype(np.float32)


def with_aircraft(image, row, col):
    out = image.copy()
    out[:, row - 30 : row + 30, col - 4 : col + 4] += 110
    out[:, row - 4 : row + 4, col - 30 : col + 30] += 110
    return out


def test_arrival_and_departure_are_found_and_nothing_else(sample):
    before, after = dated(with_aircraft(ground(), 120, 120), 1), dated(with_aircraft(ground(), 300, 330), 2)
    model = structure.fit([sample(before, after)], gsd_m=GSD_M)
    changed = model.score(before, after, np.ones(before.shape[1:], bool)) > model.threshold
    assert changed[116:124, 116:124].all()
    assert changed[296:304, 326:334].all()
    near = np.zeros_like(changed)
    near[70:170, 70:170] = near[250:350, 280:380] = True
    assert not changed[~near].any()


def test_displacement_within_the_slack_is_no_change(sample):
    scene = with_aircraft(ground(), 200, 200)
    before, after = dated(scene, 1), dated(shift(scene, (0, 2, -2), order=1, mode="nearest"), 2)
    model = structure.fit([sample(before, after)], gsd_m=GSD_M)
    assert model.scales.slack == 3
    assert (model.score(before, after, np.ones(before.shape[1:], bool)) > model.threshold).mean() < 0.001


def test_new_built_up_block_is_found_as_ground(sample):
    rng = np.random.default_rng(4)
    scene = ground(shape=(300, 320))
    built = scene.copy()
    built[:, 100:200, 100:220] = 60 + 140 * np.kron(rng.random((3, 10, 12)) > 0.5, np.ones((1, 10, 10)))
    before, after = dated(scene, 1), dated(built, 2)
    model = structure.fit([sample(before, after)], gsd_m=1.5)
    changed = model.score(before, after, np.ones((300, 320), bool)) > model.threshold
    assert changed[110:190, 110:210].mean() > 0.9
    assert changed[:70].mean() < 0.01


def test_scales_follow_the_ground_and_bound_the_halo():
    fine, coarse = Scales.at(0.5), Scales.at(2.0)
    assert fine.block == 51
    assert coarse.block == 13
    assert coarse.halo < fine.halo < 100
    assert all(size % 2 for size in (fine.fine, fine.cell, fine.object, fine.spot, fine.block, fine.context))


def test_blocks_must_differ_more_where_the_layout_has_stayed(sample):
    before = dated(ground(), 1)
    stayed = structure.fit([sample(before, dated(ground(), 2))], gsd_m=GSD_M)
    gone = structure.fit([sample(before, dated(ground(9)[:, ::-1, ::-1], 2))], gsd_m=GSD_M)
    assert stayed.limits.blocks > 2 * gone.limits.blocks
    assert stayed.limits.blocks == pytest.approx(0.75 * np.exp(3 * 0.4))


def test_single_objects_must_stand_out_more_where_the_layout_has_gone():
    settled, gone = (structure.Limits.at(objects=0.4, kept=kept) for kept in (0.6, 0.1))
    assert settled.objects == pytest.approx(0.4)
    assert gone.objects > 2 * settled.objects
    assert gone.blocks < settled.blocks
    assert structure.Limits.at(objects=0.0, kept=0.9).objects == pytest.approx(structure.FAINT)


def test_a_green_thing_is_no_object(sample):
    before = dated(ground(), 1)
    after = dated(ground(), 2)
    after[1, 200:212, 200:212] += 90
    model = structure.fit([sample(before, after)], gsd_m=GSD_M)
    assert not (model.score(before, after, np.ones(before.shape[1:], bool)) > model.threshold)[190:222, 190:222].any()


def test_no_rate_is_claimed(sample):
    before = dated(ground(), 1)
    model = structure.fit([sample(before, dated(ground(), 2))], gsd_m=GSD_M)
    assert model.false_alarm_rate is None
    assert model.threshold == pytest.approx(1)
