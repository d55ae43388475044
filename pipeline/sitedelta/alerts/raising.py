"""Judge the rules of a site by what its tables hold now, write down what is new, and make it ready to be sent."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sitedelta.alerts.areas import area_episodes, changes_in
from sitedelta.alerts.entry import Entry
from sitedelta.alerts.episodes import Episode, count_episodes
from sitedelta.alerts.ledger import append, read_ledger
from sitedelta.alerts.looks import looks_of
from sitedelta.alerts.outbox import Outbox
from sitedelta.alerts.quote import quote_area, quote_count
from sitedelta.alerts.reconcile import Case, reconcile
from sitedelta.alerts.rule import Rule, rules_of
from sitedelta.errors import InputError
from sitedelta.files.store import SiteStore, write_json

if TYPE_CHECKING:
    from sitedelta.alerts.setting import Alert
    from sitedelta.report.findings import Findings

FORMAT = 1
TOLD = ("fired", "cleared", "corrected", "merged", "withdrawn", "restored")
"""Lines that somebody is told of, where the alert itself was told."""


@dataclass(frozen=True, slots=True)
class RuleState:
    """How a rule stands."""

    key: str
    words: str
    zone: str
    label: str
    met: bool | None
    """None where no image shows what it waits for."""
    since: str | None
    false_alarms: str
    per_month: float | None


def is_judged(store: SiteStore, alerts: Sequence["Alert"]) -> bool:
    """Tell whether the rules were judged by the results that stand."""
    if not alerts and not store.alert_state.exists():
        return True
    try:
        said = json.loads(store.alert_state.read_text(encoding="utf-8"))
        return bool(said["basis"] == _basis(store, alerts))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def raise_alerts(
    store: SiteStore, alerts: Sequence["Alert"], *, send: bool = False, now: datetime | None = None
) -> tuple[Entry, ...]:
    """Judge all rules, and give what somebody is to be told now; a second time with nothing new there is nothing.

    Parameters
    ----------
    send
        Make messages ready for the webhook.
    now
        The current time, where it is not given.
    """
    from sitedelta.report.findings import read_findings
    from sitedelta.site import open_site
    from sitedelta.words.sentences import place_names

    when = (now or datetime.now(UTC)).replace(microsecond=0)
    ledger = read_ledger(store.alerts)
    found = read_findings(open_site(store.root))
    names = place_names(found.manifest)
    cases = [_case(found, r, when) for r in rules_of(alerts, names)]
    lines = [line for case in cases for line in reconcile(case, ledger)]
    news = tuple(e for e in lines if e.kind in TOLD and _is_told(e, ledger))
    if send:
        Outbox(store.root / "work" / "outbox").put(news)  # before the ledger: what is written twice is sent once
    append(store.alerts, lines)
    states = [asdict(_state(c)) for c in cases]
    write_json(store.alert_state, {"format": FORMAT, "basis": _basis(store, alerts), "rules": states})
    return news


def read_states(store: SiteStore) -> tuple[RuleState, ...]:
    """Give how the rules of a site stand; none where it has none."""
    try:
        said: dict[str, Any] = json.loads(store.alert_state.read_text(encoding="utf-8"))
        return tuple(RuleState(**r) for r in said["rules"])
    except FileNotFoundError:
        return ()
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{store.alert_state}: is damaged; take it away and run again") from error


def _basis(store: SiteStore, alerts: Sequence["Alert"]) -> str:
    """Name what the rules were judged by: the tables, and the rules themselves."""
    digest = hashlib.sha256(json.dumps([a.model_dump(mode="json") for a in alerts], sort_keys=True).encode())
    digest.update(_bytes(store.manifest) + b"\0" + (b"" if store.alerts.exists() else b"no ledger"))
    return digest.hexdigest()[:20]


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def _case(found: "Findings", rule: Rule, now: datetime) -> Case:
    site = found.manifest.site
    name = f"{rule.alert.name} ({rule.words})" if rule.alert.name else rule.words[:1].upper() + rule.words[1:]
    if rule.alert.when == "area":
        rows = changes_in(found.zone_changes, rule.zone)
        episodes = area_episodes(rule, rows)
        known = [c.date_after for c in rows if c.changed_m2 is not None]
        quote = quote_area(rule, rows)
    else:
        looks = looks_of(found.observations, rule.zone, rule.label)
        episodes = count_episodes(rule, looks) if looks.rows else ()
        known = [d for d, e in zip(looks.dates, looks.exposure, strict=True) if e > 0]
        quote = quote_count(rule, looks, episodes, found.manifest.detectors)
    return Case(site, rule, episodes, max(known, default=None), quote, now, name)


def _state(case: Case) -> RuleState:
    lasting: list[Episode] = [e for e in case.episodes if e.lasts]
    changed = [e for e in case.episodes if e.begin == case.last] if case.rule.alert.when == "change" else lasting
    since = changed[-1].begin.isoformat() if changed else None
    met = None if case.last is None else bool(changed)
    rule, quote = case.rule, case.quote
    return RuleState(rule.key, case.name, rule.zone, rule.label, met, since, quote.words, quote.per_month)


def _is_told(line: Entry, ledger: Sequence[Entry]) -> bool:
    if line.kind in ("fired", "restored"):
        return True
    return any(e.alert == line.alert and e.kind in ("fired", "restored") for e in ledger)
