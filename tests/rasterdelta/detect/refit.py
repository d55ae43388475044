"""Fit the weights anew: python tests/rasterdelta/detect/refit.py DATA FOLDER (with kernels on the path)."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from labelled import CARS, Picture, airbus, estonia, listed
from rendered import Drawn, drawn

from rasterdelta.detect.cascade import fit_gate
from rasterdelta.detect.classes import AIRCRAFT, VEHICLE, Search
from rasterdelta.detect.fitting import fit
from rasterdelta.detect.sampling import Samples, sample
from rasterdelta.detect.scorer import Scorer

Factors = tuple[tuple[float, float], ...]
FACTORS: dict[str, Factors] = {"aircraft": ((1, 1.4), (2, 6.4)), "vehicle": ((1, 1.4), (1.4, 2.4))}
"""Each image is taken once a range, averaged by a random factor in it."""
SEEDS = range(100, 126)
"""Rendered scenes to fit to."""


@dataclass(frozen=True)
class Recipe:
    """How one class is fitted."""

    search: Search
    background: int
    """Places of background a scale of a real image."""
    rendered_background: int
    sensors: tuple[int, ...]
    """Which of the sensors of a rendered scene are used."""
    share: float
    """Weight of all rendered and rural samples over that of all real ones."""
    hidden: tuple[int, ...]
    gate: tuple[int, ...]
    again: bool
    """Draw hard negatives from half of the real images once more, against a scorer that knows rendered scenes."""


AIR = Recipe(AIRCRAFT, 240, 260, (1, 2, 3), 0.4, (160, 32), (32,), again=True)
GROUND = Recipe(VEHICLE, 300, 700, (0, 1), 0.8, (96, 24), (24,), again=False)


def vary(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Change light, contrast, sharpness and noise as sensors and days do; gives one band."""
    gain, gamma = rng.uniform(0.7, 1.3), rng.uniform(0.75, 1.3)
    out = np.clip(image**gamma * gain + rng.uniform(-0.08, 0.08), 0, 1).mean(axis=0)
    if rng.random() < 0.5:
        out = cv2.GaussianBlur(out, (0, 0), rng.uniform(0.4, 1.3))
    return (out + rng.standard_normal(out.shape) * rng.uniform(0, 0.012)).astype(np.float32)[None]


def draw(
    pictures: Sequence[Picture | Drawn],
    search: Search,
    factors: Factors,
    background: int,
    seed: int,
    scorer: Scorer | None,
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


def judge_of(samples: Samples, recipe: Recipe, *, epochs: int) -> Scorer:
    """Fit the judge to samples."""
    return fit(
        samples.features,
        samples.present,
        samples.size,
        samples.weight,
        hidden=recipe.hidden,
        epochs=epochs,
        batch=1024,
        rate=3e-3,
    )


def fit_class(real: list[Picture], rural: list[Picture], recipe: Recipe) -> dict[str, np.ndarray]:
    """Fit the gate and the judge of one class.

    A first round on a third of the real images; hard negatives of it from all real images; rendered scenes with hard
    negatives of that; half of the real and all rendered images once more; then gate and judge on everything.
    """
    search, label = recipe.search, recipe.search.label
    factors = FACTORS[label]
    first = draw(real[::3], search, factors[:1], 200, 0, None)
    scorer = fit(first.features, first.present, first.size, first.weight, epochs=8)
    rounds = [first, draw(real, search, factors, recipe.background, 10, scorer)]
    scorer = judge_of(Samples.join(rounds), recipe, epochs=3)
    seen = drawn(SEEDS, label)
    scenes = [d for k in recipe.sensors for d in seen[k]]
    made: list[Samples] = []
    for turn in (1, 2):
        made.append(draw(scenes, search, ((1, 1.2),), recipe.rendered_background, turn, scorer))
        if rural:
            made.append(draw(rural, search, ((2, 6),), 120, turn, scorer))
        scorer = judge_of(_mixed(rounds, made, recipe.share), recipe, epochs=3)
    if recipe.again:
        rounds.append(draw(real[1::2], search, factors, recipe.background, 30, scorer))
    samples = _mixed(rounds, made, recipe.share)
    some = np.random.default_rng(0).permutation(samples.features.shape[1])[:100_000]
    gate = fit_gate(samples.take(some), epochs=4, hidden=recipe.gate)
    judge = judge_of(samples, recipe, epochs=8)
    return gate.arrays(f"{label}_gate_") | judge.arrays(f"{label}_judge_")


def _mixed(real: list[Samples], made: list[Samples], share: float) -> Samples:
    """Join samples; what is rendered (and rural) weighs `share` of what is real."""
    one, two = Samples.join(real), Samples.join(made)
    weight = np.full(len(two.present), share * len(one.present) / len(two.present), np.float32)
    return Samples.join([one, replace(two, weight=weight)])


def main() -> None:
    """Fit both classes and write a file each; matrices as float16."""
    data, folder = Path(sys.argv[1]), Path(sys.argv[2])
    streets = estonia(data, validation=False)
    rural = [_emptied(p) for p in streets if not p.airplanes]
    cars = [*streets, *listed(data, "aerial_cars", CARS)]
    for real, beside, recipe in ((airbus(data, validation=False), rural, AIR), (cars, [], GROUND)):
        fitted = fit_class(real, beside, recipe)
        arrays = {k: v.astype(np.float16) if v.ndim == 2 else v for k, v in fitted.items()}
        np.savez_compressed(folder / f"{recipe.search.label}.npz", **arrays)


def _emptied(picture: Picture) -> Picture:
    """Give the picture without labels: it shows no aircraft."""
    none = np.zeros(0)
    return replace(picture, row=none, col=none, size_px=none, counted=np.zeros(0, bool))


if __name__ == "__main__":
    main()
