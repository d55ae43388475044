"""Which files are whole: those that nobody writes any more."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sitedelta.watch.sight import Sight, Stamp

UNFINISHED = frozenset(
    {".aria2", ".crdownload", ".download", ".filepart", ".opdownload", ".part", ".partial", ".tmp", ".temp", ".!qb"}
)
"""Endings that browsers and other programs give to files until they are whole."""


def is_unfinished(name: str) -> bool:
    """Tell whether a name says that the file is not whole yet."""
    return Path(name).suffix.lower() in UNFINISHED


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file that is not whole yet."""

    stamp: Stamp
    since: float
    """When it was first seen with this stamp, seconds since 1970."""


def waiting_of(
    paths: Iterable[Path], sight: Sight, before: Mapping[str, Waiting], *, settle_s: float, now: float
) -> dict[str, Waiting]:
    """Give the images that are not settled.

    One is settled when nothing was written to it for `settle_s` seconds, by the file system's own times or by what was
    seen of it before: clocks may differ.

    Parameters
    ----------
    before
        What was waiting at the last look.
    """
    found = {}
    for path in paths:
        stamp = image_stamp(path, sight)
        old = before.get(str(path))
        since = old.since if old and old.stamp == stamp else now
        quiet = max(now - max(stamp[1], stamp[2]) / 1e9, now - since)
        if quiet < settle_s:
            found[str(path)] = Waiting(stamp, since)
    return found


def image_stamp(path: Path, sight: Sight) -> Stamp:
    """Give the stamp of an image with all that lies beside it under its name, or of a folder with all that is in it."""
    own = [s for p, s in sight.items() if _belongs(Path(p), path)]
    if not own:
        return 0, 0, 0, 0
    sizes, written, changed, numbers = zip(*own, strict=True)
    return sum(sizes), max(written), max(changed), sum(numbers) % 2**62


def _belongs(file: Path, image: Path) -> bool:
    beside = file.parent == image.parent and (
        file.name == image.name or file.name.startswith((f"{image.stem}.", f"{image.stem}_"))
    )
    return beside or image in file.parents
