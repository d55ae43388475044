"""The record of a run."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sitedelta.errors import InputError
from sitedelta.running.manifest import (
    FORMAT,
    AlignmentRecord,
    DetectorRecord,
    GridRecord,
    Manifest,
    ModelRecord,
    PairRecord,
    SceneRecord,
    StatementRecord,
    ZoneRecord,
    read_manifest,
    to_json,
)
from sitedelta.scene import Scene

SCENE = Scene(
    "a", "../a.tif", (Path("../a.tif"),), "f" * 64, datetime(2024, 12, 13, 8, 12, tzinfo=UTC), "time", 0.5, 10, 12,
    ("red", "green", "blue"), "optical", True, "uint8", sensor="X-1", sun_elevation_deg=31.25,
)  # fmt: skip
WHOLE = Manifest(
    format=FORMAT,
    key="k" * 20,
    site="base",
    name="Base «ö»",
    grid=GridRecord(10, 12, 0.5, "WKT", (0.5, 0.0, 1 / 3, 0.0, -0.5, 2e6)),
    zones=(ZoneRecord("apron", "Apron", 12.5, "POLYGON ((0 0, 1 0, 1 1, 0 0))"),),
    scenes=(
        SceneRecord(
            SCENE, AlignmentRecord("aligned", "affine", (1.0, 0.0, 0.1, 0.0, 1.0, -0.2), 0.31, 0.8, None), 1.0, 0.0, "r"
        ),
    ),
    pairs=(
        PairRecord("a", "b", "not_observable", "why", 0.5, "none", "", None, None, "", 0.0, 0.0, 0.0, None),
        PairRecord("a", "c", "compared", None, 0.5, "irmad", "r", 1.5, 0.001, "n", 9.5, 0.1, 1.0, "p"),
    ),
    model=ModelRecord("d 1", {"d.onnx": "ab" * 32}),
    detectors=(DetectorRecord("d", "aircraft", 0.5, 0.9, 0.8, 100, "tiles"),),
    statements=(StatementRecord(datetime(2024, 12, 11, tzinfo=UTC), "day", "“all gone”", None),),
    parameters={"change": {"method": "auto"}, "limits": {}, "aoi": [1.5, 2.5, 3.5, 4.5]},
    software={"numpy": "2"},
    notes=("one",),
    files={"objects.parquet": "0" * 64},
)


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "manifest.json"
    path.write_text(to_json(WHOLE), encoding="utf-8")
    assert read_manifest(path) == WHOLE


def test_the_text_is_json_and_always_the_same():
    assert to_json(WHOLE) == to_json(replace(WHOLE))
    assert json.loads(to_json(WHOLE))["scenes"][0]["scene"]["sensor"] == "X-1"


def test_a_missing_manifest_is_one_line(tmp_path):
    with pytest.raises(InputError, match=r"holds no site: manifest.json is missing; run `sitedelta run` first"):
        read_manifest(tmp_path / "manifest.json")


@pytest.mark.parametrize("text", ["", "{", f'{{"format": {FORMAT}}}', "[]", to_json(WHOLE)[:-40], "\udcff"])
def test_a_damaged_manifest_is_one_line(tmp_path, text):
    path = tmp_path / "manifest.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match="is damaged") as caught:
        read_manifest(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("change", [{"format": FORMAT + 1}, {"format": 0}])
def test_another_format_is_one_line(tmp_path, change):
    path = tmp_path / "manifest.json"
    path.write_text(to_json(replace(WHOLE, **change)))
    with pytest.raises(InputError, match=f"this version reads {FORMAT}; run `sitedelta run` again"):
        read_manifest(path)


def test_another_format_with_other_fields_says_that_it_is_another(tmp_path):
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps({"format": 99, "content": []}))
    with pytest.raises(InputError, match="format 99"):
        read_manifest(path)
