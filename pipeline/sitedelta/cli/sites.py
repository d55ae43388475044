"""Commands on sites: run, report, init, demo."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import sitedelta
from sitedelta.cli.checks import check_folder
from sitedelta.cli.options import PATH, day, examples, jobs, model, site, talk
from sitedelta.cli.output import conclude
from sitedelta.cli.places import resources, scheduler, tile_limit
from sitedelta.errors import RunFailed
from sitedelta.progress import reporter

if TYPE_CHECKING:
    from sitedelta.fleet import RunResult

results = click.option("--out", type=PATH, metavar="DIR", help="Folder for the results, instead of the one configured.")


@click.command(
    epilog=examples(
        "sitedelta run sites.yaml",
        "sitedelta run sites.yaml --site hmeimim --since 2024-12-01 --jobs 4",
        "sitedelta run sites.yaml --scheduler tcp://10.0.0.5:8786",
    )
)
@click.argument("config", type=PATH)
@site
@results
@jobs
@scheduler
@tile_limit
@resources
@day("--since", "Only images of this day and later.")
@day("--until", "Only images of this day and earlier.")
@model
@click.option("--reread", is_flag=True, help="Read all originals again, also those that seem unchanged.")
@talk
def run(
    config: Path,
    *,
    site: str | None,
    out: Path | None,
    jobs: int | None,
    scheduler: str | None,
    tile_limit: float,
    resources: dict[str, float],
    since: date | None,
    until: date | None,
    model: Path | None,
    reread: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Run the sites of a configuration.

    Aligns the images of each site, maps what changed, counts, tells what arrived and left, and writes a report.
    A second run with nothing new does nothing. Results stand in <output>/<site id>/, the report in
    report/index.html there.
    """
    if jobs and scheduler:
        raise click.UsageError("--jobs and --scheduler exclude each other; the cluster has its own workers")
    if since and until and since > until:
        raise click.UsageError(f"--since {since} is after --until {until}")
    if out:
        check_folder(out, [config])
    with reporter(quiet=quiet) as progress:
        done = sitedelta.run(
            config,
            site=site,
            out=out,
            jobs=jobs or 0,
            scheduler=scheduler,
            limit_s=tile_limit,
            resources=resources,
            since=since,
            until=until,
            model=model,
            reread=reread,
            progress=progress,
        )
    _conclude(done, quiet=quiet, as_json=as_json)
    _refuse_unfinished(done)


@click.command(epilog=examples("sitedelta report sites.yaml", "sitedelta report sites.yaml --site hmeimim"))
@click.argument("config", type=PATH)
@site
@results
@talk
def report(config: Path, *, site: str | None, out: Path | None, quiet: bool, as_json: bool) -> None:
    """Write the reports again from the results of the last run."""
    pages = [str(page) for page in sitedelta.report(config, site=site, out=out)]
    conclude({"reports": pages}, [f"report: {page}" for page in pages], quiet=quiet, as_json=as_json)


@click.command(epilog=examples("sitedelta init airfields"))
@click.argument("folder", metavar="DIR", type=PATH)
@talk
def init(folder: Path, *, quiet: bool, as_json: bool) -> None:
    """Make a folder to start from.

    It holds a configuration with every key explained, example zones and a place for images.
    """
    made = [str(path) for path in sitedelta.init(folder)]
    next_step = f"next: put images into {folder / 'downloads'}, edit {made[0]}, then sitedelta run {made[0]}"
    conclude({"files": made}, [*(f"made {path}" for path in made), next_step], quiet=quiet, as_json=as_json)


@click.command(epilog=examples("sitedelta demo", "sitedelta demo --out /tmp/demo"))
@click.option(
    "--out", type=PATH, metavar="DIR", default="sitedelta-demo", show_default=True, help="Folder for the results."
)
@jobs
@talk
def demo(*, out: Path, jobs: int | None, quiet: bool, as_json: bool) -> None:
    """Run the sample sites.

    They come with sitedelta: rendered images of an air base and of a field camp on several dates.
    """
    check_folder(out, [])
    with reporter(quiet=quiet) as progress:
        done = sitedelta.demo(out, jobs=jobs or 0, progress=progress)
    _conclude(done, quiet=quiet, as_json=as_json)
    _refuse_unfinished(done)


def _conclude(done: "Iterable[RunResult]", *, quiet: bool, as_json: bool) -> None:
    sentences = [line for result in done for line in _sentences(result)]
    conclude({"sites": [_summary(r) for r in done]}, sentences, quiet=quiet, as_json=as_json)


def _sentences(result: "RunResult") -> list[str]:
    news = ["nothing new"] if result.nothing_new else result.sentences
    told = [*result.notes, *news, *(f"alert {e.kind}: {e.text}" for e in result.alerts)]
    return [*(f"{result.site_id}: {sentence}" for sentence in told), f"{result.site_id}: report {result.report}"]


def _refuse_unfinished(done: "Iterable[RunResult]") -> None:
    """Raise `RunFailed` where tiles were given up: one line, though everything else stands."""
    gaps = [(r.site_id, gap) for r in done for gap in r.unfinished]
    if gaps:
        site_id, gap = gaps[0]
        more = f" (and {len(gaps) - 1} more)" if len(gaps) > 1 else ""
        raise RunFailed(
            f"{site_id}: could not process {gap}{more}; that ground is said to be not observable, the rest stands; "
            "run again to try it again"
        )


def _summary(result: "RunResult") -> dict[str, Any]:
    return {
        "site": result.site_id,
        "folder": str(result.folder),
        "report": str(result.report),
        "nothing_new": result.nothing_new,
        "sentences": list(result.sentences),
        "notes": list(result.notes),
        "unfinished": list(result.unfinished),
        "alerts": [e.plain() for e in result.alerts],
    }
