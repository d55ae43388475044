"""Count labelled images as `count` does, and say how far the counts can be trusted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from rasterdelta.detect.protocol import Detector
from sitedelta import __version__
from sitedelta.counts.claims import CLASSES, check_classes
from sitedelta.detectors.models import detector
from sitedelta.errors import InputError
from sitedelta.evaluation.cases import cases_of, choose
from sitedelta.evaluation.groups import Row, parts_of, rows_of
from sitedelta.evaluation.judging import Judged, count_cases
from sitedelta.evaluation.labels import DataSet, LabelledImage, read_labels
from sitedelta.evaluation.page import Findings, Shown, galleries, render
from sitedelta.evaluation.plots import counts, curve
from sitedelta.evaluation.tables import Record, Tables, csv_of, tables
from sitedelta.evaluation.words import notes
from sitedelta.files.hashing import sha256_file
from sitedelta.files.store import write_json, write_text, written_aside
from sitedelta.progress import Progress, silent

if TYPE_CHECKING:
    import pandas as pd

_BATCH = 24
"""Images that are counted together: enough to keep all cores busy, few enough to keep memory flat."""


_Plan = tuple[DataSet, tuple[LabelledImage, ...], tuple[str, ...]]
"""A folder, the images chosen, and the classes to count in them."""


@dataclass(frozen=True, slots=True)
class Options:
    """What is evaluated, and how."""

    model: Path | None = None
    gsd: float | None = None
    """Of images that state none, metres."""
    classes: tuple[str, ...] | None = None
    """None: those that the labels of a folder name."""
    only: tuple[str, ...] = ()
    """Patterns of sites or names of images."""
    sample: int | None = None
    """Images of each folder, by lot."""
    seed: int = 0
    gsds: tuple[float, ...] = ()
    """Each image is also averaged to these ground sampling distances, metres."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """All that an evaluation found."""

    rows: tuple[Row, ...]
    tables: Tables
    summary: dict[str, Any]
    """What `evaluation.json` holds."""


class Evaluation:
    """The figures as tables.

    Attributes
    ----------
    figures : DataFrame
        One row a class and group of images: precision, recall, F1, average precision, errors of counts and coverage of
        their intervals, each with `_low` and `_high`, the ends of its 90 % interval; None where it cannot be told.
    parts : DataFrame
        Recall and precision by length in pixels, recall by kind.
    images : DataFrame
        One row an image and class.
    objects : DataFrame
        One row a label or a detection, with what became of it.
    summary : dict
        What `evaluation.json` holds.
    """

    def __init__(self, done: Evaluated) -> None:
        self.summary = done.summary
        self.figures, self.parts, self.images, self.objects = (
            _frame(r) for r in (done.tables.figures, done.tables.parts, done.tables.images, done.tables.objects)
        )


def evaluate(
    data: Sequence[str | Path] | str | Path,
    *,
    out: Path | str | None = None,
    model: Path | str | None = None,
    gsd: float | None = None,
    classes: Sequence[str] | None = None,
    only: Sequence[str] = (),
    sample: int | None = None,
    seed: int = 0,
    gsds: Sequence[float] = (),
    jobs: int = 0,
    progress: Progress = silent,
) -> Evaluation:
    """Count labelled images, and say how far the counts can be trusted.

    The parameters and errors are those of `evaluate_folders` and `Options`; one folder may be given by itself.
    """
    folders = [data] if isinstance(data, str | Path) else list(data)
    chosen = Options(
        Path(model) if model else None, gsd, tuple(classes) if classes else None, tuple(only), sample, seed, tuple(gsds)
    )
    done = evaluate_folders(
        [Path(f) for f in folders], chosen, out=Path(out) if out else None, jobs=jobs, progress=progress
    )
    return Evaluation(done)


def evaluate_folders(
    folders: Sequence[Path], options: Options, *, out: Path | None = None, jobs: int = 0, progress: Progress = silent
) -> Evaluated:
    """Count the images of labelled folders as `sitedelta count` does, and set the counts beside the labels.

    Parameters
    ----------
    folders
        Each holds `labels.csv` and images (docs/evaluation.md).
    out
        Folder for the page, the tables and the pictures; nothing is written where it is not given.
    jobs
        Local processes; 0 means one a core.

    Raises
    ------
    InputError
        Labels, an image or the model cannot be used; nothing is left to evaluate.
    """
    finder = detector(options.model)
    sets = _named([read_labels(f) for f in dict.fromkeys(f.resolve() for f in folders)])
    plans = [(s, *_plan(s, options)) for s in sets]
    if not any(images and labels for _, images, labels in plans):
        raise InputError(_nothing(sets, options))
    with TemporaryDirectory(prefix="sitedelta-") as scratch:
        judged = list(_judged(plans, options, Path(scratch), jobs, progress))
        said = notes([s for s, *_ in plans], finder.name)
        found = _conclude(judged, sets, options, said, finder)
        if out is not None:
            _write(found, judged, options, said, out)
    return found


def _named(sets: list[DataSet]) -> list[DataSet]:
    """Tell folders of one name apart by the folders that they lie in."""
    names = [s.folder.name for s in sets]
    return [s if names.count(s.folder.name) == 1 else _renamed(s) for s in sets]


def _renamed(data: DataSet) -> DataSet:
    name = f"{data.folder.parent.name}/{data.folder.name}"
    return replace(data, images=tuple(replace(i, data=name) for i in data.images))


def _plan(data: DataSet, options: Options) -> tuple[tuple[LabelledImage, ...], tuple[str, ...]]:
    """Choose images, and the classes to count in them."""
    images = choose(data, only=options.only, sample=options.sample, seed=options.seed)
    if options.classes is not None:
        return images, check_classes(options.classes)
    named = {str(k) for i in data.images for k in i.labels.label}
    return images, tuple(c for c in CLASSES if c in named)


def _nothing(sets: Sequence[DataSet], options: Options) -> str:
    names = ", ".join(str(s.folder) for s in sets)
    if options.only:
        return f"{names}: no labelled image or site fits {', '.join(options.only)}"
    if any(s.images for s in sets):
        return f"{names}: the labels name none of {', '.join(CLASSES)}; say with --classes what was looked for there"
    return f"{names}: no image is labelled"


def _judged(plans: Sequence[_Plan], options: Options, scratch: Path, jobs: int, progress: Progress) -> Iterator[Judged]:
    total, done = sum(len(images) for _, images, _ in plans) * max(1, len(options.gsds)), 0
    for _, images, labels in plans:
        cases = (c for i in images for c in cases_of(i, gsd=options.gsd, gsds=options.gsds, folder=scratch))
        while batch := list(islice(cases, _BATCH)):
            progress(done, total, "images")
            yield from count_cases(batch, labels, sweep=bool(options.gsds), jobs=jobs, model=options.model)
            done += len(batch)
    progress(total, total, "images")


def _conclude(
    judged: list[Judged], sets: Sequence[DataSet], options: Options, said: Sequence[str], finder: Detector
) -> Evaluated:
    if not judged:
        raise InputError("no image is as fine as the ground sampling distances given with --gsds")
    rows, parts = rows_of(judged, sweep=bool(options.gsds)), parts_of(judged)
    made = tables(judged, rows, parts)
    summary = {
        "sitedelta": __version__,
        "model": finder.name,
        "model_files": {f.name: sha256_file(f) for f in finder.files},
        "options": {
            "gsd_m": options.gsd,
            "classes": list(options.classes) if options.classes else None,
            "only": list(options.only),
            "sample": options.sample,
            "seed": options.seed,
            "gsds_m": list(options.gsds),
        },
        "data": [_described(s) for s in sets],
        "notes": list(said),
        "figures": made.figures,
        "parts": made.parts,
        "scores": made.scores,
    }
    return Evaluated(tuple(rows), made, summary)


def _described(data: DataSet) -> Record:
    return {
        "folder": str(data.folder),
        "images": len(data.images),
        "labels": sum(len(i.labels) for i in data.images),
        "unlabelled": list(data.unlabelled),
        "labelled_twice": {i.path.name: i.twice for i in data.images if i.twice},
        "classes_not_known": dict(data.unknown),
        "labelled_in_part": sum(not i.exhaustive for i in data.images),
    }


def _write(found: Evaluated, judged: list[Judged], options: Options, said: Sequence[str], out: Path) -> None:
    chips = galleries(judged, seed=options.seed)
    plots = _plots(found.rows, judged, sweep=bool(options.gsds))
    parts = parts_of(judged)
    title = " and ".join(dict.fromkeys(j.case.image.data for j in judged))
    page = Findings(title, found.rows, parts, found.tables.scores, said, bool(options.gsds), plots, chips)
    for name, content in {**plots, **_pictures(chips)}.items():
        with written_aside(out / f"{name}.png") as aside:
            aside.write_bytes(content)
    for name in ("figures", "parts", "images", "objects"):
        write_text(out / f"{name}.csv", csv_of(getattr(found.tables, name)))
    write_json(out / "evaluation.json", found.summary)
    write_text(out / "index.html", render(page))


def _pictures(chips: Sequence[Shown]) -> dict[str, bytes]:
    return {c.name: c.sheet.png() for c in chips}


def _plots(rows: Sequence[Row], judged: Sequence[Judged], *, sweep: bool) -> dict[str, bytes]:
    labels = list(dict.fromkeys(j.label for j in judged))
    if sweep:
        return {f"curve-{label}": curve(rows, label) for label in labels}
    drawn = {f"counts-{label}": counts(judged, label) for label in labels}
    return {name: png for name, png in drawn.items() if png is not None}


def _frame(records: list[Record]) -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame(records)
