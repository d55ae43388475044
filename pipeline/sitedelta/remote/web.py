"""Reading documents and copying files over the network: retried, and bounded in size and time."""

import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sitedelta.errors import InputError, RunFailed
from sitedelta.files.store import written_aside
from sitedelta.remote.address import host_of, is_address, plain
from sitedelta.remote.part import LONGEST_S, MOST_FILE_BYTES, Part
from sitedelta.remote.reach import Reach

if TYPE_CHECKING:
    import requests

MOST_BYTES = 64_000_000
"""Of one document."""
_MOST_HOPS = 5
_CHUNK = 1 << 20
_CONNECT_S, _READ_S, _WHOLE_S = 10.0, 30.0, 120.0
_WAITS_S = (0.5, 2.0, 5.0)
"""Between attempts."""
_LONGEST_WAIT_S = 20.0
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_MOVED = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Facts:
    """What a server says of a file; None where it does not."""

    url: str
    """Where it lies, after having been moved."""
    etag: str | None = None
    size: int | None = None
    modified: str | None = None
    by_parts: bool = True
    """Whether it gives parts of a file."""


@dataclass(frozen=True, slots=True)
class _Request:
    url: str
    method: str = "GET"
    params: Mapping[str, Any] | None = None
    body: Any = None
    peek: bool = False
    """Only ask what is said of the file: signed addresses refuse HEAD."""
    part: Part | None = None
    """Where the answer is written to, instead of being kept in memory."""

    @property
    def headers(self) -> Mapping[str, str] | None:
        """Ask for a part of the file only, where that is enough."""
        if self.peek:
            return {"Range": "bytes=0-0"}
        return self.part.headers() if self.part else None


class _Again(Exception):  # noqa: N818 - asks for another attempt
    """An answer that may be another one in a moment."""

    def __init__(self, reason: str, wait_s: float = 0.0) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


def _new_session() -> "requests.Session":
    import requests

    return requests.Session()


@dataclass(frozen=True, slots=True)
class Web:
    """Reads documents that the user's configuration leads to, and no others."""

    reach: Reach
    _session: "requests.Session" = field(default_factory=_new_session, repr=False)

    def document(self, place: str) -> Any:
        """Read JSON from an address or a local file.

        Raises
        ------
        InputError
            It is not there, asks for credentials, is too large, or is not JSON.
        RunFailed
            The network fails, after retries.
        """
        return parsed(self.text(place), place)

    def text(
        self, place: str, *, method: str = "GET", params: Mapping[str, Any] | None = None, body: object = None
    ) -> str:
        """Read a text; see `document`."""
        if not is_address(place):
            data = _local_bytes(Path(place))
        elif place.startswith(("http://", "https://")):
            data = self._ask(_Request(place, method, params, body))[0]
        else:
            data = _stored_bytes(place)
        return data.decode("utf-8", errors="replace")

    def facts(self, url: str) -> Facts:
        """Ask a server of what size and version a file is, and where it lies; no more than the address elsewhere."""
        if not url.startswith(("http://", "https://")):
            return _stored_facts(url)
        return self._ask(_Request(url, peek=True))[1]

    def download(self, url: str, path: Path) -> None:
        """Copy a whole file as it is, by and by to the disk; `MOST_FILE_BYTES` at most.

        Where the connection breaks, only the rest is asked for; as long as something arrives, that is tried again.
        """
        with written_aside(path) as aside, aside.open("wb") as file:
            part = Part(file, MOST_FILE_BYTES, time.monotonic() + LONGEST_S)
            if url.startswith(("http://", "https://")):
                self._ask(_Request(url, part=part))
            else:
                _store_bytes(url, part)

    def _ask(self, request: _Request) -> tuple[bytes, Facts]:
        waits, arrived = list(_WAITS_S), 0
        while True:
            try:
                return self._once(request)
            except _Again as error:
                if request.part and request.part.size > arrived and not request.part.late:
                    waits, arrived = list(_WAITS_S), request.part.size
                wait = waits.pop(0) if waits else None
                if wait is None:
                    msg = f"{plain(request.url)}: {host_of(request.url)} cannot be reached ({error}); run again later"
                    raise RunFailed(msg) from error
                time.sleep(min(max(wait, error.wait_s), _LONGEST_WAIT_S))

    def _once(self, request: _Request) -> tuple[bytes, Facts]:
        """Send a request, follow it to where the file was moved as far as that is named, and read the answer."""
        import requests

        for _ in range(_MOST_HOPS):
            try:
                with self._sent(request) as answer:
                    if answer.status_code not in _MOVED:
                        _judge(answer, request)
                        return _taken(answer, request), _facts(answer, request.url)
                    to = self.reach.follow(answer.headers.get("Location", ""), request.url)
            except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, UnicodeError) as error:
                raise InputError(f"{plain(request.url)}: is not a whole address") from error
            except requests.RequestException as error:
                raise _Again(_cause(error)) from error
            request = replace(request, url=to, params=None)
        raise InputError(f"{plain(request.url)}: is moved on and on; give the address where it lies")

    def _sent(self, request: _Request) -> "requests.Response":
        return self._session.request(
            request.method,
            request.url,
            params=request.params,
            json=request.body,
            headers=request.headers,
            stream=True,
            allow_redirects=False,
            timeout=(_CONNECT_S, _READ_S),
        )


