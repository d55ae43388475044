"""Choice of the change algorithm."""

from types import MappingProxyType
from typing import Literal, TypeAlias

from rasterdelta.difference import cva, irmad, logratio, structure
from rasterdelta.difference.protocol import Fit

MethodName: TypeAlias = Literal["cva", "irmad", "sar", "structure"]
"""An algorithm."""

MethodChoice: TypeAlias = Literal["auto", "cva", "irmad", "sar", "structure"]
"""An algorithm, or the choice of one by `choose`."""

METHODS: MappingProxyType[MethodName, Fit] = MappingProxyType(
    {"cva": cva.fit, "irmad": irmad.fit, "sar": logratio.fit, "structure": structure.fit}
)
"""How each algorithm is fitted."""

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
        return "sar", "Radar speckle multiplies, so the log ratio of amplitudes is compared."
    if gsd_m <= STRUCTURE_GSD_M:
        return "structure", f"At {gsd_m:g} m single pixels differ by light and parallax, so structures are compared."
    if bands >= 3:
        return "irmad", f"{bands} bands at {gsd_m:g} m carry canonical correlations, which cancel light and haze."
    return "cva", f"{bands} band{'s' if bands > 1 else ''} at {gsd_m:g} m allow a plain normalised difference only."
