"""How often a rule would be met if a site only went on as it did: told from its history, or from control pairs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import numpy as np
from numpy.typing import NDArray

from rasterdelta.intervals import count_interval
from rasterdelta.latch import begins
from rasterdelta.routine import fit_routine, simulate
from sitedelta.alerts.areas import changes_in, sure_area
from sitedelta.alerts.episodes import MONTH_DAYS, SIDES, Episode, drift_of, drifting, levels_of, moves_of
from sitedelta.alerts.looks import Looks
from sitedelta.alerts.rule import Rule
from sitedelta.records import ZoneChange
from sitedelta.running.manifest import DetectorRecord

Floats = NDArray[np.float64]
FEWEST_LOOKS = 8
FEWEST_DAYS = 30.0
"""Of history, below which no rate is quoted."""
FEWEST_PAIRS = 6
_SERIES = 200
"""Series of two years that are made of a history."""
_YEARS = 2.0
_MOST_LOOKS = 400
"""Looks of a series: with more a year, the series are shorter."""


@dataclass(frozen=True, slots=True)
class Quote:
    """How often a rule is met where nothing out of the ordinary happens."""

    per_month: float | None
    """None where it cannot be told."""
    at_most: bool
    """True where it was never met: `per_month` is a bound."""
    basis: str
    """What it was told from, or why it cannot be told."""

    @property
    def words(self) -> str:
        """Say it as a reader would."""
        if self.per_month is None:
            return f"how often this would be false cannot be told: {self.basis}"
        every = spell_months(1 / self.per_month)
        rate = f"fewer than one false alert in {every}" if self.at_most else f"about one false alert in {every}"
        return f"{rate} at this setting ({self.basis})"


def spell_months(months: float) -> str:
    """Give a time in days, months or years.

    Examples
    --------
    >>> spell_months(0.3), spell_months(1.2), spell_months(7.3), spell_months(40)
    ('9 days', '1 month', '7 months', '3.3 years')
    """
    if months < 1:
        return f"{max(1, round(months * MONTH_DAYS))} days"
    if months < 24:
        whole = round(months)
        return "1 month" if whole == 1 else f"{whole} months"
    return f"{months / 12:.1f} years" if months < 240 else f"{months / 12:.0f} years"


def quote_count(
    rule: Rule, looks: Looks, episodes: Sequence[Episode], detectors: Sequence[DetectorRecord], *, seed: int = 0
) -> Quote:
    """Tell how often a rule on counts would be met if the site only went on as it did.

    The looks at which the rule was not met are the history. Its level, spread and persistence, with what so short a
    history leaves open of them, make series of two years with the same gaps; the rule is tried on those.

    Parameters
    ----------
    detectors
        Measured accuracy of what counted: it makes the intervals.
    """
    quiet = _quiet(looks, episodes)
    known = np.flatnonzero(quiet & (looks.exposure > 0))
    span = float(looks.days[known[-1]] - looks.days[known[0]]) if len(known) else 0.0
    if len(known) < FEWEST_LOOKS or span < FEWEST_DAYS:
        short = (
            f"it takes {FEWEST_LOOKS} images, over {FEWEST_DAYS:.0f} days, that show the place while this is not met"
        )
        return Quote(None, at_most=False, basis=f"{short}; there {_are(len(known))}, over {span:.0f} days")
    if rule.alert.when == "drift" and drift_of(rule, looks) is None:
        return Quote(None, at_most=False, basis="the usual number is not known yet")
    detector = _nearest(detectors, rule.label, looks)
    exposure, days = _schedule(looks, known)
    count = simulate(
        fit_routine(looks.count[known], looks.exposure[known], looks.days[known]),
        exposure,
        days,
        series=_SERIES,
        seed=seed,
    )
    met = _met(rule, looks, count, exposure, detector)
    months = _SERIES * float(days[-1] - days[0]) / MONTH_DAYS
    return _quote(int(met.sum()), months, f"from {len(known)} images over {spell_months(span / MONTH_DAYS)}")


def _quote(times: int, months: float, basis: str) -> Quote:
    """Quote a rate; where a rule was never met in so many months, 3 over them is the bound of 95 %."""
    return Quote(max(times, 3) / months, at_most=times < 3, basis=basis)


def _quiet(looks: Looks, episodes: Sequence[Episode]) -> NDArray[np.bool_]:
    """Tell which looks lie outside the times for which the rule was met."""
    quiet = np.ones(len(looks.rows), bool)
    for e in episodes:
        end = e.end or datetime.max.replace(tzinfo=e.begin.tzinfo)
        quiet &= np.array([not e.begin <= d < end or e.begin == e.end == d for d in looks.dates], bool)
    return quiet


def _schedule(looks: Looks, known: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Give shares seen and times of looks that go on as those of the history did, over and over."""
    gaps = np.maximum(np.diff(looks.days[known]), 0.0)
    number = int(min(_MOST_LOOKS, max(10.0, _YEARS * 365 / max(float(gaps.mean()), 0.01))))
    turns = np.arange(number)
    days = np.concatenate([[0.0], np.cumsum(gaps[turns[:-1] % len(gaps)])])
    return looks.exposure[known][turns % len(known)], days


