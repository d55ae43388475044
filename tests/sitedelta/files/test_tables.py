"""Records as tables, and tables as files."""

from dataclasses import fields
from datetime import UTC, datetime

import geopandas
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely

from sitedelta.errors import InputError
from sitedelta.files.tables import read_table, to_frame, to_geoframe, write_table
from sitedelta.records import ChangeRegion, Event, EventKind, Observation, SiteObject, Status, ZoneChange

DATE = datetime(2024, 12, 13, 8, 12, tzinfo=UTC)


def observation(count=3, high=5):
    status = Status.NOT_OBSERVABLE if count is None else Status.COUNTED
    return Observation("s", "site", "x", DATE, "aircraft", status, count, count, high, 0.5, 4.2, None, 0.5)


def item(lon=35.95, lat=35.4):
    return SiteObject("x-1", "x", DATE, "aircraft", 0.9, 1.5, 2.5, 11.5, 12.5, 30, 28, 45, "apron", lon, lat)


def region():
    return ChangeRegion("r", "a", "b", DATE, DATE, 8.0, 0.7, 1.5, 1, 2, "", None, None, shapely.box(0, 0, 4, 2))


@pytest.mark.parametrize("kind", [Observation, SiteObject, Event, ChangeRegion])
def test_an_empty_table_has_its_columns_and_types(kind):
    empty = to_frame([], kind)
    assert list(empty.columns) == [f.name for f in fields(kind)]
    assert len(empty) == 0
    dates = [c for c in empty.columns if c.startswith("date")]
    assert dates
    assert all(str(empty[c].dtype) == "datetime64[us, UTC]" for c in dates)


def test_a_full_table_has_the_types_of_an_empty_one():
    assert to_frame([observation()], Observation).dtypes.equals(to_frame([], Observation).dtypes)
    assert to_frame([item()], SiteObject).dtypes.equals(to_frame([], SiteObject).dtypes)


def test_what_is_missing_is_missing_and_not_zero():
    table = to_frame([observation(), observation(None, None)], Observation)
    assert str(table["count"].dtype) == "Int64"
    assert table["count"].tolist()[0] == 3
    assert table["count"].isna().tolist() == table["high"].isna().tolist() == [False, True]
    assert table["reason"].isna().all()
    assert table["status"].tolist() == ["counted", "not_observable"]
    assert table["date"][0] == pd.Timestamp(DATE)


def test_objects_are_points_on_the_earth(tmp_path):
    write_table(to_geoframe([item()], SiteObject, georeferenced=True), tmp_path / "o.parquet")
    found = geopandas.read_parquet(tmp_path / "o.parquet")
    assert found.crs.to_epsg() == 4326
    assert (found.geometry[0].x, found.geometry[0].y) == (35.95, 35.4)
    assert found.loc[0, "zones"] == "apron"


def test_objects_without_georeference_are_points_in_pixels(tmp_path):
    write_table(to_geoframe([item(None, None)], SiteObject, georeferenced=False), tmp_path / "o.parquet")
    found = geopandas.read_parquet(tmp_path / "o.parquet")
    assert found.crs is None
    assert (found.geometry[0].x, found.geometry[0].y) == (12.5, 11.5)
    assert found["lon"].isna().all()


def test_regions_are_polygons(tmp_path):
    write_table(to_geoframe([region()], ChangeRegion, georeferenced=False), tmp_path / "c.parquet")
    found = geopandas.read_parquet(tmp_path / "c.parquet")
    assert "polygon" not in found
    assert found.geometry[0].area == 8


@pytest.mark.parametrize("kind", [SiteObject, Event, ChangeRegion])
@pytest.mark.parametrize("georeferenced", [True, False])
def test_empty_geoparquet_can_be_read(tmp_path, kind, georeferenced):
    write_table(to_geoframe([], kind, georeferenced=georeferenced), tmp_path / "e.parquet")
    found = geopandas.read_parquet(tmp_path / "e.parquet")
    assert len(found) == 0
    assert (found.crs is not None) is georeferenced
    assert "geometry" in found


def test_events_say_their_kind_in_plain_words(tmp_path):
    event = Event(
        "a", "b", DATE, DATE, "aircraft", EventKind.ARRIVED, 1, 2, 0.9, 30, 0, None, "x-1", "", None, 35.9, 35.4
    )
    write_table(to_geoframe([event], Event, georeferenced=True), tmp_path / "e.parquet")
    assert pq.read_table(tmp_path / "e.parquet").column("kind").to_pylist() == ["arrived"]
    assert pq.read_table(tmp_path / "e.parquet").column("object_before").to_pylist() == [None]


def test_the_same_rows_give_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_table(to_geoframe([item()], SiteObject, georeferenced=True), tmp_path / name / "o.parquet")
    assert (tmp_path / "a/o.parquet").read_bytes() == (tmp_path / "b/o.parquet").read_bytes()


@pytest.mark.parametrize("damage", ["cut", "other", "gone"])
def test_a_damaged_table_is_one_line(tmp_path, damage):
    path = tmp_path / "observations.parquet"
    write_table(to_frame([], Observation), path)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:100])
    elif damage == "other":
        write_table(to_frame([], ZoneChange), path)
    else:
        path.unlink()
    with pytest.raises(InputError, match=r"observations\.parquet: is (damaged|missing); take it away"):
        read_table(path, Observation)
