"""What was said, beside what was observed."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sitedelta.errors import ConfigError
from sitedelta.records import Observation, Status
from sitedelta.running.manifest import GridRecord, Manifest, ModelRecord, StatementRecord
from sitedelta.settings.config import load_config
from sitedelta.words.statements import beside, statement_records
from sitedelta.words.wording import DASH


def day(n: int, hour: int = 0) -> datetime:
    return datetime(2024, 12, n, hour, tzinfo=UTC)


def site(*statements: StatementRecord) -> Manifest:
    return Manifest(
        format=1, key="k", site="base", name="the base", grid=GridRecord(10, 10, 0.5, None, (1, 0, 0, 0, 1, 0)),
        zones=(), scenes=(), pairs=(), model=ModelRecord("d 1", {}), detectors=(), statements=statements, parameters={},
        software={}, notes=(), files={},
    )  # fmt: skip


def said(n: int = 10, *, hour: int | None = None) -> StatementRecord:
    return StatementRecord(day(n, hour or 0), "day" if hour is None else "time", "All are leaving.", "a spokesman")


def seen(n: int, count: int, low: int, high: int, *, hour: int = 8) -> Observation:
    return Observation(
        "base", "site", f"s{n}", day(n, hour), "aircraft", Status.COUNTED, count, low, high, 1.0, 4.1, None, 0.5
    )  # fmt: skip


def hidden(n: int, reason: str) -> Observation:
    return replace(seen(n, 0, 0, 0), status=Status.NOT_OBSERVABLE, reason=reason, count=None, low=None, high=None)


def told(statement: StatementRecord, *rows: Observation):
    (one,) = beside(site(statement), rows)
    (sentence,) = one.sentences
    return sentence


def test_the_last_count_before_and_the_first_after_stand_beside_it():
    s = told(said(), seen(2, 40, 38, 42), seen(6, 23, 20, 26), seen(13, 11, 9, 13), seen(17, 30, 28, 32))
    assert s.text == (
        "Between 6 and 13 December 2024 aircraft at the base fell from 23 to 11 "
        f"(90 % intervals 20{DASH}26 and 9{DASH}13)."
    )
    assert s.answer == "decrease"
    assert s.supports == ("site/s6/aircraft", "site/s13/aircraft")


def test_what_could_not_be_observed_is_said():
    s = told(said(), seen(6, 23, 20, 26), hidden(13, "gsd 3.0 m > 0.6 m"))
    assert s.text == (
        f"Aircraft at the base: before it, 23 aircraft on 6 December 2024 (90 % interval 20{DASH}26); after it, not "
        "observable on 13 December 2024 at 3.0 m (limit 0.6 m)."
    )
    assert s.answer == "cannot_tell"
    nothing = told(said(1), hidden(13, "cloud"))
    assert nothing.text == (
        "Aircraft at the base: before it, no image that shows it; after it, not observable on 13 December 2024 (cloud)."
    )
    assert nothing.answer == "not_observable"


def test_a_part_gives_a_least_number():
    part = replace(seen(13, 4, 3, 4), status=Status.PARTLY, share_observed=0.5, high=None)
    s = told(said(), seen(6, 23, 20, 26), seen(7, 22, 20, 26), part)
    assert s.text.endswith("after it, at least 3 on 13 December 2024, when 50 % could be seen.")


@pytest.mark.parametrize(
    ("statement", "expected"), [(said(10), None), (said(10, hour=9), "before"), (said(10, hour=7), "after")]
)
def test_the_hour_decides_on_the_day_itself(statement, expected):
    s = told(statement, seen(6, 23, 20, 26), seen(10, 5, 5, 5), seen(13, 11, 9, 13))
    assert ("On the day itself" in " ".join(s.asides)) == (expected is None)
    assert (
        s.supports
        == {
            None: ("site/s6/aircraft", "site/s13/aircraft"),
            "before": ("site/s10/aircraft", "site/s13/aircraft"),
            "after": ("site/s6/aircraft", "site/s10/aircraft"),
        }[expected]
    )


CONFIG = """
output: out
sites:
  - id: a
    imagery: [{path: a.tif}]
    statements:
"""


def test_statements_are_read_in_order_of_date(tmp_path: Path):
    path = tmp_path / "c.yaml"
    path.write_text(
        CONFIG + "      - {date: 2024-12-13T08:12Z, text: b}\n      - {date: 2024-12-01, text: a, source: x}\n"
    )
    records = statement_records(load_config(path).sites[0].statements)
    assert records == (
        StatementRecord(day(1), "day", "a", "x"),
        StatementRecord(day(13, 8).replace(minute=12), "time", "b", None),
    )


@pytest.mark.parametrize(
    ("line", "named"),
    [("{text: b}", "date"), ("{date: soon, text: b}", "not a date"), ("{date: 2024-12-13, text: ''}", "text")],
)
def test_a_statement_without_date_or_text_is_refused(tmp_path: Path, line, named):
    path = tmp_path / "c.yaml"
    path.write_text(f"{CONFIG}      - {line}\n")
    with pytest.raises(ConfigError, match=r"sites\[0\]\.statements\[0\]") as error:
        load_config(path)
    assert named in str(error.value)
