"""Decisions through files and commands, and what they do to counts: on one site that was run."""

import csv
import json
import multiprocessing
from dataclasses import fields
from datetime import UTC, datetime

import geopandas
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from pyogrio import list_layers, read_dataframe

from sitedelta import review_decide, review_export, review_import, review_list, review_suggest
from sitedelta.cli import status_of
from sitedelta.errors import InputError
from sitedelta.evaluation.labels import read_labels
from sitedelta.records import Observation
from sitedelta.review.ledger import read_ledger
from sitedelta.running.runs import report, run

HOSTILE = (
    "<script>alert(1)</script>",
    '=HYPERLINK("http://evil.example")',
    "+1\n-2\r\n@cmd|' /C calc'!A1",
    "]]>&undefined; \u202egnp.exe\x07 \u2028 ünïcode 🙂 'quoted' \"twice\"; --",
)


def first_scene(yard):
    return yard.site.manifest.scenes[0].scene.id


def objects(yard, label="aircraft", scene=None):
    table = yard.site.objects
    return table[(table["label"] == label) & (table["scene"] == (scene or first_scene(yard)))].reset_index(drop=True)


def observed(yard, zone="site", label="aircraft", scene=None):
    table = yard.site.observations
    here = (table["zone"] == zone) & (table["label"] == label) & (table["scene"] == (scene or first_scene(yard)))
    return table[here].iloc[0]


