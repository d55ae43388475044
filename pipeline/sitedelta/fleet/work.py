"""One site from its images to its report, as a piece of work that any process can do."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sitedelta.alerts.entry import Entry
from sitedelta.alerts.setting import Alert
from sitedelta.engine import Place
from sitedelta.files.hashing import sha256_file
from sitedelta.files.store import SiteStore, sweep, write_text, written_together
from sitedelta.fleet.standing import look, note, stands
from sitedelta.progress import Progress, silent
from sitedelta.settings.config import Site
from sitedelta.site import Site as FoundSite
from sitedelta.site import open_site
from sitedelta.watch.arrivals import Arrival
from sitedelta.watch.journal import Journal


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run did with one site."""

    site_id: str
    folder: Path
    report: Path
    nothing_new: bool
    """True where inputs, parameters and software were those of the results that stand."""
    sentences: tuple[str, ...]
    """The report's headline."""
    notes: tuple[str, ...] = ()
    """What happened besides: a lock that a dead run had left; images left out, or of a doubtful scale."""
    unfinished: tuple[str, ...] = ()
    """Tiles that were given up, and why: their ground is not observable."""
    alerts: tuple[Entry, ...] = ()
    """What somebody is to be told."""
    arrivals: tuple[Arrival, ...] = ()
    """What came, came again or went, where the site is watched."""


@dataclass(frozen=True, slots=True)
class SiteWork:
    """Bring the results and the report of one site up to date."""

    site: Site
    root: Path
    """Folder for the results."""
    since: date | None = None
    until: date | None = None
    limit_s: float | None = None
    """How long a tile may take where the process is expendable."""
    url: str | None = None
    """Address of an object store: the results are brought from there first, and published there."""
    alerts: tuple[Alert, ...] = ()
    """Rules; they are judged by all dates only."""
    send: bool = False
    """Whether there is somewhere to send alerts to."""
    journal: Journal | None = None
    """Writes down what came and went, where the site is watched."""
    run_id: str = ""
    """Names the run that gives this work to workers elsewhere."""
    reread: bool = False
    """Read every original, also where the system says that nothing was written to it."""

    def run(self) -> RunResult:
        """Do all of it in this process."""
        return self.run_at(Place(1, expendable_s=self.limit_s))

    def standing(self) -> RunResult | None:
        """Give the result where a look at the files tells that nothing is new; None where that has to be found out."""
        seen = None if self.reread else look(self, now_s=time.time())
        sentences = stands(self, seen) if seen else None
        if sentences is None:
            return None
        return RunResult(self.site.id, self.root, SiteStore(self.root).page, nothing_new=True, sentences=sentences)

    def run_at(self, place: Place, progress: Progress = silent) -> RunResult:
        """Do the tiles at a place, the rest here."""
        from sitedelta.alerts.raising import is_judged
        from sitedelta.remote.sync import pull, push
        from sitedelta.running.siteinputs import nothing_left_behind
        from sitedelta.running.siterun import run_site
        from sitedelta.watch.lock import held

        store, seen = SiteStore(self.root), look(self, now_s=time.time())
        with nothing_left_behind(store.root), held(store.root, site=self.site.id, run=self.run_id) as lock:
            step = lock.guarding(progress)
            if self.url:
                pull(self.url, store)
            before = self.journal.standing(store) if self.journal else None
            new = run_site(
                self.site, store, place=place, since=self.since, until=self.until, progress=step, reread=self.reread
            )
            came = self.journal.write(store, self.site, before) if self.journal else ()
            rules = self.alerts if self.since is self.until is None else None
            alerts: tuple[Entry, ...] = ()
            if new or came or not (_is_published(store) and (rules is None or is_judged(store, rules))):
                alerts = _publish(store, step, rules, send=self.send)
            if self.url:
                push(self.url, store)
            found = open_site(store.root)
            sentences, gaps = _headline(found), found.manifest.unfinished
            if seen:
                note(self, seen, found.manifest, sentences)
        notes = (*filter(None, [lock.taken_over]), *(found.manifest.notes if new else ()))
        return RunResult(self.site.id, store.root, store.page, not new, sentences, notes, gaps, alerts, came)


def _is_published(store: SiteStore) -> bool:
    """Tell whether the report stands, and has taken in what people decided."""
    from sitedelta.review.apply import is_applied

    files = store.page, *(store.report / n for n in ("evidence.json", "site.kmz")), store.catalog
    return all(p.exists() for p in files) and is_applied(store) and _is_of_manifest(store)


def _is_of_manifest(store: SiteStore) -> bool:
    """Tell whether the report was finished, and is of the results that stand."""
    try:
        return store.published.read_text(encoding="utf-8") == sha256_file(store.manifest)
    except OSError:
        return False


def publish(store: SiteStore, site: str, url: str | None = None) -> Path:
    """Write the catalogue and the report of a site again from its results, also in an object store; give the page."""
    from sitedelta.remote.sync import pull, push
    from sitedelta.watch.lock import held

    if url is None:
        open_site(store.root)  # a site without results is refused before anything is made
    with held(store.root, site=site) as lock:
        if url:
            pull(url, store)
        _publish(store, lock.guarding(silent), None)
        if url:
            push(url, store)
    return store.page


def _publish(
    store: SiteStore, progress: Progress, rules: Sequence[Alert] | None, *, send: bool = False
) -> tuple[Entry, ...]:
    """Take in what people decided, judge the rules, and write the report; give what somebody is to be told."""
    from sitedelta.alerts.raising import raise_alerts
    from sitedelta.catalogue.writing import write_catalog
    from sitedelta.report.build import build
    from sitedelta.report.sitespage import view_kept
    from sitedelta.review.apply import apply_review, is_applied

    progress(0, 1, "report")
    sweep(store.root)
    if not is_applied(store):
        store.page.unlink(missing_ok=True)  # were we stopped now, the next run would publish
        apply_review(store)
    alerts = raise_alerts(store, rules, send=send) if rules or (rules is not None and store.alerts.exists()) else ()
    found = open_site(store.root)
    with written_together(store.root):
        write_catalog(found)
        build(found)
    write_text(store.published, sha256_file(store.manifest))
    view_kept(store)  # read by the page over all sites
    progress(1, 1, "report")
    return alerts


def _headline(found: FoundSite) -> tuple[str, ...]:
    from sitedelta.report.findings import read_findings
    from sitedelta.words.sentences import headlines

    f = read_findings(found)
    regions = [(c.before, c.after) for c in f.changes]
    return tuple(s.text for s in headlines(f.manifest, f.observations, f.events, regions, f.zone_changes))
