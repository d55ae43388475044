"""Counts of invented sites over years: routine, season, cloud, gaps, a detector's errors, and events that are known.

Nothing here is shared with what quotes the rates of false alerts: the truth comes and goes object by object, the season
is a wave, cloud is a Markov chain, and the detector has an error of its own at each site.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from rasterdelta.intervals import count_interval
from sitedelta.records import Observation, Status
from sitedelta.running.manifest import DetectorRecord

FIRST = datetime(2023, 1, 1, 9, tzinfo=UTC)
DETECTORS = {
    0.5: DetectorRecord("invented", "aircraft", 0.5, 0.966, 0.966, 15, "as in accuracy.csv"),
    3.0: DetectorRecord("invented", "aircraft", 3.0, 0.973, 0.892, 10, "as in accuracy.csv"),
}
"""Accuracy of aircraft at two ground sampling distances."""


@dataclass(frozen=True, slots=True)
class Event:
    """A known change of the number at a site: it rises or falls by a factor at a day, and stays so for some days."""

    day: float
    days: float
    factor: float


@dataclass(frozen=True, slots=True)
class Made:
    """One invented site."""

    observations: tuple[Observation, ...]
    truth: NDArray[np.int64]
    """The true number at each look."""
    events: tuple[Event, ...]
    detector: DetectorRecord
    usual: float


def made_site(seed: int, *, days: int = 730, events: bool = True) -> Made:
    """Make a site of its own kind: small or large, calm or busy, imaged every one to nine days."""
    rng = np.random.default_rng(seed)
    usual = float(np.exp(rng.uniform(np.log(2), np.log(30))))
    known = events_of(rng, days) if events else ()
    truth = numbers_of(rng, usual, days, known)
    looks = np.flatnonzero(rng.random(days) < 1 / rng.choice([1, 2, 4, 6, 9], p=[0.15, 0.2, 0.3, 0.2, 0.15]))
    gap = int(rng.integers(0, days))
    looks = looks[(looks < gap) | (looks > gap + rng.integers(0, 40))]
    detector = DETECTORS[float(rng.choice([0.5, 3.0], p=[0.7, 0.3]))]
    rows = _observed(rng, truth[looks], looks, _shares(rng, len(looks)), detector)
    return Made(rows, truth[looks], known, detector, usual)


def events_of(rng: np.random.Generator, days: int) -> tuple[Event, ...]:
    """Give an event to every second site."""
    if rng.random() < 0.5:
        return ()
    day = float(rng.uniform(0.45 * days, 0.8 * days))
    return (Event(day, float(rng.uniform(60, 150)), float(rng.choice([0.3, 2.0, 3.0]))),)


def numbers_of(rng: np.random.Generator, usual: float, days: int, events: tuple[Event, ...]) -> NDArray[np.int64]:
    """Give each day's number: objects arrive at a rate with a season and bursts, and stay for some days each."""
    stay = float(rng.uniform(3, 40))
    season = 1 + rng.uniform(0, 0.25) * np.sin(2 * np.pi * (np.arange(days) / 365 + rng.random()))
    shape = float(rng.uniform(0.5, 5)) * max(usual / stay, 0.05)
    bursts = rng.gamma(shape, 1 / shape, days)
    pull = np.ones(days)
    for e in events:
        pull[int(e.day) : int(e.day + e.days)] = e.factor
    number, found = int(rng.poisson(usual)), np.empty(days, np.int64)
    for k in range(days):
        if k and pull[k] != pull[k - 1]:
            number = round((number or usual) * pull[k] / pull[k - 1])
        number = int(rng.binomial(number, np.exp(-1 / stay)))
        number += int(rng.poisson(usual * season[k] * bursts[k] * pull[k] * (1 - np.exp(-1 / stay))))
        found[k] = number
    return found


def _shares(rng: np.random.Generator, looks: int) -> NDArray[np.float64]:
    """Give the share that each look shows: cloud stays for a while."""
    found, cloudy = np.ones(looks), False
    for k in range(looks):
        cloudy = rng.random() < (0.6 if cloudy else 0.2)
        if cloudy:
            found[k] = 0.0 if rng.random() < 0.6 else rng.uniform(0.3, 0.9)
    return found


def _observed(
    rng: np.random.Generator, truth: NDArray[np.int64], days: NDArray[np.int64], shares: NDArray[np.float64],
    detector: DetectorRecord,
) -> tuple[Observation, ...]:  # fmt: skip
    recall = float(rng.beta(detector.recall * detector.objects + 0.5, (1 - detector.recall) * detector.objects + 0.5))
    worth = detector.objects * detector.recall / detector.precision
    precision = float(rng.beta(detector.precision * worth + 0.5, (1 - detector.precision) * worth + 0.5))
    rows = []
    for number, day, share in zip(truth.tolist(), days.tolist(), shares.tolist(), strict=True):
        hits = int(rng.binomial(rng.binomial(number, share), recall)) if share else 0
        false = int(rng.poisson(max(number, 1) * share * recall * (1 - precision) / precision))
        rows.append(_row(int(day), hits + false if share else None, share, detector))
    return tuple(rows)


def _row(day: int, count: int | None, share: float, detector: DetectorRecord) -> Observation:
    date = FIRST + timedelta(days=day)
    status, low, high = Status.NOT_OBSERVABLE, None, None
    if count is not None:
        at = count_interval(count, precision=detector.precision, recall=detector.recall, objects=detector.objects)
        whole = share >= 1
        low, high = at.low, at.high if whole else None
        status = Status.PARTLY if not whole else Status.COUNTED if count else Status.OBSERVED_ZERO
    return Observation(
        "made", "site", f"{date:%Y-%m-%d}", date, "aircraft", status, count, low, high, share, 8.0, None, detector.gsd_m
    )