def _met(
    rule: Rule, looks: Looks, count: Floats, exposure: Floats, detector: DetectorRecord | None
) -> NDArray[np.bool_]:
    """Tell at which looks of each series the rule is met, those not counted with which the series begin."""
    low, high = _intervals(count, exposure, detector)
    if rule.alert.when == "change":
        return np.asarray(moves_of(rule, low, high) != 0)
    if rule.alert.when == "drift":
        drift = drift_of(rule, looks)
        states = [drifting(rule, drift, count, exposure, d) for d in SIDES] if drift else []
        found = np.sum([begins(s) for s in states], axis=0) > 0
        return np.asarray(found)
    state = levels_of(rule, low, high, (count == 0) & (exposure >= 1))
    found = begins(state, initial=rule.alert.when == "appears")
    if rule.alert.when != "appears":
        found[:, : rule.alert.looks] = False
    return found


def _intervals(count: Floats, exposure: Floats, detector: DetectorRecord | None) -> tuple[Floats, Floats]:
    """Give the intervals that the detector's accuracy leaves of counts; without one, the counts themselves."""
    if detector is None:
        low = high = count
    else:
        numbers, place = np.unique(count, return_inverse=True)
        ends = np.array(
            [_interval(int(n), detector.precision, detector.recall, detector.objects) for n in numbers], float
        )
        low, high = (ends[place.ravel(), k].reshape(count.shape) for k in (0, 1))
    return low, np.where(exposure >= 1, high, np.inf)


@cache
def _interval(found: int, precision: float, recall: float, objects: int) -> tuple[int, int]:
    at = count_interval(found, precision=precision, recall=recall, objects=objects)
    return at.low, at.high


def _nearest(detectors: Sequence[DetectorRecord], label: str, looks: Looks) -> DetectorRecord | None:
    known = [o.gsd_m for o, e in zip(looks.rows, looks.exposure, strict=True) if e > 0]
    usual = float(np.median(known))
    own = [d for d in detectors if d.label == label]
    return min(own, key=lambda d: (abs(math.log(d.gsd_m / usual)), d.gsd_m)) if own else None


def quote_area(rule: Rule, changes: Sequence[ZoneChange]) -> Quote:
    """Tell how often a rule on changed ground would be met by false alarms, or by what changes there all the time.

    Control pairs tell it where there are any: their false alarms, beyond the share that is taken off already. Else all
    pairs do. Those at which the rule was met are among them: snow that falls and melts comes again, and were it left
    out as something out of the ordinary, the quote would be several times too low.
    """
    rows = changes_in(changes, rule.zone)
    known = [c for c in rows if c.changed_m2 is not None]
    span = (rows[-1].date_after - rows[0].date_before).days if rows else 0
    if span < FEWEST_DAYS or not known:
        short = f"it takes {FEWEST_PAIRS} pairs of images, over {FEWEST_DAYS:.0f} days"
        return Quote(None, at_most=False, basis=f"{short}; there {_are(len(known))}, over {span} days")
    per_month = len(known) / (span / MONTH_DAYS)
    level = rule.alert.area_m2 or 0.0
    told = [c for c in known if c.false_alarm_source == "controls" and (c.false_alarm_rate or 0) > 0]
    if told:
        chance = float(np.mean([_beyond_controls(c, level) for c in told]))
        return _chance(chance, per_month, f"from {max(c.control_pairs for c in told)} control pairs")
    if len(known) < FEWEST_PAIRS:
        short = f"it takes {FEWEST_PAIRS} pairs of images, or control pairs; there {_are(len(known))}"
        return Quote(None, at_most=False, basis=short)
    return _chance(_beyond_history(known, level), per_month, f"from {_pairs(len(known))}")


def _are(number: int) -> str:
    return f"is {number}" if number == 1 else f"are {number}"


def _pairs(number: int) -> str:
    return f"{number} pair{'' if number == 1 else 's'} of images"


def _chance(chance: float, per_month: float, basis: str) -> Quote:
    rate = chance * per_month
    least = 1 / (100 * 12)
    return Quote(max(rate, least), at_most=rate < least, basis=basis)


def _beyond_controls(change: ZoneChange, level: float) -> float:
    """Give the probability that false alarms exceed by `level` what is taken off for them: lognormal shares."""
    from scipy.special import ndtr

    rate, high = change.false_alarm_rate or 0.0, change.false_alarm_high or 0.0
    spread = math.log(max(high / rate, 1.05)) / 1.645
    seen = sure_area(change).seen or math.inf
    return float(ndtr(-math.log((high + level / seen) / rate) / spread))


def _beyond_history(known: Sequence[ZoneChange], level: float) -> float:
    """Give the probability that the next pair exceeds a level, from those so far.

    Two ways to tell it are pooled by their geometric mean [1]: areas as lognormal, of which so few tell only so much
    (Student's t), which knows nothing of what a site has not shown yet, as snow; and a count of the pairs beyond the
    level (Jeffreys), which knows no level that was never reached from another.

    References
    ----------
    .. [1] Genest, Zidek (1986), Combining probability distributions, doi:10.1214/ss/1177013825.
    """
    from scipy.special import stdtr

    areas = np.array([sure_area(c).least for c in known])
    logs, n = np.log1p(areas), len(areas)
    spread = max(float(logs.std(ddof=1)), 0.25)
    tail = float(stdtr(n - 1, (logs.mean() - math.log1p(level)) / (spread * math.sqrt(1 + 1 / n))))
    counted = (float((areas > level).sum()) + 0.5) / (n + 1)
    return math.sqrt(tail * counted)
