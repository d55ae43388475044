"""F1 against ground sampling distance, measured with `sitedelta evaluate` and written into a page.

`python -m tests.benchmarks.bench_evaluate [DATA] [--sample N] [--write docs/evaluation.md]`; DATA is a folder of image
sets, `SITEDELTA_DATA` where it is not given. The drawings `f1-<class>.png` are put beside the page.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sitedelta.evaluation.figures import Estimate
from sitedelta.evaluation.groups import ALL, Row
from sitedelta.evaluation.plots import curve
from sitedelta.evaluation.words import number, share
from sitedelta.progress import Lines
from sitedelta.verbs.evaluate import Evaluated, Options, evaluate_folders


@dataclass(frozen=True)
class Sweep:
    """One class, where nothing was learned from: validation sites, and sets that were only looked at."""

    label: str
    folders: tuple[str, ...]
    only: tuple[str, ...]
    gsds: tuple[float, ...]

    def command(self, sample: int | None) -> str:
        """Give what to type for the same figures."""
        chosen = " ".join(f"--only '{o}'" for o in self.only)
        drawn = f" --sample {sample}" if sample else ""
        gsds = ",".join(f"{g:g}" for g in self.gsds)
        what = f"{' '.join(self.folders)} --classes {self.label} --gsd 0.5"
        return f"sitedelta evaluate {what} \\\n  {chosen} \\\n  --gsds {gsds}{drawn} --out curve"


SWEEPS = (
    Sweep(
        "aircraft",
        ("airbus", "planet"),
        ("site07", "site12", "site18", "scene_*"),
        (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0),
    ),
    Sweep(
        "vehicle",
        ("estonia", "motor_pools"),
        ("image_1_*", "image_13_*", "image_15_*", "c??_site*", "c10_usa.png"),
        (0.2, 0.3, 0.4, 0.6, 0.8, 1.0, 1.5, 2.0, 3.0, 5.0),
    ),
)


def main() -> None:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, default=Path(os.environ.get("SITEDELTA_DATA", "../shared/data")))
    parser.add_argument("--classes", nargs="+", default=[s.label for s in SWEEPS])
    parser.add_argument("--sample", type=int, help="Images of each set, by lot.")
    parser.add_argument("--write", type=Path)
    parser.add_argument("--jobs", type=int, default=0)
    given = parser.parse_args()
    for sweep in SWEEPS:
        if sweep.label in given.classes:
            measure(sweep, given.data, given.sample, given.write, given.jobs)


def measure(sweep: Sweep, data: Path, sample: int | None, page: Path | None, jobs: int) -> None:
    """Measure one class."""
    options = Options(classes=(sweep.label,), gsd=0.5, only=sweep.only, gsds=sweep.gsds, sample=sample)
    done = evaluate_folders([data / f for f in sweep.folders], options, jobs=jobs, progress=Lines(sys.stderr))
    rows = [r for r in done.rows if r.data != ALL]
    text = section(sweep, rows, done, sample)
    sys.stdout.write(text)
    if page:
        page.with_name(f"f1-{sweep.label}.png").write_bytes(curve(rows, sweep.label))
        begin, end = f"<!-- curve: {sweep.label} -->\n", f"<!-- end of curve: {sweep.label} -->"
        head, rest = page.read_text(encoding="utf-8").split(begin)
        page.write_text(f"{head}{begin}\n{text}{end}{rest.split(end)[1]}", encoding="utf-8")


def section(sweep: Sweep, rows: Sequence[Row], done: Evaluated, sample: int | None) -> str:
    """Write the tables of one class."""
    title = f"### {sweep.label.capitalize()}\n\nCounted by {counter(sweep.label, done)}.\n"
    picture = f"![F1 of each set against ground sampling distance; the table has the numbers](f1-{sweep.label}.png)\n"
    return "\n".join((title, picture, f"```sh\n{sweep.command(sample)}\n```\n", figures(rows), lengths(done), ""))


def counter(label: str, done: Evaluated) -> str:
    """Name the detector and the beginning of the SHA-256 of its network: names change more seldom than weights."""
    files = {name: digest for name, digest in done.summary["model_files"].items() if label in name}
    return ", ".join([done.summary["model"], *(f"{name} {digest[:8]}" for name, digest in files.items())])


def figures(rows: Sequence[Row]) -> str:
    """Give the table of figures: objects long enough to be spoken of, and F1 of all."""
    every = {(r.data, r.gsd): r.figures.f1 for r in rows if r.rule == "any length"}
    head = [
        "data",
        "gsd",
        "images",
        "objects",
        "recall",
        "precision",
        "F1",
        "F1, any length",
        "count off by",
        "covered",
    ]
    return table([head, *(line(r, every[r.data, r.gsd]) for r in rows if r.rule == "claimed")])


def line(r: Row, every: Estimate | None) -> list[str]:
    """Give a row of the table of figures; where no object is long enough, only F1 of all."""
    f, gsd = r.figures, r.gsd if r.within else f"{r.gsd}, beyond the limit"
    if not f.objects:
        return [r.data, gsd, str(f.images), "0", "", "", "", number(every), "", ""]
    shares = [share(f.recall), share(f.precision), number(f.f1), number(every)]
    return [r.data, gsd, str(f.images), str(f.objects), *shares, share(f.count_error_relative), share(f.covered)]


def lengths(done: Evaluated) -> str:
    """Give the table by length in pixels, over all ground sampling distances."""
    lines = [["length", "labelled", "recall", "reported", "precision"]]
    for p in done.tables.parts:
        if p["by"] == "length":
            recall, precision = (rate(p, name) for name in ("recall", "precision"))
            lines.append([p["name"], str(p["objects"]), recall, str(p["found"]), precision])
    return table(lines)


def rate(part: dict, name: str) -> str:
    """Give a rate with its interval."""
    if part[name] is None:
        return "-"
    return f"{part[name]:.2f} ({part[f'{name}_low']:.2f} to {part[f'{name}_high']:.2f})"


def table(lines: Sequence[Sequence[str]]) -> str:
    """Lay out a table in Markdown."""
    head, *rest = lines
    return "".join(f"| {' | '.join(line)} |\n" for line in [head, ["---"] * len(head), *rest])


if __name__ == "__main__":
    main()
