"""Run the sites of a configuration, and write their reports."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from uuid import uuid4

from sitedelta.alerts.delivery import deliver
from sitedelta.engine import Place
from sitedelta.errors import ConfigError, InputError, SitedeltaError
from sitedelta.files.store import SiteStore, sweep_old
from sitedelta.fleet import RunResult, SiteWork, publish, run_sites
from sitedelta.progress import Progress, silent
from sitedelta.settings.config import Config, Site, load_config
from sitedelta.settings.defaults import TILE_LIMIT_S
from sitedelta.within import refuse_outside


def run(
    config: str | Path,
    *,
    site: str | None = None,
    out: str | Path | None = None,
    jobs: int = 0,
    scheduler: str | None = None,
    limit_s: float = TILE_LIMIT_S,
    resources: Mapping[str, float] | None = None,
    since: date | None = None,
    until: date | None = None,
    model: str | Path | None = None,
    reread: bool = False,
    progress: Progress = silent,
) -> tuple[RunResult, ...]:
    """Run all sites of a configuration, or one: align, compare, count, report.

    Where there are at least as many sites as workers, each worker does whole sites; else all share the tiles of one.
    A tile that crashes the process that does it, or takes too long, is tried again and then given up: the rest is
    finished, and the tile's ground is not observable (`RunResult.unfinished`).

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
        Address of a dask scheduler to run on instead, or the file that it wrote, or `dask` for the one that dask's
        own configuration names.
    limit_s
        Seconds that a tile may take; not enforced with `jobs=1`.
    resources
        What a tile that counts asks of a worker of a cluster, e.g. `{"GPU": 1}`.
    since, until
        Only scenes of these days and between.
    model
        File that describes a detector of one's own, instead of those that the configuration names.
    reread
        Read every original again; else those are not whose size, times and number are those of the last run.

    Raises
    ------
    InputError
        Something in the configuration or the imagery of a site cannot be used; nothing is left behind of that site.
        The others are finished first.
    RunFailed
        The work could not be finished; a later run goes on where this one stopped. `SiteBusy`: another run works on
        the site.
    """
    loaded, chosen, folder = chosen_sites(config, site, out)
    if model is not None:
        chosen = tuple(s.model_copy(update={"model": Path(model).absolute()}) for s in chosen)
    place = Place(jobs, scheduler, limit_s, resources or {})
    root = folder.absolute() if scheduler else folder
    run_id = uuid4().hex if scheduler else ""
    url, send = None if out else loaded.store, loaded.webhook is not None
    works = [
        SiteWork(
            s,
            root / s.id,
            since,
            until,
            limit_s,
            url and f"{url}/{s.id}",
            loaded.alerts_of(s),
            send,
            run_id=run_id,
            reread=reread,
        )
        for s in chosen
    ]
    results = run_sites(works, place, progress=progress)
    if any(isinstance(r, RunResult) for r in results):
        publish_all(loaded, folder, url)
    deliver(loaded.webhook, [w.root for w in works])
    return tuple(_raised(results))


def report(config: str | Path, *, site: str | None = None, out: str | Path | None = None) -> tuple[Path, ...]:
    """Write the reports again from the results of the last run."""
    loaded, chosen, folder = chosen_sites(config, site, out)
    url = None if out else loaded.store
    pages = tuple(publish(SiteStore(folder / one.id), one.id, url and f"{url}/{one.id}") for one in chosen)
    publish_all(loaded, folder, url)
    return pages


def _raised(results: Sequence[RunResult | SitedeltaError]) -> Iterator[RunResult]:
    """Give the results, or raise the first error, naming how many more sites failed."""
    failed = [r for r in results if isinstance(r, SitedeltaError)]
    if len(failed) > 1:
        raise type(failed[0])(f"{failed[0]} (and {len(failed) - 1} more of {len(results)} sites failed)")
    if failed:
        raise failed[0]
    yield from (r for r in results if isinstance(r, RunResult))


def publish_all(loaded: Config, folder: Path, url: str | None) -> None:
    """Write the page over those sites of a configuration that have results; publish it where all have."""
    from sitedelta.remote.sync import push_page
    from sitedelta.report.sitespage import write_page_over

    sweep_old(folder)
    found = write_page_over(folder, [SiteStore(folder / one.id) for one in loaded.sites])
    if url and found == len(loaded.sites):
        push_page(folder / "index.html", url)


def chosen_sites(config: str | Path, site: str | None, out: str | Path | None) -> tuple[Config, tuple[Site, ...], Path]:
    """Load a configuration; give it, the sites that were asked for, and the folder of results."""
    loaded = load_config(Path(config))
    if out and re.match(r"[a-z0-9]+:/", str(out)):
        raise InputError("--out is a folder here; name an object store by `output:` in the configuration")
    folder = Path(out) if out else loaded.output
    if not loaded.store or out:
        refuse_outside(folder)
    _refuse_unwritable(folder)
    return loaded, _sites(loaded, site), folder


def _refuse_unwritable(folder: Path) -> None:
    """Refuse a folder for results that cannot be made or written to, before any work is done."""
    standing = next(p for p in (folder.absolute(), *folder.absolute().parents) if p.exists())
    if not standing.is_dir():
        raise InputError(f"{folder}: {standing} is a file; name a folder for the results (`output:` or --out)")
    if not os.access(standing, os.W_OK | os.X_OK):
        raise InputError(f"{folder}: no permission to write to {standing}; name another (`output:` or --out)")


def _sites(config: Config, site: str | None) -> tuple[Site, ...]:
    if site is None:
        return config.sites
    found = tuple(s for s in config.sites if s.id == site)
    if not found:
        msg = f"there is no site {site!r} in the configuration: its sites are {', '.join(s.id for s in config.sites)}"
        raise ConfigError(msg)
    return found
