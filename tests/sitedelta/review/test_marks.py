"""What people decided stands beside each finding in tables, map files, figures and evidence."""

import json
import zipfile
from xml.etree import ElementTree as ET

import geopandas
import pandas as pd

from sitedelta import review_decide
from sitedelta.cli import status_of
from sitedelta.review.targets import event_id
from sitedelta.running.runs import report

KML = "{http://www.opengis.net/kml/2.2}"
SAID = ["review", "reviewers"]


def machine(table):
    """Give what the machine says, without what people do."""
    return table.drop(columns=[c for c in table.columns if "review" in c or c == "disputed"])


def test_rejected_findings_are_shown_as_such_and_stay(yard):
    site = yard.site
    before = {name: getattr(site, name) for name in ("objects", "events", "changes")}
    region = before["changes"]["id"].iloc[0]
    stayed = next(e for e in before["events"].itertuples() if e.kind == "stayed" and e.label == "aircraft")
    other = next(e for e in before["events"].itertuples() if e.kind == "stayed" and e.label == "vehicle")
    hostile = "<b>B</b>\u202e=1"
    review_decide(yard.config, "reject", reviewer="A", id=region, note="a shadow")
    review_decide(yard.config, "reject", reviewer=hostile, id=stayed.object_before)
    review_decide(yard.config, "accept", reviewer="A", id=event_id(other))
    review_decide(yard.config, "reject", reviewer="C", id=event_id(other))
    (page,) = report(yard.config)

    now = {name: getattr(yard.site, name) for name in before}
    for name, table in now.items():
        pd.testing.assert_frame_equal(machine(table), machine(before[name]))
        assert before[name][SAID].isna().all().all()
    marks = {
        name: {tuple(r) for r in table[table["review"].notna()][["review", "reviewers"]].itertuples(index=False)}
        for name, table in now.items()
    }
    assert marks == {
        "objects": {("reject", "<b>B</b>=1")},
        "events": {("reject", "<b>B</b>=1"), ("disputed", "A, C")},
        "changes": {("reject", "A")},
    }

    drawn = geopandas.read_file(page.parent / "site.gpkg", layer="changes").set_index("id")
    assert (drawn.loc[region, "review"], drawn["review"].notna().sum()) == ("reject", 1)
    features = json.loads((page.parent / "events.geojson").read_text())["features"]
    assert {f["properties"]["review"] for f in features} == {None, "reject", "disputed"}
    evidence = json.loads((page.parent / "evidence.json").read_text())
    assert {(r["id"], r["review"]) for r in evidence["regions"] if r["review"]} == {(region, "reject")}
    with zipfile.ZipFile(page.parent / "site.kmz") as archive:
        text = archive.read("doc.kml")
    grey = [p for p in ET.fromstring(text).iter(f"{KML}Placemark") if p.findtext(f"{KML}styleUrl") == "#rejected"]
    assert len(grey) == 3
    assert all(p.findtext(f"{KML}name").endswith("(rejected)") for p in grey)
    assert any("Review: reject by &lt;b&gt;B&lt;/b&gt;=1" in p.findtext(f"{KML}description") for p in grey)
    (pair,) = (page.parent / "figures").glob("*--*.svg")
    assert "rejected on review (grey): 2" in pair.read_text()
    assert status_of(["verify", str(yard.site.store.root), "--replay", "--jobs", "1"]) == 0
