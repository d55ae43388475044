"""Aeroplanes as seen from above, from published three-view dimensions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rasterdelta.render.frame import Outline, box, disc
from rasterdelta.render.parts import Kind, Part, bar, both_sides, mirrored, tapered

Point = tuple[float, float]


def fitted(parts: Iterable[Part], length: float, width: float) -> tuple[Part, ...]:
    """Centre the body and scale it to its stated dimensions."""
    parts = tuple(parts)
    body = np.concatenate([part.outline for part in parts if part.body])
    low, high = body.min(axis=0), body.max(axis=0)
    scale, middle = np.array([width, length]) / (high - low), (low + high) / 2
    return tuple(replace(part, outline=(part.outline - middle) * scale) for part in parts)


@dataclass(frozen=True, slots=True)
class Surface:
    """A wing or tailplane; stations are metres behind the nose."""

    root_x: float
    root: Point
    """Leading and trailing edge at the root."""
    tip_x: float
    tip: Point
    z_m: float
    kink: tuple[float, float, float] | None = None
    """Distance from the axis, leading and trailing edge of a break in the planform."""

    def outline(self) -> Outline:
        """Give the right-hand side: x to the right, y forward of the nose (so negative)."""
        kinks = [] if self.kink is None else [self.kink]
        front = [(self.root_x, self.root[0]), *((x, a) for x, a, _ in kinks), (self.tip_x, self.tip[0])]
        back = [(self.tip_x, self.tip[1]), *((x, b) for x, _, b in kinks), (self.root_x, self.root[1])]
        return np.array([(x, -s) for x, s in front + back])

    def parts(self, thickness: float = 0.5) -> tuple[Part, ...]:
        """Give both sides, and the darker lines of the control surfaces."""
        wing = Part(self.outline(), self.z_m - thickness, self.z_m)
        fore, aft = np.array([0.72, 0.28]), np.array([0.76, 0.24])
        hinge_root = (np.array([self.root[1], self.root[0]]) @ fore, np.array([self.root[1], self.root[0]]) @ aft)
        hinge_tip = (np.array([self.tip[1], self.tip[0]]) @ fore, np.array([self.tip[1], self.tip[0]]) @ aft)
        x0, x1 = self.root_x + 0.1 * (self.tip_x - self.root_x), self.tip_x * 0.97
        hinge = np.array([(x0, -hinge_root[0]), (x1, -hinge_tip[0]), (x1, -hinge_tip[1]), (x0, -hinge_root[1])])
        line = Part(hinge, self.z_m - 0.01, self.z_m + 0.01, tone=0.82)
        return both_sides(wing) + (both_sides(line) if self.kink is None else ())


@dataclass(frozen=True, slots=True)
class Nacelle:
    """An engine beside the axis."""

    x: float
    front: float
    length: float
    width: float
    z_m: float
    propeller_m: float = 0.0

    def parts(self) -> tuple[Part, ...]:
        """Give the engines of both sides with dark intakes, and propellers at rest."""
        y1, y0 = -self.front, -self.front - self.length
        cowl = Part(bar(self.x, y0, y1, self.width), self.z_m - self.width, self.z_m, "round", tone=0.92)
        lip = Part(bar(self.x, y1 - 0.35, y1, self.width * 0.9), self.z_m - 1, self.z_m + 0.02, paint="dark")
        found: tuple[Part, ...] = both_sides(cowl) + both_sides(lip)
        half = self.propeller_m / 2
        for blade in (box(self.x - half, self.x + half, y1, y1 + 0.25),) if half else ():
            found += both_sides(Part(blade, self.z_m - 0.8, self.z_m - 0.6, paint="dark", body=False))
        return found


LINER: tuple[Point, ...] = (
    (0, 0.12), (0.02, 0.5), (0.055, 0.82), (0.11, 1), (0.62, 1), (0.78, 0.8), (0.92, 0.4), (1, 0.1),
)  # fmt: skip
SLIM: tuple[Point, ...] = (
    (0, 0.1), (0.02, 0.55), (0.05, 0.85), (0.09, 1), (0.7, 1), (0.85, 0.72), (0.97, 0.4), (1, 0.1),
)  # fmt: skip


def fin(x: float, front: float, back: float, z0: float, z1: float, *, width: float = 0.35) -> tuple[Part, ...]:
    """Give a swept vertical tail: its top stands further back than its root."""
    root, top = bar(x, -back, -front, width), bar(x, -back, -front - 0.55 * (back - front), width)
    low = Part(root, z0, z0 + 0.4 * (z1 - z0), tone=1.05)
    high = Part(top, z0 + 0.4 * (z1 - z0), z1, tone=1.08)
    return (low, high) if x == 0 else both_sides(low) + both_sides(high)


def fuselage(length: float, width: float, z: float, profile: Sequence[Point]) -> tuple[Part, ...]:
    """Give a fuselage with its windscreen; z is its top."""
    hull = tapered(length, width, profile) - (0, length / 2)
    screen = box(-0.26 * width, 0.26 * width, -0.045 * length, -0.032 * length)
    return (
        Part(hull, max(z - width, 0.4), z, "round"),
        Part(screen, z - 0.1, z + 0.01, paint="glass"),
    )


def _kind(name: str, length: float, span: float, parts: Iterable[Part], schemes: tuple[str, ...]) -> Kind:
    return Kind(name, "aircraft", length, span, fitted(parts, length, span), schemes)


def il76() -> Kind:
    """Four-engined transport with a T-tail, 46.6 x 50.5 m."""
    wing = Surface(1.8, (15.8, 25.2), 25.25, (28.0, 30.7), 6.2, (10.0, 20.4, 26.4))
    tail = Surface(0.3, (39.6, 44.6), 8.5, (44.0, 46.3), 14.7)
    engines = [Nacelle(x, s, 5.6, 1.7, 4.4) for x, s in ((6.4, 15.2), (10.6, 17.6))]
    parts = fuselage(46.6, 4.8, 7.2, LINER) + wing.parts() + tail.parts() + fin(0, 36.5, 45.0, 7.0, 14.6)
    gear = both_sides(Part(bar(2.5, -27.0, -19.0, 1.6), 0.5, 3.0, "round"))
    return _kind("il76", 46.6, 50.5, (*gear, *_engines(engines), *parts), ("white", "pale_grey", "white_grey"))


def an124() -> Kind:
    """Four-engined heavy transport, 69.1 x 73.3 m."""
    wing = Surface(2.8, (21.0, 35.5), 36.65, (43.6, 47.4), 9.8, (14.5, 29.5, 37.2))
    tail = Surface(1.2, (57.5, 65.0), 12.7, (65.6, 68.6), 9.6)
    engines = [Nacelle(x, s, 7.4, 3.0, 7.4) for x, s in ((9.7, 21.5), (16.7, 26.2))]
    parts = (
        fuselage(69.1, 7.3, 10.6, LINER) + wing.parts(0.8) + tail.parts() + fin(0, 52.5, 67.5, 10.4, 20.8, width=0.6)
    )
    gear = both_sides(Part(bar(3.6, -38.0, -26.0, 1.8), 0.5, 4.0, "round"))
    return _kind("an124", 69.1, 73.3, (*gear, *_engines(engines), *parts), ("white", "pale_grey", "white_grey"))


def an26() -> Kind:
    """Twin-turboprop transport, 23.8 x 29.2 m."""
    wing = Surface(1.2, (8.0, 11.5), 14.6, (9.1, 11.0), 4.0, (4.5, 8.0, 11.5))
    tail = Surface(0.3, (20.2, 23.0), 5.0, (21.4, 23.2), 4.4)
    engines = [Nacelle(3.9, 5.9, 7.2, 1.3, 4.1, 3.9)]
    parts = fuselage(23.8, 2.9, 4.2, SLIM) + wing.parts(0.3) + tail.parts(0.2) + fin(0, 17.5, 23.4, 4.0, 8.6)
    return _kind("an26", 23.8, 29.2, (*parts, *_engines(engines)), ("pale_grey", "grey", "white"))


def tu95() -> Kind:
    """Four-turboprop bomber, 46.2 x 50.1 m."""
    wing = Surface(1.3, (13.2, 22.0), 25.05, (30.2, 32.8), 4.4, (9.0, 18.6, 24.2))
    tail = Surface(0.4, (38.2, 43.0), 7.4, (43.0, 45.0), 5.6)
    engines = [Nacelle(x, s, n, 1.5, 4.6, 5.6) for x, s, n in ((6.2, 11.6, 13.5), (12.6, 17.2, 8.0))]
    parts = fuselage(46.2, 2.9, 5.2, SLIM) + wing.parts() + tail.parts() + fin(0, 36.0, 45.0, 5.0, 12.1)
    return _kind("tu95", 46.2, 50.1, (*parts, *_engines(engines)), ("white", "pale_grey"))


def tu22m() -> Kind:
    """Swing-wing bomber with its wings spread, 42.4 x 34.3 m."""
    glove = Surface(1.8, (14.0, 28.5), 6.6, (21.0, 28.0), 3.2)
    wing = Surface(6.0, (21.0, 27.2), 17.15, (25.2, 28.2), 3.1)
    tail = Surface(1.6, (33.5, 39.5), 5.6, (38.8, 41.6), 2.6)
    hull = tapered(42.4, 4.6, ((0, 0.05), (0.1, 0.4), (0.2, 0.55), (0.36, 1), (0.85, 1), (0.98, 0.8), (1, 0.7)))
    body = Part(hull - (0, 21.2), 1.0, 4.4, "round")
    cockpit = Part(box(-0.6, 0.6, -6.2, -4.6), 4.3, 4.45, paint="glass")
    nozzles = both_sides(Part(disc(0.95, -41.8, 0.7), 2.0, 4.41, paint="dark"))
    tail_fin = fin(0, 30.0, 41.0, 4.2, 11.0)
    return _kind(
        "tu22m",
        42.4,
        34.3,
        (*glove.parts(), *wing.parts(), *tail.parts(), body, cockpit, *tail_fin, *nozzles),
        ("white",),
    )


def _flanker(name: str, length: float, span: float, schemes: tuple[str, ...]) -> Kind:
    """Give a twin-engined, twin-finned fighter with root extensions, drawn 21.9 m long."""
    nose = ((0, 0.02), (0.06, 0.6), (0.15, 1), (0.4, 1), (0.7, 0.7), (0.9, 0.45), (1, 0.35))
    extension = mirrored([(0.7, -5.2), (1.1, -7.2), (2.3, -9.8), (2.3, -16.6), (2.0, -19.0), (0.5, -19.2)])
    wing = Surface(2.2, (9.5, 16.4), 7.35, (14.4, 16.3), 2.4)
    tail = Surface(2.2, (16.9, 20.3), 4.95, (19.5, 21.1), 2.0)
    engines = both_sides(Part(bar(1.15, -19.0, -10.2, 1.5), 1.0, 2.9, "round"))
    nozzles = both_sides(Part(bar(1.15, -20.4, -19.0, 1.15), 1.2, 2.7, "round", paint="metal", tone=0.6))
    intakes = both_sides(Part(bar(1.3, -9.2, -8.4, 0.9), 0.8, 1.6, paint="dark"))
    parts = (
        *intakes, *wing.parts(0.25), *tail.parts(0.2), Part(extension, 1.6, 2.5), *engines, *nozzles,
        Part(tapered(21.9, 1.75, nose) - (0, 10.95), 1.2, 3.2, "round"),
        Part(mirrored([(0.05, -3.6), (0.42, -4.2), (0.42, -5.6), (0.1, -6.6)]), 3.2, 3.7, "round", paint="glass"),
        *fin(2.05, 14.6, 19.2, 2.4, 5.9, width=0.22),
    )  # fmt: skip
    return _kind(name, length, span, parts, schemes)


def su35() -> Kind:
    """Large fighter of the Su-27 family, 21.9 x 15.3 m."""
    return _flanker("su35", 21.9, 15.3, ("blue_grey", "grey", "white_grey"))


def mig29() -> Kind:
    """Light twin-finned fighter, 17.3 x 11.4 m."""
    return _flanker("mig29", 17.3, 11.4, ("white_grey", "blue_grey"))


def su24() -> Kind:
    """Swing-wing strike aircraft with its wings spread, 22.5 x 17.6 m."""
    hull = ((0, 0.02), (0.08, 0.5), (0.17, 0.72), (0.27, 0.75), (0.32, 1), (0.8, 1), (0.95, 0.8), (1, 0.66))
    glove = Surface(1.3, (8.2, 15.5), 2.9, (11.0, 15.2), 2.6)
    wing = Surface(2.6, (11.2, 14.9), 8.8, (13.4, 15.3), 2.5)
    tail = Surface(1.4, (16.6, 21.0), 4.2, (19.8, 21.9), 2.2)
    parts = (
        *glove.parts(0.4), *wing.parts(0.25), *tail.parts(0.2),
        Part(tapered(22.5, 3.0, hull) - (0, 11.25), 1.0, 3.3, "round"),
        Part(box(-0.62, 0.62, -6.2, -4.3), 3.2, 3.5, "round", paint="glass"),
        *both_sides(Part(bar(0.62, -22.4, -21.4, 0.95), 1.4, 3.31, paint="dark")),
        *fin(0, 15.4, 21.4, 3.2, 6.2, width=0.25),
    )  # fmt: skip
    return _kind("su24", 22.5, 17.6, parts, ("white_grey", "pale_grey", "grey"))


def su25() -> Kind:
    """Straight-winged ground-attack aircraft, 15.4 x 14.4 m."""
    hull = ((0, 0.08), (0.05, 0.45), (0.14, 0.6), (0.3, 0.72), (0.5, 0.7), (0.85, 0.4), (1, 0.15))
    wing = Surface(0.7, (5.6, 8.9), 7.2, (7.5, 8.9), 2.7)
    tail = Surface(0.2, (12.5, 14.3), 2.35, (13.3, 14.4), 2.6)
    parts = (
        *wing.parts(0.25), *tail.parts(0.15),
        *both_sides(Part(bar(0.95, -11.2, -4.4, 1.1), 1.2, 2.6, "round", tone=0.95)),
        Part(tapered(15.4, 2.0, hull) - (0, 7.7), 1.0, 3.0, "round"),
        Part(box(-0.4, 0.4, -3.6, -2.4), 2.9, 3.2, paint="glass"),
        *both_sides(Part(bar(7.1, -9.6, -7.0, 0.5), 2.4, 2.8)), *fin(0, 11.2, 15.2, 2.8, 4.8, width=0.22),
    )  # fmt: skip
    return _kind("su25", 15.4, 14.4, parts, ("green_camo", "sand_brown", "grey"))


def _engines(nacelles: Iterable[Nacelle]) -> tuple[Part, ...]:
    return tuple(part for nacelle in nacelles for part in nacelle.parts())
