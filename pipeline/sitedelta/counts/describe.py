"""What is said of a found object beside its class: sub-class, size with its deviation, what that is compatible with."""

from dataclasses import dataclass

import numpy as np

from rasterdelta.detect.protocol import Detections
from rasterdelta.dimensions import size_statement
from sitedelta.scene import Scene

GIVEN_GSD_SD = 0.05
"""Relative standard deviation of a ground sampling distance that was given for an image without georeference."""


@dataclass(frozen=True, slots=True)
class Description:
    """Beside the class; None where it is not told."""

    subclass: str | None
    subclass_score: float | None
    length_sd_m: float | None
    width_sd_m: float | None
    size_says: str


def describe(found: Detections, k: int, scene: Scene) -> Description:
    """Describe the k-th object of a scene.

    The deviations are those of the detector and, where the image is not georeferenced, of the ground sampling distance
    given for it.
    """
    name = str(found.subclass[k])
    length, width = float(found.length_m[k]), float(found.width_m[k])
    given = 0.0 if scene.georeferenced else GIVEN_GSD_SD
    length_sd, width_sd = (
        float(np.hypot(sd, given * size)) for sd, size in ((found.length_sd_m[k], length), (found.width_sd_m[k], width))
    )
    says = size_statement(str(found.label[k]), length, length_sd, width, width_sd, subclass=name)
    return Description(name or None, _known(found.subclass_score[k]), _known(length_sd), _known(width_sd), says)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
