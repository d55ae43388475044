"""Resampling, blocks, decoding and the choice between detectors."""

import pickle
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasterdelta.detect import network
from rasterdelta.detect.accuracy import Table
from rasterdelta.detect.decode import UNIT_PX, peaks
from rasterdelta.detect.lattice import CLOSE, Lattice
from rasterdelta.detect.network import STRIDE, Network
from rasterdelta.detect.neural import find
from rasterdelta.detect.panel import Panel, Seat
from rasterdelta.detect.protocol import Accuracy, Detections
from rasterdelta.detect.shipped import AIRCRAFT
from rasterdelta.detect.sights import Sight
from rasterdelta.detect.working import Working
from rasterdelta.errors import KernelError

FIELD = np.random.default_rng(3).uniform(0, 255, (3, 90, 120)).astype(np.float32)


@given(st.floats(0.05, 4.0), st.floats(0.1, 2.0))
def test_a_ratio_of_small_numbers_meets_the_working_resolution(gsd_m, working_m):
    lattice = Lattice.near(gsd_m, working_m)
    assert abs(lattice.factor * gsd_m / working_m - 1) <= CLOSE or working_m < gsd_m / 20


@pytest.mark.parametrize(("source", "working"), [(6, 5), (5, 2), (3, 1), (7, 3)])
def test_averaging_is_that_of_opencv(source, working):
    rows, cols = (n // source * source for n in FIELD.shape[1:])
    image = FIELD[:, :rows, :cols]
    size = (cols * working // source, rows * working // source)
    expected = [cv2.resize(b, size, interpolation=cv2.INTER_AREA) for b in image]
    np.testing.assert_allclose(Lattice(source, working).resampled(image), expected, atol=2e-3)


@pytest.mark.parametrize(("source", "working"), [(1, 2), (1, 5), (2, 5)])
def test_enlarging_is_that_of_opencv(source, working):
    size = (FIELD.shape[2] * working // source, FIELD.shape[1] * working // source)
    expected = [cv2.resize(b, size, interpolation=cv2.INTER_LINEAR) for b in FIELD]
    np.testing.assert_allclose(Lattice(source, working).resampled(FIELD), expected, atol=2e-2)


@given(st.integers(1, 9), st.integers(1, 6), st.integers(0, 3))
def test_a_window_is_resampled_like_the_whole(source, working, periods):
    lattice = Lattice(source, working)
    whole = lattice.resampled(FIELD)
    start, first = periods * source, periods * working
    part = lattice.resampled(FIELD[:, start:])
    keep = working // source + 1 if periods else 0
    np.testing.assert_array_equal(part[:, keep:], whole[:, first + keep :])


@given(st.integers(1, 9), st.integers(1, 6), st.integers(0, 40), st.integers(1, 60))
def test_strips_are_those_of_the_whole_bit_for_bit(source, working, first, rows):
    lattice = Lattice(source, working)
    whole = lattice.resampled(FIELD)
    first = min(first, whole.shape[1] - 1)
    shown = Working(FIELD, lattice)
    assert shown.shape == whole.shape[1:]
    strip = shown.rows(slice(first, first + rows), whole.shape[2] + 3, beyond=127.0)
    there = whole[:, first : first + rows]
    assert strip.shape == (3, rows, whole.shape[2] + 3)
    assert strip[:, : there.shape[1], :-3].tobytes() == there.tobytes()
    assert (strip[:, there.shape[1] :] == 127).all()
    assert (strip[:, :, -3:] == 127).all()


@given(st.floats(0.05, 4.0))
def test_a_second_look_halves_the_working_resolution_and_keeps_the_windows(gsd_m):
    sight = AIRCRAFT.sight(gsd_m)
    first, *others = [k.lattice for k in sight.looks(gsd_m)]
    assert first == Lattice.near(gsd_m, sight.working_m)
    assert len(others) == (sight.half_from_m is not None)
    for second in others:
        assert second.factor == 2 * first.factor
        assert second.source % first.source == 0


def test_the_second_look_is_asked_for_large_objects_only(monkeypatch):
    said = []

    def maps(_network, image):
        said.append(image.shape)
        length = 20.0 if len(said) == 1 else 60.0
        found = np.full((6, *(-(-n // 4) for n in image.shape)), -9, np.float32)
        found[:, 5, 5] = 2.0 + len(said), *np.log([length / 1.0 / UNIT_PX, 0.8 * length / UNIT_PX]), 1, 0, 0
        found[:, 9, 3] = 3.0, *np.log([18 / UNIT_PX, 16 / UNIT_PX]), 1, 0, 0
        return found

    monkeypatch.setattr(Network, "maps", maps)
    image = np.zeros((3, 100, 100), np.float32)
    model = replace(AIRCRAFT, sights=(Sight(4.0, 1.0, half_from_m=30.0),))
    found = find(image, np.ones((100, 100), bool), model, 1.0)
    assert said == [(100, 100), (50, 50)]
    assert sorted(np.round(found.length)) == [18, 20, 120]


def test_blocks_say_what_the_whole_image_says(monkeypatch):
    image = cv2.GaussianBlur(np.random.default_rng(0).uniform(0, 255, (700, 800, 3)).astype(np.float32), (0, 0), 2)
    image = np.ascontiguousarray(image.transpose(2, 0, 1))
    whole = AIRCRAFT.network.maps(image)
    assert whole.shape == (6, 175, 200)
    monkeypatch.setattr(network, "WHOLE", 256)
    monkeypatch.setattr(network, "CORE", 256)
    np.testing.assert_allclose(AIRCRAFT.network.maps(image)[0], whole[0], atol=0.02)


def test_a_network_shown_the_image_upside_down_says_where_things_are_upright():
    image = FIELD[:, :80, :112]  # multiples of the coarsest cells: both are cut alike
    expected = AIRCRAFT.network.maps(np.ascontiguousarray(image[:, ::-1, ::-1]))[:, ::-1, ::-1]
    assert np.array_equal(AIRCRAFT.network.maps(image, turned=True), expected)
    ragged = AIRCRAFT.network.maps(FIELD, turned=True)
    assert ragged.shape == AIRCRAFT.network.maps(FIELD).shape


@pytest.mark.parametrize("axial", [False, True])
def test_what_is_seen_upright_and_upside_down_is_averaged(monkeypatch, axial):
    def maps(_network, image, *, turned=False):
        found = np.full((6, *(-(-n // 4) for n in image.shape)), -9, np.float32)
        angle = np.deg2rad(30.0 + (180.0 if turned else 0.0)) * (2 if axial else 1)
        found[:, 5, 5] = 1.0 + 2 * turned, *np.log([30 / UNIT_PX, 20 / UNIT_PX]), np.cos(angle), np.sin(angle), 0
        return found

    monkeypatch.setattr(Network, "maps", maps)
    model = replace(AIRCRAFT, sights=(Sight(4.0, 1.0, turned=True),), axial=axial)
    found = find(np.zeros((3, 100, 100), np.float32), np.ones((100, 100), bool), model, 1.0)
    assert (found.logit[0], found.length[0], found.heading_deg[0]) == pytest.approx((2.0, 30.0, 30.0), abs=1e-4)


def test_the_same_image_gives_the_same_bits():
    again = Network(AIRCRAFT.network.path)
    assert AIRCRAFT.network.maps(FIELD).tobytes() == again.maps(FIELD.copy()).tobytes()


@pytest.mark.parametrize("axial", [False, True])
def test_peaks_carry_place_size_and_heading(axial):
    maps = np.zeros((6, 40, 50), np.float32)
    rows, cols = np.mgrid[:40, :50]
    row, col, heading = 20.3, 31.6, 130.0
    maps[0] = 4 - 0.8 * ((rows - row) ** 2 + (cols - col) ** 2)
    maps[1], maps[2] = np.log(44 / UNIT_PX), np.log(21 / UNIT_PX)
    turn = np.deg2rad(heading * (2 if axial else 1))
    maps[3], maps[4] = np.cos(turn), np.sin(turn)
    seen = peaks(maps, axial=axial)
    (found,) = zip(seen.row, seen.col, seen.length, seen.width, seen.heading_deg, strict=True)
    middle = (STRIDE - 1) / 2
    np.testing.assert_allclose(found, (row * STRIDE + middle, col * STRIDE + middle, 44, 21, heading), rtol=1e-3)


class Named:
    classes = ("aircraft", "vehicle")

    def __init__(self, name):
        self.name = name
        self.files = (Path("shared.onnx"), Path(f"{name}.onnx"))

    def snap_px(self, _label, _gsd_m):
        return 16

    def halo_m(self, _label, _gsd_m):
        return 10.0

    def accuracy(self, _label, _gsd_m):
        return Accuracy(0.9, 0.8, 10, self.name)

    def detect(self, _image, _valid, *, classes, **_):
        one = np.ones(1)
        return Detections.plain(one, one, one, one, one, one, np.array([f"{self.name} {classes[0]}"]))


def test_a_panel_asks_the_one_that_knows():
    fine, coarse, other = Named("fine"), Named("coarse"), Named("other")
    panel = Panel((Seat("aircraft", 2.0, fine), Seat("aircraft", 4.0, coarse), Seat("vehicle", 1.0, other)), "all")
    assert panel.classes == ("aircraft", "vehicle")
    assert [f.name for f in panel.files] == ["shared.onnx", "fine.onnx", "coarse.onnx", "other.onnx"]
    asked = [panel.accuracy("aircraft", g).source for g in (0.5, 2.0, 3.0, 9.0)]
    assert asked == ["fine", "fine", "coarse", "coarse"]
    found = panel.detect(FIELD, np.ones((90, 120), bool), gsd_m=3.0, classes=("vehicle", "aircraft"))
    assert found.label.tolist() == ["other vehicle", "coarse aircraft"]
    assert (panel.snap_px("vehicle", 0.3), panel.halo_m("vehicle", 0.3)) == (16, 10.0)
    with pytest.raises(KernelError, match="dragon"):
        panel.halo_m("dragon", 0.5)


def test_networks_travel_between_processes():
    assert pickle.loads(pickle.dumps(AIRCRAFT)) == AIRCRAFT


def test_a_table_is_asked_by_class_and_resolution():
    table = Table.from_csv(
        ["class,gsd_max_m,threshold,slope,offset,precision,recall,objects,source", "aircraft,2.0,0,1,0,0.9,0.8,10,x"]
    )
    assert table.band("aircraft", 5.0).gsd_max_m == 2.0
