"""What the closer look at each class is taught from, and how."""

from dataclasses import dataclass, replace
from typing import Final

from rasterdelta.detect.neural import Model
from rasterdelta.detect.shipped import AIRCRAFT, VEHICLE
from rasterdelta.detect.sights import Sight
from sitedelta.learning.detect.closer.judging import Rule
from sitedelta.learning.detect.sampler import RECIPES, Kind, Recipe

Factors = tuple[tuple[float, float], ...]
"""An image is looked at once for each pair, averaged by lot to between so many times its pixel."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """How one class is taught."""

    model: Model
    """What finds the objects that are looked at."""
    rule: Rule
    factors: Factors
    """Of labelled images."""
    drawn_factors: Factors
    """Of whole rendered places."""
    crops: Recipe
    """Of crops that are mostly furnished with renders."""
    examples: int
    """So many crops."""
    beside: float
    """Share of the objects beside which the look is shown a place too that holds none."""
    least: float
    """Log-odds of the weakest peaks that are looked at."""
    tuned: bool
    """Features from stride 4 on are taught as well; else the head alone."""


LESSONS: Final[dict[Kind, Lesson]] = {
    "aircraft": Lesson(
        replace(AIRCRAFT, sights=(Sight(9.0, 0.6, half_from_m=0.0, agree=0.5),)),
        Rule(near=0.32, own=0.32, unclear=0.75, twins=False),
        factors=((1.0, 3.2),),
        drawn_factors=((2.0, 6.0),),
        crops=replace(RECIPES["aircraft"], busy=0.55, bare=0.1, scenes=0.15, satellite_m=None),
        examples=1800,
        beside=0.35,
        least=-1.7,
        tuned=True,
    ),
    "vehicle": Lesson(
        replace(VEHICLE, sights=tuple(replace(s, closer=False) for s in VEHICLE.sights)),
        Rule(near=0.5, own=0.6, unclear=0.75, twins=True),
        factors=((1.0, 1.0), (1.3, 1.8), (1.8, 2.5)),
        drawn_factors=((1.3, 2.4),),
        crops=replace(RECIPES["vehicle"], busy=0.75, bare=0.12, scenes=0.25),
        examples=280,
        beside=0.0,
        least=-1.3,
        tuned=False,
    ),
}
