"""Which scenes are compared with which."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sitedelta.scene import Scene

LIKE = 2.0
"""Ground sampling distances within this factor show the same things."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two scenes, by their place in the sequence."""

    before: int
    after: int


def consecutive_pairs(scenes: Sequence[Scene], *, hidden: Collection[int] = ()) -> tuple[Pair, ...]:
    """Pair each scene with the latest earlier one that shows like things, else with the latest of another day.

    Scenes of one day are never compared with each other: they are looks at one state.

    Parameters
    ----------
    scenes
        In order of date.
    hidden
        Places of those that cannot be compared, for cloud, say. The others are paired over their heads: what changed
        between two clear days is seen, whatever came between.
    """
    pairs = []
    for i, scene in enumerate(scenes):
        earlier = [k for k in range(i) if scenes[k].date.date() < scene.date.date() and scenes[k].kind == scene.kind]
        like = [k for k in earlier if alike(scenes[k], scene)]
        clear = [[k for k in some if k not in hidden] for some in (like, earlier)] if i not in hidden else []
        best = next(filter(None, (*clear, like, earlier)), [])
        if best:
            pairs.append(Pair(best[-1], i))
    return tuple(pairs)


def alike(a: Scene, b: Scene) -> bool:
    """Tell whether two scenes show things of the same size."""
    return max(a.gsd_m, b.gsd_m) <= LIKE * min(a.gsd_m, b.gsd_m)
