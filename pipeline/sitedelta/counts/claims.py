"""What may be said of a class at a ground sampling distance, and what may not."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sitedelta.errors import InputError


@dataclass(frozen=True, slots=True)
class Limit:
    """Where a class stops being countable."""

    label: str
    max_gsd_m: float
    """Coarser than this, the class is not observable."""
    pixels_along: float
    """Pixels that the length of an object must span to be counted: shorter ones are left out of the claim."""
    source: str


LIMITS: Mapping[str, Limit] = MappingProxyType(
    {
        "aircraft": Limit(
            "aircraft",
            3.2,
            8.3,
            "recognition at about 8 pixels (Johnson criteria); aircraft of 25 m and more are countable in "
            "PlanetScope imagery at 3 m; 0.9 m serves most aircraft (arXiv 2412.02137)",
        ),
        "vehicle": Limit("vehicle", 0.6, 5.0, "shorter side of a car, 1.8 m, over about 3 pixels (Johnson criteria)"),
    }
)
_LENIENCY = 0.8
CLASSES = tuple(LIMITS)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a scene allows to be said of one class."""

    label: str
    observable: bool
    min_length_m: float
    """Objects at least this long are counted."""
    reason: str | None
    """Why the class is not observable."""

    @property
    def least_m(self) -> float:
        """Measured length from which an object is counted: measured lengths fall short of true ones now and then."""
        return _LENIENCY * self.min_length_m


def check_classes(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Give the classes without repeats; raises `InputError` for one that is not known, or for none."""
    unknown = [c for c in labels if c not in LIMITS]
    if unknown or not labels:
        named = f"unknown class {unknown[0]!r}" if unknown else "no class is given"
        msg = f"{named}: the classes are {', '.join(CLASSES)}"
        raise InputError(msg)
    return tuple(dict.fromkeys(labels))


def claim(
    label: str,
    gsd_m: float,
    *,
    tightened: Mapping[str, float] | None = None,
    kind: str = "optical",
    found: Collection[str] = CLASSES,
) -> Claim:
    """Say whether a class can be observed at a ground sampling distance in metres.

    `tightened` holds a user's own limits (class to largest gsd in metres); they can narrow the claim, never widen it.
    `found` are the classes that the detector finds.
    """
    if label not in found:
        return Claim(label, observable=False, min_length_m=0.0, reason=f"the detector does not look for {label}")
    limit = LIMITS[label]
    largest = min(limit.max_gsd_m, (tightened or {}).get(label, limit.max_gsd_m))
    if kind != "optical":
        return Claim(label, observable=False, min_length_m=0.0, reason="radar imagery is not counted")
    if gsd_m > largest:
        return Claim(label, observable=False, min_length_m=0.0, reason=f"gsd {gsd_m:g} m > {largest:g} m")
    return Claim(label, observable=True, min_length_m=round(limit.pixels_along * gsd_m, 1), reason=None)
