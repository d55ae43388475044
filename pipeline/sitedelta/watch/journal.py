"""Writing down what came to a site that is watched, around a run of it."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sitedelta.errors import InputError
from sitedelta.files.store import SiteStore
from sitedelta.running.manifest import Manifest, read_manifest
from sitedelta.watch.arrivals import Arrival, arrivals_between, read_arrivals, unsaid, unusable, write_arrivals

if TYPE_CHECKING:
    from sitedelta.settings.config import Site


@dataclass(frozen=True, slots=True)
class Journal:
    """What is to be written down beside what a run itself shows."""

    now: datetime
    refused: tuple[tuple[Path, str], ...] = ()
    """Images that cannot be used, and why."""

    @staticmethod
    def standing(store: SiteStore) -> Manifest | None:
        """Read what stands before a run; None where nothing does."""
        try:
            return read_manifest(store.manifest)
        except InputError:
            return None

    def write(self, store: SiteStore, site: "Site", before: Manifest | None) -> tuple[Arrival, ...]:
        """Append what came, came again or went; give it."""
        from sitedelta.imagery.ingest import entries

        found = [unusable(path, why, store.root, now=self.now) for path, why in self.refused]
        found += arrivals_between(before, read_manifest(store.manifest), entries(site), store.root, now=self.now)
        new = unsaid(found, read_arrivals(store.arrivals))
        write_arrivals(store, new)
        return new
