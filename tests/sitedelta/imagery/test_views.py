"""The display image of a scene on the site grid."""

import numpy as np
import pytest
import rasterio

from sitedelta.alignment.placement import Placement, ScaledFrame
from sitedelta.grid import scene_grid
from sitedelta.imagery.prepare import prepare
from sitedelta.imagery.views import merge_views
from sitedelta.running.siteplan import plan_view


@pytest.mark.parametrize("bands", [1, 3])
def test_views_show_the_scene(place, ground, tmp_path, bands):
    image = ground(120, 140)[:bands]
    image[:, :20] = 0
    scene = place.scene("a.tif", image, nodata=0)
    prepared, grid = prepare(scene), scene_grid(scene)
    at = Placement(scene, ScaledFrame(1.0), None, prepared.clear)
    path = tmp_path / "view.tif"
    plan = plan_view(at, prepared, grid, path, tmp_path / "parts")
    assert plan.bands == bands
    for task in plan.tasks:
        task.run()
    merge_views(path, plan.tasks, grid, bands=plan.bands, key=plan.key)
    with rasterio.open(path) as found:
        shown, mask = found.read(), found.dataset_mask() > 0
        assert found.descriptions == (("red", "green", "blue") if bands == 3 else ("grey",))
        assert found.tags()["SITEDELTA_KEY"] == plan.key
        assert found.transform == grid.transform
    assert not mask[:20].any()
    assert mask[24:-4, 4:-4].all()
    assert np.abs(shown[:, mask].astype(int) - image[:, mask]).mean() < 6  # JPEG
    again = plan_view(at, prepared, grid, path, tmp_path / "parts")
    assert (again.key, again.tasks) == (plan.key, ())
