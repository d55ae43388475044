"""Choice of the change algorithm."""

from functools import partial
from types import MappingProxyType
from typing import Literal, TypeAlias

from rasterdelta.difference import cva, indices, irmad, logratio, pcakmeans, sar, sfa, siamese, ssim, structure
from rasterdelta.difference.indices import IndexName
from rasterdelta.difference.protocol import Fit

MethodName: TypeAlias = Literal[
    "cva", "irmad", "logratio", "mad", "pcakmeans", "sar", "sfa", "siamese", "ssim", "structure"
]
"""An algorithm."""

MethodChoice: TypeAlias = Literal[
    "auto", "cva", "irmad", "logratio", "mad", "pcakmeans", "sar", "sfa", "siamese", "ssim", "structure"
]
"""An algorithm, or the choice of one by `choose`."""

METHODS: MappingProxyType[MethodName, Fit] = MappingProxyType(
    {
        "cva": cva.fit,
        "irmad": irmad.fit,
        "logratio": logratio.fit,
        "mad": irmad.fit_mad,
        "pcakmeans": pcakmeans.fit,
        "sar": sar.fit,
        "sfa": sfa.fit,
        "siamese": siamese.fit,
        "ssim": ssim.fit,
        "structure": structure.fit,
    }
)
"""How each algorithm is fitted."""

RADAR: frozenset[str] = frozenset({"logratio", "sar"})
"""Algorithms for radar amplitudes, which want them as recorded: a gain between the dates is theirs to find."""

INDICES: MappingProxyType[IndexName, Fit] = MappingProxyType(
    {name: partial(indices.fit_index, name) for name in indices.INDEX_BANDS}
)
"""How the change of each index is fitted, on two bands only: those that `indices.INDEX_BANDS` names, in that order."""

LEARNED_GSD_M = 2.0
"""At this ground sampling distance or finer, learned features were measured to be the better comparison."""

STRUCTURE_GSD_M = 5.0
"""At this ground sampling distance or finer, objects and shadows span pixels, which no longer stand for ground."""


def choose(*, bands: int, kind: Literal["optical", "sar"], gsd_m: float) -> tuple[MethodName, str]:
    """Choose an algorithm for a pair of images.

    Parameters
    ----------
    bands
        Bands that both images have.
    kind
        Of sensor.
    gsd_m
        Ground sampling distance of the common grid, metres.

    Returns
    -------
    method, reason
        The reason is one sentence.
    """
    if kind == "sar":
        return "sar", "Radar speckle multiplies, so log ratios are compared, averaged over like neighbours."
    if gsd_m <= LEARNED_GSD_M and bands >= 3:
        return "siamese", f"At {gsd_m:g} m things are seen one by one, so features learned for them are compared."
    if gsd_m <= STRUCTURE_GSD_M:
        return "structure", f"At {gsd_m:g} m single pixels differ by light and parallax, so structures are compared."
    if bands >= 3:
        return "irmad", f"{bands} bands at {gsd_m:g} m carry canonical correlations, which cancel light and haze."
    return "cva", f"{bands} band{'s' if bands > 1 else ''} at {gsd_m:g} m allow a plain normalised difference only."
