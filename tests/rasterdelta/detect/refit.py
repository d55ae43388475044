"""Fit the weights anew: python tests/rasterdelta/detect/refit.py DATA FOLDER (with kernels on the path)."""

import sys
from pathlib import Path

import cv2
import numpy as np
from labelled import CARS, Picture, airbus, estonia, listed

from rasterdelta.detect.cascade import fit_gate
from rasterdelta.detect.classes import AIRCRAFT, VEHICLE, Search
from rasterdelta.detect.fitting import fit
from rasterdelta.detect.sampling import Samples, sample
from rasterdelta.detect.scorer import Scorer

Factors = tuple[tuple[float, float], ...]
FACTORS: dict[str, Factors] = {"aircraft": ((1, 1.4), (2, 6.4)), "vehicle": ((1, 1.4), (1.4, 2.4))}
"""Each image is taken once a range, averaged by a random factor in it."""


def vary(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Change light, contrast, sharpness and noise as sensors and days do; gives one band."""
    gain, gamma = rng.uniform(0.7, 1.3), rng.uniform(0.75, 1.3)
    out = np.clip(image**gamma * gain + rng.uniform(-0.08, 0.08), 0, 1).mean(axis=0)
    if rng.random() < 0.5:
        out = cv2.GaussianBlur(out, (0, 0), rng.uniform(0.4, 1.3))
    return (out + rng.standard_normal(out.shape) * rng.uniform(0, 0.012)).astype(np.float32)[None]


def draw(
    pictures: list[Picture], search: Search, factors: Factors, background: int, seed: int, scorer: Scorer | None
) -> Samples:
    """Draw samples from all pictures."""
    rng, parts = np.random.default_rng(seed), []
    for picture in pictures:
        for low, high in factors:
            f = float(rng.uniform(low, high))
            image = vary(picture.read(f), rng)
            valid = np.ones(image.shape[1:], bool)
            parts.append(
                sample(
                    image,
                    valid,
                    picture.labels(f),
                    gsd_m=picture.gsd_m * f,
                    search=search,
                    background=background,
                    rng=rng,
                    scorer=scorer,
                )
            )
    return Samples.join(parts)


def fit_class(pictures: list[Picture], search: Search) -> dict[str, np.ndarray]:
    """Fit the gate and the judge of one class: a first round on a third of the images, then hard negatives from all."""
    factors = FACTORS[search.label]
    first = draw(pictures[::3], search, factors[:1], 200, 0, None)
    scorer = fit(first.features, first.present, first.size, first.weight, epochs=8)
    rounds = [draw(pictures[k::2], search, factors, 240 if search is AIRCRAFT else 300, 10 + k, scorer) for k in (0, 1)]
    samples = Samples.join([*rounds, first])
    some = np.random.default_rng(0).permutation(samples.features.shape[1])[:70_000]
    gate = fit_gate(samples.take(some), epochs=4)
    judge = fit(samples.features, samples.present, samples.size, samples.weight, epochs=8, batch=1024, rate=3e-3)
    return gate.arrays(f"{search.label}_gate_") | judge.arrays(f"{search.label}_judge_")


def main() -> None:
    """Fit both classes and write a file each; matrices as float16."""
    data, folder = Path(sys.argv[1]), Path(sys.argv[2])
    cars = [*estonia(data, validation=False), *listed(data, "aerial_cars", CARS)]
    for pictures, search in ((airbus(data, validation=False), AIRCRAFT), (cars, VEHICLE)):
        arrays = {k: v.astype(np.float16) if v.ndim == 2 else v for k, v in fit_class(pictures, search).items()}
        np.savez_compressed(folder / f"{search.label}.npz", **arrays)


if __name__ == "__main__":
    main()
