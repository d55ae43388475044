"""Which scenes are compared with which."""

from collections.abc import Sequence
from dataclasses import dataclass

from sitedelta.scene import Scene

LIKE = 2.0
"""Ground sampling distances within this factor show the same things."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two scenes, by their place in the sequence."""

    before: int
    after: int


def consecutive_pairs(scenes: Sequence[Scene]) -> tuple[Pair, ...]:
    """Pair each scene with the latest earlier one that shows like things, else with the latest of another day.

    `scenes` are in order of date. Scenes of one day are never compared with each other: they are looks at one state.
    """
    pairs = []
    for i, scene in enumerate(scenes):
        earlier = [k for k in range(i) if scenes[k].date.date() < scene.date.date() and scenes[k].kind == scene.kind]
        like = [k for k in earlier if alike(scenes[k], scene)]
        if like or earlier:
            pairs.append(Pair((like or earlier)[-1], i))
    return tuple(pairs)


def alike(a: Scene, b: Scene) -> bool:
    """Tell whether two scenes show things of the same size."""
    return max(a.gsd_m, b.gsd_m) <= LIKE * min(a.gsd_m, b.gsd_m)
