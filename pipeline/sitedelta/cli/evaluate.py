"""The command that says how far counts can be trusted: evaluate."""

import math
from pathlib import Path

import click

from sitedelta.cli.checks import check_folder
from sitedelta.cli.options import PATH, examples, gsd, jobs, model, talk
from sitedelta.cli.output import conclude
from sitedelta.counts.claims import check_classes
from sitedelta.progress import reporter
from sitedelta.settings.defaults import COARSEST_M


def _metres(_: click.Context, __: click.Parameter, value: str | None) -> tuple[float, ...]:
    try:
        found = sorted({float(v) for v in value.split(",")}) if value else []
    except ValueError:
        found = [math.nan]
    if not all(0 < v <= COARSEST_M for v in found):
        raise click.BadParameter(f"{value} are no ground sampling distances; give metres a pixel, e.g. 0.5,1,2,3")
    return tuple(found)


def _labels(_: click.Context, __: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    return check_classes(tuple(name.strip() for name in value.split(","))) if value else None


@click.command(
    short_help="Tell how far counts can be trusted.",
    epilog=examples(
        "sitedelta evaluate my-labels --out trust",
        "sitedelta evaluate airports --gsd 0.5 --only 'site07' --only 'site1*' --out trust",
        "sitedelta evaluate bases pools --model mine.yaml --json",
        "sitedelta evaluate airports --gsd 0.5 --gsds 0.5,1,2,3,4,5 --sample 12 --out curve",
    ),
)
@click.argument("data", metavar="DATA...", nargs=-1, required=True, type=PATH)
@click.option(
    "--out", type=PATH, metavar="DIR", help="Folder for a page to read, tables and pictures.  [default: only printed]"
)
@model
@gsd
@click.option(
    "--classes",
    callback=_labels,
    metavar="NAMES",
    help="What to count, separated by commas.  [default: what the labels of each folder name]",
)
@click.option(
    "--only", multiple=True, metavar="PATTERN", help="Only images whose site or file name fits, e.g. 'site1*'."
)
@click.option("--sample", type=click.IntRange(min=1), metavar="N", help="Only N images of each folder, by lot.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of lots and of intervals.")
@click.option(
    "--gsds",
    callback=_metres,
    metavar="METRES,...",
    help="Average the images to these ground sampling distances, and count also where counting gives no number.",
)
@jobs
@talk
def evaluate(
    data: tuple[Path, ...],
    *,
    out: Path | None,
    model: Path | None,
    gsd: float | None,
    classes: tuple[str, ...] | None,
    only: tuple[str, ...],
    sample: int | None,
    seed: int,
    gsds: tuple[float, ...],
    jobs: int | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Tell how far counts can be trusted, from images in which people labelled the objects.

    Each DATA is a folder with labels.csv and images (docs/evaluation.md). Its images are counted as `sitedelta count`
    does. Prints precision, recall, F1, average precision, errors of counts and how often their intervals hold, by
    class, data set and ground sampling distance; --out adds index.html with pictures of hits, misses and false alarms.
    """
    if out is not None:
        check_folder(out, data)
    from sitedelta.evaluation.words import headline, sentences, sweep_sentences, table_line
    from sitedelta.verbs.evaluate import Options, evaluate_folders

    chosen = Options(model, gsd, classes, only, sample, seed, gsds)
    with reporter(quiet=quiet) as progress:
        done = evaluate_folders(data, chosen, out=out, jobs=jobs or 0, progress=progress)
    said = [s for row in headline(done.rows) for s in sentences(row)]
    if gsds:
        said = [s for label in dict.fromkeys(r.label for r in done.rows) for s in sweep_sentences(done.rows, label)]
    lines = [*(table_line(r, sweep=bool(gsds)) for r in done.rows), *said, *done.summary["notes"]]
    conclude(done.summary, [*lines, f"page: {out / 'index.html'}"] if out else lines, quiet=quiet, as_json=as_json)
