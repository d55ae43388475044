"""The benchmarks run, on images so small that their figures say nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import rasterio

from rasterdelta.difference.auto import METHODS

REPOSITORY = Path(__file__).parents[2]
PAGE = REPOSITORY / "docs" / "benchmarks.md"


def module(name, *arguments):
    """Run a script as its page says: from the root of the repository."""
    roots = os.pathsep.join(str(REPOSITORY / root) for root in ("", "pipeline", "kernels"))
    command = [sys.executable, "-m", f"tests.benchmarks.{name}", *map(str, arguments)]
    return subprocess.run(
        command, cwd=REPOSITORY, env=os.environ | {"PYTHONPATH": roots}, check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    module("generate", folder, "--size", 700)
    return folder


def test_a_pair_is_tiled_compressed_and_textured(made):
    images = []
    for name in ("before", "after"):
        with rasterio.open(made / f"{name}-700.tif") as file:
            assert (file.count, file.shape, file.dtypes[0]) == (4, (700, 700), "uint16")
            assert file.block_shapes[0] == (512, 512)
            assert file.compression.value == "DEFLATE"
            images.append(file.read().astype(np.float32))
    before, after = images
    assert (made / "before-700.tif").stat().st_size > 0.3 * before.nbytes / 2
    assert all(50 < band.std() < 400 for band in before)
    for band in range(4):
        alike = np.corrcoef(before[band].ravel(), after[band].ravel())[0, 1]
        assert 0.5 < alike < 0.98  # another season, and patches that changed


def test_the_same_seed_makes_the_same_pixels(made, tmp_path):
    module("generate", tmp_path, "--size", 700)
    for name in ("before", "after"):
        with rasterio.open(made / f"{name}-700.tif") as one, rasterio.open(tmp_path / f"{name}-700.tif") as other:
            np.testing.assert_array_equal(one.read(), other.read())


def test_one_command_measures_and_writes_the_page(tmp_path):
    page, figures = tmp_path / "benchmarks.md", tmp_path / "figures.json"
    page.write_text(PAGE.read_text())
    options = ["--sizes", 256, "--kernel-size", 256, "--rounds", 1, "--no-peers", "--remark", "Too small to mean much."]
    said = module("bench_change", *options, "--folder", tmp_path, "--write", page, "--json", figures)
    found = json.loads(figures.read_text())
    (whole,) = found["end_to_end"]
    assert whole["ratio"] > 0
    assert 50 < whole["largest_mib"] <= whole["total_mib"]
    kernels = {k["kernel"]: k for k in found["kernels"]}
    for name in METHODS:
        for part in ("fit", "score"):
            assert kernels[f"{name}: {part}"]["mpx_s"] > 0
    written = page.read_text()
    assert said in written
    assert f"Too small to mean much.\n\n{found['machine']}.\n" in written
    assert written.partition("<!-- measured -->")[0] == PAGE.read_text().partition("<!-- measured -->")[0]
    assert written.partition("<!-- end -->")[2] == PAGE.read_text().partition("<!-- end -->")[2]
    assert not list(tmp_path.glob("tmp*"))


def test_the_page_has_figures():
    assert "| sitedelta change --method irmad | 8192 x 8192 x 4 |" in PAGE.read_text()


@pytest.mark.slow
def test_registration_is_measured(tmp_path):
    folder = tmp_path / "airbus/images"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name in "ab":
        cv2.imwrite(
            str(folder / f"{name}.png"), cv2.GaussianBlur(rng.integers(0, 256, (512, 512, 3), np.uint8), (0, 0), 2)
        )
    (folder / "c.png").write_bytes((folder / "a.png").read_bytes())
    (tmp_path / "airbus/sites.json").write_text(json.dumps({"s": ["a.png", "c.png"], "t": ["b.png"]}))
    (tmp_path / "airbus/pairs.json").write_text(json.dumps([{"before": "a.png", "after": "c.png"}]))
    module("bench_register", tmp_path, "--fields", 1, "--json", tmp_path / "found.json")
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["other sites"] == {"asked": 2, "refused": 2, "accepted": []}
    assert found["spoilt"]["refused"] == found["spoilt"]["asked"]
    assert found["fields"]["worst 95th percentile px"] < 0.5
    assert found["dates"]["aligned"] == 1


@pytest.fixture
def labelled_sets(tmp_path):
    """Write empty ground in the layout of the labelled sets, under their names."""
    sets = {
        "airbus": ("a.png", "plane", 0.3),
        "planet": ("scene_1.png", "plane", 3),
        "estonia": ("image_1_a.png", "car", 0.3),
        "motor_pools": ("c10_usa.png", "car", 0.3),
    }
    for name, (image, label, gsd) in sets.items():
        folder = tmp_path / "data" / name
        (folder / "images").mkdir(parents=True)
        ground = np.random.default_rng(0).normal(120, 20, (120, 120, 3)).clip(0, 255).astype(np.uint8)
        cv2.imwrite(str(folder / "images" / image), ground)
        (folder / "images.csv").write_text(f"image,gsd_m\n{image},{gsd}\n")
        (folder / "labels.csv").write_text(f"image,class,col,row,length_px\n{image},{label},60,60,50\n")
        (folder / "sites.json").write_text(json.dumps({"site07": [image]}))
    return tmp_path / "data"


@pytest.mark.slow
def test_the_curve_is_written_into_its_page(labelled_sets, tmp_path):
    page = tmp_path / "page.md"
    begin, end = (
        [f"<!-- {word}: {label} -->\n" for label in ("aircraft", "vehicle")] for word in ("curve", "end of curve")
    )
    page.write_text(f"before\n{begin[0]}old\n{end[0]}between\n{begin[1]}{end[1]}after\n")
    said = module("bench_evaluate", labelled_sets, "--write", page, "--jobs", 1)
    text = page.read_text()
    assert text.startswith(f"before\n{begin[0]}")
    assert f"{end[0]}between\n{begin[1]}" in text
    assert text.endswith(f"{end[1]}after\n")
    assert "old" not in text
    assert all(part in text for part in said.split("### ")[1:])
    assert "| planet | 3 m | 1 | 1 |" in text
    assert {p.name for p in tmp_path.glob("*.png")} == {"f1-aircraft.png", "f1-vehicle.png"}


def test_false_alerts_are_about_as_many_as_were_quoted():
    from tests.benchmarks.bench_alerts import SETTINGS, invented, measure, table

    chosen = [s for s in SETTINGS if s.when in ("above", "change")][::2]
    found = measure([invented(0), invented(1)], chosen)
    assert all(t.months > 0 and t.sites == 2 for t in found.values())
    assert [line.split(" | ")[0].lstrip("| ") for line in table(found).splitlines()[2:-1]] == [s.name for s in chosen]


def test_rendered_sites_are_counted_and_kept(tmp_path):
    from dataclasses import replace

    from tests.benchmarks.bench_alerts import SETTINGS, judge, rendered
    from tests.benchmarks.rendered_sites import keep, kept, planned, watched

    plan = planned(1)
    short = replace(plan, days=plan.days[:3], numbers=plan.numbers[:3])
    found = watched(short, tmp_path)
    assert [o.label for o in found.observations] == [plan.site.kind.label] * 3
    assert [c.date_after for c in found.changes] == [o.date for o in found.observations[1:]]
    keep(tmp_path, found)
    again = kept(tmp_path, 1)
    assert (again.observations, again.changes, again.plan) == (found.observations, found.changes, plan)
    assert kept(tmp_path, 2) is None
    area = next(s for s in SETTINGS if s.when == "area")
    assert judge(rendered(again), area).months == 0  # nothing is quoted from three images
