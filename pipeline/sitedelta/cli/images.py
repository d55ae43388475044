"""Commands on images: change, register, count, compare."""

from pathlib import Path
from typing import get_args

import click

from sitedelta.cli.checks import check_distinct, check_file, check_folder
from sitedelta.cli.options import PATH, classes, dem, examples, gsd, hidden, jobs, model, out_file, out_folder, talk
from sitedelta.cli.output import conclude
from sitedelta.cli.words import change_sentences, compare_sentences, count_sentences, register_sentences
from sitedelta.files.hashing import begin
from sitedelta.progress import reporter
from sitedelta.settings.defaults import Hidden, Radiometry

TABLES = (".csv", ".geojson", ".gpkg", ".parquet")


@click.command(
    epilog=examples(
        "sitedelta change before.tif after.tif --out changes",
        "sitedelta change 2024-12-13.png 2024-12-17.png --gsd 0.5 --out changes",
    )
)
@click.argument("before")
@click.argument("after")
@out_folder
@click.option(
    "--method",
    default="auto",
    show_default=True,
    metavar="NAME",
    help="Change statistic: auto, siamese, structure, irmad, ... (docs/method.md lists them).",
)
@gsd
@click.option(
    "--radiometry",
    type=click.Choice(get_args(Radiometry)),
    default="line",
    show_default=True,
    help="How AFTER is brought to the radiometry of BEFORE, where the statistic needs it; local undoes haze.",
)
@hidden
@dem
@click.option("--score", is_flag=True, help="Also write the change statistic, score.tif.")
@jobs
@talk
def change(
    before: str,
    after: str,
    *,
    out: Path,
    method: str,
    gsd: float | None,
    radiometry: Radiometry,
    hidden: tuple[Hidden, ...],
    dem: Path | None,
    score: bool,
    jobs: int | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Map what changed between two images.

    Writes change.tif (0 unchanged, 1 changed, 255 not observable, on the grid of BEFORE), changes.geojson,
    summary.json and change.png.
    """
    check_folder(out, [before, after])
    begin(Path(before), Path(after))
    from sitedelta.verbs.change import change_files

    with reporter(quiet=quiet) as progress:
        done = change_files(
            before,
            after,
            out=out,
            method=method,
            radiometry=radiometry,
            gsd=gsd,
            hidden=hidden,
            dem=dem,
            score=score,
            jobs=jobs or 0,
            progress=progress,
        )
    summary = done.summary()
    sentences = [*change_sentences(summary), f"change map: {out / 'change.tif'}"]
    conclude(summary, sentences, quiet=quiet, as_json=as_json)


@click.command(
    epilog=examples(
        "sitedelta register reference.tif moving.tif --out aligned.tif",
        "sitedelta register a.png b.png --out b-on-a.tif --field field.tif --points points.csv --model affine",
    )
)
@click.argument("reference")
@click.argument("moving")
@out_file("FILE.tif")
@click.option("--field", type=PATH, metavar="FILE.tif", help="Write the displacement: two bands, columns and rows.")
@click.option("--points", type=PATH, metavar="FILE.csv", help="Write the tie points.")
@click.option(
    "--model",
    type=click.Choice(["auto", "shift", "affine", "field"]),
    default="auto",
    show_default=True,
    help="How one image may differ from the other.",
)
@dem
@talk
def register(
    reference: str,
    moving: str,
    *,
    out: Path,
    field: Path | None,
    points: Path | None,
    model: str,
    dem: Path | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Bring one image onto the grid of another.

    Refuses, with its reason and without output, when the match cannot be trusted.
    """
    images = [reference, moving]
    check_file(out, images, suffixes=(".tif", ".tiff"))
    if field:
        check_file(field, images, suffixes=(".tif", ".tiff"), option="--field")
    if points:
        check_file(points, images, suffixes=(".csv",), option="--points")
    check_distinct(out, field, points)
    from sitedelta.verbs.register import register_files

    with reporter(quiet=quiet) as progress:
        summary = register_files(
            reference, moving, out=out, field=field, points=points, model=model, dem=dem, progress=progress
        )
    sentences = [*register_sentences(summary), f"aligned image: {out}"]
    conclude(summary, sentences, quiet=quiet, as_json=as_json)


@click.command(
    epilog=examples(
        "sitedelta count base.tif --out objects.csv",
        "sitedelta count shot.png --gsd 0.3 --out objects.csv --pictures looks",
        "sitedelta count shots/*.png --gsd 0.5 --classes aircraft --out aircraft.geojson",
    )
)
@click.argument("images", metavar="IMAGE...", nargs=-1, required=True)
@out_file("FILE.(csv|geojson|gpkg|parquet)")
@gsd
@classes
@hidden
@dem
@model
@click.option("--pictures", type=PATH, metavar="DIR", help="Also draw each image with a box about each object.")
@jobs
@talk
def count(
    images: tuple[str, ...],
    *,
    out: Path,
    gsd: float | None,
    classes: tuple[str, ...],
    hidden: tuple[Hidden, ...],
    dem: Path | None,
    model: Path | None,
    pictures: Path | None,
    jobs: int | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Count aircraft and vehicles in images.

    Writes one row an object, and beside it FILE.summary.json: for each image and class how many, with an interval that
    holds the true number nine times in ten, or why they could not be observed.
    """
    check_file(out, images, suffixes=TABLES)
    if pictures:
        check_folder(pictures, images, option="--pictures")
    from sitedelta.verbs.count import count_files

    with reporter(quiet=quiet) as progress:
        summary = count_files(
            images,
            out=out,
            gsd=gsd,
            classes=classes,
            hidden=hidden,
            dem=dem,
            jobs=jobs or 0,
            model=model,
            pictures=pictures,
            progress=progress,
        ).summary
    written = [f"objects: {out}", *([f"pictures: {pictures}"] if pictures else [])]
    conclude(summary, [*count_sentences(summary), *written], quiet=quiet, as_json=as_json)


@click.command(
    epilog=examples(
        "sitedelta compare friday.tif tuesday.tif --out events",
        "sitedelta compare a.png b.png --gsd 0.5 --classes aircraft --out events",
    )
)
@click.argument("before")
@click.argument("after")
@out_folder
@gsd
@classes
@hidden
@dem
@model
@jobs
@talk
def compare(
    before: str,
    after: str,
    *,
    out: Path,
    gsd: float | None,
    classes: tuple[str, ...],
    hidden: tuple[Hidden, ...],
    dem: Path | None,
    model: Path | None,
    jobs: int | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Tell what arrived, departed or stayed.

    Compares two images of one place, object by object.

    Writes events.csv (places on the pixel grid of BEFORE), summary.json and compare.png.
    """
    check_folder(out, [before, after])
    from sitedelta.verbs.compare import compare_files

    with reporter(quiet=quiet) as progress:
        done = compare_files(
            before,
            after,
            out=out,
            gsd=gsd,
            classes=classes,
            hidden=hidden,
            dem=dem,
            jobs=jobs or 0,
            model=model,
            progress=progress,
        )
    summary = done.summary()
    sentences = [*compare_sentences(summary), f"events: {out / 'events.csv'}"]
    conclude(summary, sentences, quiet=quiet, as_json=as_json)
