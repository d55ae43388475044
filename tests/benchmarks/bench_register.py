"""Measure registration: python -m tests.benchmarks.bench_register DATA [--pairs 200] [--dates 65] [--fields 6].

DATA holds airbus/images, airbus/sites.json (site: its images) and airbus/pairs.json (pairs of dates of one site).
Prints how well known displacement fields are recovered, what must be refused and is, and how well alignments of three
dates of a site agree with each other, for which no truth is needed.
"""

import argparse
import itertools
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from rasterdelta.registration.register import register
from rasterdelta.registration.result import Alignment, Refusal
from rasterdelta.types import Image, Matrix

SIDE = 2048
MARGIN = 64


def main() -> None:
    asked = arguments()
    sites = json.loads((asked.data / "airbus/sites.json").read_text())
    images = {name: asked.data / "airbus/images" / name for names in sites.values() for name in names}
    pairs = json.loads((asked.data / "airbus/pairs.json").read_text())
    first = next(iter(images.values()))
    found = {
        "fields": fields(list(images.values()), asked.fields),
        "other sites": refused(elsewhere(sites, images, asked.pairs)),
        "spoilt": refused(spoilt(first)),
        "dates": dates([(p["before"], p["after"]) for p in pairs][: asked.dates], images),
    }
    for name, figures in found.items():
        sys.stdout.write(f"{name}: {', '.join(f'{k} {v}' for k, v in figures.items())}\n")
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1) + "\n")


def arguments() -> argparse.Namespace:
    said = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    said.add_argument("data", type=Path)
    said.add_argument("--pairs", type=int, default=200, help="of images of different sites")
    said.add_argument("--dates", type=int, default=65, help="pairs of dates of one site")
    said.add_argument("--fields", type=int, default=6, help="known displacement fields")
    said.add_argument("--json", type=Path, help="also write the figures here")
    return said.parse_args()


def read(path: Path) -> Image:
    return np.ascontiguousarray(np.moveaxis(cv2.imread(str(path)), -1, 0)).astype(np.float32)


