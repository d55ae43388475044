"""Find what a model takes for objects where none are: python -m sitedelta.learning.detect.mine OUT.json KIND DATA."""

import argparse
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from rasterdelta.detect.decode import Peaks
from rasterdelta.detect.network import Network
from rasterdelta.detect.neural import Model, find
from rasterdelta.detect.shipped import MODELS
from sitedelta.learning.detect import ground
from sitedelta.learning.detect.ground import Picture

DOUBTFUL: Final = (-1.5, 0.0)
"""Log-odds of what is kept: what is surer than that may be an object that nobody labelled."""
MOST: Final = 40
"""Places kept of one image."""
NEAR: Final = 0.75
"""Peaks this near a label, in sizes of its box, belong to it."""


def places(picture: Picture, model: Model) -> NDArray[np.float64]:
    """Give column and row of the strongest doubtful peaks that no label explains, shape (n, 2)."""
    image = picture.pixels.transpose(2, 0, 1).astype(np.float32) / np.float32(255)
    found = find(image, np.ones(image.shape[1:], bool), model, picture.gsd_m)
    at = np.stack([found.col, found.row], 1)
    keep = _doubtful(found) & ~_explained(at, picture.boxes)
    order = np.argsort(-found.logit[keep], kind="stable")[:MOST]
    return at[keep][order]


def _doubtful(found: Peaks) -> NDArray[np.bool_]:
    return (found.logit > DOUBTFUL[0]) & (found.logit < DOUBTFUL[1])


def _explained(at: NDArray[np.float64], boxes: NDArray[np.float64]) -> NDArray[np.bool_]:
    centre, size = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]).max(1, initial=0)
    away = np.hypot(*(at[:, None] - centre[None]).transpose(2, 0, 1))
    explained: NDArray[np.bool_] = (away < NEAR * size).any(1)
    return explained


def mined(pictures: Iterable[Picture], model: Model) -> dict[str, list[list[float]]]:
    """Give the places of all pictures by name."""
    return {p.name: np.round(places(p, model), 1).tolist() for p in pictures}


def main() -> None:
    """Parse, look, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("kind", choices=("aircraft", "vehicle"))
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--onnx", type=Path, required=True, help="folder that sitedelta.learning.detect.export wrote")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    shipped = next(m for m, _ in MODELS if m.label == args.kind)
    network = Network(args.onnx / f"{args.kind}.onnx", args.onnx / "features.onnx")
    places = {"aircraft": ground.aircraft, "vehicle": ground.vehicles}[args.kind](args.data, args.cache)
    found = mined((*places.main, *places.other), replace(shipped, network=network))
    args.out.write_text(json.dumps(found))


if __name__ == "__main__":
    main()
