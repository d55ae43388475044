"""A file on its way here: what has arrived stays when a connection breaks, and the rest is asked for."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from sitedelta.errors import InputError
from sitedelta.remote.address import plain

if TYPE_CHECKING:
    import requests

MOST_FILE_BYTES = 1_000_000_000
"""Of one image that is copied as it is."""
LONGEST_S = 3600.0
"""For one such image, breaks included."""
_CHUNK = 1 << 18


@dataclass(slots=True)
class Part:
    """What has arrived of a file."""

    file: BinaryIO
    most: int
    """Bytes; a file that is larger is refused."""
    until: float
    """By the monotonic clock: later it is given up."""
    version: str | None = None
    """ETag or date, by which the rest is asked for; None where the server gives none that is sure."""

    @property
    def size(self) -> int:
        return self.file.tell()

    @property
    def late(self) -> bool:
        return time.monotonic() > self.until

    def headers(self) -> Mapping[str, str]:
        """Ask for the rest of the very same file; for all of it where that cannot be told."""
        if not self.size or self.version is None:
            return {}
        return {"Range": f"bytes={self.size}-", "If-Range": self.version}

    def take(self, answer: "requests.Response", url: str) -> None:
        """Write what an answer holds, behind what has arrived where it goes on there.

        Raises
        ------
        InputError
            It is too large.
        """
        if not (answer.status_code == 206 and self._goes_on(answer.headers.get("Content-Range", ""))):
            self.again()
        self.version = _version(answer.headers)
        said = answer.headers.get("Content-Length", "")
        self._refuse_large(self.size + (int(said) if said.isdecimal() else 0), url)
        for chunk in answer.iter_content(_CHUNK):
            self._refuse_large(self.size + len(chunk), url)
            self.file.write(chunk)
            if self.late:
                raise InputError(f"{plain(url)}: takes longer than {LONGEST_S / 3600:g} h; copy it by other means")

    def again(self) -> None:
        """Begin anew."""
        self.file.seek(0)
        self.file.truncate()

    def _goes_on(self, said: str) -> bool:
        return said.startswith(f"bytes {self.size}-")

    def _refuse_large(self, size: int, url: str) -> None:
        if size > self.most:
            raise InputError(f"{plain(url)}: is larger than {self.most // 1_000_000} MB, which is too large")


def _version(said: Mapping[str, str]) -> str | None:
    etag = said.get("ETag", "")
    return etag if etag.startswith('"') else said.get("Last-Modified")
