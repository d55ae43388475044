"""The files that a web server lists in a folder: the links of its page, as far as they lie in it."""

import re
from fnmatch import fnmatchcase
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

from sitedelta.errors import InputError
from sitedelta.remote.address import joined, plain
from sitedelta.remote.web import Web

MOST_FILES = 5000
"""That a pattern may match."""
_MAGIC = re.compile(r"[*?\[]")


class _Links(HTMLParser):
    """Collects what a page links to."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found += [value for name, value in attrs if name == "href" and value]


def is_pattern(url: str) -> bool:
    """Tell whether an address on the web is a pattern: `*` or `[...]` in its path; a `?` begins a query."""
    return _MAGIC.search(urlsplit(url).path) is not None


def listed(url: str, web: Web) -> tuple[str, ...]:
    """Give the addresses that a pattern such as `https://host/folder/*.tif` matches, sorted.

    The server has to list its folders (as Apache, nginx and `python -m http.server` do); only links to files in that
    very folder count.

    Raises
    ------
    InputError
        A part before the last is a pattern, nothing matches, or too much does.
    RunFailed
        The network fails, after retries.
    """
    base, _, pattern = url.rpartition("/")
    if is_pattern(f"{base}/"):
        raise InputError(f"{plain(url)}: only the last part of an address on the web may be a pattern")
    page = _Links()
    page.feed(web.text(f"{base}/"))
    found = sorted({place for href in page.found if (place := _place(href, f"{base}/", pattern))})
    if not found:
        raise InputError(
            f"{plain(url)}: matches nothing that {plain(base)}/ links to; does the server list the folder?"
        )
    if len(found) > MOST_FILES:
        raise InputError(f"{plain(url)}: matches more than {MOST_FILES} files; narrow the pattern")
    return tuple(found)


def _place(href: str, folder: str, pattern: str) -> str | None:
    """Give the address that a link leads to, where it is a file in the folder whose name the pattern matches."""
    place = joined(folder, href).split("#", 1)[0].split("?", 1)[0]
    name = place.removeprefix(folder)
    inside = place.startswith(folder) and name and "/" not in name
    return place if inside and fnmatchcase(unquote(name), pattern) else None
