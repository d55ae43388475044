"""Values made harmless for the format they go to."""

import math
import re
from datetime import UTC, datetime

_FORMULA = (*"=+-@\t\r\n", *"\uff1d\uff0b\uff0d\uff20")
"""The last four are the same characters in full width, which some spreadsheets read alike."""
_STEERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What controls a terminal, or lets text read other than it is written."""
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
    if isinstance(value, str):
        text = readable(value)
        return f"'{text}" if text.startswith(_FORMULA) else text
    return value


def readable(text: str) -> str:
    r"""Drop what controls a terminal or turns the direction of reading; lines and tabs stay.

    Examples
    --------
    >>> readable("evil\u202egnp.exe\x07\nof two lines")
    'evilgnp.exe\nof two lines'
    """
    return _STEERS.sub("", text)


def iso(date: datetime) -> str:
    """Give a date as ISO 8601 in UTC."""
    return date.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def xml(text: str) -> str:
    """Drop the characters that no XML document may hold, and what turns reading; escaping is the writer's."""
    return readable(_NOT_XML.sub("", text))


def line(text: str) -> str:
    r"""Give a text on one line, with nothing in it that is not seen.

    Examples
    --------
    >>> line("evil\u202egnp.exe\x07\n2")
    'evilgnp.exe 2'
    """
    return " ".join("".join(c if c.isprintable() or c.isspace() else "" for c in readable(text)).split())
