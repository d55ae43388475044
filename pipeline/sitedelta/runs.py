"""Run the sites of a configuration, and write their reports."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sitedelta.config import Config, Site, load_config
from sitedelta.errors import ConfigError, InputError
from sitedelta.progress import Progress, silent
from sitedelta.site import Site as FoundSite
from sitedelta.site import open_site
from sitedelta.store import SiteStore


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
    """What happened besides: a lock that a dead run had left."""


def run(
    config: str | Path,
    *,
    site: str | None = None,
    out: str | Path | None = None,
    jobs: int = 0,
    scheduler: str | None = None,
    since: date | None = None,
    until: date | None = None,
    model: str | Path | None = None,
    progress: Progress = silent,
) -> tuple[RunResult, ...]:
    """Run all sites of a configuration, or one: align, compare, count, report.

    Parameters
    ----------
    config
        A YAML file.
    site
        Id of the one site to run.
    out
        Folder for the results, instead of the configuration's `output`.
    jobs
        Local processes; 0 means one a core.
    scheduler
        Address of a dask scheduler to run on instead.
    since, until
        Only scenes of these days and between.
    model
        File that describes a detector of one's own, instead of those that the configuration names.

    Raises
    ------
    InputError
        Something in the configuration or the imagery cannot be used; nothing is left behind.
    RunFailed
        The work could not be finished; a later run goes on where this one stopped. `SiteBusy`: another run works on
        the site.
    """
    from sitedelta.siteinputs import nothing_left_behind
    from sitedelta.siterun import run_site
    from sitedelta.watch.lock import held

    loaded, chosen, folder = _chosen(config, site, out)
    results = []
    for configured in chosen:
        one = configured if model is None else configured.model_copy(update={"model": Path(model).absolute()})
        store = SiteStore(folder / one.id)
        with nothing_left_behind(store.root), held(store.root, site=one.id) as lock:
            step = lock.guarding(progress)
            new = run_site(one, store, jobs=jobs, scheduler=scheduler, since=since, until=until, progress=step)
            if new or not _is_published(store):
                _publish(store, step)
        page, notes = store.report / "index.html", (lock.taken_over,) if lock.taken_over else ()
        results.append(RunResult(one.id, store.root, page, not new, _headline(open_site(store.root)), notes))
    _publish_all(loaded, folder)
    return tuple(results)


def report(config: str | Path, *, site: str | None = None, out: str | Path | None = None) -> tuple[Path, ...]:
    """Write the reports again from the results of the last run."""
    loaded, chosen, folder = _chosen(config, site, out)
    pages = tuple(_publish_alone(SiteStore(folder / one.id), one.id) for one in chosen)
    _publish_all(loaded, folder)
    return pages


def _publish_all(loaded: Config, folder: Path) -> None:
    """Write the page over those sites of a configuration that have results."""
    from sitedelta.report.sitespage import write_sites_page

    write_sites_page(folder, [s for s in (_readable(SiteStore(folder / one.id)) for one in loaded.sites) if s])


def _readable(store: SiteStore) -> FoundSite | None:
    """Open a site; None where it has no results, or those of another version: the next run of it makes them anew."""
    try:
        return open_site(store.root)
    except InputError:
        return None


def _is_published(store: SiteStore) -> bool:
    """Tell whether the report stands, and has taken in what people decided."""
    from sitedelta.review.apply import is_applied

    files = *(store.report / n for n in ("index.html", "evidence.json", "site.kmz")), store.catalog
    return all(p.exists() for p in files) and is_applied(store)


def _publish_alone(store: SiteStore, site: str) -> Path:
    from sitedelta.watch.lock import held

    open_site(store.root)  # a site without results is refused before anything is made
    with held(store.root, site=site) as lock:
        return _publish(store, lock.guarding(silent))


def _publish(store: SiteStore, progress: Progress) -> Path:
    from sitedelta.catalog import write_catalog
    from sitedelta.report.build import build
    from sitedelta.review.apply import apply_review, is_applied

    progress(0, 1, "report")
    if not is_applied(store):
        (store.report / "index.html").unlink(missing_ok=True)  # were we stopped now, the next run would publish
        apply_review(store)
    found = open_site(store.root)
    write_catalog(found)
    page = build(found)
    progress(1, 1, "report")
    return page


def _headline(found: FoundSite) -> tuple[str, ...]:
    from sitedelta.report.findings import read_findings
    from sitedelta.sentences import headlines

    f = read_findings(found)
    regions = [(c.before, c.after) for c in f.changes]
    return tuple(s.text for s in headlines(f.manifest, f.observations, f.events, regions, f.zone_changes))


def _chosen(config: str | Path, site: str | None, out: str | Path | None) -> tuple[Config, tuple[Site, ...], Path]:
    loaded = load_config(Path(config))
    return loaded, _sites(loaded, site), Path(out) if out else loaded.output


def _sites(config: Config, site: str | None) -> tuple[Site, ...]:
    if site is None:
        return config.sites
    found = tuple(s for s in config.sites if s.id == site)
    if not found:
        msg = f"there is no site {site!r} in the configuration: its sites are {', '.join(s.id for s in config.sites)}"
        raise ConfigError(msg)
    return found
