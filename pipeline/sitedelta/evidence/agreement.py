"""Whether the evidence says what the tables say: made again from them and compared, record by record."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sitedelta.errors import SitedeltaError
from sitedelta.evidence.document import evidence
from sitedelta.evidence.files import NAME, text_of
from sitedelta.evidence.stated import Stated
from sitedelta.evidence.verdict import Difference, feeds
from sitedelta.files.store import SiteStore
from sitedelta.report.findings import read_findings
from sitedelta.running.keys import code
from sitedelta.site import open_site

_FILE = f"report/{NAME}"
_MOST = 20
"""Differences that are named one by one."""


def disagreements(root: Path, data: bytes, stated: Stated) -> tuple[list[Difference], list[str]]:
    """Make the evidence again and compare; only the version that wrote it writes it in the same words.

    Call it for a site whose files are whole.
    """
    if stated.code != code():
        said = f"sitedelta {stated.software.get('sitedelta', '?')} of another source wrote it: sentences not made again"
        return [], [said]
    try:
        findings = read_findings(open_site(root))
        report = {n: (root / n).read_bytes() for n in stated.files if n.startswith(f"{SiteStore(root).report.name}/")}
        again = text_of(evidence(findings, report))
    except (SitedeltaError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError, OSError) as error:
        said = f"the tables cannot be read as it says ({' '.join(str(error).split())[:200]})"
        return [Difference(_FILE, "contradicts", said, feeds(_FILE))], []
    if again.encode() == data:
        return [], []
    named = list(_compared(json.loads(data), json.loads(again))) or ["is not written as sitedelta writes it"]
    return [Difference(_FILE, "contradicts", said, feeds(_FILE)) for said in named[:_MOST]], []


def _compared(stated: dict[str, Any], made: dict[str, Any]) -> Iterator[str]:
    for key in dict.fromkeys((*stated, *made)):
        a, b = stated.get(key), made.get(key)
        if a == b:
            continue
        if isinstance(a, list) and isinstance(b, list):
            yield from _records(key, a, b)
        else:
            yield f"{key}: the tables say something else"


def _records(key: str, stated: list[Any], made: list[Any]) -> Iterator[str]:
    for number, (a, b) in enumerate(zip(stated, made, strict=False)):
        if a != b and isinstance(a, dict) and isinstance(b, dict):
            fields = [k for k in dict.fromkeys((*a, *b)) if a.get(k) != b.get(k)]
            said = "; ".join(f"{k} {_short(a.get(k))} where the tables give {_short(b.get(k))}" for k in fields[:3])
            yield f"{key}[{number}] ({_name(b)}): {said}"
        elif a != b:
            yield f"{key}[{number}]: {_short(a)} where the tables give {_short(b)}"
    if len(stated) != len(made):
        yield f"{key}: {len(stated)} records where the tables give {len(made)}"


def _name(record: dict[str, Any]) -> str:
    return str(next((record[k] for k in ("key", "id", "scene", "zone", "number", "name") if k in record), "?"))


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:77]}..."
