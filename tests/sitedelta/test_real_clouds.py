"""Clouds and aprons of real images; skipped where there are none."""

import os
from pathlib import Path

import numpy as np
import pytest

from rasterdelta.masks import Kind
from sitedelta.imagery.ingest import scene_from_file
from sitedelta.imagery.prepare import prepare

DATA = Path(os.environ.get("SITEDELTA_DATA", Path(__file__).parents[2] / "../shared/data"))
BASES = DATA / "airbases" / "images"

pytestmark = pytest.mark.skipif(not BASES.exists(), reason="no real imagery: set SITEDELTA_DATA")


def kinds_of(path, gsd):
    return prepare(scene_from_file(path, gsd_m=gsd, require_date=False)).kinds


@pytest.mark.parametrize(("name", "gsd"), [("engels_airbase8.jpg", 1.57), ("engels_airbase2.jpg", 0.55)])
def test_a_pale_apron_with_aircraft_is_clear(name, gsd):
    assert not np.isin(kinds_of(BASES / name, gsd), [Kind.CLOUD, Kind.SHADOW]).any()


def test_cumuli_over_a_base_are_cloud_and_its_apron_is_not():
    cloud = kinds_of(BASES / "engels_airbase4.jpg", 1.31) == Kind.CLOUD
    assert 0.15 < cloud.mean() < 0.25
    rows, cols = (np.array(cloud.shape) * (0.62, 0.45)).astype(int)
    assert not cloud[rows : rows + 60, cols : cols + 60].any()


def test_landsat_cumuli_and_their_shadows_are_told_and_clear_november_is_clear():
    folder = DATA / "change" / "landsat_clouds"
    july, november = (kinds_of(folder / f"{n}_etm.tif", 30.0) for n in ("july", "nov"))
    assert (july[138:170, 20:40] == Kind.CLOUD).mean() > 0.8
    assert (july[125:150, 2:20] == Kind.SHADOW).mean() > 0.5
    assert not np.isin(november, [Kind.CLOUD, Kind.SHADOW]).any()
