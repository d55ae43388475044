"""Road and military vehicles."""

from dataclasses import replace

from rasterdelta.render.frame import box, disc
from rasterdelta.render.parts import Kind, Part, bar, both_sides, mirrored

MILITARY = ("olive", "dusty_olive", "sand", "dusty_olive", "olive")


def _hull(length: float, width: float, z0: float, z1: float, tone: float = 1.0) -> Part:
    return Part(box(-width / 2, width / 2, -length / 2, length / 2), z0, z1, tone=tone)


def car() -> Kind:
    """Passenger car, 4.5 x 1.8 m."""
    glass = (
        Part(box(-0.7, 0.7, 0.35, 1.0), 1.0, 1.2, paint="glass"),
        Part(box(-0.7, 0.7, -1.75, -1.35), 1.0, 1.2, paint="glass"),
    )
    roof = Part(box(-0.72, 0.72, -1.4, 0.4), 0.9, 1.45)
    schemes = ("car_white", "car_dark", "grey", "pale_grey", "car_red", "car_blue")
    return Kind("car", "vehicle", 4.5, 1.8, (_hull(4.5, 1.8, 0.3, 0.95), *glass, roof), schemes)


def light_truck() -> Kind:
    """Four-wheeled utility vehicle, 4.4 x 2.0 m."""
    parts = (
        _hull(4.4, 2.0, 0.4, 1.2),
        Part(box(-0.95, 0.95, -2.1, 0.6), 1.1, 2.0, tone=0.9),
        Part(box(-0.85, 0.85, 0.6, 1.0), 1.1, 1.6, paint="glass"),
    )
    return Kind("light_truck", "vehicle", 4.4, 2.0, parts, MILITARY)


def truck() -> Kind:
    """Six-wheeled truck with a covered bed, 7.9 x 2.5 m."""
    parts = (
        _hull(7.9, 2.1, 0.6, 1.2, 0.55),
        Part(box(-1.0, 1.0, 2.7, 3.9), 0.8, 1.8, tone=0.85),
        Part(box(-1.15, 1.15, 1.2, 2.7), 0.8, 2.6, tone=1.05),
        Part(box(-1.0, 1.0, 2.55, 2.85), 1.8, 2.3, paint="glass"),
        Part(box(-1.25, 1.25, -3.95, 0.9), 1.2, 3.0, "round", tone=1.1),
    )
    return Kind("truck", "vehicle", 7.9, 2.5, parts, MILITARY)


def open_truck() -> Kind:
    """Six-wheeled truck with an open bed and a load, 7.9 x 2.5 m."""
    bed = (
        Part(box(-1.25, 1.25, -3.95, 0.9), 1.0, 1.7, tone=0.9),
        Part(box(-1.1, 1.1, -3.75, 0.7), 1.1, 1.71, paint="dark", tone=1.8),
        Part(box(-0.8, 0.7, -2.6, -0.4), 1.2, 2.2, tone=1.25),
    )
    return Kind("open_truck", "vehicle", 7.9, 2.5, (*truck().parts[:4], *bed), MILITARY)


def fuel_truck() -> Kind:
    """Tanker, 9.4 x 2.5 m."""
    parts = (
        _hull(9.4, 2.1, 0.6, 1.1, 0.5),
        Part(box(-1.2, 1.2, 2.6, 4.6), 0.8, 2.6),
        Part(box(-1.05, 1.05, 4.2, 4.6), 1.8, 2.61, paint="glass"),
        Part(box(-1.25, 1.25, -4.7, 2.2), 1.1, 3.0, "round", tone=1.15),
        *(Part(disc(0, y, 0.35, corners=10), 2.9, 3.05, tone=0.7) for y in (-3.0, -1.0, 1.0)),
    )
    return Kind("fuel_truck", "vehicle", 9.4, 2.5, parts, ("olive", "dusty_olive", "olive", "sand"))


def lorry() -> Kind:
    """Articulated lorry with a box trailer, 16 x 2.5 m."""
    parts = (
        _hull(16.0, 2.2, 0.6, 1.0, 0.4),
        Part(box(-1.22, 1.22, 5.9, 8.0), 0.8, 3.0),
        Part(box(-1.1, 1.1, 7.6, 8.0), 2.0, 3.01, paint="glass"),
        Part(box(-1.25, 1.25, -8.0, 5.1), 1.1, 3.9, tone=1.2),
    )
    return Kind("lorry", "vehicle", 16.0, 2.5, parts, ("pale_grey", "car_white", "olive"))


