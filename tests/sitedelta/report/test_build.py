import hashlib
import json

import pytest

from sitedelta.report import build
from sitedelta.report.evidence import digest


def contents(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_report_holds_exactly_the_promised_files(site):
    assert set(contents(site.store.report)) == {
        "index.html",
        "site.kmz",
        "observations.csv",
        "objects.geojson",
        "events.geojson",
        "changes.geojson",
        "evidence.json",
        "figures/counts.png",
        "figures/s06--s09.png",
        "figures/s06--s10.png",
        "figures/s06--s13.png",
    }


@pytest.mark.parametrize("georeferenced", [True, False])
def test_same_findings_give_the_same_bytes(make_site, site, pixel_site, georeferenced):
    again = make_site(georeferenced=georeferenced)
    build(again)
    assert contents(again.store.report) == contents((site if georeferenced else pixel_site).store.report)


def test_stale_files_go_and_a_users_own_stay(make_site):
    site = make_site()
    page = build(site)
    (page.parent / "figures" / "old--pair.png").write_bytes(b"old")
    (page.parent / "notes.txt").write_text("mine")
    build(site)
    assert not (page.parent / "figures" / "old--pair.png").exists()
    assert (page.parent / "notes.txt").read_text() == "mine"


def test_evidence_ties_every_file_to_its_bytes(site):
    evidence = json.loads((site.store.report / "evidence.json").read_text())
    files = {n: d for n, d in contents(site.store.root).items() if n not in ("manifest.json", "report/evidence.json")}
    assert evidence["files"] == {n: hashlib.sha256(d).hexdigest() for n, d in files.items()}
    content = {k: v for k, v in evidence.items() if k != "digest"}
    assert evidence["digest"] == digest(content)


def test_evidence_ties_observations_to_sentences(site):
    evidence = json.loads((site.store.report / "evidence.json").read_text())
    row = next(o for o in evidence["observations"] if o["key"] == "apron/s13/aircraft")
    assert row["count"] == 6
    told = [evidence["sentences"][n]["text"] for n in row["sentences"]]
    assert len(told) == 1
    assert "aircraft at Main apron rose from 4 to 6" in told[0]
    assert all(o["sentences"] for o in evidence["observations"])


def test_evidence_names_originals_without_the_readers_folders(site):
    text = (site.store.report / "evidence.json").read_text()
    first = json.loads(text)["originals"][0]
    assert first["files"] == [{"name": "before.png", "bytes": None}]
    assert first["sha256"] == hashlib.sha256(b"s06").hexdigest()
    assert "/data/" not in text


@pytest.mark.parametrize("name", ["figures/counts.png", "figures/s06--s13.png"])
def test_figures_are_pictures(site, name):
    import cv2

    picture = cv2.imread(str(site.store.report / name))
    assert min(picture.shape[:2]) > 300
    assert picture.std() > 10
