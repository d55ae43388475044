"""What a document that lies elsewhere may lead to: nothing that the user did not name."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sitedelta.errors import InputError
from sitedelta.remote.address import host_of, is_address, joined, plain
from sitedelta.within import refuse_host, refuse_outside

_LONGEST = 4000
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Reach:
    """Folders and hosts that the user named."""

    folder: Path | None
    """Local files below it may be read; none where it is None."""
    hosts: tuple[str, ...]
    """`example.org`, `example.org:8080`, `*.example.org`, `s3://bucket`."""

    def follow(self, href: str, base: str) -> str:
        """Resolve a reference in a document, and give the address or the absolute path that it leads to.

        Parameters
        ----------
        href
            As it stands in the document: relative, an address, or a path.
        base
            Address or absolute path of the document.

        Raises
        ------
        InputError
            It leads to a host or a folder that was not named.
        """
        if not href.strip() or len(href) > _LONGEST or _CONTROL.search(href) or href.startswith("/vsi"):
            raise InputError(
                f"{plain(base)}: holds a reference that is none ({plain(href)[:60]!r}); correct the catalogue"
            )
        if href.lower().startswith("file:"):
            return self._local(Path(unquote(urlsplit(href).path)), base)
        if is_address(href) or is_address(base):
            return self._elsewhere(joined(base, href), base)
        return self._local(Path(base).parent / href, base)

    def _elsewhere(self, url: str, base: str) -> str:
        if not url.lower().startswith(("http://", "https://", "s3://", "gs://", "az://")):
            raise InputError(f"{plain(base)}: leads to {plain(url)}, which is no address that can be read")
        try:
            host = host_of(url)
        except ValueError as error:
            raise InputError(f"{plain(base)}: {error}") from error
        if not any(fnmatchcase(host, known.lower()) for known in self.hosts):
            raise InputError(
                f"{plain(base)}: leads to {host}, which the configuration does not name; "
                f"if that is right, add it: `hosts: [{host}]`"
            )
        refuse_host(url)
        return url

    def _local(self, path: Path, base: str) -> str:
        found = Path(os.path.normpath(path.absolute()))
        if is_address(base) or self.folder is None or not _is_below(found, self.folder):
            raise InputError(
                f"{plain(base)}: leads to the local file {found}, outside what the configuration names; "
                "correct the catalogue"
            )
        refuse_outside(found)
        return str(found)


def _is_below(path: Path, folder: Path) -> bool:
    """Tell whether a file lies in a folder, symbolic links followed; False for a name that no file can have."""
    try:
        path.exists()
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):
        return False


def reach_of(place: str, hosts: Iterable[str]) -> Reach:
    """Give what a catalogue may lead to: files in its own folder, or its own host; and the hosts that are named."""
    if is_address(place):
        return Reach(None, (host_of(place), *hosts))
    return Reach(Path(place).parent, tuple(hosts))
