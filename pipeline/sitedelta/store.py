"""Where a site's results stand, and how files are put there: aside first, then renamed."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sitedelta.errors import RunFailed


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
    def report(self) -> Path:
        return self.root / "report"

    def scene_raster(self, scene: str) -> Path:
        """Display image of a scene on the site grid: 8-bit COG with a mask, aligned."""
        return self.rasters / f"scene-{scene}.tif"

    def change_raster(self, before: str, after: str) -> Path:
        """Change map of a pair: uint8, 0 unchanged, 1 changed, 255 not observable."""
        return self.rasters / f"change-{before}--{after}.tif"


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """Give a temporary name beside `path`; rename it to `path` when the block ends well, else remove it.

    Raises `RunFailed` where the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".part-", suffix=path.suffix, dir=path.parent)
        os.close(handle)
    except OSError as error:
        msg = f"cannot write {path}: {error.strerror}; choose another output folder or free some space"
        raise RunFailed(msg) from error
    aside = Path(name)
    try:
        yield aside
        aside.chmod(0o644)
        aside.replace(path)
    except OSError as error:
        msg = f"cannot write {path}: {error.strerror or error}"
        raise RunFailed(msg) from error
    finally:
        aside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically."""
    with written_aside(path) as aside:
        aside.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, content: object) -> None:
    """Write JSON atomically, keys in the order given, no NaN."""
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
