"""How well quoted rates of false alerts hold, and how soon events are told, on two invented years of many sites.

python -m tests.benchmarks.bench_alerts --sites 200 --write docs/alerts.md
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import numpy as np
from tests.benchmarks.series import FIRST, Event, Made, made_site

from sitedelta.alerts.episodes import MONTH_DAYS, Episode, count_episodes
from sitedelta.alerts.looks import looks_of
from sitedelta.alerts.quote import Quote, quote_count
from sitedelta.alerts.rule import Rule
from sitedelta.alerts.setting import Alert

QUOTED_ON = (180, 330, 530)
"""Days on which rates are quoted; each holds until the next."""
END = 730
AFTERWARDS = 30.0
"""Days after an event that belong to it."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A rule as it is set at each site, by the site's usual number."""

    name: str
    when: str
    looks: int = 1
    months: float = 12.0

    def rule(self, usual: float) -> Rule:
        """Give the rule for a site."""
        keys: dict[str, object] = {"when": self.when, "of": "aircraft", "looks": self.looks}
        if self.when == "above":
            keys |= {"n": round(1.5 * usual + 1), "clear": round(1.2 * usual)}
        elif self.when == "below":
            keys |= {"n": max(1, round(0.5 * usual)), "clear": max(1, round(0.8 * usual))}
        elif self.when == "change":
            keys |= {"percent": 50.0, "n": 3}
        elif self.when == "drift":
            keys |= {"factor": 1.75, "months": self.months}
        return Rule(Alert.model_validate(keys), "site", "the site")


SETTINGS = (
    Setting("above 1.5 times the usual number", "above"),
    Setting("above 1.5 times the usual number, 2 images in a row", "above", looks=2),
    Setting("below half the usual number", "below"),
    Setting("change of more than 50 % and 3", "change"),
    Setting("appears", "appears"),
    Setting("drift 1.75 times, 12 months", "drift"),
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


def judge(made: Made, setting: Setting) -> Tally:
    """Watch one site: quote on some days by what is known then, count what was told, look by look."""
    rule, tally = setting.rule(made.usual), Tally()
    for start, end in zip(QUOTED_ON, (*QUOTED_ON[1:], END), strict=True):
        quote, told = _watched(rule, made, start, end)
        quiet = _outside(made.events, start, end)
        if quote.per_month is None:
            continue
        tally.months += quiet / MONTH_DAYS
        tally.expected += 0.0 if quote.at_most else quote.per_month * quiet / MONTH_DAYS
        tally.false += sum(not _belongs(e, made.events) for e in told)
    _delays(rule, made, tally)
    return tally


def _watched(rule: Rule, made: Made, start: int, end: int) -> tuple[Quote, list[Episode]]:
    """Quote a rate on a day, and give what is told from then on until another day."""
    known = [o for o in made.observations if (o.date - FIRST).days < start]
    looks = looks_of(known, "site", "aircraft")
    quote = quote_count(rule, looks, count_episodes(rule, looks), [made.detector])
    upto = [o for o in made.observations if (o.date - FIRST).days < end]
    since = FIRST + timedelta(days=start)
    return quote, [e for e in count_episodes(rule, looks_of(upto, "site", "aircraft")) if e.begin >= since]


def _outside(events: Sequence[Event], start: float, end: float) -> float:
    """Give the days that belong to no event."""
    lost = (min(end, e.day + e.days + AFTERWARDS) - max(start, e.day) for e in events)
    return end - start - sum(max(0.0, d) for d in lost)


def _belongs(episode: Episode, events: Iterable[Event]) -> bool:
    day = (episode.begin - FIRST).total_seconds() / 86400
    return any(e.day - 1 <= day <= e.day + e.days + AFTERWARDS for e in events)


def _delays(rule: Rule, made: Made, tally: Tally) -> None:
    """Count the events that a rule is meant to find, and how long each took from the first chance to see it."""
    found = count_episodes(rule, looks_of(made.observations, "site", "aircraft"))
    for e in made.events:
        if not _is_meant(rule.alert.when, e, made.usual):
            continue
        tally.events += 1
        days = [(x.begin - FIRST).total_seconds() / 86400 for x in found]
        told = [d for d in days if e.day - 1 <= d <= e.day + e.days]
        if told:
            tally.told += 1
            tally.delays.append(max(0.0, told[0] - e.day))


def _is_meant(when: str, event: Event, usual: float) -> bool:
    if when == "above":
        return event.factor > 1.5
    if when == "below":
        return event.factor < 0.5 and usual >= 6
    return when in ("change", "drift") and usual >= 6


def measure(sites: int, settings: Sequence[Setting] = SETTINGS, *, seed: int = 0) -> dict[str, Tally]:
    """Watch many sites with each setting."""
    found = {s.name: Tally() for s in settings}
    for k in range(sites):
        made = made_site(seed + k)
        for s in settings:
            found[s.name].add(judge(made, s))
        if k % 10 == 9:
            print(f"{k + 1} sites\n{table(found)}", file=sys.stderr, flush=True)  # noqa: T201 - how far it is
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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", type=Path)
    said = parser.parse_args()
    text = table(measure(said.sites, seed=said.seed))
    print(text)  # noqa: T201 - the result
    if said.write:
        page = said.write.read_text(encoding="utf-8")
        before, _, rest = page.partition("<!-- figures -->\n")
        _, _, after = rest.partition("<!-- end -->")
        said.write.write_text(f"{before}<!-- figures -->\n{text}<!-- end -->{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
