"""How well quoted rates of false alerts hold, and how soon events are told, over two years of many sites.

On rendered images, which are made and counted first where FOLDER does not hold them yet:
python -m tests.benchmarks.bench_alerts --rendered FOLDER --sites 200 --write docs/alerts.md
On invented counts, in minutes:
python -m tests.benchmarks.bench_alerts --sites 200 --write docs/alerts.md
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import numpy as np
from tests.benchmarks.rendered_sites import Rendered, sites
from tests.benchmarks.series import FIRST, Event, made_site

from sitedelta.alerts.areas import area_episodes
from sitedelta.alerts.episodes import MONTH_DAYS, Episode, count_episodes
from sitedelta.alerts.looks import Looks, looks_of
from sitedelta.alerts.quote import Quote, quote_area, quote_count
from sitedelta.alerts.rule import Rule
from sitedelta.alerts.setting import Alert
from sitedelta.areas.zones import WHOLE_SITE
from sitedelta.detectors.models import detector
from sitedelta.records import Observation, ZoneChange
from sitedelta.running.manifest import DetectorRecord

QUOTED_ON = (180, 330, 530)
"""Days on which rates are quoted; each holds until the next."""
END = 730
SHARE = 0.05
"""Of a rendered site, of which the rule on changed ground tells."""
AFTERWARDS = 30.0
"""Days after an event that belong to it."""


@dataclass(frozen=True, slots=True)
class Case:
    """A site whose images were looked at, and what truly happened there."""

    label: str
    observations: tuple[Observation, ...]
    changes: tuple[ZoneChange, ...]
    events: tuple[Event, ...]
    """Of the number of objects."""
    camps: tuple[Event, ...]
    """Of the ground."""
    detector: DetectorRecord
    usual: float
    area_m2: float | None
    """Changed ground that is to be told; None where none was measured."""


def invented(seed: int) -> Case:
    """Give a site of invented counts."""
    made = made_site(seed)
    return Case("aircraft", made.observations, (), made.events, (), made.detector, made.usual, None)


def rendered(found: Rendered) -> Case:
    """Give a site of rendered images."""
    kind, plan = found.plan.site.kind, found.plan
    a = detector(None).accuracy(kind.label, kind.gsd_m)
    record = DetectorRecord("shipped", kind.label, kind.gsd_m, a.precision, a.recall, a.objects, a.source)
    area_m2 = round(SHARE * (2 * plan.site.half_m) ** 2, -1)
    return Case(
        kind.label, found.observations, found.changes, plan.events, plan.camps, record, plan.usual, area_m2
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Setting:
    """A rule as it is set at each site, by the site's usual number."""

    name: str
    when: str
    looks: int = 1
    months: float = 12.0

    def rule(self, case: Case) -> Rule:
        """Give the rule for a site."""
        usual, keys = case.usual, dict[str, object](when=self.when, of=case.label, looks=self.looks)
        if self.when == "above":
            keys |= {"n": round(1.5 * usual + 1), "clear": round(1.2 * usual)}
        elif self.when == "below":
            keys |= {"n": max(1, round(0.5 * usual)), "clear": max(1, round(0.8 * usual))}
        elif self.when == "change":
            keys |= {"percent": 50.0, "n": 3}
        elif self.when == "drift":
            keys |= {"factor": 1.75, "months": self.months}
        elif self.when == "area":
            keys |= {"area_m2": case.area_m2}
        return Rule(Alert.model_validate(keys), WHOLE_SITE, "the site")

    def fits(self, case: Case) -> bool:
        """Tell whether a site can have the rule."""
        return self.when != "area" or case.area_m2 is not None

    def happened(self, case: Case) -> tuple[Event, ...]:
        """Give what truly happened, of all that the rule looks at."""
        return case.camps if self.when == "area" else case.events

    def meant(self, case: Case) -> list[Event]:
        """Give the events that the rule is meant to find."""
        return [e for e in self.happened(case) if _is_meant(self.when, e, case.usual)]


SETTINGS = (
    Setting("above 1.5 times the usual number", "above"),
    Setting("above 1.5 times the usual number, 2 images in a row", "above", looks=2),
    Setting("below half the usual number", "below"),
    Setting("change of more than 50 % and 3", "change"),
    Setting("appears", "appears"),
    Setting("drift 1.75 times, 12 months", "drift"),
    Setting("area of more than 5 % of the site", "area"),
)


