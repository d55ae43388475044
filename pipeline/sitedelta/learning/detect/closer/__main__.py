"""Teach the closer look: python -m sitedelta.learning.detect.closer KIND DATA BANK.npz FOLDER --cache CACHE.

What the shipped detector finds, surely or in doubt, on the images and crops that it learned from is cut out, turned
upright and enlarged; a network learns which are objects. Writes KIND_closer.onnx.
"""

import argparse
import logging
from pathlib import Path

import cv2
import torch

from sitedelta.learning.detect import ground, scenes
from sitedelta.learning.detect.closer.head import export
from sitedelta.learning.detect.closer.lessons import LESSONS
from sitedelta.learning.detect.closer.patches import Patches, of_examples, of_pictures
from sitedelta.learning.detect.closer.teaching import head_taught, tuned
from sitedelta.learning.detect.sprites import Bank


def main() -> None:
    """Look, teach, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=sorted(LESSONS))
    parser.add_argument("data", type=Path)
    parser.add_argument("bank", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--scenes", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    patches = seen(args)
    logging.getLogger("sitedelta.learning").info("%d patches, %d objects", len(patches.real), patches.real.sum())
    teach = tuned if LESSONS[args.kind].tuned else head_taught
    export(teach(patches, seed=args.seed), args.out / f"{args.kind}_closer.onnx")


def seen(args: argparse.Namespace) -> Patches:
    """Look at everything."""
    lesson, drawn = LESSONS[args.kind], scenes.read(args.scenes, args.kind)
    places = {"aircraft": ground.aircraft, "vehicle": ground.vehicles}[args.kind](args.data, args.cache)
    seeds = range(args.seed * 10**6, args.seed * 10**6 + lesson.examples)
    return Patches.join(
        [
            *of_pictures(places.main, lesson, lesson.factors, args.seed),
            *of_pictures(drawn, lesson, lesson.drawn_factors, args.seed),
            *of_examples(places, Bank.load(args.bank), drawn, lesson, seeds),
        ]
    )


if __name__ == "__main__":
    main()
