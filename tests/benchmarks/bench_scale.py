"""How often a ground sampling distance is doubted that is right, twice as coarse, or half.

    python -m tests.benchmarks.bench_scale DATA/parking DATA/motor_pools DATA/airbus --sample 8

Each folder holds labelled images (docs/evaluation.md). Stated distances lie too: whether one is right is taken from the
labels, by the sizes that cars and aircraft have.
"""

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from rasterdelta.scale import FEWEST
from sitedelta.counts.sizes import CONFIDENT
from sitedelta.evaluation.labels import LabelledImage, read_labels
from sitedelta.verbs.count import count_files

UNKNOWN_M = 0.5
"""Distance of images for which a folder states none."""
VEHICLES_M, LONGEST_M = (3.3, 8.5), 84.0
"""Middle longer side of boxes about vehicles, and the longest of boxes about aircraft, where the distance is right."""
SAYINGS = (1.0, 2.0, 0.5)
SIDE = 1000
"""Pixels of the middle of an image that are counted."""


def is_right(image: LabelledImage, gsd_m: float) -> bool:
    """Tell whether the labels bear the stated distance out."""
    lengths = {label: image.labels.length_px[image.labels.label == label] * gsd_m for label in FEWEST}
    aircraft, vehicles = lengths["aircraft"], lengths["vehicle"]
    low, high = VEHICLES_M
    return bool((aircraft <= LONGEST_M).all() and (not vehicles.size or low <= np.median(vehicles) <= high))


def middle(path: Path, folder: Path) -> Path:
    """Write the middle of an image as a plain picture."""
    image = cv2.imread(str(path))
    top, left = (max(0, (n - SIDE) // 2) for n in image.shape[:2])
    out = folder / f"{path.stem}.png"
    cv2.imwrite(str(out), image[top : top + SIDE, left : left + SIDE])
    return out


def doubted(path: Path, gsd_m: float) -> bool | None:
    """Tell whether the distance is doubted; None where too few objects are found to say."""
    done = count_files([path], gsd=gsd_m, jobs=1)
    found = Counter(r.label for r in done.rows if r.score >= CONFIDENT)
    if all(found[label] < fewest for label, fewest in FEWEST.items()):
        return None
    return bool(done.summary["images"][0]["notes"])


def lines(folder: Path, sample: int) -> Iterator[str]:
    images = sorted(read_labels(folder).images, key=lambda i: i.path.name)
    chosen = random.Random(0).sample(images, min(sample, len(images)))
    with tempfile.TemporaryDirectory() as work:
        for right in (True, False):
            mine = [i for i in chosen if is_right(i, i.gsd_m or UNKNOWN_M) == right]
            parts = [(middle(i.path, Path(work)), i.gsd_m or UNKNOWN_M) for i in mine]
            asked = SAYINGS if right else SAYINGS[:1]
            cells = [cell([doubted(p, g * times) for p, g in parts]) for times in asked]
            cells += [""] * (len(SAYINGS) - len(cells))
            said = "right" if right else "wrong by the labels"
            if mine:
                yield f"| {folder.name}, {len(mine)} images, distance {said} | {' | '.join(cells)} |"


def cell(found: list[bool | None]) -> str:
    able = [f for f in found if f is not None]
    return f"{sum(able)} of {len(able)}"


def main() -> None:
    """Print a row for each folder: as stated, twice as coarse, half."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--sample", type=int, default=8, help="images a folder")
    asked = parser.parse_args()
    sys.stdout.write("| images | as stated | twice as coarse | half |\n| --- | --- | --- | --- |\n")
    for folder in asked.folders:
        for line in lines(folder, asked.sample):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
