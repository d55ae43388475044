"""Cases that damage what a run left behind, what people decided, and what they labelled."""

import random
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.robust import corpus, mutate
from tests.robust.renders import write_dates

import sitedelta

Case = Callable[[random.Random, Path], tuple[str, list[str]]]

_finished: list[Path] = []
"""Folder of a finished site, from which cases start."""
_CONFIG = "output: out\nsites:\n- {id: base, count: [aircraft], imagery: [{path: in/*.tif}]}\n"
_TEXT = (".json", ".geojson", ".csv", ".jsonl", ".sha256")


def write_finished(folder: Path) -> None:
    """Run a small site, and write what a reviewer would."""
    write_dates(folder / "in", dates=2, side=160)
    (folder / "sites.yaml").write_text(_CONFIG)
    sitedelta.run(folder / "sites.yaml", jobs=1)
    for ending in ("csv", "geojson", "gpkg"):
        sitedelta.review_export(folder / "sites.yaml", folder / f"review.{ending}")
    first = sitedelta.open_site(folder / "out/base").manifest.scenes[0].scene.id
    sitedelta.review_decide(folder / "sites.yaml", "complete", reviewer="A.", scene=first, class_="aircraft")
    sitedelta.report(folder / "sites.yaml")
    sitedelta.bundle(folder / "out/base", folder / "all.zip")
    _finished.append(folder)


def _damage(path: Path, chance: random.Random) -> None:
    if path.suffix in _TEXT:
        text = path.read_text(encoding="utf-8", errors="replace")
        path.write_text(mutate.of_text(text, chance), encoding="utf-8", errors="replace")
    else:
        path.write_bytes(mutate.of_bytes(path.read_bytes(), chance))


def _start(folder: Path) -> None:
    shutil.copytree(_finished[-1], folder, dirs_exist_ok=True)


def _result(chance: random.Random, folder: Path) -> tuple[str, list[str]]:
    """Damage a file of the results."""
    _start(folder)
    out = folder / "out/base"
    files = sorted(p for p in out.rglob("*") if p.is_file() and "figures" not in p.parts)
    path = chance.choice([p for p in files if p.suffix in (".json", ".jsonl", ".parquet", ".tif")])
    _damage(path, chance)
    commands = (
        ["verify", "out/base", "--quiet"],
        ["verify", "out", "--without-originals", "--quiet"],
        ["report", "sites.yaml", "--quiet"],
        ["run", "sites.yaml", "--quiet", "--jobs", "1"],
        ["bundle", "out/base", "--out", "o.zip", "--quiet"],
        ["review", "list", "sites.yaml", "--quiet"],
        ["watch", "sites.yaml", "--once", "--quiet", "--jobs", "1"],
    )
    return f"results ({path.suffix[1:]})", chance.choice(commands)


def _review(chance: random.Random, folder: Path) -> tuple[str, list[str]]:
    """Damage what a reviewer gives back."""
    _start(folder)
    name = chance.choice(("review.csv", "review.csv", "review.geojson", "review.gpkg"))
    _damage(folder / name, chance)
    return "review", ["review", "import", "sites.yaml", name, "--reviewer", "A.", "--quiet"]


def _bundle(chance: random.Random, folder: Path) -> tuple[str, list[str]]:
    """Damage a bundle, or let its names lead elsewhere."""
    shutil.copy(_finished[-1] / "all.zip", folder / "all.zip")
    if chance.random() < 0.3:
        with zipfile.ZipFile(folder / "all.zip", "a") as archive:
            link = zipfile.ZipInfo("base/link")
            link.external_attr = 0o120777 << 16
            odd = chance.choice(("../../elsewhere/a", "/etc/a", "base/../../a", "..\\a", "base/manifest.json", link))
            archive.writestr(odd, "/etc/passwd")
    else:
        _damage(folder / "all.zip", chance)
    return "bundle", ["verify", "all.zip", "--quiet"]


def _labels(chance: random.Random, folder: Path) -> tuple[str, list[str]]:
    """Damage the tables of labelled images."""
    corpus.image("friday.png", corpus.WORLD, driver="PNG", plain=True)(folder)
    tables = {
        "labels.csv": "image,class,kind,col,row,length_px,visibility\nfriday.png,aircraft,jet,31.5,30,20,clear\n",
        "images.csv": "image,gsd_m,exhaustive\nfriday.png,0.5,1\n",
        "sites.json": '{"base": ["friday.png"]}',
        "classes.csv": "name,class,kind\njet,aircraft,fighter\n",
    }
    for name, text in tables.items():
        (folder / name).write_text(text)
    _damage(folder / chance.choice(sorted(tables)), chance)
    return "labels", ["evaluate", ".", "--gsd", "0.5", "--quiet", "--jobs", "1"]


KINDS: tuple[Case, ...] = (_result, _result, _review, _bundle, _labels)
