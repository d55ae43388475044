"""What a check of evidence found."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["changed", "missing", "damaged", "outside", "longer", "contradicts", "signature", "stamp", "recomputed"]
"""How a file differs.

`longer`: decisions were added to the ledger after the report; `contradicts`: the evidence says something else than the
tables; `recomputed`: the originals give something else.
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as the evidence says."""

    file: str
    """Path relative to the site's folder; of an original, its name."""
    kind: Kind
    said: str
    """What differs, in words."""
    feeds: str = ""
    """What of the report rests on it."""


@dataclass(frozen=True, slots=True)
class SiteVerdict:
    """What was checked of one site, and what differs."""

    site: str
    """Its folder's name."""
    digest: str | None
    """SHA-256 of `evidence.json`: what was published, stamped or signed is to be the same."""
    files: int
    """Derived files that were compared."""
    originals: int
    """Files that the run was given and that were compared."""
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]
    """What was not checked, and what else a reader should know."""

    @property
    def whole(self) -> bool:
        return not self.differences


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was checked, site by site."""

    sites: tuple[SiteVerdict, ...]

    @property
    def whole(self) -> bool:
        """True where nothing differs."""
        return all(s.whole for s in self.sites)

    def __iter__(self) -> Iterator[SiteVerdict]:
        return iter(self.sites)


_FEEDS = (
    ("observations.parquet", "counts, their intervals, the sentences and the chart"),
    ("objects.parquet", "objects, chips, counts and events"),
    ("events.parquet", "arrivals, departures and what is said of them"),
    ("tracks.parquet", "how long objects stayed"),
    ("changes.parquet", "changed regions and the sentences on changed ground"),
    ("zone_changes.parquet", "change by zone, its false alarms and sentences"),
    ("manifest.json", "scenes, alignment, parameters, and where the originals lay"),
    ("review.jsonl", "what reviewers decided"),
    ("catalog.json", "the catalogue"),
    ("stac/", "the catalogue"),
    ("rasters/scene-", "the pictures of its date"),
    ("rasters/change-", "the changed regions of its pair"),
    ("report/index.html", "the page itself"),
    ("report/figures/", "figures for print"),
    ("report/evidence", "all of this check"),
    ("report/", "tables and maps that are handed on"),
)


def feeds(file: str) -> str:
    """Say what of the report rests on a file of a site."""
    return next((said for start, said in _FEEDS if file.startswith(start)), "")
