"""Where a site's results stand, and how files are put there: aside first, then renamed."""

import ctypes
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from sitedelta.errors import RunFailed
from sitedelta.within import refuse_writing


@dataclass(frozen=True, slots=True)
class SiteStore:
    """The folder of one site. Nothing else is needed to resume, to report again or to verify."""

    root: Path

    @property
    def manifest(self) -> Path:
        return self.root / "manifest.json"

    @property
    def catalog(self) -> Path:
        return self.root / "catalog.json"

    @property
    def objects(self) -> Path:
        return self.root / "objects.parquet"

    @property
    def events(self) -> Path:
        return self.root / "events.parquet"

    @property
    def tracks(self) -> Path:
        return self.root / "tracks.parquet"

    @property
    def observations(self) -> Path:
        return self.root / "observations.parquet"

    @property
    def changes(self) -> Path:
        return self.root / "changes.parquet"

    @property
    def zone_changes(self) -> Path:
        return self.root / "zone_changes.parquet"

    @property
    def review(self) -> Path:
        """Ledger of what people decided; runs read it and never write it."""
        return self.root / "review.jsonl"

    @property
    def alerts(self) -> Path:
        """Ledger of alerts; lines are only ever added."""
        return self.root / "alerts.jsonl"

    @property
    def alert_state(self) -> Path:
        """How the rules for alerts stand."""
        return self.root / "alerts.json"

    @property
    def arrivals(self) -> Path:
        """Ledger of images that came, came again or went while the site was watched; lines are only ever added."""
        return self.root / "arrivals.jsonl"

    @property
    def rasters(self) -> Path:
        return self.root / "rasters"

    @property
    def parts(self) -> Path:
        """Finished tiles, each named by a hash of all that it depends on."""
        return self.root / "work" / "parts"

    @property
    def published(self) -> Path:
        """Written when the report stands: the SHA-256 of the manifest that it is of."""
        return self.root / "work" / "published"

    @property
    def report(self) -> Path:
        return self.root / "report"

    @property
    def page(self) -> Path:
        """What a reader opens first."""
        return self.report / "index.html"

    def scene_raster(self, scene: str) -> Path:
        """Display image of a scene on the site grid: 8-bit COG with a mask, aligned."""
        return self.rasters / f"scene-{scene}.tif"

    def change_raster(self, before: str, after: str) -> Path:
        """Change map of a pair: uint8, 0 unchanged, 1 changed, 255 not observable."""
        return self.rasters / f"change-{before}--{after}.tif"


ASIDE = ".part-"
"""How names of files begin that are being written."""
_AN_HOUR_S = 3600.0
_WRITERS = ("rasterio._err", "pyogrio.errors")
"""Modules whose errors, raised while a file is written, say that it could not be."""


_together: ContextVar[bool] = ContextVar("_together", default=False)
"""True while files are written that go onto the disk together."""


@contextmanager
def written_together(folder: Path) -> Iterator[None]:
    """Bring all files that are written within onto the disk at the end, at once: much faster than one by one.

    What is written after it may rely on them, also after a loss of power.
    """
    token = _together.set(True)
    try:
        yield
    finally:
        _together.reset(token)
    with _Told(folder):
        _all_onto_disk(folder)


@contextmanager
def written_aside(path: Path, *, durable: bool = True, at_once: bool = False) -> Iterator[Path]:
    """Give a temporary name beside `path`; rename it to `path` when the block ends well, else remove it.

    What stands at `path` is whole at any time. Where it is `durable`, that holds after a loss of power too: the content
    is on the disk before the name; of files that are `written_together`, only where it is needed `at_once`, because
    later runs trust whatever stands at `path`.

    Raises
    ------
    RunFailed
        The folder cannot be written, or the disk is full.
    """
    refuse_writing(path.parent)
    with _Told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=ASIDE, suffix=path.suffix, dir=path.parent)
        os.close(handle)
        aside = Path(name)
        try:
            yield aside
            aside.chmod(0o644)
            if durable and (at_once or not _together.get()):
                _onto_disk(aside)
            aside.replace(path)
        finally:
            with suppress(OSError):
                aside.unlink(missing_ok=True)


class _Told:
    """Turns what storage and its libraries raise while a file is written into one line."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, OSError) or type(error).__module__ in _WRITERS:
            what = " ".join(str(getattr(error, "strerror", None) or error).split())
            msg = f"cannot write {self._path}: {what}; free some space or choose another output folder, and run again"
            raise RunFailed(msg) from error


def names_onto_disk(folder: Path) -> None:
    """Bring what a folder's files are called onto the disk: what is done after it may rely on a file put there.

    Raises
    ------
    RunFailed
        The disk refuses.
    """
    if os.name == "posix":  # elsewhere folders cannot be opened, and renaming is durable
        with _Told(folder):
            _onto_disk(folder)


def _onto_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _all_onto_disk(folder: Path) -> None:
    """Bring everything of a folder's file system onto the disk, by Linux's syncfs; elsewhere, of all file systems."""
    if not hasattr(ctypes.CDLL(None), "syncfs"):
        os.sync()
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if library.syncfs(handle) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    finally:
        os.close(handle)


def sweep(folder: Path) -> None:
    """Take away what runs that were killed left half written, here and below; nobody else may be writing."""
    for path in folder.rglob(f"{ASIDE}*"):
        with suppress(OSError):
            path.unlink()


def sweep_old(folder: Path) -> None:
    """Take away what was left half written here an hour ago or earlier, where others may be writing."""
    for path in folder.glob(f"{ASIDE}*"):
        with suppress(OSError):
            if path.stat().st_mtime < time.time() - _AN_HOUR_S:
                path.unlink()


def write_text(path: Path, text: str, *, durable: bool = True) -> None:
    """Write UTF-8 text atomically; see `written_aside`."""
    with written_aside(path, durable=durable) as aside:
        aside.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, content: object) -> None:
    """Write JSON atomically, keys in the order given, no NaN."""
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
