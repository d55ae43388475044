"""Aircraft drawn by lot: published types with small changes, and planforms between them."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from rasterdelta.render import aircraft, helicopters
from rasterdelta.render.aircraft import LINER, SLIM, Nacelle, Point, Surface, fin, fitted, fuselage
from rasterdelta.render.frame import disc
from rasterdelta.render.parts import Kind, Part, bar, both_sides, mirrored, tapered

Rng = np.random.Generator
FIGHTERS = (aircraft.su24, aircraft.su25, aircraft.su35, aircraft.su35, aircraft.mig29)
HEAVY = (aircraft.an26, aircraft.il76, aircraft.tu95, aircraft.tu22m, aircraft.an124)
ROTARY = (helicopters.mi8, helicopters.mi24, helicopters.ka52)
ROTORS = {
    "mi8": ((3.2, 21.3, 5, 4.8),),
    "mi24": ((1.6, 17.3, 5, 4.2),),
    "ka52": ((1.0, 14.5, 3, 3.8), (1.0, 14.5, 3, 4.9)),
}
"""Place along the axis, diameter, blades and height of rotors."""
JET: tuple[Point, ...] = ((0, 0.03), (0.08, 0.5), (0.18, 0.8), (0.35, 1), (0.75, 1), (0.95, 0.8), (1, 0.6))


def _kind(name: str, length: float, span: float, parts: tuple[Part, ...]) -> Kind:
    return Kind(name, "aircraft", length, span, fitted(parts, length, span), ("grey",))


def _wing(
    rng: Rng, length: float, span: float, *, start: float, chord: float, sweep_deg: float, taper: float
) -> Surface:
    half = span / 2
    root = (start * length, (start + chord) * length)
    lead = root[0] + np.tan(np.deg2rad(sweep_deg)) * half
    return Surface(0.03 * length, root, half, (lead, lead + taper * chord * length), float(rng.uniform(2, 4)))


def delta(rng: Rng) -> Kind:
    """Fighter with a delta wing, with or without foreplanes or a tail."""
    length = rng.uniform(13.5, 19.5)
    span = length * rng.uniform(0.48, 0.68)
    start = rng.uniform(0.28, 0.45)
    root = (start * length, rng.uniform(0.86, 0.94) * length)
    tip = root[1] - rng.uniform(0.02, 0.12) * length
    parts = Surface(0.4, root, span / 2, (tip, root[1] - 0.01 * length), 2.2).parts(0.25)
    if rng.random() < 0.4:
        a = rng.uniform(0.2, 0.27) * length
        parts += Surface(0.5, (a, a + 0.1 * length), 0.19 * length, (a + 0.08 * length, a + 0.12 * length), 2.6).parts(
            0.2
        )
    elif rng.random() < 0.5:
        a = rng.uniform(0.82, 0.86) * length
        parts += Surface(0.5, (a, a + 0.12 * length), 0.2 * length, (a + 0.11 * length, length), 2.0).parts(0.2)
    return _kind("delta", length, span, (*parts, *_jet_body(rng, length)))


def swept(rng: Rng) -> Kind:
    """Fighter or trainer with a tail."""
    length = rng.uniform(11, 22)
    span = length * rng.uniform(0.58, 0.9)
    sweep = rng.uniform(5, 48)
    start = rng.uniform(0.32, 0.48) - 0.1 * (sweep > 30)
    wing = _wing(
        rng, length, span, start=start, chord=rng.uniform(0.2, 0.34), sweep_deg=sweep, taper=rng.uniform(0.25, 0.5)
    )
    a, reach = rng.uniform(0.76, 0.84) * length, rng.uniform(0.17, 0.24) * length
    tail = Surface(0.4, (a, a + 0.14 * length), reach, (a + 0.1 * length, a + 0.16 * length), 2.2)
    return _kind("swept", length, span, (*wing.parts(0.25), *tail.parts(0.2), *_jet_body(rng, length)))


def _jet_body(rng: Rng, length: float) -> tuple[Part, ...]:
    width = length * rng.uniform(0.085, 0.15)
    canopy = rng.uniform(0.14, 0.26) * length
    glass = mirrored([(0.05, -canopy), (0.42, -canopy - 0.6), (0.4, -canopy - 2.0), (0.1, -canopy - 3.0)])
    fins = rng.uniform(0.72, 0.8) * length
    tail_fin = fin(0.0 if rng.random() < 0.5 else 0.09 * length, fins, fins + 0.18 * length, 2.4, rng.uniform(4, 6))
    return (
        Part(tapered(length, width, JET) - (0, length / 2), 1.0, 3.0, "round"),
        Part(glass, 3.0, 3.5, "round", paint="glass"),
        *tail_fin,
        *both_sides(Part(disc(0.25 * width, -length + 0.5, 0.22 * width), 1.5, 3.02, paint="dark")),
    )


def transport(rng: Rng) -> Kind:
    """Transport, tanker or airliner with two or four engines."""
    length = float(rng.choice([rng.uniform(18, 34), rng.uniform(30, 48), rng.uniform(44, 72)]))
    jet = rng.random() < 0.7
    span = length * (rng.uniform(0.85, 1.12) if jet else rng.uniform(1.0, 1.3))
    sweep = rng.uniform(18, 34) if jet else rng.uniform(0, 5)
    start = rng.uniform(0.3, 0.38) if jet else rng.uniform(0.32, 0.4)
    chord = rng.uniform(0.16, 0.22) if jet else rng.uniform(0.12, 0.16)
    wing = _wing(rng, length, span, start=start, chord=chord, sweep_deg=sweep, taper=rng.uniform(0.25, 0.45))
    a, reach = rng.uniform(0.83, 0.88) * length, rng.uniform(0.15, 0.2) * length
    tail = Surface(0.3, (a, a + 0.1 * length), reach, (a + 0.08 * length, length), rng.uniform(4, 14))
    engines = _pods(rng, length, span, start * length, sweep, jet=jet)
    hull = fuselage(length, length * rng.uniform(0.085, 0.125), rng.uniform(4, 9), LINER if jet else SLIM)
    tail_fin = fin(0, 0.8 * length, 0.98 * length, 5.0, rng.uniform(8, 15), width=0.45)
    parts = (*engines, *hull, *wing.parts(0.6), *tail.parts(), *tail_fin)
    if rng.random() < 0.07:
        parts += (Part(disc(0, -0.62 * length, 0.1 * length), 9.0, 10.5, "dome", tone=0.85),)
    return _kind("transport", length, span, parts)


def _pods(rng: Rng, length: float, span: float, root: float, sweep: float, *, jet: bool) -> tuple[Part, ...]:
    if jet and rng.random() < 0.25:
        rear = Nacelle(0.075 * length, 0.7 * length, 0.13 * length, 0.045 * length, 5.0)
        return rear.parts()
    found: tuple[Part, ...] = ()
    for share in (0.32, 0.6) if rng.random() < 0.45 else (0.33,):
        x = share * span / 2
        front = root + np.tan(np.deg2rad(sweep)) * x - (0.06 if jet else 0.08) * length
        prop = 0.0 if jet else rng.uniform(3.5, 5.0)
        found += Nacelle(x, front, 0.1 * length, rng.uniform(0.03, 0.05) * length, 4.5, prop).parts()
    return found


def light(rng: Rng) -> Kind:
    """Light aeroplane or drone with a straight wing."""
    drone = rng.random() < 0.2
    length = rng.uniform(6.5, 13)
    span = length * (rng.uniform(1.5, 2.2) if drone else rng.uniform(1.0, 1.4))
    wing = _wing(
        rng,
        length,
        span,
        start=rng.uniform(0.24, 0.36),
        chord=rng.uniform(0.14, 0.2),
        sweep_deg=rng.uniform(0, 4),
        taper=rng.uniform(0.5, 1),
    )
    a = rng.uniform(0.84, 0.88) * length
    tail = Surface(0.1, (a, a + 0.1 * length), rng.uniform(0.16, 0.22) * length, (a + 0.03 * length, length), 2.0)
    hull = fuselage(length, rng.uniform(1.0, 1.5), 2.0, SLIM)
    tail_fin = fin(0, 0.85 * length, length, 1.8, 2.9, width=0.2)
    return _kind("light", length, span, (*hull, *wing.parts(0.15), *tail.parts(0.1), *tail_fin))


def tu160(rng: Rng) -> Kind:
    """Swing-wing heavy bomber, 54.1 m, wings at any sweep."""
    out = rng.uniform(0, 1)
    half = 17.8 + out * 10
    glove = Surface(1.5, (17, 40), 9.5, (30, 40), 4.0)
    wing = Surface(8.5, (28.5, 36.5), half, (44 - 9 * out, 46 - 8 * out), 3.9)
    tail = Surface(1.0, (45, 51), 6.6, (50, 53), 7.0)
    hull = Part(
        tapered(54.1, 4.2, ((0, 0.05), (0.06, 0.4), (0.3, 0.8), (0.7, 0.9), (1, 0.2))) - (0, 27.05), 2.0, 5.5, "round"
    )
    engines = both_sides(Part(bar(4.8, -47, -31, 4.2), 1.5, 4.3, tone=0.95))
    tail_fin = fin(0, 42, 52, 5, 13, width=0.5)
    return _kind("tu160", 54.1, 2 * half, (*glove.parts(), *wing.parts(), *engines, *tail.parts(), hull, *tail_fin))


def rotary(rng: Rng) -> Kind:
    """Helicopter, its blades at any angle, one in six without them."""
    kind = ROTARY[rng.integers(len(ROTARY))]()
    body = tuple(p for p in kind.parts if p.body and not (p.shape == "dome" and p.tone == 0.6))
    grown = rng.uniform(0.72, 1.25) if rng.random() < 0.85 else rng.uniform(1.5, 1.9)
    if rng.random() < 0.83:
        for y, across, blades, z in ROTORS[kind.name]:
            count = int(np.clip(blades + rng.integers(-1, 2), 2, 7))
            body += helicopters.rotor(
                y, across * rng.uniform(0.9, 1.1), count, z, chord=rng.uniform(0.4, 0.7), start_deg=rng.uniform(0, 360)
            )
    return scaled(replace(kind, name="helicopter", parts=body), grown, grown)


def scaled(kind: Kind, along: float, across: float) -> Kind:
    """Give a kind stretched along and across its axis."""
    parts = tuple(replace(p, outline=p.outline * (across, along)) for p in kind.parts)
    return replace(kind, length_m=kind.length_m * along, width_m=kind.width_m * across, parts=parts)


def _known(makers: tuple[Callable[[], Kind], ...]) -> Callable[[Rng], Kind]:
    def make(rng: Rng) -> Kind:
        return scaled(makers[rng.integers(len(makers))](), *rng.uniform(0.95, 1.05, 2))

    return make


def without_wings(rng: Rng) -> Kind:
    """Fuselage under repair or scrapped: neither counted nor background."""
    kind = _known(FIGHTERS + HEAVY)(rng)
    narrow = tuple(p for p in kind.parts if np.abs(p.outline[:, 0]).max() < 0.13 * kind.width_m)
    return replace(kind, name="wreck", parts=narrow)


GROUPS: dict[str, tuple[Callable[[Rng], Kind], ...]] = {
    "fighter": (_known(FIGHTERS), _known(FIGHTERS), delta, swept),
    "heavy": (_known(HEAVY), _known(HEAVY), transport, transport, tu160),
    "light": (light, light, swept),
    "rotary": (rotary,),
    "wreck": (without_wings,),
}
"""What stands together."""
