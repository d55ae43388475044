import json
import struct
from datetime import UTC, date, datetime

import cv2
import numpy as np
import pytest
import rasterio

from sitedelta.errors import InputError
from sitedelta.raster import describe
from sitedelta.sources import date_of, read_metadata

MOMENT = datetime(2024, 12, 13, 8, 12, 33, tzinfo=UTC)
TODAY = date(2025, 3, 1)


@pytest.fixture
def image(tmp_path):
    def make(name="a.tif", **domains):
        path = tmp_path / name
        with rasterio.open(path, "w", driver="GTiff", count=1, height=9, width=9, dtype="uint8") as sink:
            sink.write(np.ones((1, 9, 9), np.uint8))
            for domain, tags in domains.items():
                sink.update_tags(ns=None if domain == "plain" else domain, **tags)
        return path

    return make


def dated(path):
    return date_of(path, describe(path), today=TODAY)


@pytest.mark.parametrize(
    "tags",
    [
        {"plain": {"TIFFTAG_DATETIME": "2024:12:13 08:12:33"}},
        {"plain": {"ACQUISITION_DATE": "2024-12-13T08:12:33Z"}},
        {"plain": {"NITF_IDATIM": "20241213081233"}},
        {"IMAGERY": {"ACQUISITIONDATETIME": "2024-12-13 08:12:33"}},
        {"ENVI": {"acquisition_time": "2024-12-13T11:12:33+03:00"}},
        {"plain": {"EXIF_DateTimeOriginal": "2024:12:13 08:12:33"}},
    ],
)
def test_tags_date_an_image(image, tags):
    assert dated(image(**tags)) == (MOMENT, "time")


def test_the_acquisition_goes_before_the_name_and_the_file_date(image):
    tags = {"ACQUISITION_DATE": "2024-12-13T08:12:33Z", "TIFFTAG_DATETIME": "2025:01:01 00:00:00"}
    assert dated(image("2024-12-20.tif", plain=tags)) == (MOMENT, "time")


def test_a_file_date_on_the_same_day_adds_the_time(image):
    assert dated(image("20241213.tif", plain={"TIFFTAG_DATETIME": "2024:12:13 08:12:33"})) == (MOMENT, "time")


def test_a_file_date_that_contradicts_the_name_asks(image):
    path = image("20241213.tif", plain={"TIFFTAG_DATETIME": "2025:01:20 08:12:33"})
    with pytest.raises(InputError, match=r"its name says 2024-12-13, its tags say 2025-01-20; say which with `date:`"):
        dated(path)


@pytest.mark.parametrize("text", ["0000:00:00 00:00:00", "1904:01:01 00:00:00", "unknown", "2090:01:01 00:00:00"])
def test_senseless_file_dates_are_passed_over(image, text):
    path = image("20241213.tif", plain={"TIFFTAG_DATETIME": text})
    assert dated(path) == (datetime(2024, 12, 13, tzinfo=UTC), "day")


def test_an_image_that_states_no_date_asks(image):
    with pytest.raises(InputError, match=r"neither its tags nor its name .* `date:`"):
        dated(image())


def test_an_acquisition_in_the_future_is_refused(image):
    with pytest.raises(InputError, match="in the future"):
        dated(image(plain={"ACQUISITION_DATE": "2031-01-01"}))


ITEM = {
    "type": "Feature",
    "properties": {
        "datetime": "2024-12-13T08:12:33.123456789Z",
        "platform": "WorldView-3",
        "view:sun_elevation": 31.5,
        "view:sun_azimuth": 165.0,
        "view:off_nadir": 12.25,
    },
}


@pytest.mark.parametrize("name", ["a.json", "a.tif.json", "a.stac.json"])
def test_a_stac_item_beside_the_image(image, tmp_path, name):
    path = image(plain={"ACQUISITION_DATE": "2020-01-01", "SATELLITEID": "X"})
    (tmp_path / name).write_text(json.dumps(ITEM))
    said = read_metadata(path, describe(path))
    assert said.taken.date.replace(microsecond=0) == MOMENT
    assert (said.sensor, said.sun_elevation_deg, said.sun_azimuth_deg) == ("WorldView-3", 31.5, 165.0)
    assert said.off_nadir_deg == 12.25


def test_planet_metadata_belongs_by_its_name(image, tmp_path):
    path = image("20241213_081233_12_2486_3B_AnalyticMS_SR_clip.tif")
    mine = {"properties": {"acquired": "2024-12-13T08:12:33Z", "satellite_id": "2486", "view_angle": 3.0}}
    other = {"properties": {"acquired": "2024-12-13T08:12:35Z", "satellite_id": "9999"}}
    (tmp_path / "20241213_081233_12_2486_metadata.json").write_text(json.dumps(mine))
    (tmp_path / "20241213_081233_99_9999_metadata.json").write_text(json.dumps(other))
    said = read_metadata(path, describe(path))
    assert (said.taken, said.sensor, said.off_nadir_deg) == ((MOMENT, "time"), "2486", 3.0)


@pytest.mark.parametrize(
    "text", ["", "[1]", "{}", '{"properties": 3}', "[" * 100_000, '{"properties": {"datetime": 5}}']
)
def test_other_json_beside_an_image_is_none_of_ours(image, tmp_path, text):
    path = image("20241213.tif")
    (tmp_path / "20241213.json").write_text(text)
    assert dated(path).date.day == 13


def test_a_photographs_own_date_is_read(tmp_path):
    date_time = b"2024:12:13 08:12:33\0"
    pointer = struct.pack("<HHHIII", 1, 0x8769, 4, 1, 26, 0)
    entry = struct.pack("<HHHIII", 1, 0x9003, 2, len(date_time), 44, 0)
    body = b"Exif\0\0" + b"II*\0" + struct.pack("<I", 8) + pointer + entry + date_time
    picture = cv2.imencode(".jpg", np.full((16, 16, 3), 90, np.uint8))[1].tobytes()
    path = tmp_path / "a.jpg"
    path.write_bytes(picture[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + picture[2:])
    assert dated(path) == (MOMENT, "time")


@pytest.mark.parametrize(("stated", "read"), [(0.5, 0.5), (3, 3.0), (0, None), (-1, None), ("x", None), (True, None)])
def test_a_sidecar_states_the_ground_sampling_distance(image, tmp_path, stated, read):
    path = image("20241213.tif")
    (tmp_path / "20241213.json").write_text(json.dumps({"properties": {"gsd": stated}}))
    assert read_metadata(path, describe(path)).gsd_m == read


@pytest.mark.parametrize("text", ["nan", "inf", "91", "north", ""])
def test_senseless_angles_are_passed_over(image, text):
    path = image(plain={"SUN_ELEVATION": text, "SUN_AZIMUTH": "165.2 deg"})
    said = read_metadata(path, describe(path))
    assert said.sun_elevation_deg is None
    assert said.sun_azimuth_deg == 165.2
