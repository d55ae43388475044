"""What the names of classes in other people's labels mean."""

import re
from dataclasses import dataclass

AIRCRAFT = (
    *(
        "aircraft",
        "airplane",
        "aeroplane",
        "plane",
        "airliner",
        "fighter",
        "bomber",
        "transport",
        "trainer",
        "propeller",
    ),
    *("chartered", "helicopter", "drone"),
)
VEHICLES = (
    *("vehicle", "car", "truck", "bus", "van", "minibus", "longvehicle", "smallvehicle", "largevehicle", "stairtruck"),
    *("pushbacktruck", "tank", "apc", "trailer", "tankorapc"),
)
NEITHER = (
    *("building", "boat", "ship", "watercraft", "harbor", "harbour", "tent", "shelter", "container", "crane", "pier"),
    *("storagetank", "bridge", "tower", "hangar", "hardstand", "none"),
)
"""Known, and not counted: a detection on one of these is a false alarm."""
HELICOPTERS = (
    *("helicopter", "mi8", "mi17", "mi24", "mi26", "mi28", "mi35", "ka27", "ka29", "ka31", "ka52", "ah1", "ah64"),
    *("uh1", "uh60", "ch47", "ch53"),
)
LARGE = (
    *("truck", "bus", "longvehicle", "largevehicle", "tank", "apc", "tankorapc", "trailer", "launcher", "tanker"),
    *("stairtruck", "pushbacktruck", "howitzer", "radar", "lorry"),
)
CARS = ("car", "smallvehicle")
_SAME = {"airplane", "aeroplane", "plane"}
"""Other words for the class itself, not for a sub-class."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """A class as it is counted."""

    label: str
    """`aircraft`, `vehicle`; `none` where it is no object of any class; empty where it may be anything."""
    kind: str = ""
    """Sub-class."""
    cut: bool = False
    """The name says that it is cut off by the border."""


def meaning_of(name: str) -> Meaning | None:
    """Say what a name means, None where that is not known.

    Examples
    --------
    >>> meaning_of("Truncated_airplane")
    Meaning(label='aircraft', kind='', cut=True)
    >>> meaning_of("large-vehicle"), meaning_of("building").label, meaning_of("widget")
    (Meaning(label='vehicle', kind='largevehicle', cut=False), 'none', None)
    """
    plain = _plain(name)
    bare = plain.removeprefix("truncated")
    for label, names in (("aircraft", AIRCRAFT), ("vehicle", VEHICLES), ("none", NEITHER)):
        if bare in names:
            return Meaning(label, "" if bare == label or bare in _SAME else bare, cut=bare != plain)
    return None


def subclass_of(label: str, kind: str) -> str:
    """Say to which sub-class that a detector may tell a kind belongs; empty where that is not known.

    Examples
    --------
    >>> subclass_of("aircraft", "Mi-8"), subclass_of("aircraft", "su25"), subclass_of("vehicle", "tank_or_apc")
    ('helicopter', 'aeroplane', 'larger than a car')
    """
    name = _plain(kind)
    if not name or name in ("other", "unknown", "small", "doubtful"):
        return ""
    if label == "aircraft":
        return "helicopter" if name.removesuffix("dismantled") in HELICOPTERS else "aeroplane"
    return "larger than a car" if name in LARGE else "car" if name in CARS else ""


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