def parsed(text: str, place: str) -> Any:
    """Read JSON; raises `InputError` where it is none, nested without bound, or holds what cannot be written again."""
    try:
        found = json.loads(text, parse_constant=_refuse_number, parse_float=_finite)
        if "\\ud" in text.lower():
            json.dumps(found, ensure_ascii=False).encode()  # halves of characters, written as escapes
    except (ValueError, RecursionError) as error:
        raise InputError(f"{plain(place)}: is not JSON that can be read; give a STAC API, catalogue or item") from error
    return found


def _refuse_number(text: str) -> float:
    raise ValueError(f"{text} is no number in JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse_number(text)


def _judge(answer: "requests.Response", request: _Request) -> None:
    status, url, where = answer.status_code, request.url, plain(request.url)
    if status == 416 and request.part and request.part.size:
        request.part.again()
        raise _Again("it has no such part of the file")
    if status in _AGAIN:
        after = answer.headers.get("Retry-After", "")
        raise _Again(f"it answers {status}", float(after) if after.isdecimal() else 0.0)
    if status in (401, 403):
        raise InputError(f"{where}: refuses to be read ({status}); credentials are taken from ~/.netrc")
    if status == 404:
        raise InputError(f"{where}: there is no such file or page (404); correct the address")
    if not 200 <= status < 300:
        raise InputError(f"{where}: {host_of(url)} answers {status} to the request; check address and search")


def _taken(answer: "requests.Response", request: _Request) -> bytes:
    """Read what is wanted of an answer: nothing, the document, or what is written to a file."""
    if request.part:
        request.part.take(answer, request.url)
    return b"" if request.peek or request.part else _bounded(answer, request.url)


def _bounded(answer: "requests.Response", url: str) -> bytes:
    began, parts, size = time.monotonic(), [], 0
    for part in answer.iter_content(1 << 16):
        size += len(part)
        parts.append(part)
        if size > MOST_BYTES:
            raise InputError(f"{plain(url)}: is larger than {MOST_BYTES // 1_000_000} MB, which is too large")
        if time.monotonic() - began > _WHOLE_S:
            raise _Again(f"it takes longer than {_WHOLE_S:.0f} s")
    return b"".join(parts)


def _facts(answer: "requests.Response", url: str) -> Facts:
    said = answer.headers
    size = said.get("Content-Range", "").rpartition("/")[2] or said.get("Content-Length", "")
    known = int(size) if size.isdecimal() else None
    return Facts(
        url, said.get("ETag"), known, said.get("Last-Modified"), answer.status_code == HTTPStatus.PARTIAL_CONTENT
    )


def _cause(error: BaseException) -> str:
    """Name what went wrong, without the address, which may hold a secret."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return getattr(error, "strerror", None) or type(error).__name__


def _local_bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path}: is larger than {MOST_BYTES // 1_000_000} MB")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); correct the path") from error


def _stored_bytes(url: str) -> bytes:
    """Read from an object store."""
    from sitedelta.remote.stores import opened

    with opened(url) as file:
        data: bytes = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise InputError(f"{plain(url)}: is larger than {MOST_BYTES // 1_000_000} MB, which is too large")
    return data


def _store_bytes(url: str, part: Part) -> None:
    """Copy a file of an object store, which retries by itself."""
    from sitedelta.remote.stores import opened

    with opened(url) as file:
        while chunk := file.read(_CHUNK):
            if part.size + len(chunk) > part.most:
                raise InputError(f"{plain(url)}: is larger than {part.most // 1_000_000} MB, which is too large")
            part.file.write(chunk)


def _stored_facts(url: str) -> Facts:
    """Ask an object store, where that can be done: GDAL may read what it does not let one ask about."""
    from sitedelta.remote.stores import filesystem, told

    try:
        with told(url):
            said = filesystem(url).info(url)
    except InputError:
        return Facts(url)
    size, when = said.get("size"), said.get("LastModified")
    modified = format_datetime(when.astimezone(UTC), usegmt=True) if isinstance(when, datetime) else None
    etag = said.get("ETag")
    return Facts(url, etag if isinstance(etag, str) else None, size if isinstance(size, int) else None, modified)
