"""Names that are safe as file names, in URLs and as HTML anchors."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

SAFE_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
"""Lower-case letters, digits and single hyphens between them."""


def slug(text: str, *, longest: int = 40) -> str:
    """Make an id of `[a-z0-9-]` from any text; a text that is cut, or has nothing usable, gets a digest of itself.

    Examples
    --------
    >>> slug("Main apron, north")
    'main-apron-north'
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if words and len(words) <= longest:
        return words
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return f"{words[: longest - 7].strip('-')}-{digest}".strip("-")


def unique(names: Iterable[str]) -> list[str]:
    """Make names unique, in order, by appending -2, -3, ...

    Examples
    --------
    >>> unique(["a", "b", "a"])
    ['a', 'b', 'a-2']
    """
    taken: set[str] = set()
    result = []
    for name in names:
        candidate, number = name, 1
        while candidate in taken:
            number += 1
            candidate = f"{name}-{number}"
        taken.add(candidate)
        result.append(candidate)
    return result


def of_twins(left: Path, kept: Path) -> str:
    """Say of two files with the same bytes which one is kept.

    Examples
    --------
    >>> of_twins(Path("in/b.tif"), Path("in/a.tif"))
    'b.tif has the same bytes as a.tif and is left out; a.tif comes first and is kept'
    >>> of_twins(Path("in/late/a.tif"), Path("in/a.tif"))
    'late/a.tif has the same bytes as in/a.tif and is left out; in/a.tif comes first and is kept'
    """
    one, other = (p.name if left.name != kept.name else f"{p.parent.name}/{p.name}" for p in (left, kept))
    return f"{one} has the same bytes as {other} and is left out; {other} comes first and is kept"
