"""What the time of year does to the ground."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Season:
    """State of vegetation and ground."""

    green: float = 0.5
    """0 (dry, brown) to 1 (lush)."""
    leaves: float = 1.0
    """Foliage of deciduous trees, 0 (bare) to 1."""
    snow: float = 0.0
    """Share of open ground under snow."""
    wet: float = 0.0
    """0 (dry) to 1: soil and concrete darken when wet."""
