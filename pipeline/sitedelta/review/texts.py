"""Names and notes that people write, made harmless before they are kept."""

import unicodedata

from sitedelta.errors import InputError

LONGEST_NAME, LONGEST_NOTE = 100, 10_000
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that let text read other than it is written."""


def name(text: str, where: str, what: str = "reviewer") -> str:
    """Give a name on one line; raises `InputError` where it is too long."""
    return _bounded(" ".join(_clean(text).split()), LONGEST_NAME, where, what)


def note(text: str, where: str) -> str:
    """Give a note, its lines kept; raises `InputError` where it is too long."""
    return _bounded(_clean(text.replace("\r\n", "\n").replace("\r", "\n")).strip(), LONGEST_NOTE, where, "note")


def _clean(text: str) -> str:
    """Leave out what controls a terminal, turns the direction of reading, or is no character at all."""
    return "".join(c for c in text if c in "\n\t" or (unicodedata.category(c) not in ("Cc", "Cs") and c not in _TURNS))


def _bounded(text: str, most: int, where: str, what: str) -> str:
    if len(text) > most:
        raise InputError(f"{where}: the {what} has {len(text)} characters; shorten it to {most}")
    return text
