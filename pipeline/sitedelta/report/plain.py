"""Values made harmless for the format they go to."""

import math
import re
from datetime import UTC, datetime

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_TURNS = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
"""Characters that let text read other than it is written."""
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def cell(value: object) -> object:
    """Give a CSV cell that no spreadsheet takes for a formula; None and NaN are empty, dates are ISO 8601 in UTC.

    Examples
    --------
    >>> cell("=cmd()"), cell(-3), cell(None)
    ("'=cmd()", -3, '')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def iso(date: datetime) -> str:
    """Give a date as ISO 8601 in UTC."""
    return date.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def xml(text: str) -> str:
    """Drop the characters that no XML document may hold; escaping is the writer's."""
    return _NOT_XML.sub("", text)


def line(text: str) -> str:
    r"""Give a text on one line, without what controls a terminal or turns the direction of reading.

    Examples
    --------
    >>> line("evil\u202egnp.exe\x07\n2")
    'evilgnp.exe 2'
    """
    return " ".join(_TURNS.sub("", "".join(c if c.isprintable() or c.isspace() else "" for c in text)).split())
