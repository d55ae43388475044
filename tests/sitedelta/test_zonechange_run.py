"""Whole runs with control pairs: what they say of change by zone, and what they refuse."""

import json

import cv2
import numpy as np
import pandas as pd
import pytest

from sitedelta.errors import InputError
from sitedelta.report.findings import read_findings
from sitedelta.running.runs import run
from sitedelta.site import open_site
from sitedelta.verbs.change import change_files

SIZE = 240
DAYS = ("20241201", "20241203", "20241205", "20241207", "20241209")
CONTROLS = [["2024-12-01", "2024-12-03"], ["2024-12-01", "2024-12-05"], ["2024-12-03", "2024-12-07"]]
BUILT = slice(150, 180), slice(30, 70)


@pytest.fixture(scope="module")
def looks(ground):
    """Give five dates with small things that come and go in the east, and a building in the west on the last."""
    world = ground(SIZE, SIZE, seed=3).astype(np.float32)
    found = []
    for k, day in enumerate(DAYS):
        rng = np.random.default_rng(k)
        grain = cv2.GaussianBlur(rng.normal(size=(SIZE, SIZE)).astype(np.float32), (0, 0), 1.0)
        image = world * (1 + 0.02 * k) + 8 * grain
        for row, col in rng.integers(0, SIZE - 16, (4, 2)):
            image[:, row : row + 12, SIZE // 2 + col // 2 : SIZE // 2 + col // 2 + 12] += 60
        if day == DAYS[-1]:
            image[:, *BUILT] = 235 - image[:, *BUILT] / 4
        found.append(np.clip(image, 1, 250).astype(np.uint8))
    return found


@pytest.fixture
def site(place, looks, tmp_path, configure):
    """Give what runs a site with two zones; the change's settings may be given."""
    for day, image in zip(DAYS, looks, strict=True):
        place.write(f"in/{day}.tif", image)
    halves = {"west": (-0.5, 119.5), "east": (119.5, SIZE - 0.5)}
    features = [
        {
            "type": "Feature",
            "properties": {"id": name, "name": name.title(), "crs": "pixel"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[a, -0.5], [b, -0.5], [b, SIZE - 0.5], [a, SIZE - 0.5], [a, -0.5]]],
            },
        }
        for name, (a, b) in halves.items()
    ]
    (tmp_path / "zones.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))

    def write(**change):
        settings = {"method": "cva", "min_area_m2": 10, **change}
        return configure({"path": "in/*.tif"}, zones="zones.geojson", count=[], change=settings)

    return write


def states(folder):
    table = open_site(folder).zone_changes
    table["day"] = pd.to_datetime(table["date_after"]).dt.strftime("%Y%m%d")
    return table.set_index(["day", "zone"])


def test_a_building_stands_out_from_what_control_pairs_flag(site):
    (done,) = run(site(controls=CONTROLS), jobs=1)
    found = states(done.folder)
    assert list(found.loc[DAYS[1]].index) == ["site", "west", "east"]
    assert len(found) == 4 * 3

    built, noise = found.loc[DAYS[-1], "west"], found.loc[DAYS[-1], "east"]
    assert (built.status, built.false_alarm_source, built.control_pairs) == ("changed", "controls", 3)
    assert built.changed_m2 == pytest.approx(30 * 40 / 4, rel=0.3)
    assert built.share_changed > built.false_alarm_high
    assert noise.status == "within_false_alarms"
    assert noise.false_alarm_low <= noise.share_changed <= noise.false_alarm_high
    assert noise.false_regions > 1
    assert found.loc[DAYS[1], "east"].control_pairs == 2, "a pair is not its own control"

    manifest = open_site(done.folder).manifest
    assert len(manifest.pairs) == 4, "control pairs are no findings"
    assert "zone_changes.parquet" in manifest.files
    assert not {f"{DAYS[0]}--{DAYS[2]}"} & {p.stem for p in (done.folder / "rasters").iterdir()}
    told = next(s for s in done.sentences if "changed" in s)
    assert "from 3 control pairs." in told

    page = (done.report).read_text()
    assert "no more than false alarms explain" in page
    lines = (done.folder / "report" / "zone_changes.csv").read_text().splitlines()
    assert len(lines) == 1 + len(found)
    evidence = json.loads((done.folder / "report" / "evidence.json").read_text())
    assert [z["status"] for z in evidence["zone_changes"]] == list(found["status"])
    assert len(read_findings(open_site(done.folder)).zone_changes) == len(found)


def test_without_control_pairs_the_bulk_stands_in(site):
    (done,) = run(site(), jobs=1)
    found = states(done.folder)
    assert set(found["false_alarm_source"]) <= {"bulk", "none"}
    assert (found["control_pairs"] == 0).all()
    assert found.loc[DAYS[-1], "west"].status == "changed"
    assert found["false_regions"].isna().all()


@pytest.mark.parametrize("jobs", [2])
def test_workers_do_not_matter(site, jobs, tmp_path):
    tables = []
    for name, n in (("a", 1), ("b", jobs)):
        (done,) = run(site(controls=CONTROLS), jobs=n, out=tmp_path / name)
        tables.append((done.folder / "zone_changes.parquet").read_bytes())
    assert tables[0] == tables[1]


@pytest.mark.parametrize(
    ("controls", "said"),
    [
        (
            [["2024-12-02", "2024-12-05"]],
            r"change\.controls\[0\]: no image is dated 2024-12-02; did you mean 2024-12-0[13]\?",
        ),
        ([CONTROLS[0], ["2024-12-05", "2024-12-05"]], r"change\.controls\[1\]: both dates are 2024-12-05"),
        ([["2024-12-02"]], "controls"),
        ([["2024-12-02", "soon"]], "not a date"),
    ],
)
def test_dates_that_cannot_be_used_are_refused(site, controls, said, tmp_path):
    with pytest.raises(InputError, match=said) as failure:
        run(site(controls=controls), jobs=1)
    assert "\n" not in str(failure.value)
    assert not (tmp_path / "out").exists()


def test_a_zone_that_cloud_hides_is_not_observable(site, place, looks):
    hidden = looks[-1].copy()
    hidden[:, :, :120] = 0
    place.write(f"in/{DAYS[-1]}.tif", hidden, nodata=0)
    (done,) = run(site(controls=CONTROLS), jobs=1)
    west = states(done.folder).loc[DAYS[-1], "west"]
    assert west.status == "not_observable"
    assert west[["changed_m2", "share_changed", "regions", "false_alarm_rate"]].isna().all()
    assert "clear on both dates" in west.reason


def test_the_summary_of_two_images_tells_false_alarms(place, looks, tmp_path):
    paths = [place.write(f"{k}.tif", looks[k]) for k in (0, 4)]
    change_files(*paths, out=tmp_path / "out", method="cva", jobs=1)
    said = json.loads((tmp_path / "out" / "summary.json").read_text())["false_alarm"]
    assert set(said) == {"rate", "low", "high", "source", "reason"}
    assert said["source"] == "bulk"
    assert 0 <= said["low"] <= said["rate"] <= said["high"] < 0.1
