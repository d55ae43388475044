"""Evaluations whose truth is painted, so that every figure is known beforehand."""

import csv
import json

import numpy as np
import pytest

import sitedelta
from sitedelta.cli import status_of
from sitedelta.errors import InputError
from sitedelta.verbs.count import count_files
from sitedelta.verbs.evaluate import Options, evaluate_folders

pytestmark = pytest.mark.usefixtures("spotter")
PLACES = [(40, 50), (120, 60), (60, 180)]


@pytest.fixture
def image(ground, marks):
    found = ground(200, 240)
    for row, col in PLACES:
        marks(found, row, col, 40, 20, marks.AIRCRAFT)
    for row in (150, 170):
        marks(found, row, 200, 12, 5, marks.VEHICLE)
    return found


def aircraft(row, col, seen="clear"):
    return ("airplane", row, col, 40, seen)


@pytest.fixture
def folder(labelled, image, ground):
    """Give two images. In the first two of three aircraft are labelled, one that is not there, and one doubtful."""
    rows = [aircraft(40, 52), aircraft(118, 60), aircraft(170, 100), aircraft(62, 180, "doubtful"), aircraft(62, 181)]
    return labelled({"a.png": image, "b.png": ground(90, 90)}, {"a.png": rows[:4]})


def figures(done, **wanted):
    """Give the one row of figures that fits."""
    (row,) = [r for r in done.summary["figures"] if all(r[k] == v for k, v in wanted.items())]
    return row


def test_every_figure_of_a_painted_folder(folder):
    done = evaluate_folders([folder], Options(), jobs=1)
    row = figures(done, gsd="all")
    assert (row["class"], row["images"], row["objects"], row["spared"]) == ("aircraft", 2, 3, 1)
    assert (row["hits"], row["misses"], row["false_alarms"], row["found"]) == (2, 1, 0, 2)
    assert row["recall"] == pytest.approx(2 / 3, abs=1e-4)
    assert (row["precision"], row["f1"]) == (1.0, 0.8)
    assert row["average_precision"] == pytest.approx(2 / 3, abs=1e-4)
    # 4 true (3 that count, 1 doubtful that was found), 3 counted; the empty image is counted right.
    assert (row["count_error"], row["count_error_relative"], row["count_bias"]) == (0.5, 0.25, -0.25)
    assert (row["covered"], row["intervals"]) == (1.0, 2)
    assert row["km2"] == pytest.approx((200 * 240 + 90 * 90) * 0.25 / 1e6, abs=1e-4)


def test_only_labelled_classes_are_counted_unless_others_are_named(folder):
    assert {r["class"] for r in evaluate_folders([folder], Options(), jobs=1).summary["figures"]} == {"aircraft"}
    done = evaluate_folders([folder], Options(classes=("vehicle",)), jobs=1)
    row = figures(done, gsd="all")
    assert (row["class"], row["false_alarms"], row["recall"], row["f1"]) == ("vehicle", 2, None, None)


def test_images_are_counted_as_count_counts_them(folder):
    done = evaluate_folders([folder], Options(classes=("aircraft", "vehicle")), jobs=1)
    paths = [folder / "images" / n for n in ("a.png", "b.png")]
    counted = count_files(paths, gsd=0.5, jobs=1)
    for path, said in zip(paths, counted.summary["images"], strict=True):
        for label, one in said["classes"].items():
            (mine,) = [i for i in done.tables.images if (i["image"], i["class"]) == (path.name, label)]
            assert {k: mine[k] for k in ("status", "count", "low", "high", "reason")} == {
                k: one[k] for k in ("status", "count", "low", "high", "reason")
            }
    found = {(o["found_row"], o["found_col"]) for o in done.tables.objects if o["score"] is not None}
    assert found == {(round(r.row, 2), round(r.col, 2)) for r in counted.rows}


def test_every_label_and_every_detection_has_one_verdict(folder):
    objects = evaluate_folders([folder], Options(), jobs=1).tables.objects
    verdicts = [o["verdict"] for o in objects]
    assert sorted(verdicts) == ["excused", "hit", "hit", "miss", "not counted"]
    (missed,) = [o for o in objects if o["verdict"] == "miss"]
    assert (missed["row"], missed["col"], missed["length_m"], missed["score"]) == (170, 100, 20, None)


