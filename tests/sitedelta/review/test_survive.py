"""Decisions find their objects again after runs with other parameters, detectors and alignments."""

from collections import Counter
from datetime import UTC, datetime

import numpy as np
import pytest

from sitedelta import review_import, review_list
from sitedelta.report.findings import read_findings
from sitedelta.review.apply import state
from sitedelta.review.record import record
from sitedelta.review.rows import request
from sitedelta.running.runs import run

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
NOW = datetime(2025, 1, 5, 12, tzinfo=UTC)
WORDS = ("accept", "reject", "reclass", "move", "unsure")


def decide(yard, number, *, seed=0):
    """Take a number of decisions on objects drawn by chance."""
    site = yard.site
    findings = read_findings(site)
    rng = np.random.default_rng(seed)
    drawn = rng.choice(len(findings.objects), number, replace=False)
    asked = []
    for k in drawn:
        o, word = findings.objects[k], WORDS[int(rng.integers(len(WORDS)))]
        more = {"reclass": {"new_class": "other"}, "move": {"new_row": o.site_row + 1, "new_col": o.site_col}}
        row = {"id": o.id, "review": word, "reviewer": "A", "note": f"{k}"} | more.get(word, {})
        asked.append(request(row, f"row {k}", reviewer=None, now=NOW))
    return record(site.store, findings, asked, via="test", now=NOW)


def truth_of(row, col, scene_rows):
    """Give the number of the painted thing that lies nearest."""
    return int(np.argmin(np.hypot(*(scene_rows - (row, col)).T)))


def things(findings):
    """Give the centres of what the first detector finds, by image: the paint itself."""
    return {
        scene: np.array([(o.row, o.col) for o in findings.objects if o.scene == scene])
        for scene in {o.scene for o in findings.objects}
    }


@pytest.mark.parametrize(
    "change",
    ["detector", *(pytest.param(c, marks=pytest.mark.slow) for c in ("harsh detector", "area", "method", "images"))],
)
def test_two_hundred_decisions_survive_a_run_with_other_parameters(yard, moody, reconfigure, change):
    first = read_findings(yard.site)
    assert len(first.objects) > 400
    painted = things(first)
    taken = decide(yard, 200)
    assert (len(taken.new), taken.known, taken.unknown, taken.disputes) == (200, 0, (), ())
    ledger = yard.ledger.read_bytes()
    meant = {d.id: truth_of(d.spot.row, d.spot.col, painted[d.look.scene]) for d in taken.new}

    if "detector" in change:
        moody(drops=0.5 if change.startswith("harsh") else 0.15)
    elif change == "area":
        reconfigure(yard, aoi=[*_corner(first, 300, 10), *_corner(first, 5, 400)])
    elif change == "method":
        reconfigure(yard, change={"method": "ssim", "false_alarm_rate": 0.02}, count=["vehicle", "aircraft"])
    elif change == "images":
        (yard.config.parent / "in" / "20241206.tif").rename(yard.config.parent / "in" / "first_2024-12-06.tif")
    run(yard.config, jobs=1)

    assert yard.ledger.read_bytes() == ledger
    s = state(yard.site)
    names = {r.subject.last.look.scene: s.ground.known(r.subject.last.look) for r in s.reviewed}
    assert sum(len(r.subject.decisions) for r in s.reviewed) == 200
    attached = Counter()
    for r in s.reviewed:
        d = r.subject.last
        centres = painted[d.look.scene]
        there = {truth_of(o.row, o.col, centres): o for o in s.findings.objects if o.scene == names[d.look.scene]}
        if r.target is None:
            assert meant[d.id] not in there, "its object is there, and was not found again"
        else:
            at = truth_of(r.target.spot.row, r.target.spot.col, centres)
            assert at == meant[d.id], "attached to another object"
            attached[r.target.id] += 1
    assert set(attached.values()) <= {1}
    share = len(attached) / 200
    assert share > {"harsh detector": 0.35, "detector": 0.7, "area": 0.4}.get(change, 0.999)
    listed = review_list(yard.config)
    assert len(listed) == 200
    assert set(listed["attached"]) <= {"found", "finding gone", "image gone"}


def _corner(findings, row, col):
    from sitedelta.review.ground import ground_of

    lon, lat = ground_of(findings.manifest, findings.root).grid.lonlat(np.array([float(row)]), np.array([float(col)]))
    return float(lon[0]), float(lat[0])


@pytest.mark.slow
def test_what_was_gone_comes_back(yard, moody, monkeypatch, spotter):
    decide(yard, 100)
    moody(drops=0.9)
    run(yard.config, jobs=1)
    assert (review_list(yard.config)["attached"] == "finding gone").sum() > 70
    monkeypatch.setattr("sitedelta.detectors.models.shipped_detector", lambda: spotter)
    run(yard.config, jobs=1)
    assert set(review_list(yard.config)["attached"]) == {"found"}


@pytest.mark.slow
def test_a_removed_image_takes_no_decision_with_it(yard):
    decide(yard, 40)
    image = yard.config.parent / "in" / "20241206.tif"
    content = image.read_bytes()
    image.unlink()
    run(yard.config, jobs=1)
    listed = review_list(yard.config)
    assert len(listed) == 40
    assert set(listed["attached"]) == {"found", "image gone"}
    image.write_bytes(content)
    run(yard.config, jobs=1)
    assert set(review_list(yard.config)["attached"]) == {"found"}


def test_a_ledger_moves_to_a_copy_of_the_site(yard, tmp_path):
    decide(yard, 60)
    elsewhere = tmp_path / "theirs.jsonl"
    elsewhere.write_bytes(yard.ledger.read_bytes())
    stood = yard.ledger.read_bytes()
    again = review_import(yard.config, elsewhere)
    assert (again.taken, again.known) == (0, 60)
    assert yard.ledger.read_bytes() == stood
    yard.ledger.unlink()
    fresh = review_import(yard.config, elsewhere)
    assert (fresh.taken, fresh.unknown, fresh.disputes) == (60, (), ())
