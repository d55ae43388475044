"""The command watch."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import sitedelta
from sitedelta.cli.checks import check_folder
from sitedelta.cli.options import PATH, examples, jobs, site, talk
from sitedelta.cli.places import resources, scheduler, tile_limit
from sitedelta.progress import reporter

if TYPE_CHECKING:
    from sitedelta.watch.outcome import SitePass
    from sitedelta.watch.verb import WatchPass


@click.command(
    short_help="Take new images as they come; tell alerts.",
    epilog=examples(
        "sitedelta watch sites.yaml",
        "sitedelta watch sites.yaml --once        # from cron; status 3 where an alert was told",
        "sitedelta watch sites.yaml --every 3600 --site hmeimim --json",
    ),
)
@click.argument("config", type=PATH)
@click.option("--once", is_flag=True, help="Look once and end: for cron.")
@click.option(
    "--every",
    type=click.FloatRange(min=1),
    default=600,
    show_default=True,
    metavar="SECONDS",
    help="Time between looks.",
)
@click.option(
    "--settle",
    type=click.FloatRange(min=0),
    default=30,
    show_default=True,
    metavar="SECONDS",
    help="An image is taken when nothing was written to it for so long.",
)
@site
@click.option("--out", type=PATH, metavar="DIR", help="Folder for the results, instead of the one configured.")
@jobs
@scheduler
@tile_limit
@resources
@talk
def watch(
    config: Path,
    *,
    once: bool,
    every: float,
    settle: float,
    site: str | None,
    out: Path | None,
    jobs: int | None,
    scheduler: str | None,
    tile_limit: float,
    resources: dict[str, float],
    quiet: bool,
    as_json: bool,
) -> int:
    """Watch sites: take new images as they come, and tell when a rule is met.

    Processes only what is new and writes only those reports again. Images that are still being written wait; what comes
    late, twice, anew or goes away is said. Rules are `alerts:` in the configuration; each alert is told once, here, in
    <output>/<site id>/alerts.jsonl, in the report, and to the `webhook:`.

    With --once, the status is 0 where there was no alert, 3 where one was told, 1 where work failed, 2 where something
    given cannot be used. Ctrl-C and SIGTERM end it at any time; the next look goes on from there.
    """
    if jobs and scheduler:
        raise click.UsageError("--jobs and --scheduler exclude each other; the cluster has its own workers")
    if out:
        check_folder(out, [config])

    def tell(found: "SitePass") -> None:
        if not as_json:
            _print_site(found, quiet=quiet)

    def say(found: "WatchPass") -> None:
        if as_json:
            _print_json(found)
        else:
            _print_end(found, quiet=quiet)

    with reporter(quiet=quiet or as_json or not sys.stderr.isatty()) as progress:  # in a log, what came is enough
        found = sitedelta.watch(
            config,
            once=once,
            every=every,
            settle=settle,
            site=site,
            out=out,
            jobs=jobs or 0,
            scheduler=scheduler,
            limit_s=tile_limit,
            resources=resources,
            progress=progress,
            tell=tell,
            say=say,
        )
    return found.exit_status


def _print_json(found: "WatchPass") -> None:
    """Print one line a look."""
    import json

    click.echo(json.dumps(_summary(found), ensure_ascii=False, allow_nan=False))
    sys.stdout.flush()


def _summary(found: "WatchPass") -> dict[str, Any]:
    return {
        "status": found.exit_status,
        "sites": [_site(s) for s in found.sites],
        "messages": {"sent": found.sent, "waiting": found.waiting, "trouble": found.trouble},
        "trouble": found.mistake,
    }


def _site(one: "SitePass") -> dict[str, Any]:
    import json

    return {
        "site": one.site,
        "outcome": one.outcome,
        "arrivals": [json.loads(a.to_line()) for a in one.arrivals],
        "alerts": [e.plain() for e in one.alerts],
        "notes": list(one.notes),
        "waiting": list(one.waiting),
        "trouble": one.trouble,
        "report": str(one.report) if one.report else None,
    }


def _now() -> str:
    from sitedelta.watch.arrivals import utc_now

    return utc_now().strftime("%Y-%m-%dT%H:%M:%SZ")


def _print_site(one: "SitePass", *, quiet: bool) -> None:
    """Print what is new, a line each with its time; nothing where nothing is, but trouble always."""
    now = _now()
    for line in () if quiet else _lines(one):
        click.echo(f"{now} {one.site}: {line}")
    if one.trouble and not (quiet and one.outcome == "busy"):
        click.echo(f"{now} {one.site}: {'error: ' if one.status else ''}{' '.join(one.trouble.split())}", err=True)
    sys.stdout.flush()


def _print_end(found: "WatchPass", *, quiet: bool) -> None:
    """Print what became of messages, and why there was no look."""
    now = _now()
    if found.mistake:
        click.echo(f"{now} error: {' '.join(found.mistake.split())}; the next look tries again", err=True)
    if found.trouble:
        waiting = "1 message waits and is" if found.waiting == 1 else f"{found.waiting} messages wait and are"
        click.echo(f"{now} webhook: {found.trouble}; {waiting} tried again", err=True)
    elif found.sent and not quiet:
        click.echo(f"{now} webhook: {found.sent} message{'s' if found.sent > 1 else ''} sent")
    sys.stdout.flush()


def _lines(one: "SitePass") -> Iterator[str]:
    said = {a.text for a in one.arrivals}
    yield from (note for note in one.notes if note not in said)
    yield from (f"{a.kind.replace('_', ' ')}: {a.text}" for a in one.arrivals)
    yield from (f"ALERT {e.text}" if e.kind == "fired" else f"alert {e.kind}: {e.text}" for e in one.alerts)
    if one.waiting:
        yield f"not whole yet, left for the next look: {', '.join(one.waiting)}"
    elif one.outcome == "waiting" and not one.trouble:
        yield "no image there yet"
    if one.outcome == "updated":
        yield f"report {one.report}"