def fields(images: list[Path], count: int) -> dict[str, float]:
    """Recover smooth random fields under other light, blur and noise; a twentieth of the ground is replaced."""
    worst = []
    for k, path in enumerate(images[:: max(1, len(images) // max(1, count))][:count]):
        reference, moving, truth = known(read(path), np.random.default_rng(k))
        start = time.perf_counter()
        found = register(reference, moving, model="field")
        seconds = time.perf_counter() - start
        if isinstance(found, Refusal):
            worst.append((np.inf, np.inf, seconds))
            continue
        rows, cols = (a.astype(np.float32) for a in np.indices(truth.shape[1:]))
        there = (cols + truth[0], rows + truth[1])
        seen = np.all([(x > 1) & (x < n - 2) for x, n in zip(there, truth.shape[:0:-1], strict=True)], axis=0)
        error = np.hypot(*(np.stack(found.displacement(rows, cols)) - truth))[seen & found.supported_at(rows, cols)]
        worst.append((*np.quantile(error, [0.5, 0.95]), seconds))
    names = ("worst median px", "worst 95th percentile px", "slowest s")
    return {n: round(float(v), 4) for n, v in zip(names, np.max(worst, axis=0), strict=True)} if worst else {}


def known(image: Image, rng: np.random.Generator) -> tuple[Image, Image, np.ndarray]:
    """Give a pair, the first image resampled, and the displacement (2, row, column) from it to the second."""
    side = min(SIDE, *(n - 2 * MARGIN for n in image.shape[1:]))
    rows, cols = (a.astype(np.float32) for a in np.indices((side, side)))
    few = rng.normal(0, 0.7, (2, max(3, side // 512), max(3, side // 512))).astype(np.float32)
    truth = np.stack(
        [cv2.resize(f, (side, side), interpolation=cv2.INTER_CUBIC) + np.float32(rng.uniform(-12, 12)) for f in few]
    )
    at = cols + MARGIN + truth[0], rows + MARGIN + truth[1]
    reference = np.stack([cv2.remap(band, *at, cv2.INTER_LANCZOS4) for band in image])
    moving = image[:, MARGIN : MARGIN + side, MARGIN : MARGIN + side].copy()
    for r, c, r2, c2 in rng.integers(0, side - 60, (side * side // 72_000, 4)):
        moving[:, r : r + 60, c : c + 60] = moving[:, r2 : r2 + 60, c2 : c2 + 60]
    for band in moving:
        blurred = cv2.GaussianBlur(band, (0, 0), rng.uniform(0.3, 0.9))
        curve = 255 * (np.clip(blurred, 0, 255) / 255) ** rng.uniform(0.8, 1.25)
        band[:] = curve * rng.uniform(0.7, 1.2) + rng.normal(0, 1.25, band.shape)
    return reference, moving, truth


def elsewhere(sites: dict[str, list[str]], images: dict[str, Path], count: int) -> Iterator[tuple[str, Image, Image]]:
    """Give pairs of images of different sites, spread over all such pairs."""
    of = {name: site for site, names in sites.items() for name in names}
    pairs = [p for p in itertools.combinations(images, 2) if of[p[0]] != of[p[1]]]
    chosen = np.random.default_rng(0).permutation(len(pairs))[:count]
    for a, b in (pairs[i] for i in sorted(chosen)):
        yield f"{a} {b}", read(images[a]), read(images[b])


def spoilt(path: Path) -> Iterator[tuple[str, Image, Image]]:
    """Give an image with what is left of it when it cannot be matched."""
    image, rng = read(path), np.random.default_rng(0)
    height, width = image.shape[1:]
    fog = cv2.resize(rng.normal(200, 12, (20, 20)).astype(np.float32), (width, height)).clip(0, 255).round()
    cloud = np.array(image)
    edge = (np.arange(height) < height * 2 // 3)[:, None] & np.ones(width, np.bool_)
    cloud[:, edge] = (fog + 30).clip(0, 255)[edge]
    yield "blank", image, np.full_like(image, 180)
    yield "fog", image, np.stack([fog] * len(image))
    yield "noise", image, rng.normal(100, 20, image.shape).astype(np.float32)
    yield "mirrored, columns", image, np.ascontiguousarray(image[:, :, ::-1])
    yield "mirrored, rows", image, np.ascontiguousarray(image[:, ::-1])
    yield "two thirds under cloud", image, cloud


def refused(pairs: Iterator[tuple[str, Image, Image]]) -> dict[str, object]:
    """Count what is refused."""
    asked, wrong = 0, []
    for name, first, second in pairs:
        asked += 1
        if register(first, second):
            wrong.append(name)
    return {"asked": asked, "refused": asked - len(wrong), "accepted": wrong}


def dates(pairs: list[tuple[str, str]], images: dict[str, Path]) -> dict[str, float]:
    """Align dates of one site, and go around every three of them: what is left is an error."""
    found = {(a, b): register(read(images[a]), read(images[b]), scale=1.0, model="affine") for a, b in pairs}
    aligned = {pair: _whole(f.matrix) for pair, f in found.items() if isinstance(f, Alignment)}
    aligned |= {(b, a): np.linalg.inv(m) for (a, b), m in aligned.items()}
    names = sorted({n for pair in pairs for n in pair})
    ground = np.array([[x, y, 1] for x in np.linspace(0, 2559, 9) for y in np.linspace(0, 2559, 9)]).T
    around = [
        np.hypot(*((aligned[b, c] @ aligned[a, b] - aligned[a, c]) @ ground)[:2]).max()
        for a, b, c in itertools.combinations(names, 3)
        if {(a, b), (b, c), (a, c)} <= set(aligned)
    ]
    figures = {"asked": len(pairs), "aligned": len(aligned) // 2, "triples": len(around)}
    quantiles = np.quantile(around, [0.5, 0.9]) if around else (float("nan"),) * 2
    return figures | {
        f"worst px around three, {q}": round(float(v), 2) for q, v in zip(("median", "90 %"), quantiles, strict=True)
    }


def _whole(matrix: Matrix) -> np.ndarray:
    return np.vstack([matrix, [0, 0, 1]])


if __name__ == "__main__":
    main()
