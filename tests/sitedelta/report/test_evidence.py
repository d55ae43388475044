"""What evidence.json says of a report, and what stands beside it."""

import hashlib
import json
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sitedelta.evidence.document import evidence
from sitedelta.evidence.files import request, text_of
from sitedelta.evidence.links import tile_of, tiles_of
from sitedelta.report.build import build
from sitedelta.report.findings import read_findings
from sitedelta.review.decision import Decision, Kind, Look, Size, Spot, Verdict, sealed
from sitedelta.review.ledger import append
from sitedelta.running.tiles import cut


@pytest.fixture(scope="module")
def said(site):
    return json.loads((site.store.report / "evidence.json").read_text())


def contents(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_every_file_is_tied_to_its_bytes(site, said):
    own = {"report/evidence.json", "report/evidence.sha256", "report/evidence.tsq"}
    files = {n: d for n, d in contents(site.store.root).items() if n not in own}
    assert said["files"] == {n: hashlib.sha256(d).hexdigest() for n, d in files.items()}
    assert "manifest.json" in files


def test_observations_are_tied_to_sentences_and_objects(said):
    row = next(o for o in said["observations"] if o["key"] == "apron/s13/aircraft")
    assert row["count"] == 6 == len(row["objects"])
    number = row["sentences"][0]
    sentence = said["sentences"][number]
    assert "aircraft at Main apron rose from 4 to 6" in sentence["text"]
    assert "apron/s13/aircraft" in sentence["rests_on"]["observations"]
    assert all(o["sentences"] for o in said["observations"])


def test_the_chain_leads_from_every_sentence_to_originals(said):
    scenes = {o["scene"] for o in said["originals"]}
    tiles = {t["id"]: t for t in said["tiles"]}
    objects = {o["id"]: o for o in said["objects"]}
    observations = {o["key"]: o for o in said["observations"]}
    events = {e["id"]: e for e in said["events"]}
    regions = {r["id"]: r for r in said["regions"]}
    pairs = {p["id"]: p for p in said["pairs"]}
    for s in said["sentences"]:
        rests = s["rests_on"]
        assert any(rests.values())
        assert set(rests["observations"]) <= set(observations)
        assert set(rests["pairs"]) <= set(pairs)
        assert set(rests["events"]) <= set(events)
        assert set(rests["regions"]) <= set(regions)
        assert set(rests["tracks"]) <= {t["id"] for t in said["tracks"]}
    for o in observations.values():
        assert o["scene"] in scenes
        assert len(o["objects"]) in {0, o["count"]}
        assert all(objects[i]["scene"] == o["scene"] for i in o["objects"])
    for o in objects.values():
        tile = tiles[o["tile"]]
        assert tile["scene"] == o["scene"]
        assert tile["rows"][0] <= o["row"] + 0.5 < tile["rows"][1]
        assert tile["cols"][0] <= o["col"] + 0.5 < tile["cols"][1]
    assert {o for e in events.values() for o in (e["object_before"], e["object_after"]) if o} <= set(objects)
    assert {r["pair"] for r in regions.values()} <= set(pairs)


def test_how_long_things_stayed_rests_on_tracks(said):
    stays = [s for s in said["sentences"] if s["topic"] == "stay"]
    assert [s["text"].partition(",")[0] for s in stays] == [
        "Aircraft: 3 of 7 were seen on more than one date",
        "Vehicles: 1 of 7 were seen on more than one date",
    ]
    tracks = {t["id"]: t for t in said["tracks"]}
    assert all(";" in tracks[name]["seen_dates"] for s in stays for name in s["rests_on"]["tracks"])
    assert stays[0]["text"].endswith("the longest for at least 7 days.")


def test_what_arrived_rests_on_its_events_and_on_both_dates(said):
    sentence = next(s for s in said["sentences"] if s["topic"] == "event" and "vehicles arrived" in s["text"])
    rests = sentence["rests_on"]
    assert rests["pairs"] == ["s06--s13"]
    assert rests["observations"] == ["site/s06/vehicle", "site/s13/vehicle"]
    own = [e for e in said["events"] if e["id"] in rests["events"]]
    assert {e["label"] for e in own} == {"vehicle"}
    assert len(own) == sum(e["label"] == "vehicle" for e in said["events"])


def test_changed_ground_rests_on_its_regions(said):
    sentence = next(s for s in said["sentences"] if "2 places changed" in s["text"])
    assert sentence["rests_on"]["regions"] == ["c0", "c1"]
    assert [r["area_m2"] for r in said["regions"]] == [357.75, 561.0]


def test_an_object_of_a_large_image_is_in_the_tile_of_its_core(site):
    from dataclasses import replace

    findings = read_findings(site)
    scene = replace(findings.manifest.scenes[0].scene, height=9000, width=5000)
    tiles = tiles_of(scene)
    assert len(tiles) == len(list(cut((9000, 5000), halo=0, core=2048)))
    for t in tiles:
        for row, col in ((t.row0 - 0.5, t.col0 - 0.5), (t.row1 - 0.6, t.col1 - 0.6)):
            item = replace(findings.objects[0], row=row, col=col)
            assert tile_of(scene, item) == f"{scene.id}/{t.row0}-{t.col0}"


def test_originals_are_named_without_the_readers_folders(site):
    text = (site.store.report / "evidence.json").read_text()
    first = json.loads(text)["originals"][0]
    assert first["sha256"] == hashlib.sha256(b"s06").hexdigest()
    assert first["source"] == "Example Publisher, CC BY 4.0"
    assert "/data/" not in text


def test_the_text_is_json_with_a_record_a_line(site):
    content = evidence(read_findings(site), {})
    text = text_of(content)
    assert json.loads(text) == json.loads(json.dumps(content))
    assert text.count("\n") > len(content["objects"]) + len(content["observations"])


def test_the_checksum_is_that_of_sha256sum(site):
    name = hashlib.sha256((site.store.report / "evidence.json").read_bytes()).hexdigest()
    assert (site.store.report / "evidence.sha256").read_text() == f"{name}  evidence.json\n"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize("given", ["-data", "-digest"])
def test_the_request_for_a_time_stamp_is_that_of_openssl(site, tmp_path, given):
    data = site.store.report / "evidence.json"
    what = data if given == "-data" else (site.store.report / "evidence.sha256").read_text().split()[0]
    command = ["openssl", "ts", "-query", given, what, "-sha256", "-cert", "-no_nonce", "-out", tmp_path / "q.tsq"]
    subprocess.run(command, check=True, capture_output=True)
    assert request(data.read_bytes()) == (tmp_path / "q.tsq").read_bytes()
    assert (site.store.report / "evidence.tsq").read_bytes() == (tmp_path / "q.tsq").read_bytes()


def test_a_ledger_of_reviews_is_listed(make_site):
    site = make_site()
    look = Look(scene="x", image="ab" * 32, date=datetime(2024, 12, 6, tzinfo=UTC))
    missed = Decision(
        id="", subject="", kind=Kind.OBJECT, verdict=Verdict.ADD, reviewer="A", time=look.date, note="", look=look,
        spot=Spot(5.0, 5.0, 0.5), size=Size(), label="vehicle",
    )  # fmt: skip
    append(site.store, lambda _: [sealed(missed), sealed(replace(missed, reviewer="B"))])
    build(site)
    said = json.loads((site.store.report / "evidence.json").read_text())
    assert said["ledger"]["lines"] == 2
    assert said["ledger"]["sha256"] == hashlib.sha256(site.store.review.read_bytes()).hexdigest()
    assert "review.jsonl" not in said["files"]


def test_hostile_texts_are_only_texts(hostile_site, tmp_path):
    import sitedelta

    (found,) = sitedelta.verify(hostile_site.store.root, without_originals=True)
    assert found.whole
    done = sitedelta.bundle(hostile_site.store.root, tmp_path / "site.zip")
    assert sitedelta.verify(done.path).whole
    said = json.loads((hostile_site.store.report / "evidence.json").read_text())
    assert said["originals"][0]["source"].startswith("<img src=")
