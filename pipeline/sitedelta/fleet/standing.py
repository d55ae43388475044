"""Tell in a moment that a site stands as its last run left it: by what the system says of its files, unread."""

import hashlib
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sitedelta.files.store import SiteStore, write_json
from sitedelta.watch.sight import Sight, results_of, sight_of, software, stamps

if TYPE_CHECKING:
    from sitedelta.fleet.work import SiteWork
    from sitedelta.running.manifest import Manifest

FORMAT = 1
RACY_S = 2.0
"""A file that was written so shortly before it was read may have been written again in the same tick of a clock."""
_SKEW_S = 3600.0
"""Clocks of file servers differ by less."""


@dataclass(frozen=True, slots=True)
class Look:
    """What lay there when a run began."""

    begun_s: float
    """Seconds since 1970."""
    files: Sight


def look(work: "SiteWork", *, now_s: float) -> Look | None:
    """Look at all that a run may read; None where that cannot be told by files here."""
    if work.url or work.journal or not all(isinstance(e.path, Path) for e in work.site.imagery):
        return None
    found = sight_of(work.site, work.root.absolute().parent)
    return Look(now_s, found | stamps(_folders(found)))


def _folders(files: Iterable[str]) -> set[Path]:
    """Give the folders in which something may come to lie beside an image."""
    near = {Path(p).parent for p in files}
    return near | {f.parent / "R20m" for f in near if re.fullmatch(r"R\d\dm", f.name)}


def stands(work: "SiteWork", seen: Look) -> tuple[str, ...] | None:
    """Give the sentences of a site that stands as a run left it; None where that is not known."""
    store = SiteStore(work.root.absolute())
    try:
        said = json.loads(_path(store).read_bytes())
        same = (
            said["format"] == FORMAT
            and said["setup"] == _setup(work)
            and said["files"] == _plain(seen.files)
            and said["others"] == _plain_of(said["others"])
            and said["results"] == _plain(_results(store))
            and all((store.root / name).exists() for name in said["made"])
        )
        return tuple(said["sentences"]) if same else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def note(work: "SiteWork", before: Look, manifest: "Manifest", sentences: Iterable[str]) -> None:
    """Write down how a site was left, where nothing was written to its files meanwhile or just before."""
    store, after = SiteStore(work.root.absolute()), look(work, now_s=before.begun_s)
    others = [p for p in _others(manifest, store.root) if str(p) not in before.files]
    if (
        manifest.unfinished
        or after != before
        or _youngest(before.files) > before.begun_s - RACY_S
        or _youngest(stamps(others)) > before.begun_s - _SKEW_S
    ):
        _path(store).unlink(missing_ok=True)
        return
    content = {
        "format": FORMAT,
        "setup": _setup(work),
        "files": before.files,
        "others": _plain_of(map(str, others)),
        "results": _results(store),
        "made": sorted(manifest.files),
        "sentences": list(sentences),
    }
    write_json(_path(store), content)


def _others(manifest: "Manifest", root: Path) -> list[Path]:
    """Give what a run read that it was not told of, and where metadata would have been read, had there been any."""
    from sitedelta.sources.companions import metadata_places

    given = [Path(os.path.normpath(root / f.path)) for f in manifest.given]
    images = [p for p, f in zip(given, manifest.given, strict=True) if f.role == "image"]
    vectors = [p for p, f in zip(given, manifest.given, strict=True) if f.role in ("zones", "area")]
    beside = [b for p in vectors for b in p.parent.glob(f"{_escaped(p.stem)}.*")]
    return sorted({*given, *beside, *(m for p in images for m in metadata_places(p))})


def _escaped(stem: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", stem)


def _path(store: SiteStore) -> Path:
    return store.root / "work" / "standing.json"


def _setup(work: "SiteWork") -> str:
    """Name all settings of a site, and the software."""
    rules = [a.model_dump_json() for a in work.alerts]
    said = [work.site.model_dump_json(), rules, work.send, str(work.since), str(work.until)]
    return hashlib.sha256(json.dumps([*said, software()]).encode()).hexdigest()[:20]


def _results(store: SiteStore) -> Sight:
    """Give the stamps of what a run would make again, and of what people decided."""
    reports = [store.report / name for name in ("evidence.json", "site.kmz")]
    return results_of(store) | stamps((store.catalog, store.published, store.alerts, *reports))


def _youngest(files: Sight) -> float:
    """Give when the last of some files was written or changed, seconds since 1970."""
    return max((max(written, changed) / 1e9 for _, written, changed, _ in files.values()), default=0.0)


def _plain(files: Sight) -> dict[str, list[int]]:
    """Give stamps as JSON holds them."""
    return {path: list(stamp) for path, stamp in files.items()}


def _plain_of(paths: Iterable[str]) -> dict[str, list[int] | None]:
    """Give the stamps of paths; None where there is nothing."""
    found = [Path(p) for p in paths]
    there = _plain(stamps(found))
    return {str(p): there.get(str(p)) for p in found}