@dataclass(slots=True)
class Tally:
    """What one setting led to over all sites."""

    expected: float = 0.0
    """False alerts that were quoted."""
    false: int = 0
    months: float = 0.0
    """Watched outside events, where a rate was quoted."""
    sites: int = 0
    events: int = 0
    told: int = 0
    delays: list[float] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Take in another site."""
        self.expected, self.false, self.months = (
            self.expected + other.expected,
            self.false + other.false,
            self.months + other.months,
        )
        self.sites, self.events, self.told = self.sites + 1, self.events + other.events, self.told + other.told
        self.delays = self.delays + other.delays

    @property
    def ratio(self) -> float:
        """Measured over quoted."""
        return self.false / self.expected if self.expected else float("nan")


def judge(case: Case, setting: Setting) -> Tally:
    """Watch one site: quote on some days by what is known then, count what was told, look by look."""
    tally, happened = Tally(), setting.happened(case)
    for start, end in zip(QUOTED_ON, (*QUOTED_ON[1:], END), strict=True):
        quote = _quote(setting.rule(case), case, start)
        quiet = _outside(happened, start, end)
        if quote.per_month is None:
            continue
        tally.months += quiet / MONTH_DAYS
        tally.expected += 0.0 if quote.at_most else quote.per_month * quiet / MONTH_DAYS
        told = [e for e in _episodes(setting.rule(case), case, end) if day_of(e) >= start]
        tally.false += sum(not _belongs(e, happened) for e in told)
    _delays(setting, case, tally)
    return tally


def _quote(rule: Rule, case: Case, day: float) -> Quote:
    """Quote a rate by what is known on a day."""
    if rule.alert.when == "area":
        return quote_area(rule, _changes(case, day))
    return quote_count(rule, _looks(case, day), _episodes(rule, case, day), [case.detector])


def _episodes(rule: Rule, case: Case, day: float) -> tuple[Episode, ...]:
    """Judge a rule by what is known on a day."""
    if rule.alert.when == "area":
        return area_episodes(rule, _changes(case, day))
    looks = _looks(case, day)
    return count_episodes(rule, looks) if looks.rows else ()


def _looks(case: Case, day: float) -> Looks:
    until = FIRST + timedelta(days=day)
    return looks_of([o for o in case.observations if o.date < until], WHOLE_SITE, case.label)


def _changes(case: Case, day: float) -> list[ZoneChange]:
    until = FIRST + timedelta(days=day)
    return [c for c in case.changes if c.date_after < until]


def day_of(episode: Episode) -> float:
    """Give the day on which an alert is told."""
    return (episode.begin - FIRST).total_seconds() / 86400


def _outside(events: Sequence[Event], start: float, end: float) -> float:
    """Give the days that belong to no event."""
    lost = (min(end, e.day + e.days + AFTERWARDS) - max(start, e.day) for e in events)
    return end - start - sum(max(0.0, d) for d in lost)


def _belongs(episode: Episode, events: Iterable[Event]) -> bool:
    return any(e.day - 1 <= day_of(episode) <= e.day + e.days + AFTERWARDS for e in events)


def _delays(setting: Setting, case: Case, tally: Tally) -> None:
    """Count the events that a rule is meant to find, and how long each took from the day on which it began."""
    days = [day_of(e) for e in _episodes(setting.rule(case), case, END + 1)]
    for e in setting.meant(case):
        tally.events += 1
        told = [d for d in days if e.day - 1 <= d <= e.day + e.days]
        if told:
            tally.told += 1
            tally.delays.append(max(0.0, told[0] - e.day))


def _is_meant(when: str, event: Event, usual: float) -> bool:
    if when in ("above", "area"):
        return when == "area" or event.factor > 1.5
    if when == "appears":
        return usual < 1
    if when == "below":
        return event.factor < 0.5 and usual >= 6
    return when in ("change", "drift") and usual >= 6


def measure(cases: Iterable[Case], settings: Sequence[Setting] = SETTINGS) -> dict[str, Tally]:
    """Watch many sites with each setting."""
    found: dict[str, Tally] = {}
    for k, case in enumerate(cases, 1):
        for s in settings:
            if s.fits(case):
                found.setdefault(s.name, Tally()).add(judge(case, s))
        if k % 10 == 0:
            print(f"{k} sites\n{table(found)}", file=sys.stderr, flush=True)  # noqa: T201 - how far it is
    return found


def table(found: dict[str, Tally]) -> str:
    """Give the figures as Markdown."""
    names = ("rule", "site-months", "false, quoted", "measured", "ratio", "events told", "median delay, days")
    head = f"| {' | '.join(names)} |\n|---|---|---|---|---|---|---|\n"
    return head + "".join(_line(name, t) for name, t in (found | {"all": total(found.values())}).items())


def total(tallies: Iterable[Tally]) -> Tally:
    """Add settings up."""
    whole = Tally()
    for t in tallies:
        whole.add(t)
    return whole


def _line(name: str, t: Tally) -> str:
    events = f"{t.told} of {t.events}" if t.events else "-"
    delay = f"{np.median(t.delays):.0f}" if t.delays else "-"
    return f"| {name} | {t.months:.0f} | {t.expected:.1f} | {t.false} | {t.ratio:.2f} | {events} | {delay} |\n"


def main() -> None:
    """Measure, print, and write into a page between its marks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rendered", type=Path, metavar="FOLDER")
    parser.add_argument("--write", type=Path)
    said = parser.parse_args()
    if said.rendered:
        found = measure(rendered(r) for r in sites(said.rendered, said.seed, said.sites))
    else:
        found = measure(invented(said.seed + k) for k in range(said.sites))
    text = table(found)
    print(text)  # noqa: T201 - the result
    if said.write:
        write_between(said.write, "rendered" if said.rendered else "invented", text)


def write_between(path: Path, name: str, text: str) -> None:
    """Put figures into a page, between the marks of their name."""
    page = path.read_text(encoding="utf-8")
    before, _, rest = page.partition(f"<!-- {name} -->\n")
    _, _, after = rest.partition("<!-- end -->")
    path.write_text(f"{before}<!-- {name} -->\n{text}<!-- end -->{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
