"""What came to a site, came again or went, told by the results before and after."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from sitedelta.errors import InputError
from sitedelta.files.hashing import sha256_file
from sitedelta.files.store import SiteStore, written_aside
from sitedelta.running.manifest import GivenFile, Manifest, SceneRecord
from sitedelta.settings.names import of_twins
from sitedelta.words.wording import day

Kind = Literal["new", "late", "duplicate", "redelivered", "same_instant", "renamed", "removed", "unusable"]
PLAIN = ("new",)
"""What a report need not mention."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What happened to one image."""

    time: datetime
    """When it was noticed, UTC."""
    kind: Kind
    file: str
    """Its path, relative to the site's folder."""
    date: datetime | None
    """When it was taken."""
    bytes: int | None
    sha256: str | None
    text: str
    """For a reader."""

    def to_line(self) -> str:
        said = asdict(self) | {"time": _stamp(self.time), "date": self.date and _stamp(self.date)}
        return json.dumps(said, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"


@dataclass(frozen=True, slots=True)
class _Image:
    """An image that results were made from."""

    file: GivenFile
    record: SceneRecord

    @property
    def date(self) -> datetime:
        return self.record.scene.date


def _stamp(date: datetime) -> str:
    return date.isoformat(timespec="seconds").replace("+00:00", "Z")


def read_arrivals(path: Path) -> tuple[Arrival, ...]:
    """Read all lines; none where nothing was written. Raises `InputError` for a line that is none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return ()
    return tuple(_read(line, path, n) for n, line in enumerate(lines, 1) if line.strip())


def _read(line: str, path: Path, number: int) -> Arrival:
    try:
        said = json.loads(line)
        dates = {k: said[k] and datetime.fromisoformat(said[k]) for k in ("time", "date")}
        return Arrival(**(said | dates))
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"{path}, line {number}: cannot be read; mend the line or move the file away") from error


def write_arrivals(store: SiteStore, arrivals: Sequence[Arrival]) -> None:
    """Append lines: all of them or none."""
    if not arrivals:
        return
    content = store.arrivals.read_bytes() if store.arrivals.exists() else b""
    with written_aside(store.arrivals) as aside:
        aside.write_bytes(content + "".join(a.to_line() for a in arrivals).encode())


def arrivals_between(
    before: Manifest | None, after: Manifest, used: Iterable[Path], root: Path, *, now: datetime
) -> tuple[Arrival, ...]:
    """Tell what came, came again or went between two runs.

    Parameters
    ----------
    before
        None: the site had no results.
    used
        Images that the second run was to read.
    root
        The site's folder.
    """
    old, new = _images(before), _images(after)
    moved = {i.file.sha256: i for p, i in old.items() if p not in new}
    doubled = {h for h, i in moved.items() if (root / i.file.path).exists()}  # told as duplicates
    anew = _delivered_anew(old, new)
    found = [
        _came(i, old, moved, now)
        for p, i in new.items()
        if p not in old and p not in anew and i.file.sha256 not in doubled
    ]
    found += [_again(i, now) for p, i in new.items() if p in anew or (p in old and old[p].file.sha256 != i.file.sha256)]
    came, replaced = {i.file.sha256 for i in new.values()}, set(anew.values())
    found += [
        _went(i, root, now) for p, i in old.items() if p not in new and p not in replaced and i.file.sha256 not in came
    ]
    found += _duplicates(new, used, root, now)
    order = {p: n for n, p in enumerate(Kind.__args__)}  # type: ignore[attr-defined]  # a Literal has its values there
    return tuple(sorted(found, key=lambda a: (a.date or now, order[a.kind], a.file)))


def _images(manifest: Manifest | None) -> dict[str, _Image]:
    """Give the images of a manifest by path: the first file of each scene stands for it."""
    if manifest is None:
        return {}
    records = {r.scene.id: r for r in manifest.scenes}
    found: dict[str, _Image] = {}
    for file in manifest.given:
        if file.role == "image" and file.scene in records:
            record = records[file.scene]
            if Path(file.path) == record.scene.originals[0]:
                found[file.path] = _Image(file, record)
    return found


def _delivered_anew(old: Mapping[str, _Image], new: Mapping[str, _Image]) -> dict[str, str]:
    """Give images that stand elsewhere than their earlier version: by path, with the path of that.

    Each version of a scene of a catalogue is copied to a folder of its own, under the same name.
    """
    gone = {(Path(p).name, i.record.scene.id): p for p, i in old.items() if p not in new}
    named = {p: (Path(p).name, i.record.scene.id) for p, i in new.items() if p not in old}
    return {
        p: gone[name] for p, name in named.items() if name in gone and old[gone[name]].file.sha256 != new[p].file.sha256
    }


def _came(image: _Image, old: Mapping[str, _Image], moved: Mapping[str, _Image], now: datetime) -> Arrival:
    name, taken = Path(image.file.path).name, f"taken on {day(image.date)}"
    before = moved.get(image.file.sha256)
    if before is not None:
        return _arrival(image, "renamed", f"{Path(before.file.path).name} is called {name} now: the same bytes", now)
    twin = next((o for o in old.values() if _same_instant(o, image)), None)
    if twin is not None:
        other = Path(twin.file.path).name
        text = f"{name} was taken at the same instant as {other}: delivered again, or a part beside it; both are kept"
        return _arrival(image, "same_instant", text, now)
    latest = max((o.date for o in old.values()), default=None)
    if latest is not None and image.date < latest:
        text = f"{name}, {taken}, came after an image of {day(latest)}: all that follows from it was worked out anew"
        return _arrival(image, "late", text, now)
    return _arrival(image, "new", f"{name}, {taken}", now)


def _same_instant(a: _Image, b: _Image) -> bool:
    x, y = a.record.scene, b.record.scene
    return x.date_precision == y.date_precision == "time" and x.date == y.date and x.kind == y.kind


def _again(image: _Image, now: datetime) -> Arrival:
    name = Path(image.file.path).name
    return _arrival(image, "redelivered", f"{name} has other bytes than before: delivered again, and taken anew", now)


def _went(image: _Image, root: Path, now: datetime) -> Arrival:
    name = Path(image.file.path).name
    there = (root / image.file.path).exists()
    why = "is no longer among the site's images" if there else "was removed"
    text = f"{name}, taken on {day(image.date)}, {why}: results no longer rest on it"
    return _arrival(image, "removed", text, now)


def _arrival(image: _Image, kind: Kind, text: str, now: datetime) -> Arrival:
    return Arrival(now, kind, image.file.path, image.date, image.file.bytes, image.file.sha256, f"{text}.")


def _duplicates(new: Mapping[str, _Image], used: Iterable[Path], root: Path, now: datetime) -> list[Arrival]:
    """Tell of images that were read and left out, as others have the same bytes."""
    import os

    known = {i.file.sha256: i for i in new.values()}
    found = []
    for path in used:
        name = Path(os.path.relpath(path, root)).as_posix()
        if name in new or not path.is_file():
            continue
        digest = sha256_file(path)
        if digest in known:
            text = f"{of_twins(path, (root / known[digest].file.path).resolve())}."
            found.append(Arrival(now, "duplicate", name, known[digest].date, path.stat().st_size, digest, text))
    return found


def unusable(path: Path, why: str, root: Path, *, now: datetime) -> Arrival:
    """Tell of an image that cannot be used."""
    import os

    name = Path(os.path.relpath(path, root)).as_posix()
    size = path.stat().st_size if path.is_file() else None
    reason = why.removeprefix(f"{path}: ").replace(str(path), path.name)  # reports are published, folders need not be
    return Arrival(now, "unusable", name, None, size, None, f"{path.name} cannot be used and is left out: {reason}")


def unsaid(arrivals: Iterable[Arrival], said: Iterable[Arrival]) -> tuple[Arrival, ...]:
    """Leave out what was written down before: duplicates and damaged files stay where they are."""
    standing = {(a.kind, a.file, a.bytes, a.sha256) for a in said if a.kind in ("duplicate", "unusable")}
    return tuple(a for a in arrivals if (a.kind, a.file, a.bytes, a.sha256) not in standing)


def utc_now() -> datetime:
    """Give the current time to the second."""
    return datetime.now(UTC).replace(microsecond=0)