def test_of_labels_in_part_only_recall_is_told(labelled, image):
    folder = labelled({"a.png": image}, {"a.png": [aircraft(40, 50)]}, exhaustive=0)
    row = figures(evaluate_folders([folder], Options(), jobs=1), gsd="all")
    assert row["recall"] == 1.0
    for name in ("precision", "f1", "average_precision", "count_error", "covered", "false_alarms"):
        assert row[name] is None


def test_what_is_not_observable_has_no_part_in_the_figures(labelled, image):
    rows = {"a.png": [("car", 150, 200, 12, "clear"), ("car", 170, 200, 12, "clear")]}
    folder = labelled({"a.png": image}, rows, gsd=3.0)
    row = figures(evaluate_folders([folder], Options(), jobs=1), gsd="all")
    assert (row["images"], row["unobservable"], row["unobservable_objects"], row["recall"]) == (0, 1, 2, None)


def test_objects_too_short_to_be_spoken_of_are_spared(labelled, image):
    rows = {"a.png": [*(aircraft(r, c) for r, c in PLACES), ("airplane", 20, 20, 7, "clear")]}
    done = evaluate_folders([labelled({"a.png": image}, rows)], Options(), jobs=1)
    assert figures(done, gsd="all")["recall"] == 1.0
    assert done.tables.images[0]["short"] == 1
    sweep = evaluate_folders([labelled({"a.png": image}, rows)], Options(gsds=(0.5,)), jobs=1)
    assert figures(sweep, rule="claimed")["recall"] == 1.0
    assert figures(sweep, rule="any length")["recall"] == 0.75


def test_coarser_pixels_show_the_same_places(labelled, ground, marks):
    big = ground(600, 640)
    spots = [(100, 100), (101, 400), (400, 300)]
    for row, col in spots:
        marks(big, row, col, 80, 40, marks.AIRCRAFT)
    rows = {"a.png": [("airplane", row, col, 80, "clear") for row, col in spots]}
    done = evaluate_folders([labelled({"a.png": big}, rows)], Options(gsds=(0.25, 0.5, 1.3, 4.0)), jobs=1)
    for gsd, within in (("0.5 m", True), ("1.3 m", True), ("4 m", False)):
        row = figures(done, gsd=gsd, rule="any length")
        assert (row["recall"], row["precision"], row["within_limits"]) == (1.0, 1.0, within)
    assert not [r for r in done.summary["figures"] if r["gsd"] == "0.25 m"]  # finer than the image
    averaged = [o for o in done.tables.objects if o["gsd_m"] > 1 and o["rule"] == "any length"]
    assert len(averaged) == 6
    for o in averaged:
        assert (o["row"], o["col"]) == pytest.approx((o["found_row"], o["found_col"]), abs=0.6)


def test_a_sample_is_drawn_by_lot_and_patterns_choose(labelled, image):
    names = [f"{k}.png" for k in range(6)]
    folder = labelled(
        dict.fromkeys(names, image), {n: [aircraft(40, 50)] for n in names}, sites=json.dumps({"west": names[:2]})
    )

    def chosen(**options):
        done = evaluate_folders([folder], Options(**options), jobs=1)
        return [i["image"] for i in done.tables.images]

    assert chosen() == names
    assert chosen(sample=3, seed=1) == chosen(sample=3, seed=1)
    assert len(chosen(sample=3)) == 3
    assert len({tuple(chosen(sample=3, seed=s)) for s in range(4)}) > 1
    assert chosen(only=("west",)) == names[:2]
    assert chosen(only=("[45].png", "0*")) == ["0.png", "4.png", "5.png"]


def test_the_folder_of_results(folder, tmp_path):
    out = tmp_path / "trust"
    done = evaluate_folders([folder], Options(), out=out, jobs=1)
    assert sorted(p.name for p in out.iterdir()) == [
        "counts-aircraft.png", "evaluation.json", "figures.csv", "hits-aircraft.png", "images.csv", "index.html",
        "misses-aircraft.png", "objects.csv", "parts.csv",
    ]  # fmt: skip
    assert json.loads((out / "evaluation.json").read_text()) == json.loads(json.dumps(done.summary))
    with (out / "figures.csv").open(newline="") as text:
        assert float(next(csv.DictReader(text))["f1"]) == 0.8
    page = (out / "index.html").read_text()
    assert "Of 3 aircraft labelled in 2 images, 2 were found: 67 %" in page
    assert "http" not in page.replace("http-equiv", "")
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    evaluate_folders([folder], Options(), out=out, jobs=1)
    assert {p.name: p.read_bytes() for p in out.iterdir()} == before


