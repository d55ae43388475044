from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from sitedelta.comparison.pairing import Pair
from sitedelta.errors import InputError
from sitedelta.scene import Scene
from sitedelta.settings.controlpairs import check_controls, control_pairs


def scene(day, gsd_m=0.5, hour=0, kind="optical"):
    return Scene(
        id=f"s{day}-{gsd_m}", uri="x", originals=(Path("x.png"),), sha256="0" * 64,
        date=datetime(2024, 12, day, hour, 12, 30, tzinfo=UTC), date_precision="time", gsd_m=gsd_m,
        width=10, height=10, bands=("red",), kind=kind, georeferenced=False, dtype="uint8",
    )  # fmt: skip


SCENES = (scene(2), scene(2, 3.0, 1), scene(6), scene(6, 3.0, 1), scene(9))


def on(day):
    return date(2024, 12, day)


def test_dates_name_all_pairs_of_like_resolution():
    assert control_pairs([(on(2), on(6))], SCENES) == (Pair(0, 2), Pair(1, 3))


def test_order_and_repetition_do_not_matter():
    assert control_pairs([(on(9), on(2)), (on(2), on(9))], SCENES) == (Pair(0, 4),)


def test_unlike_images_are_paired_where_there_are_no_others():
    assert control_pairs([(on(2), on(9))], SCENES[1:]) == (Pair(0, 3),)


def test_radar_is_never_compared_with_optical():
    assert control_pairs([(on(2), on(9))], (scene(2, kind="sar"), scene(9))) == ()


def test_a_time_names_one_image():
    moment = datetime(2024, 12, 2, 1, 12, tzinfo=UTC)
    assert control_pairs([(moment, on(6))], SCENES) == (Pair(1, 3),)


def test_dates_outside_a_shorter_run_are_left_out():
    assert control_pairs([(on(2), on(6)), (on(6), on(9))], SCENES[2:]) == (Pair(0, 2),)


@pytest.mark.parametrize(
    ("dates", "said"),
    [
        ((on(7), on(9)), r"site base: change.controls\[0\]: no image is dated 2024-12-07; did you mean 2024-12-06\?"),
        (
            (on(2), datetime(2024, 12, 9, 5, tzinfo=UTC)),
            "no image is dated 2024-12-09T05:00Z; did you mean 2024-12-09T00",
        ),
        ((on(2), on(2)), "both dates are 2024-12-02; name two days"),
    ],
)
def test_what_cannot_be_used_is_named(dates, said):
    with pytest.raises(InputError, match=said) as failure:
        check_controls("base", [dates], SCENES)
    assert "\n" not in str(failure.value)


def test_good_dates_pass_and_name_their_pair():
    dates = [(on(2), on(9))]
    check_controls("base", dates, [replace(s) for s in SCENES])
    assert control_pairs(dates, SCENES) == (Pair(0, 4),)
