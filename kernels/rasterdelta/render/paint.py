"""Reflectances: what grounds and things are made of."""

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from rasterdelta.types import FloatArray

BANDS = ("blue", "green", "red", "nir")
"""Bands of every reflectance here, in order."""


def _r(blue: float, green: float, red: float, nir: float) -> FloatArray:
    value = np.array([blue, green, red, nir], np.float32)
    value.flags.writeable = False
    return value


MATERIALS = MappingProxyType(
    {
        "concrete": _r(0.262, 0.295, 0.318, 0.35),
        "old_concrete": _r(0.225, 0.258, 0.282, 0.32),
        "asphalt": _r(0.105, 0.115, 0.122, 0.14),
        "worn_asphalt": _r(0.155, 0.17, 0.18, 0.21),
        "gravel": _r(0.20, 0.24, 0.275, 0.32),
        "soil": _r(0.10, 0.135, 0.18, 0.26),
        "red_soil": _r(0.075, 0.105, 0.165, 0.25),
        "sand": _r(0.17, 0.23, 0.29, 0.36),
        "grass": _r(0.044, 0.076, 0.070, 0.31),
        "lush_grass": _r(0.032, 0.080, 0.056, 0.40),
        "dry_grass": _r(0.085, 0.12, 0.14, 0.27),
        "snow": _r(0.80, 0.79, 0.78, 0.72),
        "dirty_snow": _r(0.46, 0.47, 0.47, 0.45),
        "conifer": _r(0.022, 0.038, 0.028, 0.20),
        "leaf": _r(0.03, 0.06, 0.038, 0.40),
        "bare_wood": _r(0.07, 0.08, 0.09, 0.16),
        "white_paint": _r(0.56, 0.58, 0.59, 0.60),
        "yellow_paint": _r(0.14, 0.38, 0.48, 0.52),
        "rubber": _r(0.07, 0.075, 0.08, 0.09),
        "oil": _r(0.085, 0.095, 0.105, 0.13),
        "roof_grey": _r(0.20, 0.21, 0.215, 0.23),
        "roof_pale": _r(0.40, 0.42, 0.43, 0.45),
        "roof_red": _r(0.08, 0.11, 0.22, 0.30),
        "roof_blue": _r(0.26, 0.20, 0.13, 0.22),
        "plastic": _r(0.43, 0.46, 0.47, 0.50),
        "glass": _r(0.05, 0.05, 0.05, 0.05),
        "dark": _r(0.045, 0.048, 0.05, 0.06),
        "metal": _r(0.24, 0.25, 0.25, 0.26),
    }
)
"""Mean reflectance a band of plain materials, chosen near published library spectra."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a thing is painted."""

    base: FloatArray
    """Reflectance a band, shape (4,)."""
    second: FloatArray
    """Reflectance of the camouflage patches."""
    camouflage: float = 0.0
    """Contrast of the patches, 0 (none) to 1."""
    weather: float = 0.06
    """Standard deviation of wear and dirt, as a share."""


def _plain(blue: float, green: float, red: float, nir: float, weather: float = 0.06) -> Scheme:
    return Scheme(_r(blue, green, red, nir), _r(blue, green, red, nir), weather=weather)


SCHEMES = MappingProxyType(
    {
        "white": _plain(0.56, 0.58, 0.58, 0.58, 0.04),
        "pale_grey": _plain(0.40, 0.415, 0.415, 0.42, 0.05),
        "grey": _plain(0.27, 0.28, 0.28, 0.29),
        "dark_grey": _plain(0.12, 0.125, 0.125, 0.14, 0.08),
        "blue_grey": Scheme(_r(0.40, 0.37, 0.345, 0.35), _r(0.23, 0.225, 0.22, 0.25), 0.8),
        "white_grey": Scheme(_r(0.47, 0.475, 0.465, 0.47), _r(0.40, 0.40, 0.395, 0.41), 0.4),
        "sand_brown": Scheme(_r(0.17, 0.21, 0.25, 0.30), _r(0.075, 0.10, 0.10, 0.24), 0.9),
        "green_camo": Scheme(_r(0.06, 0.085, 0.075, 0.22), _r(0.11, 0.135, 0.13, 0.24), 0.8, 0.08),
        "olive": _plain(0.062, 0.085, 0.078, 0.20, 0.10),
        "dusty_olive": _plain(0.115, 0.145, 0.15, 0.24, 0.12),
        "sand": _plain(0.195, 0.24, 0.265, 0.33, 0.08),
        "car_white": _plain(0.52, 0.53, 0.53, 0.53),
        "car_dark": _plain(0.06, 0.06, 0.065, 0.10),
        "car_red": _plain(0.06, 0.06, 0.25, 0.33),
        "car_blue": _plain(0.20, 0.12, 0.08, 0.15),
        "fuel_yellow": _plain(0.11, 0.30, 0.40, 0.45),
        "tent_green": _plain(0.085, 0.115, 0.10, 0.27, 0.08),
        "tent_tan": _plain(0.19, 0.235, 0.265, 0.33, 0.08),
        "tent_snow": _plain(0.58, 0.58, 0.57, 0.53, 0.10),
        "roof_grey": _plain(0.20, 0.21, 0.215, 0.23, 0.08),
        "roof_pale": _plain(0.40, 0.42, 0.43, 0.45, 0.05),
        "roof_red": _plain(0.085, 0.11, 0.20, 0.28, 0.10),
        "roof_blue": _plain(0.26, 0.20, 0.13, 0.22, 0.06),
        "plastic": _plain(0.43, 0.46, 0.47, 0.50, 0.08),
        "rust": _plain(0.075, 0.095, 0.14, 0.22, 0.15),
        "wood": _plain(0.13, 0.17, 0.21, 0.32, 0.12),
    }
)
"""Paint schemes by name."""

TRIM = MappingProxyType({name: MATERIALS[name] for name in ("glass", "dark", "metal", "rubber", "snow")})
"""Paints of parts that no scheme changes."""