def test_names_in_labels_cannot_break_the_page(labelled, image, tmp_path):
    folder = labelled({"a.png": image}, {"a.png": [aircraft(40, 50), ("<script>x", 9, 9, 4, "clear")]}, name="<b>mine")
    evaluate_folders([folder], Options(), out=tmp_path / "out", jobs=1)
    page = (tmp_path / "out" / "index.html").read_text()
    assert "<script>x" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;x (1)" in page


def test_the_function_gives_tables(folder):
    done = sitedelta.evaluate(folder, jobs=1)
    assert done.figures.loc[0, "f1"] == 0.8
    assert set(done.objects["verdict"]) == {"hit", "miss", "excused", "not counted"}
    assert list(done.images["image"]) == ["a.png", "b.png"]
    assert (done.parts["by"] == "length").all()


def test_the_command(folder, tmp_path, capsys):
    assert status_of(["evaluate", str(folder), "--jobs", "1", "--json", "--quiet"]) == 0
    assert json.loads(capsys.readouterr().out)["figures"][0]["f1"] == 0.8
    assert status_of(["evaluate", str(folder), "--jobs", "1", "--out", str(tmp_path / "o"), "--gsds", "0.5,1"]) == 0
    said = capsys.readouterr().out
    assert "any length" in said
    assert f"page: {tmp_path / 'o' / 'index.html'}" in said
    assert (tmp_path / "o" / "curve-aircraft.png").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--gsds", "0.5,x"], "are no ground sampling distances"),
        (["--classes", "dragon"], "unknown class 'dragon'"),
        (["--only", "zzz"], "no labelled image or site fits zzz"),
        (["--gsds", "0.1"], "no image is as fine as"),
        (["--model", "none.yaml"], "none.yaml"),
    ],
)
def test_mistakes_are_told_in_one_line(folder, options, message, capsys):
    assert status_of(["evaluate", str(folder), "--jobs", "1", "--quiet", *options]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


def test_labels_outside_of_the_image_are_refused(labelled, image):
    folder = labelled({"a.png": image}, {"a.png": [aircraft(400, 50)]})
    with pytest.raises(InputError, match="1 labels lie outside of its 240 x 200 pixels"):
        evaluate_folders([folder], Options(), jobs=1)


def test_folders_without_labelled_classes_want_to_be_told(labelled, ground):
    folder = labelled({"a.png": ground(60, 60)}, {})
    with pytest.raises(InputError, match="say with --classes"):
        evaluate_folders([folder], Options(), jobs=1)
    row = figures(evaluate_folders([folder], Options(classes=("aircraft",)), jobs=1), gsd="all")
    assert (row["false_alarms"], row["recall"], row["objects"]) == (0, None, 0)


def test_averaging_is_the_mean_over_each_pixel(place, tmp_path):
    from sitedelta.evaluation.averaged import average
    from sitedelta.raster import read

    rng = np.random.default_rng(0)
    fine = rng.integers(0, 255, (3, 60, 90), dtype=np.uint8)
    scene = place.scene("fine.png", fine, corner=None)
    made = average(scene, 3.0, tmp_path / "coarse.tif")
    got, valid = read(made.path, (0, 20, 0, 30))
    np.testing.assert_allclose(got, fine.reshape(3, 20, 3, 30, 3).mean(axis=(2, 4)), atol=0.51)
    assert valid.all()
    assert made.factor == 3.0


def test_folders_of_one_name_are_told_apart(labelled, image):
    one = labelled({"a.png": image}, {"a.png": [aircraft(40, 50)]}, name="east/labels")
    other = labelled({"a.png": image}, {"a.png": [aircraft(40, 50)]}, name="west/labels")
    done = evaluate_folders([one, other, one], Options(), jobs=1)
    assert [i["data"] for i in done.tables.images] == ["east/labels", "west/labels"]
    assert figures(done, data="all", gsd="all")["sites"] == 2
