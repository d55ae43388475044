"""A site's folder and its copy in an object store: brought here before a run, published after it, the index last."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from sitedelta.errors import InputError, RunFailed
from sitedelta.files.hashing import sha256_file
from sitedelta.files.store import SiteStore, write_json, written_aside
from sitedelta.remote.address import plain
from sitedelta.remote.stores import filesystem, told

INDEX = "files.json"
"""Names every file of a published site with its size and SHA-256; written after all of them."""
_FORMAT = 1
_MOST_BYTES = 64_000_000
_LEDGER = "review.jsonl"
_LAST = ("report", "stac", "catalog.json", "manifest.json")
"""Written after all other files, in this order."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that is published."""

    bytes: int
    sha256: str


Files = Mapping[str, Kept]
"""By path below the site's folder."""


def staging(url: str) -> Path:
    """Give the local folder where results of a store are made: below SITEDELTA_STAGING, else in the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    root = Path(os.environ.get("SITEDELTA_STAGING") or f"{cache}/sitedelta/stores").expanduser()
    return root.absolute() / hashlib.sha256(url.rstrip("/").encode()).hexdigest()[:16]


def pull(url: str, store: SiteStore) -> None:
    """Bring a published site here, where another machine has published it since; what is here and the same stays.

    Of a site whose publishing was cut off, what the index names and still is so is brought, and not the manifest: the
    next run makes the rest again.

    Raises
    ------
    InputError
        The store refuses, its index is none, or reviews here and there have gone apart.
    RunFailed
        The store fails.
    """
    files, version = _published(url)
    if version is None or version == _known(store):
        return
    standing = _standing(store)
    whole = True
    for name, kept in sorted(files.items(), key=lambda each: _rank(each[0])):
        path = store.root / name
        if standing.get(name) == kept or (name == _LEDGER and _goes_on(path, kept)):
            continue
        if path != store.manifest or whole:
            whole &= _fetch(f"{url}/{name}", path, kept)
    _remember(store, version)


def push(url: str, store: SiteStore) -> None:
    """Publish what is new in a site's folder: files first, the manifest after them, the index last.

    Raises
    ------
    InputError
        The store refuses.
    RunFailed
        The store fails, or another run has published the site meanwhile; what is published stays whole.
    """
    before, version = _published(url)
    files = _standing(store)
    if version is not None and version != _known(store) and files != before:
        raise RunFailed(f"{plain(url)}: another run has published this site meanwhile; run again")
    index = {"format": _FORMAT, "files": {name: asdict(kept) for name, kept in sorted(files.items())}}
    text = json.dumps(index, indent=1).encode() + b"\n"
    if files != before:
        fs = filesystem(url)
        with told(url):
            for name in sorted(files.keys() - {n for n in files if before.get(n) == files[n]}, key=_rank):
                _send(fs, store.root / name, f"{url}/{name}", files[name])
            fs.pipe_file(f"{url}/{INDEX}", text)
            for name in sorted(before.keys() - files.keys()):
                fs.rm_file(f"{url}/{name}")
    _remember(store, hashlib.sha256(text).hexdigest())


def push_page(page: Path, url: str) -> None:
    """Publish the page over all sites."""
    if page.is_file():
        fs = filesystem(url)
        with told(url):
            fs.put_file(str(page), f"{url}/{page.name}")


def _send(fs: Any, path: Path, to: str, kept: Kept) -> None:
    fs.put_file(str(path), to)
    if fs.info(to)["size"] != kept.bytes:
        raise RunFailed(f"{plain(to)}: was not written whole; run again")


def _fetch(url: str, path: Path, kept: Kept) -> bool:
    """Bring one file here; False where it is not there or not what the index says, and nothing is written then."""
    fs = filesystem(url)
    with told(url):
        try:
            if fs.info(url)["size"] > max(2 * kept.bytes, _MOST_BYTES):
                return False
            with written_aside(path) as aside:
                fs.get_file(url, str(aside))
                if not _is_it(aside, path.name, kept):
                    raise _TornError  # noqa: TRY301 - leaves without renaming
        except (FileNotFoundError, _TornError):
            return False
    return True


class _TornError(Exception):
    """A file is not what the index says: its publishing was cut off."""


def _is_it(file: Path, name: str, kept: Kept) -> bool:
    """Tell whether a file is what the index says; lines are only ever added to a ledger."""
    data = file.read_bytes()[: kept.bytes] if name == _LEDGER else None
    if data is not None:
        return len(data) == kept.bytes and hashlib.sha256(data).hexdigest() == kept.sha256
    return file.stat().st_size == kept.bytes and sha256_file(file) == kept.sha256


def _goes_on(ledger: Path, kept: Kept) -> bool:
    """Tell whether decisions here begin with all that are published."""
    if not ledger.is_file():
        return False
    data = ledger.read_bytes()
    if hashlib.sha256(data[: kept.bytes]).hexdigest() == kept.sha256:
        return True
    if len(data) >= kept.bytes:
        raise InputError(f"{ledger}: has gone apart from the one that is published; bring both together by hand")
    return False


def _published(url: str) -> tuple[Files, str | None]:
    """Read the index of a published site, and name its version; nothing and None where none is."""
    fs = filesystem(url)
    with told(url):
        try:
            size = fs.info(f"{url}/{INDEX}")["size"]
            data = fs.cat_file(f"{url}/{INDEX}") if size <= _MOST_BYTES else b""
        except FileNotFoundError:
            return {}, None
    return _index(data, url), hashlib.sha256(data).hexdigest()


def _index(data: bytes, url: str) -> Files:
    try:
        found = json.loads(data)
        files = {str(n): Kept(int(k["bytes"]), str(k["sha256"])) for n, k in found["files"].items()}
        whole = found["format"] == _FORMAT and all(map(_is_ours, files))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        whole = False
    if not whole:
        raise InputError(f"{plain(url)}/{INDEX}: is no index that sitedelta wrote; give another `output:`")
    return files


def _is_ours(name: str) -> bool:
    """Tell whether a name leads to a file below the site's folder that may be published."""
    parts = PurePosixPath(name).parts
    hidden = any(p.startswith(".") for p in parts)
    return bool(parts) and name == "/".join(parts) and "\\" not in name and not hidden and parts[0] != "work"


def _rank(name: str) -> tuple[int, str]:
    first = name.split("/", 1)[0]
    return (_LAST.index(first) + 1 if first in _LAST else 0), name


def _standing(store: SiteStore) -> dict[str, Kept]:
    return {name: Kept(path.stat().st_size, sha256_file(path)) for name, path in _files(store.root)}


def _files(root: Path) -> Iterator[tuple[str, Path]]:
    for folder, folders, names in os.walk(root):
        folders.sort()
        for path in (Path(folder, n) for n in sorted(names)):
            name = path.relative_to(root).as_posix()
            if _is_ours(name) and path.is_file():
                yield name, path


def _memory(store: SiteStore) -> Path:
    return store.root / "work" / "published.json"


def _known(store: SiteStore) -> str | None:
    """Name the version that what stands here began from."""
    try:
        return str(json.loads(_memory(store).read_text("utf-8"))["version"])
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _remember(store: SiteStore, version: str) -> None:
    write_json(_memory(store), {"version": version})