def fill_csv(path, words):
    """Fill in the review of objects by id."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for r in rows:
        r.update(words.get(r["id"], {}))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def fill_geojson(path, words):
    document = json.loads(path.read_text())
    for f in document["features"]:
        f["properties"].update(words.get(f["properties"]["id"], {}))
    path.write_text(json.dumps(document))


def fill_gpkg(path, words):
    for layer in [name for name, _ in list_layers(path) if name != "layer_styles"]:
        table = read_dataframe(path, layer=layer)
        for k, given in words.items():
            for column, value in given.items():
                table.loc[table["id"] == k, column] = value
        table.to_file(path, layer=layer, driver="GPKG")


FILL = {"csv": fill_csv, "geojson": fill_geojson, "gpkg": fill_gpkg}


@pytest.mark.parametrize("ending", FILL)
def test_a_round_trip_through_a_file(yard, tmp_path, ending):
    ids = list(objects(yard)["id"])
    words = {
        ids[0]: {"review": "accept", "note": HOSTILE[0]},
        ids[1]: {"review": "reject", "note": HOSTILE[1]},
        ids[2]: {"review": "reclass", "new_class": "vehicle", "note": HOSTILE[3]},
        ids[3]: {"review": "Unsure", "reviewer": "=B"},
        yard.site.changes["id"].iloc[0]: {"review": "reject"},
        f"west/{first_scene(yard)}/vehicle": {"review": "complete"},
    }
    path = tmp_path / f"review.{ending}"
    rows = review_export(yard.config, path)
    assert rows > len(yard.site.objects) + len(yard.site.events) + len(yard.site.changes)
    FILL[ending](path, words)

    done = review_import(yard.config, path, reviewer="A <b>")
    assert (done.taken, done.known, done.unknown, done.disputes) == (6, 0, (), ())
    again = review_import(yard.config, path, reviewer="A <b>")
    assert (again.taken, again.known) == (0, 6)

    kept = {d.machine.finding if d.machine else d.zone: d for d in read_ledger(yard.ledger)}
    assert kept[ids[0]].note == HOSTILE[0]
    assert kept[ids[1]].note == HOSTILE[1]
    assert kept[ids[2]].label == "vehicle"
    assert kept[ids[2]].note == "]]>&undefined; gnp.exe \u2028 ünïcode 🙂 'quoted' \"twice\"; --"
    assert (kept[ids[3]].reviewer, kept[ids[3]].verdict) == ("=B", "unsure")
    assert kept["west"].outline.startswith("POLYGON")
    assert {d.reviewer for d in kept.values()} == {"A <b>", "=B"}
    assert {d.via for d in kept.values()} == {path.name}
    assert len(yard.ledger.read_bytes().splitlines()) == len(kept) == 6
    assert set(review_list(yard.config)["attached"]) == {"found", "search"}


def test_pictures_of_findings_lie_beside_the_sheet(yard, tmp_path):
    path = tmp_path / "look.csv"
    review_export(yard.config, path, chips=True)
    table = pd.read_csv(path)
    shown = table[table["kind"] != "search"]
    assert shown["chip"].nunique() == len(shown)
    aircraft = shown[shown["class"] == "aircraft"].iloc[0]
    with rasterio.open(tmp_path / aircraft["chip"]) as chip:
        red = chip.read().astype(int)[:, chip.height // 2, chip.width // 2]
    assert red[0] > red[1] + 60
    assert table[table["kind"] == "search"]["chip"].isna().all()


def test_hostile_names_are_inert_in_the_report(yard):
    name = HOSTILE[1]
    review_decide(yard.config, "reject", reviewer=name, id=objects(yard)["id"][0], note=HOSTILE[0])
    (page,) = report(yard.config)
    assert observed(yard)["reviewers"] == name
    with (page.parent / "observations.csv").open(newline="") as file:
        cells = {r["reviewers"] for r in csv.DictReader(file)}
    assert cells <= {"", f"'{name}"}
    assert HOSTILE[0] not in page.read_text()


def test_points_drawn_and_dragged_in_a_geopackage(yard, tmp_path):
    path = tmp_path / "r.gpkg"
    review_export(yard.config, path)
    table = read_dataframe(path, layer="objects")
    where = table.geometry.iloc[0]
    table.loc[0, "geometry"] = shapely.Point(where.x + 1e-5, where.y)
    new = {"geometry": shapely.Point(where.x + 2e-4, where.y), "class": "vehicle", "scene": table["scene"].iloc[0]}
    table = pd.concat([table, geopandas.GeoDataFrame([new], crs=table.crs)], ignore_index=True)
    table.to_file(path, layer="objects", driver="GPKG")
    assert review_import(yard.config, path, reviewer="A").taken == 2
    moved, added = sorted(read_ledger(yard.ledger), key=lambda d: d.verdict, reverse=True)
    assert (moved.verdict, added.verdict) == ("move", "add")
    assert moved.moved.lon == pytest.approx(where.x + 1e-5, abs=1e-7)
    assert moved.moved.site_col - moved.spot.site_col == pytest.approx(1.8, abs=0.2)
    assert (added.label, added.spot.row is not None) == ("vehicle", True)


def test_the_json_of_the_page(yard, tmp_path):
    o = objects(yard).iloc[0]
    row = {"kind": "object", "id": o["id"], "scene": o["scene"], "class": "aircraft", "length_m": o["length_m"],
           "site_row": o["site_row"], "site_col": o["site_col"], "review": "reject", "reviewer": "\ud800A\x00",
           "note": HOSTILE[2], "time": "2025-01-05T12:00:00Z"}  # fmt: skip
    path = tmp_path / "page.json"
    path.write_text(json.dumps({"format": "sitedelta-review-1", "site": "base", "decisions": [row]}))
    assert review_import(yard.config, path).taken == 1
    (d,) = read_ledger(yard.ledger)
    assert (d.reviewer, d.note, d.time) == ("A", "+1\n-2\n@cmd|' /C calc'!A1", datetime(2025, 1, 5, 12, tzinfo=UTC))
    path.write_text(path.read_text().replace('"base"', '"other"', 1))
    with pytest.raises(InputError, match="other"):
        review_import(yard.config, path)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"review": "acept"}, "did you mean accept"),
        ({"review": "reclass"}, "new_class is missing"),
        ({"review": "reclass", "new_class": "tank"}, "aircraft, vehicle, other"),
        ({"review": "move"}, "where to"),
        ({"review": "move", "new_row": "nan", "new_col": "1"}, "new_row"),
        ({"review": "move", "new_row": "-50", "new_col": "1"}, "outside the site"),
        ({"review": "complete"}, "not complete"),
        ({"review": "accept", "time": "2999-01-01"}, "yet to come"),
        ({"review": "accept", "lon": "400"}, "lon"),
        ({"review": "accept", "note": "x" * 10_001}, "shorten"),
        ({"review": "add", "class": "ship"}, "class is ship"),
        ({"review": "accept", "id": "nothing", "class": ""}, "nothing"),
        ({"review": "accept", "id": "nothing", "scene": "nowhere", "date": "", "image": ""}, "nowhere"),
    ],
)
def test_a_row_that_cannot_be_used_takes_none_in(yard, tmp_path, capsys, cells, said):
    ids = list(objects(yard)["id"])
    path = tmp_path / "r.csv"
    review_export(yard.config, path)
    fill_csv(path, {ids[0]: {"review": "accept"}, ids[1]: cells})
    assert status_of(["review", "import", str(yard.config), str(path), "--reviewer", "A"]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert f"{path}, row 3" in error
    assert error.count("\n") == 1
    assert not yard.ledger.exists()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("r.txt", b"x", "decisions are read from"),
        ("r.csv", b"a,b\n1,2\n", "no column `review`"),
        ("r.csv", b"\xff\xfe\x00", "UTF-8"),
        ("r.json", b"{", "not valid JSON"),
        ("r.json", b"[]", "neither GeoJSON nor a review"),
        ("r.json", b"[" * 100_000, "not valid JSON"),
        ("r.gpkg", b"nothing", "GeoPackage"),
        ("r.jsonl", b'{"id": 3}\n', "line 1"),
        ("r.geojson", b'{"type": "FeatureCollection", "features": [3]}', "feature 1"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line(yard, tmp_path, capsys, name, content, said):
    path = tmp_path / name
    path.write_bytes(content)
    assert status_of(["review", "import", str(yard.config), str(path), "--reviewer", "A"]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not yard.ledger.exists()


def test_reviewed_counts_stand_beside_the_machines(yard):
    first = [f.name for f in fields(Observation)][:13]
    before = yard.site.observations
    table = objects(yard)
    review_decide(yard.config, "reject", reviewer="A", id=table["id"][0])
    review_decide(yard.config, "accept", reviewer="A", id=table["id"][1])
    review_decide(yard.config, "accept", reviewer="B", id=table["id"][1])
    review_decide(yard.config, "reclass", reviewer="A", id=table["id"][2], new_class="vehicle")
    (page,) = report(yard.config)
    assert page.exists()
    now = observed(yard)
    pd.testing.assert_frame_equal(yard.site.observations[first], before[first])
    assert (now["reviewed"], now["reviewed_count"], now["disputed"], now["reviewers"]) == (3, 18, 0, "A, B")
    assert now["reviewed_low"] <= 18 <= now["reviewed_high"]
    vehicles = observed(yard, label="vehicle")
    assert vehicles["reviewed_count"] == vehicles["count"] + 1
    assert sum(r.nothing_new for r in run(yard.config, jobs=1)) == 1
    header, *_ = (page.parent / "observations.csv").read_text().splitlines()
    assert header.endswith("reviewed,reviewed_count,reviewed_low,reviewed_high,disputed,reviewers")
    assert yard.site.manifest.ledger.bytes == yard.ledger.stat().st_size
    assert status_of(["verify", str(yard.site.store.root), "--replay", "--jobs", "1"]) == 0
    review_decide(yard.config, "unsure", reviewer="B", id=table["id"][1])
    assert status_of(["verify", str(yard.site.store.root)]) in (0, 1)


def test_an_import_makes_a_new_report_due(yard):
    page = yard.site.store.report / "index.html"
    stood = page.stat().st_mtime_ns
    review_decide(yard.config, "reject", reviewer="A", id=objects(yard)["id"][0])
    run(yard.config, jobs=1)
    assert page.stat().st_mtime_ns != stood
    assert observed(yard)["reviewed_count"] == 19


def test_all_reviewed_and_searched_is_exact(yard):
    for name in objects(yard)["id"]:
        review_decide(yard.config, "accept", reviewer="A", id=name)
    where = {"scene": first_scene(yard), "class_": "aircraft"}
    review_decide(yard.config, "add", reviewer="A", site_row=380, site_col=300, length_m=20, **where)
    report(yard.config)
    now = observed(yard)
    assert (now["count"], now["reviewed_count"], now["reviewed_low"]) == (20, 21, 21)
    assert now["reviewed_high"] > 21
    review_decide(yard.config, "complete", reviewer="B", **where)
    report(yard.config)
    now = observed(yard)
    assert (now["reviewed_low"], now["reviewed_count"], now["reviewed_high"], now["reviewers"]) == (21, 21, 21, "A, B")
    assert [observed(yard, z)["reviewed_count"] for z in ("west", "east")] == [10, 11]


def test_disagreement_is_told_and_left_open(yard, capsys):
    name = objects(yard)["id"][4]
    review_decide(yard.config, "accept", reviewer="A", id=name)
    done = review_decide(yard.config, "reject", reviewer="B", id=name)
    assert done.disputes == (f"{name}: accept by A; reject by B",)
    report(yard.config)
    now = observed(yard)
    assert (now["disputed"], now["reviewed"], now["reviewed_count"]) == (1, 0, 20)
    assert status_of(["review", "list", str(yard.config), "--disputed"]) == 0
    assert "disputed: accept by A; reject by B" in capsys.readouterr().out
    settled = review_decide(yard.config, "reject", reviewer="A", id=name)
    assert settled.disputes == ()
    report(yard.config)
    assert observed(yard)["reviewed_count"] == 19


def test_a_suggestion_is_steady_and_enough(yard, capsys):
    args = ["review", "suggest", str(yard.config), "--to", "5%", "--json"]
    assert status_of(args) == 0
    said = capsys.readouterr().out
    status_of(args)
    assert capsys.readouterr().out == said
    found = {s["label"]: s for s in json.loads(said)["suggestions"]}
    wanted = found["aircraft"]
    assert 0 < len(wanted["chips"]) <= 20
    for c in wanted["chips"]:
        review_decide(yard.config, "accept", reviewer="A", id=c["id"])
    (after,) = review_suggest(yard.config, labels=["aircraft"], to=0.05)
    assert after.high - after.low < wanted["high"] - wanted["low"]
    if not wanted["search"]:
        assert after.high - after.low <= 0.05 * (after.low + after.high) + 2
    others = review_suggest(yard.config, labels=["aircraft"], to=0.05, seed=1)
    assert others[0].chips or others[0].search


def test_a_reviewed_site_is_labelled_images(yard):
    table = objects(yard)
    review_decide(yard.config, "accept", reviewer="A", id=table["id"][0])
    review_decide(yard.config, "reject", reviewer="A", id=table["id"][1])
    review_decide(yard.config, "reclass", reviewer="A", id=table["id"][2], new_class="vehicle")
    where = {"scene": first_scene(yard), "class_": "aircraft"}
    review_decide(yard.config, "add", reviewer="A", site_row=380, site_col=300, length_m=20, width_m=12, **where)
    found = read_labels(yard.site.store.root)
    (image,) = found.images
    assert image.path == (yard.config.parent / "in" / "20241206.tif")
    assert (image.gsd_m, image.exhaustive) == (0.5, False)
    labels = image.labels
    assert len(labels) == len(
        yard.site.objects.query("scene == @image_scene", local_dict={"image_scene": where["scene"]})
    )
    known = labels.take(labels.label != "")
    np.testing.assert_array_equal(np.sort(known.label), ["aircraft", "aircraft", "vehicle"])
    assert known.clear.all()
    assert not labels.take(labels.label == "").clear.any()
    assert np.hypot(known.row - table["row"][0], known.col - table["col"][0]).min() < 0.01
    added = known.take(np.array([k for k in range(3) if known.length_px[k] == 40]))
    assert len(added) == 1
    for label in ("aircraft", "vehicle"):
        review_decide(yard.config, "complete", reviewer="A", scene=where["scene"], class_=label)
    assert read_labels(yard.site.store.root).images[0].exhaustive


def test_a_site_that_nobody_reviewed_is_no_label(yard):
    with pytest.raises(InputError, match="nobody reviewed"):
        read_labels(yard.site.store.root)


def _import(config, path, name):
    review_import(config, path, reviewer=name)


def test_imports_at_the_same_time_lose_nothing(yard, tmp_path):
    path = tmp_path / "r.csv"
    review_export(yard.config, path)
    ids = list(objects(yard)["id"]) + list(objects(yard, "vehicle")["id"])[:30]
    fill_csv(path, {k: {"review": "accept"} for k in ids})
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_import, args=(yard.config, path, f"R{k}")) for k in range(3)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    decisions = read_ledger(yard.ledger)
    assert len(decisions) == 3 * len(ids)
    assert len({d.id for d in decisions}) == len(decisions)
    assert len({d.subject for d in decisions}) == len(ids)
    assert [len(d) for d in [[x for x in decisions if x.reviewer == f"R{k}"] for k in range(3)]] == [len(ids)] * 3


def test_the_ledger_only_grows(yard):
    content = b""
    for name in objects(yard)["id"][:5]:
        review_decide(yard.config, "accept", reviewer="A", id=name, note="once")
        now = yard.ledger.read_bytes()
        assert now.startswith(content)
        assert len(now) > len(content)
        content = now
    review_decide(yard.config, "accept", reviewer="A", id=objects(yard)["id"][0], note="once")
    assert yard.ledger.read_bytes() == content


def test_a_damaged_ledger_is_named_and_not_passed_over(yard):
    review_decide(yard.config, "accept", reviewer="A", id=objects(yard)["id"][0])
    with yard.ledger.open("ab") as file:
        file.write(b'{"id": "half')
    with pytest.raises(InputError, match=r"review\.jsonl, line 2"):
        review_list(yard.config)


def test_one_decision_by_command(yard, capsys):
    o = objects(yard).iloc[3]
    who = ["--reviewer", "A", "--note", "looked twice"]
    place = f"{o['lon'] + 1e-5},{o['lat']}"
    assert status_of(["review", "move", str(yard.config), o["id"], "--at", place, *who]) == 0
    add = ["--scene", first_scene(yard), "--class", "vehicle", "--pixel", "400,300", "--length", "6"]
    assert status_of(["review", "add", str(yard.config), *add, *who]) == 0
    assert "1 decision taken" in capsys.readouterr().out
    assert status_of(["review", "list", str(yard.config), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["decisions"]
    assert {(r["standing"], r["attached"]) for r in rows} == {("move by A", "found"), ("add by A", "added")}
    assert status_of(["review", "accept", str(yard.config), "nothing", *who]) == 2
    assert "'nothing'" in capsys.readouterr().err
    assert status_of(["review", "add", str(yard.config), *add]) == 2
    assert "--reviewer" in capsys.readouterr().err


def test_another_reviewer_agrees_with_what_was_added(yard, tmp_path):
    where = {"scene": first_scene(yard), "class_": "aircraft"}
    review_decide(yard.config, "add", reviewer="A", site_row=380, site_col=300, length_m=20, width_m=12, **where)
    review_decide(yard.config, "add", reviewer="B", site_row=381, site_col=300, length_m=21, width_m=12, **where)
    path = tmp_path / "r.csv"
    review_export(yard.config, path)
    (subject,) = review_list(yard.config)["subject"]
    fill_csv(path, {subject: {"review": "reject"}})
    done = review_import(yard.config, path, reviewer="C")
    assert (done.taken, len(done.disputes)) == (1, 1)
    assert len({d.subject for d in read_ledger(yard.ledger)}) == 1
