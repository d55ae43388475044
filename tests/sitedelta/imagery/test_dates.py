from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitedelta.errors import InputError
from sitedelta.imagery.datenames import date_in_name, dates_in
from sitedelta.imagery.dates import Taken, check, parse_date, taken

TODAY = date(2025, 3, 1)
DAY = datetime(2024, 12, 13, tzinfo=UTC)
MOMENT = datetime(2024, 12, 13, 8, 12, 33, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "when", "precision"),
    [
        ("20241213", DAY, "day"),
        ("2024-12-13", DAY, "day"),
        ("base_2024_12_13_crop", DAY, "day"),
        ("base 2024.12.13", DAY, "day"),
        ("2024-1-5", datetime(2024, 1, 5, tzinfo=UTC), "day"),
        ("x20241213y", DAY, "day"),
        ("13Dec2024", DAY, "day"),
        ("hmeimim-13-december-2024", DAY, "day"),
        ("Dec 13, 2024", DAY, "day"),
        ("December-13-2024", DAY, "day"),
        ("13.12.2024", DAY, "day"),
        ("12-13-2024", DAY, "day"),
        ("05-05-2024", datetime(2024, 5, 5, tzinfo=UTC), "day"),
        ("20241213T0812Z", datetime(2024, 12, 13, 8, 12, tzinfo=UTC), "time"),
        ("2024-12-13T08-12-33Z", MOMENT, "time"),
        ("2024-12-13_2048x2048", DAY, "day"),
        ("2024-12-13 08.12.33", MOMENT, "time"),
        ("2024-12-13T08:12", datetime(2024, 12, 13, 8, 12, tzinfo=UTC), "time"),
        ("20241213081233", MOMENT, "time"),
        ("20241213_081233_12_2486_3B_AnalyticMS_SR_clip", MOMENT, "time"),
        ("20241213_081233_ssc1_u0001_visual", MOMENT, "time"),
        ("S2A_MSIL2A_20241213T081233_N0511_R078_T36SYC_20241214T110000", MOMENT, "time"),
        ("T36SYC_20241213T081233_B04_10m", MOMENT, "time"),
        ("S1A_IW_GRDH_1SDV_20241213T081233_20241213T081258_056964_06FFA2_9A5B", MOMENT, "time"),
        ("LC08_L1TP_174035_20241213_20241220_02_T1_B4", DAY, "day"),
        ("24DEC13081233-P2AS-015912345010_01_P001", MOMENT, "time"),
        ("24DEC13081233-M2AS_R1C1-015912345010", MOMENT, "time"),
        ("2024-12-13_and_20241213", DAY, "day"),
        ("2024-12-13_20241213_081233", MOMENT, "time"),
        ("24DEC31", datetime(2024, 12, 31, tzinfo=UTC), "day"),
    ],
)
def test_names_that_state_a_date(name, when, precision):
    assert date_in_name(Path(f"/a/{name}.tif"), today=TODAY) == (when, precision)


@pytest.mark.parametrize(
    "name",
    [
        *("scene_1", "image", "base-0.5m", "2024", "2024-13-13", "20241301", "12345678", "9999-12-31", "1959-12-31"),
        *("202412131", "2024-02-30", "10300100E4D2A500", "IMG_4711", "december", "may-2024"),
    ],
)
def test_names_that_state_none(name):
    assert date_in_name(Path(f"{name}.tif"), today=TODAY) is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("2024-12-13_2024-12-17", "2024-12-13 or 2024-12-17"),
        ("20241213_20241217", "2024-12-13 or 2024-12-17"),
        ("05-06-2024", "2024-06-05 or 2024-05-06"),
        ("24dec13", "2024-12-13 or 2013-12-24"),
    ],
)
def test_ambiguous_names_ask_for_the_key(name, words):
    with pytest.raises(InputError, match=words) as caught:
        date_in_name(Path(f"{name}.tif"), today=TODAY)
    assert "`date:`" in str(caught.value)


@pytest.mark.parametrize(
    "name", ["Screenshot 2024-12-13 at 08.12.33", "Screenshot from 2024-12-13 08-12-33", "Screenshot_20241213-081233"]
)
def test_the_moment_of_a_screenshot_is_not_that_of_the_image(name):
    with pytest.raises(InputError, match="when the screenshot was made"):
        date_in_name(Path(f"{name}.png"), today=TODAY)


def test_a_screenshot_named_by_hand_states_a_day():
    assert date_in_name(Path("screenshot-2024-12-13.png"), today=TODAY) == (DAY, "day")


def test_a_reading_in_the_future_is_none():
    assert dates_in("2025-03-03", today=TODAY)
    assert not dates_in("2025-03-04", today=TODAY)


@given(st.datetimes(datetime(1960, 1, 1), datetime(2025, 3, 1)), st.sampled_from(["%Y%m%d_%H%M%S", "%Y-%m-%dT%H%M%SZ"]))  # noqa: DTZ001
def test_any_moment_is_read_back(moment, form):
    expected = moment.replace(microsecond=0, tzinfo=UTC)
    assert dates_in(f"x_{moment.strftime(form)}_y", today=TODAY) == (Taken(expected, "time"),)


@given(st.text())
def test_no_name_breaks_it(name):
    assert all(t.date.year >= 1960 for t in dates_in(name, today=TODAY))


@pytest.mark.parametrize("text", ["", "2024", "2024-02-30", "13/12/2024", "2024-12-13T25:00", "now", "2024-12-13x"])
def test_parse_refuses(text):
    with pytest.raises(ValueError, match="write 2024-12-13"):
        parse_date(text)


def test_taken_takes_naive_times_as_utc():
    assert taken(datetime(2024, 12, 13, 8, 12, 33)) == (MOMENT, "time")  # noqa: DTZ001
    assert taken(date(2024, 12, 13)) == (DAY, "day")


@pytest.mark.parametrize(("day", "words"), [(date(1959, 12, 31), "before 1960"), (date(2025, 3, 4), "in the future")])
def test_implausible_dates_are_refused(day, words):
    with pytest.raises(InputError, match=words):
        check(taken(day), today=TODAY, where="a.tif")
