"""Helicopters at rest; their stated length and width leave out the rotor."""

from dataclasses import replace

import numpy as np

from rasterdelta.render.frame import box, disc, turned
from rasterdelta.render.parts import Kind, Part, bar, both_sides, mirrored


def rotor(
    y: float, diameter: float, blades: int, z: float, *, chord: float, start_deg: float = 20.0
) -> tuple[Part, ...]:
    """Give blades that hang at rest around a hub."""
    blade = np.array([(-chord / 2, 0.8), (chord / 2, 0.8), (chord / 2, diameter / 2), (-chord / 2, diameter / 2)])
    turns = start_deg + np.arange(blades) * 360.0 / blades
    placed = [turned(blade, float(t), (0.0, 0.0)) * (1, -1) + (0, y) for t in turns]
    hub = Part(disc(0, y, 0.7), z - 0.6, z + 0.05, "dome", paint="metal", tone=0.6)
    return (*(Part(p, z - 0.1, z, paint="dark", tone=1.6, body=False) for p in placed), hub)


def mi8() -> Kind:
    """Transport helicopter, fuselage 18.2 m, rotor of 21.3 m with five blades."""
    cabin = mirrored([(0.3, 9.1), (0.9, 8.6), (1.25, 7.6), (1.25, 0.8), (0.95, -0.6), (0.4, -1.8)])
    boom = mirrored([(0.55, -0.5), (0.28, -8.6)])
    parts = (
        *both_sides(Part(bar(1.55, 0.0, 4.0, 0.7), 0.8, 1.8, "round", tone=0.9)),
        Part(boom, 2.0, 2.9, "round"),
        Part(cabin, 0.6, 3.0, "round"),
        Part(box(-0.95, 0.95, 7.3, 8.5), 2.6, 3.01, paint="glass"),
        Part(box(-0.75, 0.75, 1.0, 6.0), 2.9, 4.0, "round", tone=0.85),
        *both_sides(Part(bar(0.75, -7.4, -6.6, 1.1), 2.5, 2.7)),
        Part(bar(0.0, -9.1, -8.0, 0.35), 2.2, 5.0),
        Part(bar(-0.45, -10.6, -6.7, 0.2), 4.4, 4.6, paint="dark", body=False),
        *rotor(3.2, 21.3, 5, 4.8, chord=0.5),
    )
    return Kind("mi8", "aircraft", 18.2, 3.8, parts, ("sand_brown", "green_camo", "grey"))


def mi24() -> Kind:
    """Attack helicopter with stub wings, fuselage 17.5 m, rotor of 17.3 m."""
    hull = mirrored([(0.2, 8.75), (0.6, 8.2), (0.75, 6.2), (0.95, 4.5), (0.95, 0.0), (0.4, -2.0), (0.25, -8.2)])
    wing = np.array([(0.8, 2.4), (3.27, 1.5), (3.27, 0.4), (0.8, 0.4)])
    parts = (
        *both_sides(Part(wing, 1.6, 1.9)),
        *both_sides(Part(bar(2.6, -0.4, 2.4, 0.5), 1.0, 1.6, "round", tone=0.8)),
        Part(hull, 0.7, 2.9, "round"),
        Part(box(-0.5, 0.5, 6.8, 8.0), 2.5, 2.92, paint="glass"),
        Part(box(-0.5, 0.5, 4.6, 6.0), 2.7, 2.93, paint="glass"),
        Part(box(-0.7, 0.7, -0.5, 4.2), 2.8, 3.7, "round", tone=0.9),
        *both_sides(Part(bar(0.9, -7.2, -6.4, 1.4), 2.4, 2.5)),
        Part(bar(0.0, -8.75, -7.6, 0.3), 2.2, 4.6),
        *rotor(1.6, 17.3, 5, 4.2, chord=0.5, start_deg=50.0),
    )
    return Kind("mi24", "aircraft", 17.5, 6.5, parts, ("sand_brown", "green_camo"))


def ka52() -> Kind:
    """Attack helicopter with coaxial rotors of 14.5 m, fuselage 14.2 m."""
    hull = mirrored([(0.25, 7.1), (0.8, 6.4), (0.95, 4.6), (0.95, 0.5), (0.6, -1.6), (0.4, -6.4), (0.25, -7.1)])
    wing = np.array([(0.8, 1.4), (3.65, 0.9), (3.65, -0.3), (0.8, -0.3)])
    parts = (
        *both_sides(Part(wing, 1.5, 1.8)),
        *both_sides(Part(bar(2.5, -0.8, 1.7, 0.5), 0.9, 1.5, "round", tone=0.8)),
        Part(hull, 0.7, 2.7, "round"),
        Part(box(-0.75, 0.75, 4.6, 6.0), 2.5, 2.72, paint="glass"),
        *both_sides(Part(bar(0.95, -1.6, 2.6, 0.75), 1.8, 3.0, "round", tone=0.9)),
        *both_sides(Part(bar(1.6, -6.6, -5.6, 2.3), 2.0, 2.2)),
        *rotor(1.0, 14.5, 3, 3.8, chord=0.5),
        *rotor(1.0, 14.5, 3, 4.9, chord=0.5, start_deg=70.0),
    )
    return Kind("ka52", "aircraft", 14.2, 7.3, parts, ("dark_grey", "green_camo"))


def dismantled(kind: Kind) -> Kind:
    """Give a helicopter without its blades, as when it is made ready to be flown out."""
    kept = tuple(part for part in kind.parts if part.body)
    return replace(kind, name=f"{kind.name}_dismantled", parts=kept)