def infantry_carrier() -> Kind:
    """Tracked carrier with a small turret, 6.7 x 3.1 m."""
    hull = mirrored([(0.9, 3.35), (1.3, 2.7), (1.3, -3.3)])
    parts = (
        *both_sides(Part(bar(1.33, -3.2, 3.0, 0.44), 0.2, 1.0, tone=0.55)),
        Part(hull, 0.5, 1.7),
        Part(box(-1.2, 1.2, 2.2, 3.0), 1.5, 1.71, tone=0.8),
        Part(disc(0, 0.1, 0.85), 1.6, 2.2, "dome"),
        Part(bar(0.0, 0.8, 3.2, 0.15), 1.9, 2.0, paint="dark", body=False),
        *both_sides(Part(bar(0.55, -3.0, -1.3, 0.8), 1.6, 1.8, tone=0.85)),
    )
    return Kind("infantry_carrier", "vehicle", 6.7, 3.1, parts, MILITARY)


def tank() -> Kind:
    """Battle tank, hull 6.9 x 3.6 m; the gun is left out of its length."""
    turret = mirrored([(0.5, 1.7), (1.15, 1.0), (1.25, -0.4), (0.9, -1.3)])
    parts = (
        *both_sides(Part(bar(1.5, -3.4, 3.2, 0.6), 0.2, 1.1, tone=0.6)),
        Part(mirrored([(1.0, 3.45), (1.25, 2.8), (1.25, -3.45)]), 0.4, 1.3),
        Part(box(-1.1, 1.1, -3.2, -1.7), 1.3, 1.35, tone=0.7),
        Part(turret, 1.2, 2.2, "dome"),
        Part(bar(0.0, 1.5, 6.1, 0.2), 1.6, 1.8, body=False, tone=0.8),
    )
    return Kind("tank", "vehicle", 6.9, 3.6, parts, MILITARY)


def wheeled_carrier() -> Kind:
    """Eight-wheeled carrier, 7.6 x 2.9 m."""
    hull = mirrored([(0.7, 3.8), (1.2, 2.8), (1.2, -3.8)])
    wheels = tuple(
        part
        for y in (-2.8, -1.3, 0.5, 2.0)
        for part in both_sides(Part(bar(1.28, y - 0.5, y + 0.5, 0.34), 0.1, 1.1, paint="dark"))
    )
    parts = (
        *wheels,
        Part(hull, 0.6, 1.9),
        Part(disc(0, 0.8, 0.65), 1.8, 2.4, "dome"),
        Part(box(-1.0, 1.0, -3.4, -1.6), 1.8, 2.0, tone=0.85),
    )
    return Kind("wheeled_carrier", "vehicle", 7.6, 2.9, parts, MILITARY)


def launcher() -> Kind:
    """Surface-to-air missile launcher with four tubes, 13.1 x 3.1 m."""
    tubes = tuple(
        part for x in (0.38, 1.15) for part in both_sides(Part(bar(x, -6.4, 1.8, 0.72), 2.2, 3.2, "round", tone=1.1))
    )
    parts = (
        _hull(13.1, 3.1, 0.7, 1.6, 0.7),
        Part(box(-1.5, 1.5, 4.4, 6.55), 0.8, 2.9),
        Part(box(-1.3, 1.3, 6.0, 6.5), 2.4, 2.91, paint="glass"),
        *tubes,
    )
    return Kind("launcher", "vehicle", 13.1, 3.1, parts, ("olive", "sand", "dusty_olive"))


def radar_truck() -> Kind:
    """Radar on a heavy truck, 13.0 x 3.1 m."""
    parts = (
        _hull(13.0, 3.1, 0.7, 1.8, 0.7),
        Part(box(-1.5, 1.5, 4.3, 6.5), 0.8, 2.9),
        Part(box(-1.4, 1.4, 0.0, 3.6), 1.8, 3.2),
        Part(box(-1.5, 1.5, -4.2, -3.4), 1.8, 5.6, tone=1.15),
    )
    return Kind("radar_truck", "vehicle", 13.0, 3.1, parts, ("olive", "dusty_olive"))


def howitzer() -> Kind:
    """Towed or self-propelled gun, hull 6.9 x 3.4 m."""
    base = tank()
    parts = (
        *base.parts[:4],
        Part(box(-1.3, 1.3, -2.9, 0.9), 1.3, 3.0),
        Part(bar(0.0, 0.9, 6.4, 0.25), 2.0, 2.2, body=False),
    )
    return replace(base, name="howitzer", parts=parts)
