"""Settings that the configuration and the verbs share."""

from typing import Literal, TypeAlias

Label: TypeAlias = Literal["aircraft", "vehicle"]
"""What can be counted."""

Radiometry: TypeAlias = Literal["line", "unchanged", "histogram", "local", "none"]
"""How the later date is brought to the radiometry of the earlier one."""

Hidden: TypeAlias = Literal["cloud", "shadow", "haze", "snow", "water", "dark"]
"""What may count as not observable."""

HIDDEN: tuple[Hidden, ...] = ("cloud", "shadow")
"""What does where nothing else is asked for."""

MIN_AREA_M2 = 20.0
"""Changed regions smaller than this are left out: the size of a vehicle with its shadow."""

COARSEST_M = 1000.0
"""Ground sampling distances beyond it are taken for a mistake in the unit."""

TILE_LIMIT_S = 900.0
"""How long a tile may take, in seconds."""
