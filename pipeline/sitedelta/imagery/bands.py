"""Which bands of a scene to show, and which two scenes have in common."""

from collections.abc import Sequence
from dataclasses import dataclass

from rasterdelta.difference.indices import INDEX_BANDS
from sitedelta.errors import BandsDiffer
from sitedelta.scene import Scene

_COLOURS = ("red", "green", "blue")

TELLING = ("nir", "swir1", "swir2", "thermal")
"""Bands that tell cloud, snow and water from ground, beside those that are shown."""


def display_bands(scene: Scene) -> tuple[int, ...]:
    """Give the bands (from 0) that make a natural picture: red, green, blue, or the one band there is."""
    return _natural(scene.bands)


def telling_bands(names: Sequence[str]) -> tuple[int, ...]:
    """Give the bands (from 0) that tell what a scene shows: those of a natural picture first."""
    return (*_natural(names), *(names.index(b) for b in TELLING if b in names))


def _natural(names: Sequence[str]) -> tuple[int, ...]:
    if all(c in names for c in _COLOURS):
        return tuple(names.index(c) for c in _COLOURS)
    return (0, 1, 2) if len(names) >= len(_COLOURS) else (0,)


@dataclass(frozen=True, slots=True)
class CommonBands:
    """The bands that two scenes share."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    """Counted from 0, in the same order of colours."""

    def shown(self, before: Scene) -> tuple[int, ...]:
        """Give which of them (from 0) make a natural picture."""
        return _natural(self.names(before))

    def telling(self, before: Scene) -> tuple[int, ...]:
        """Give which of them (from 0) tell what a scene shows, those that are shown first."""
        return telling_bands(self.names(before))

    def names(self, before: Scene) -> tuple[str, ...]:
        """Give what they are called on the earlier date."""
        return tuple(before.bands[b] for b in self.before)


def bands_for(method: str, before: Scene, after: Scene) -> CommonBands:
    """Give the bands that a method compares: those that both have, or the two of an index, by their names.

    Raises `BandsDiffer` where they cannot be paired, or an index lacks a band.
    """
    wanted = dict(INDEX_BANDS).get(method)  # type: ignore[call-overload]  # any name may be asked for
    if wanted is None:
        return common_bands(before, after)
    for scene in (before, after):
        for band in wanted:
            if band not in scene.bands:
                raise BandsDiffer(
                    f"{scene.originals[0].name} has no band {band!r}, which {method} compares (it has "
                    f"{', '.join(scene.bands)}): name its bands with `bands:` in a configuration"
                )
    first, second = (tuple(scene.bands.index(b) for b in wanted) for scene in (before, after))
    return CommonBands(first, second)


def common_bands(before: Scene, after: Scene) -> CommonBands:
    """Pair the bands of two scenes by name, else by order; raises `BandsDiffer` where they cannot be paired."""
    shared = [b for b in before.bands if b in after.bands]
    named = not any(b.startswith("band") for b in (*before.bands, *after.bands))
    if named and shared:
        return CommonBands(tuple(before.bands.index(b) for b in shared), tuple(after.bands.index(b) for b in shared))
    if len(before.bands) == len(after.bands):
        every = tuple(range(len(before.bands)))
        return CommonBands(every, every)
    msg = (
        f"{before.originals[0].name} has {len(before.bands)} bands ({', '.join(before.bands)}) and "
        f"{after.originals[0].name} has {len(after.bands)} ({', '.join(after.bands)}): give two images with the same "
        "bands, or name them with `bands:` in a configuration"
    )
    raise BandsDiffer(msg)
