"""How long things stayed, in sentences that rest on tracks."""

from collections.abc import Sequence

from sitedelta.records import Track
from sitedelta.words.sentences import SITE_ZONE, Sentence
from sitedelta.words.wording import many


def repeated(tracks: Sequence[Track], label: str) -> list[Track]:
    """Give the tracks of a class that more than one day shows, the longest stays first."""
    mine = [t for t in tracks if t.label == label and ";" in t.seen_dates]
    return sorted(mine, key=lambda t: (-t.dwell_min_days, -t.length_m, t.id))


def stay_sentences(tracks: Sequence[Track]) -> tuple[Sentence, ...]:
    """Say for each class how many were seen on more than one date, and how long the longest stayed at least."""
    return tuple(_sentence(tracks, label) for label in sorted({t.label for t in tracks}))


def _sentence(tracks: Sequence[Track], label: str) -> Sentence:
    mine, again = [t for t in tracks if t.label == label], repeated(tracks, label)
    text = f"{many(label).capitalize()}: {len(again)} of {len(mine)} were seen on more than one date"
    if again:
        days = round(again[0].dwell_min_days)
        text += f", the longest for at least {days:,} day{'' if days == 1 else 's'}"
    return Sentence(
        text=f"{text}.",
        topic="stay",
        zone=SITE_ZONE,
        label=label,
        answer=None,
        supports=tuple(t.id for t in again or mine),
    )
