"""What a report shows of alerts, and of images that came late, twice, anew or went."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sitedelta.alerts.entry import Entry
from sitedelta.alerts.ledger import read_ledger
from sitedelta.alerts.raising import RuleState, read_states
from sitedelta.files.store import SiteStore
from sitedelta.watch.arrivals import PLAIN, Arrival, read_arrivals
from sitedelta.words.wording import day

_MOST = 50
"""The page lists this many lines; the ledgers hold all."""


_VOID = ("withdrawn", "merged")
"""Lines that take an alert back."""


@dataclass(frozen=True, slots=True)
class Flag:
    """An alert on a chart."""

    date: datetime
    text: str


@dataclass(frozen=True, slots=True)
class AlertsShown:
    """Alerts of a site."""

    rules: tuple[RuleState, ...]
    lines: tuple[Entry, ...]
    """What was told, the latest first."""
    left_out: int
    """Earlier lines that the page does not list."""
    flags: dict[tuple[str, str], tuple[Flag, ...]]
    """Alerts that stand, by zone and class."""
    arrivals: tuple[Arrival, ...]
    """What is to be known of how images came."""

    @property
    def summary(self) -> str:
        """Say in few words how the rules stand; empty where there are none."""
        if not self.rules:
            return ""
        met = sum(bool(r.met) for r in self.rules)
        stands = {e.alert: e.kind not in _VOID for e in reversed(self.lines)}
        fired = [e for e in self.lines if e.kind == "fired" and e.begin and stands[e.alert]]
        last = f", last alert {day(max(e.begin for e in fired if e.begin))}" if fired else ""
        return f"{met} of {len(self.rules)} rules met{last}"


def alerts_shown(root: Path) -> AlertsShown:
    """Read what there is to show of a site's folder."""
    store = SiteStore(root)
    ledger = [e for e in read_ledger(store.alerts) if e.kind != "began"]
    lines = tuple(reversed(ledger))
    arrivals = tuple(a for a in read_arrivals(store.arrivals) if a.kind not in PLAIN)
    return AlertsShown(read_states(store), lines[:_MOST], max(0, len(lines) - _MOST), _flags(ledger), arrivals[-_MOST:])


def _flags(ledger: list[Entry]) -> dict[tuple[str, str], tuple[Flag, ...]]:
    standing = {e.alert: e for e in ledger}
    found: dict[tuple[str, str], tuple[Flag, ...]] = {}
    for e in sorted(standing.values(), key=lambda e: (str(e.begin), e.alert)):
        if e.begin is not None and e.kind not in _VOID:
            place = (e.zone, e.label)
            found[place] = (*found.get(place, ()), Flag(e.begin, f"Alert, {day(e.begin)}: {e.name}"))
    return found
