"""What the commands on images pass on, say and return."""

import json
from types import SimpleNamespace

from sitedelta.cli import status_of

COUNT = {
    "images": [
        {
            "image": "a.png",
            "gsd_m": 0.5,
            "classes": {
                "aircraft": {"status": "counted", "count": 12, "low": 11, "high": 14, "reason": None},
                "vehicle": {"status": "not_observable", "count": None, "low": None, "high": None, "reason": "gsd 3 m"},
            },
            "notes": ["too long"],
        }
    ]
}
CHANGE = {
    "alignment": {"note": "matched (affine)"},
    "method": "irmad",
    "method_reason": "4 bands.",
    "regions": 2,
    "changed_m2": 1200.0,
    "share_changed": 0.013,
    "share_observed": 0.985,
}
REGISTER = {"model": "affine", "residual_px": 0.123, "support": 0.9, "tie_points": 100, "inliers": 80}
EVENTS = {"arrived": 2, "departed": 0, "stayed": 7, "not_observable": 1}
COMPARE = {
    "before": {"file": "a.png", "notes": []},
    "after": {"file": "b.png", "notes": ["too long"]},
    "alignment": {"note": "matched (shift)"},
    "classes": {
        "aircraft": {"status": "compared", "reason": None} | EVENTS,
        "vehicle": {"status": "not_observable", "reason": "gsd 3 m > 0.6 m"},
    },
}


def with_summary(summary: object) -> SimpleNamespace:
    return SimpleNamespace(summary=lambda: summary)


def test_change_passes_everything_on(verb, tmp_path, capsys):
    change = verb("change", with_summary(CHANGE))
    out = tmp_path / "out"
    arguments = [
        "change",
        "a.tif",
        "b.tif",
        "--out",
        str(out),
        "--method",
        "irmad",
        "--gsd",
        "0.5",
        "--hidden",
        "none",
        "--score",
        "--jobs",
        "3",
    ]

    assert status_of([*arguments, "--json"]) == 0
    assert change.args == ("a.tif", "b.tif")
    assert change.knobs == {
        "out": out,
        "method": "irmad",
        "radiometry": "line",
        "gsd": 0.5,
        "hidden": (),
        "dem": None,
        "score": True,
        "jobs": 3,
    }
    said = capsys.readouterr()
    assert json.loads(said.out) == CHANGE
    assert said.err == "tiles: 1/2\n"


def test_defaults(verb, tmp_path):
    change, count = verb("change", with_summary(CHANGE)), verb("count", SimpleNamespace(summary=COUNT))
    compare, register = verb("compare", with_summary(COMPARE)), verb("register", REGISTER)
    status_of(["change", "a", "b", "--out", str(tmp_path)])
    status_of(["count", "a", "b", "--out", str(tmp_path / "o.csv")])
    status_of(["compare", "a", "b", "--out", str(tmp_path)])
    status_of(["register", "a", "b", "--out", str(tmp_path / "o.tif")])

    both = ("aircraft", "vehicle")
    hidden = ("cloud", "shadow")
    assert change.knobs == {
        "out": tmp_path, "method": "auto", "radiometry": "line", "gsd": None, "hidden": hidden,
        "dem": None, "score": False,
        "jobs": 0,
    }  # fmt: skip
    assert count.args == (("a", "b"),)
    assert count.knobs == {
        "out": tmp_path / "o.csv",
        "gsd": None,
        "classes": both,
        "hidden": hidden,
        "dem": None,
        "jobs": 0,
        "model": None,
        "pictures": None,
    }
    assert compare.knobs == {
        "out": tmp_path, "gsd": None, "classes": both, "hidden": hidden, "dem": None, "jobs": 0, "model": None
    }  # fmt: skip
    assert register.knobs == {"out": tmp_path / "o.tif", "field": None, "points": None, "model": "auto", "dem": None}


def test_count_says_what_was_observable(verb, tmp_path, capsys):
    verb("count", SimpleNamespace(summary=COUNT))
    out = tmp_path / "o.csv"
    assert status_of(["count", "a.png", "--out", str(out), "--classes", "vehicle, aircraft,vehicle"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "a.png: 12 aircraft (11\N{EN DASH}14); vehicles not observable (gsd 3 m)",
        "a.png: too long",
        f"objects: {out}",
    ]


def test_count_says_what_was_seen_in_part(verb, tmp_path, capsys):
    partly = {"status": "partly_observable", "count": 0, "low": 0, "high": 3, "reason": "cloud over 40 %"}
    image = {"image": "a.png", "classes": {"vehicle": partly}, "notes": []}
    verb("count", SimpleNamespace(summary={"images": [image]}))
    status_of(["count", "a.png", "--out", str(tmp_path / "o.csv")])
    first = capsys.readouterr().out.splitlines()[0]
    assert first == "a.png: no vehicles (0\N{EN DASH}3), observed in part: cloud over 40 %"


def test_change_says_how_much_and_over_how_much(verb, tmp_path, capsys):
    verb("change", with_summary(CHANGE))
    status_of(["change", "a.tif", "b.tif", "--out", str(tmp_path)])
    assert capsys.readouterr().out.splitlines() == [
        "2 regions changed, 1,200 m², 1.3 % of what both show; both images show 98 % of the grid",
        "method irmad: 4 bands.",
        "alignment: matched (affine)",
        f"change map: {tmp_path / 'change.tif'}",
    ]


def test_no_change_is_a_finding(verb, tmp_path, capsys):
    verb("change", with_summary(CHANGE | {"regions": 0, "changed_m2": 0.0, "share_changed": 0.0}))
    status_of(["change", "a.tif", "b.tif", "--out", str(tmp_path)])
    assert capsys.readouterr().out.startswith("no change found; both images show 98 % of the grid\n")


def test_compare_says_what_became_of_each_class(verb, tmp_path, capsys):
    verb("compare", with_summary(COMPARE))
    status_of(["compare", "a.tif", "b.tif", "--out", str(tmp_path)])
    assert capsys.readouterr().out.splitlines() == [
        "aircraft: 2 arrived, 0 departed, 7 stayed, 1 not observable on one date",
        "vehicles: not observable (gsd 3 m > 0.6 m)",
        "alignment: matched (shift)",
        "b.png: too long",
        f"events: {tmp_path / 'events.csv'}",
    ]


def test_register_says_how_well_the_images_match(verb, tmp_path, capsys):
    verb("register", REGISTER)
    status_of(["register", "a.tif", "b.tif", "--out", str(tmp_path / "c.tif")])
    said = capsys.readouterr().out
    assert said.startswith("matched (affine): median residual 0.12 pixels, 80 of 100 tie points agree, over 90 % of")


def test_quiet_says_nothing(verb, tmp_path, capsys):
    verb("count", SimpleNamespace(summary=COUNT))
    assert status_of(["count", "a.png", "--out", str(tmp_path / "o.csv"), "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_quiet_json_is_json_alone(verb, tmp_path, capsys):
    verb("count", SimpleNamespace(summary=COUNT))
    assert status_of(["count", "a.png", "--out", str(tmp_path / "o.csv"), "--quiet", "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == COUNT
    assert said.err == ""
