"""Tents, buildings, shelters, and the clutter that stands among them."""

from rasterdelta.render.frame import box, disc
from rasterdelta.render.parts import Kind, Label, Part, Shape, bar, mirrored


def tent(length: float = 11.0, width: float = 5.0) -> Kind:
    """Frame tent with a ridged roof."""
    parts = (Part(box(-width / 2, width / 2, -length / 2, length / 2), 0.0, 2.6, "gable"),)
    return Kind("tent", "tent", length, width, parts, ("tent_green", "tent_tan"))


def block(
    name: str,
    length: float,
    width: float,
    height: float,
    *,
    label: Label = "building",
    roof: Shape = "flat",
    schemes: tuple[str, ...],
) -> Kind:
    """Give a plain block: a building or a container."""
    parts = (Part(box(-width / 2, width / 2, -length / 2, length / 2), 0.0, height, roof),)
    return Kind(name, label, length, width, parts, schemes)


def building(length: float, width: float, height: float, *, roof: Shape = "flat", scheme: str = "roof_grey") -> Kind:
    """Give a building with vents on a flat roof, or a ridge."""
    base = block("building", length, width, height, roof=roof, schemes=(scheme,))
    if roof != "flat":
        return base
    rim = Part(
        box(-width / 2 + 0.5, width / 2 - 0.5, -length / 2 + 0.5, length / 2 - 0.5),
        height - 0.5,
        height + 0.01,
        tone=0.86,
    )
    steps = range(int(length // 12))
    vents = tuple(
        Part(box(x, x + 1.6, y, y + 2.2), height, height + 1.2, tone=1.3)
        for x, y in (((-1) ** k * width * 0.22, -length / 2 + 6 + 12 * k) for k in steps)
    )
    return Kind("building", "building", length, width, (*base.parts, rim, *vents), (scheme,))


def shelter() -> Kind:
    """Arched aircraft shelter, 26 x 20 m, its mouth at the front."""
    arch = Part(box(-10.0, 10.0, -13.0, 12.2), 0.0, 7.0, "round")
    mouth = Part(box(-10.0, 10.0, 12.2, 13.0), 0.0, 6.5, "round", tone=0.7)
    ribs = tuple(Part(box(-9.9, 9.9, y, y + 0.3), 6.9, 7.01, "round", tone=0.86) for y in range(-10, 12, 4))
    return Kind("shelter", "shelter", 26.0, 20.0, (mouth, arch, *ribs), ("roof_pale", "sand"))


def sunshade() -> Kind:
    """Light roof over a parking place for a fighter, 20 x 18 m."""
    roof = Part(box(-9.0, 9.0, -10.0, 10.0), 5.6, 6.2, "gable")
    return Kind("sunshade", "shelter", 20.0, 18.0, (roof,), ("roof_pale",))


def container() -> Kind:
    """Shipping container, 6.1 x 2.4 m."""
    return block(
        "container", 6.1, 2.4, 2.6, label="clutter", schemes=("car_blue", "rust", "plastic", "olive", "roof_red")
    )


def crate() -> Kind:
    """Pallet or crate, 2.2 x 1.4 m."""
    return block("crate", 2.2, 1.4, 1.2, label="clutter", schemes=("wood", "olive", "plastic", "grey"))


def cart() -> Kind:
    """Ground equipment, 3 x 1.6 m."""
    parts = (Part(box(-0.8, 0.8, -1.5, 1.2), 0.3, 1.4), Part(bar(0.0, 1.2, 2.6, 0.2), 0.3, 0.5, paint="dark"))
    return Kind("cart", "clutter", 4.1, 1.6, parts, ("fuel_yellow", "olive", "grey", "car_red"))


def light_pole(height: float = 18.0) -> Kind:
    """Floodlight mast: little but its shadow is seen."""
    parts = (
        Part(disc(0, 0, 0.3, corners=8), 0.0, height, paint="metal"),
        Part(box(-1.2, 1.2, -0.4, 0.4), height - 0.5, height, paint="metal"),
    )
    return Kind("light_pole", "clutter", 0.8, 2.4, parts, ("grey",))


def barrier() -> Kind:
    """Concrete blast wall, 12 x 0.8 m."""
    return block("barrier", 12.0, 0.8, 2.6, label="clutter", schemes=("roof_pale",))


def fuel_tank() -> Kind:
    """Upright storage tank, 9 m across."""
    return Kind(
        "fuel_tank",
        "clutter",
        9.0,
        9.0,
        (Part(disc(0, 0, 4.5), 0.0, 6.0, "dome", tone=1.1),),
        ("roof_pale", "pale_grey"),
    )


def wreck() -> Kind:
    """Give a stripped airframe without wings, 17 m of fuselage and loose panels."""
    hull = mirrored([(0.1, 8.0), (0.8, 5.5), (1.3, 1.0), (1.2, -5.0), (0.6, -8.0)])
    loose = (box(2.6, 6.8, -4.0, -2.2), box(-6.2, -2.4, 1.0, 3.0), box(3.0, 4.6, 2.0, 5.4))
    parts = (Part(hull, 0.4, 1.9, "round"), *(Part(p, 0.0, 0.25, tone=0.85) for p in loose))
    return Kind("wreck", "clutter", 16.0, 13.0, parts, ("rust", "grey"))
