"""Observations of an invented apron."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rasterdelta.intervals import count_interval
from sitedelta.alerts.rule import Rule
from sitedelta.alerts.setting import Alert
from sitedelta.records import Observation, Status
from sitedelta.running.manifest import DetectorRecord

FIRST = datetime(2024, 3, 1, 8, tzinfo=UTC)
DETECTOR = DetectorRecord("d", "aircraft", 0.5, 0.97, 0.95, 200, "painted")


def observation(day: float, count: int | None, *, share: float = 1.0, **more: Any) -> Observation:
    """Give one look: None is not observable, a share below 1 a part."""
    date = FIRST + timedelta(days=day)
    scene = f"{date:%Y-%m-%d-%H}"
    if count is None:
        status, low, high, share = Status.NOT_OBSERVABLE, None, None, 0.0
    else:
        at = count_interval(count, precision=0.97, recall=0.95, objects=200)
        whole = share >= 0.95
        status = Status.PARTLY if not whole else Status.COUNTED if count else Status.OBSERVED_ZERO
        low, high = at.low, at.high if whole else None
    known = {"site": "base", "zone": "site", "scene": scene, "date": date, "label": "aircraft"}
    found = {"status": status, "count": count, "low": low, "high": high, "share_observed": share}
    rest = {"min_length_m": 5.0, "reason": None, "gsd_m": 0.5}
    return Observation(**(known | found | rest | more))


@pytest.fixture(scope="session")
def look() -> Callable[..., Observation]:
    return observation


@pytest.fixture(scope="session")
def series() -> Callable[[Sequence[int | None]], list[Observation]]:
    """Give looks four days apart."""
    return lambda counts: [observation(4 * k, c) for k, c in enumerate(counts)]


@pytest.fixture(scope="session")
def rule() -> Callable[..., Rule]:
    def make(when: str, **keys: Any) -> Rule:
        of = {} if when == "area" else {"of": "aircraft"}
        return Rule(Alert.model_validate({"when": when} | of | keys), "site", "the base")

    return make


@pytest.fixture(scope="session")
def detector() -> DetectorRecord:
    return DETECTOR


@pytest.fixture(scope="session")
def day() -> Callable[[float], datetime]:
    return lambda number: FIRST + timedelta(days=number)
