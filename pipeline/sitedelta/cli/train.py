"""The command that teaches a detector: train."""

from pathlib import Path

import click

from sitedelta.cli.checks import check_file
from sitedelta.cli.options import PATH, examples, gsd, jobs, talk
from sitedelta.cli.output import conclude
from sitedelta.cli.words import train_sentences
from sitedelta.counts.claims import check_classes
from sitedelta.progress import reporter


def _labels(_: click.Context, __: click.Parameter, value: str | None) -> tuple[str, ...]:
    return check_classes(tuple(name.strip() for name in value.split(","))) if value else ()


@click.command(
    short_help="Teach the detector your kind of place.",
    epilog=examples(
        "sitedelta train my-labels --init shipped --out mine.model",
        "sitedelta train bases empty-bases --init shipped --classes aircraft --minutes 20 --out bases.model",
        "sitedelta train many-labels --minutes 120 --out own.model",
        "sitedelta train more-labels --init mine.model --out mine-2.model",
        "sitedelta count base.png --gsd 0.5 --model mine.model --out objects.csv",
    ),
)
@click.argument("data", metavar="DATA...", nargs=-1, required=True, type=PATH)
@click.option("--out", type=PATH, required=True, metavar="MODEL", help="File for the model, which --model takes.")
@click.option(
    "--init",
    metavar="shipped|MODEL",
    help="Detector to start from: the shipped one, or one that `train` wrote.  [default: none, ImageNet features]",
)
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True),
    metavar="N",
    help="Time that all of it may take at most; with --init mostly one or two.  [default: 10 with --init, else 60]",
)
@gsd
@click.option(
    "--classes",
    callback=_labels,
    metavar="NAMES",
    help="What to learn, separated by commas.  [default: what the labels name]",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of everything drawn by lot.")
@click.option(
    "--batches",
    type=click.IntRange(min=1),
    metavar="N",
    help="Without --init: so many, instead of what time allows; the same data, seed and number give the same model.",
)
@jobs
@talk
def train(
    data: tuple[Path, ...],
    *,
    out: Path,
    init: str | None,
    minutes: float | None,
    gsd: float | None,
    classes: tuple[str, ...],
    seed: int,
    batches: int | None,
    jobs: int | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Teach the detector further on a few labelled images, or one of your own on many.

    Each DATA is a folder with labels.csv and images (docs/evaluation.md). Sites are held back in turn to say what got
    better and worse, and to measure the accuracy that counts with the new model are based on; rendered images are
    replayed against forgetting. A model that got worse is not written. Needs the extra `train` (onnx; torch without
    --init).
    """
    check_file(out, data, suffixes=())
    from sitedelta.verbs.train import train as teach

    with reporter(quiet=quiet) as progress:
        done = teach(
            data,
            out=out,
            init=init,
            minutes=minutes,
            gsd=gsd,
            classes=classes,
            jobs=jobs or 0,
            seed=seed,
            batches=batches,
            progress=progress,
        )
    conclude(done.summary, train_sentences(done.summary), quiet=quiet, as_json=as_json)
