"""What is new beside what was told: each alert is told once, and what later images correct is said too."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sitedelta.alerts.entry import Entry, Kind, alert_id
from sitedelta.alerts.episodes import Episode
from sitedelta.alerts.quote import Quote
from sitedelta.alerts.rule import Rule
from sitedelta.words.wording import day

_GONE = ("withdrawn", "merged")


@dataclass(frozen=True, slots=True)
class Case:
    """A rule at a site, judged now."""

    site: str
    rule: Rule
    episodes: tuple[Episode, ...]
    """In order of time."""
    last: datetime | None
    """Of the last look that shows anything; None where none does."""
    quote: Quote
    now: datetime
    name: str
    """The rule in words, or as it was called."""


def reconcile(case: Case, ledger: Sequence[Entry]) -> tuple[Entry, ...]:
    """Give the lines to append for one rule.

    Parameters
    ----------
    ledger
        All lines of the site.
    """
    own = [e for e in ledger if e.rule == case.rule.key]
    if not any(e.kind == "began" for e in own):
        return (_began(case), *(_first(case, e) for e in case.episodes))
    standing = {e.alert: e for e in own if e.alert}
    told = [e for e in standing.values() if e.kind not in _GONE]
    gone = [e for e in standing.values() if e.kind in _GONE]
    pairs = _matched(case.episodes, told)
    kept = {e.alert for e in pairs.values()}
    found = [line for k, e in enumerate(case.episodes) for line in _judged(case, e, pairs.get(k), told, gone)]
    lost = [_lost(case, e) for e in told if e.alert not in kept]
    return (*found, *lost)


def _matched(episodes: Sequence[Episode], told: Sequence[Entry]) -> dict[int, Entry]:
    """Give for each episode, by its place, the alert that told of it: the same beginning first, then what overlaps."""
    found: dict[int, Entry] = {}
    free = list(told)
    for test in (_same, _overlaps):
        for k, episode in enumerate(episodes):
            entry = None if k in found else next((e for e in free if test(episode, e)), None)
            if entry is not None:
                found[k] = entry
                free.remove(entry)
    return found


def _same(episode: Episode, entry: Entry) -> bool:
    return (episode.direction, episode.begin) == (entry.direction, entry.begin)


def _overlaps(episode: Episode, entry: Entry) -> bool:
    if episode.direction != entry.direction or entry.begin is None:
        return False
    start = entry.after or entry.begin
    return (entry.end is None or episode.after < entry.end) and (episode.end is None or start < episode.end)


def _judged(
    case: Case, episode: Episode, entry: Entry | None, told: Sequence[Entry], gone: Sequence[Entry]
) -> Iterable[Entry]:
    if entry is not None:
        return _followed(case, episode, entry)
    before = next((e for e in gone if _same(episode, e)), None)
    if before is not None:
        return [_line(case, episode, "restored", "is met after all", alert=before.alert)]
    own = _new_id(case, episode, {e.alert for e in (*told, *gone)})
    if any(_overlaps(episode, e) for e in told):
        return [_line(case, episode, "corrected", "what was told as one alert is two", alert=own)]
    return [_line(case, episode, "fired", alert=own)]


def _new_id(case: Case, episode: Episode, taken: set[str]) -> str:
    """Name an alert; one that moved to another beginning keeps the name that the old one gave it."""
    found = alert_id(case.site, case.rule.key, episode.direction, episode.begin, episode.scene)
    while found in taken:
        found = alert_id(case.site, case.rule.key, episode.direction, episode.begin, found)
    return found


def _followed(case: Case, episode: Episode, entry: Entry) -> Iterable[Entry]:
    """Say what became of an alert that was told."""
    now = (episode.begin, episode.number, episode.low, episode.high, episode.end)
    was = (entry.begin, entry.number, entry.low, entry.high, entry.end)
    if now == was:
        return []
    kind: Kind = "cleared" if now[:-1] == was[:-1] and entry.end is None else "corrected"
    return [_line(case, episode, kind, _difference(episode, entry), alert=entry.alert)]


def _difference(episode: Episode, entry: Entry) -> str:
    if episode.begin != entry.begin and entry.begin is not None:
        return f"met on {day(episode.begin)}, not {day(entry.begin)}"
    if episode.end == entry.end:
        return "counted again"
    return "met still" if episode.end is None else f"met no more on {day(episode.end)}"


def _began(case: Case) -> Entry:
    text = f"{case.name}: watched from now on; {case.quote.words}"
    empty = Episode("", case.now, case.last or case.now, None, "", None, None, None, "")
    return replace(_entry(case, empty, "began", "", text), after=None, begin=case.last)


def _first(case: Case, episode: Episode) -> Entry:
    """Tell of what stands when a rule is judged first; what is over by then is only written down."""
    news = episode.lasts or episode.begin == case.last
    return _line(case, episode, "fired" if news else "earlier")


def _lost(case: Case, entry: Entry) -> Entry:
    over = next((e for e in case.episodes if _overlaps(e, entry)), None)
    if over is not None:
        why, kind = f"is part of the alert of {day(over.begin)}", "merged"
    else:
        why, kind = "is not met with the images that there are now, or as they are counted now", "withdrawn"
    when = f" of {day(entry.begin)}" if entry.begin else ""
    text = f"{case.name}: the alert{when} {why}."
    kinds: dict[str, Kind] = {"merged": "merged", "withdrawn": "withdrawn"}
    return replace(entry, time=case.now, kind=kinds[kind], text=text, late=False)


def _line(case: Case, episode: Episode, kind: Kind, said: str = "", *, alert: str | None = None) -> Entry:
    known = alert or _new_id(case, episode, set())
    when = f"{day(episode.begin)}: {episode.says}"
    late = kind == "fired" and case.last is not None and episode.begin < case.last
    text = f"{case.name}: {said + '; ' if said else ''}{when}."
    if late:
        text += " Images of later dates were known already."
    if kind == "fired":
        text += f" {case.quote.words[:1].upper()}{case.quote.words[1:]}."
    return replace(_entry(case, episode, kind, known, text), late=late)


def _entry(case: Case, episode: Episode, kind: Kind, alert: str, text: str) -> Entry:
    return Entry(
        time=case.now,
        kind=kind,
        site=case.site,
        rule=case.rule.key,
        alert=alert,
        name=case.name,
        zone=case.rule.zone,
        label=case.rule.label,
        direction=episode.direction,
        after=episode.after,
        begin=episode.begin,
        end=episode.end,
        scene=episode.scene,
        number=episode.number,
        low=episode.low,
        high=episode.high,
        text=text,
        late=False,
        false_alarms=case.quote.words,
        per_month=case.quote.per_month,
    )
