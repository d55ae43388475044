"""The air base: four dates in December 2024. Objects and events are invented; place and dates are real."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import numpy as np
from story import Moment, Site, Tile

from rasterdelta.render import airbase, structures, vehicles
from rasterdelta.render.aircraft import an26, an124, il76, su24, su25, su35
from rasterdelta.render.atmosphere import Atmosphere, Cloud
from rasterdelta.render.fixtures import fixtures, parked_cars
from rasterdelta.render.frame import Frame
from rasterdelta.render.helicopters import dismantled, ka52, mi8, mi24
from rasterdelta.render.light import Illumination
from rasterdelta.render.parts import Kind
from rasterdelta.render.sensor import Sensor
from rasterdelta.render.things import Thing

FRAME = Frame(2640, 3120, 0.25)
BASE = airbase.Airbase()
AXES = BASE.axes(FRAME)

FINE = Sensor(
    0.5,
    1000,
    1200,
    ("red", "green", "blue"),
    x_m=90.0,
    y_m=80.0,
    psf_fwhm_px=1.45,
    sharpen=0.35,
    full_scale=0.45,
    gamma=1.12,
)
COARSE = Sensor(
    3.0, 216, 256, ("blue", "green", "red", "nir"), x_m=6.0, y_m=6.0, psf_fwhm_px=1.7,
    gain=(1.0,) * 4, offset=(0.0,) * 4, full_scale=1.0, largest=10000, noise=0.0022,
)  # fmt: skip


def _tiles(
    fine_shift: tuple[float, float],
    coarse_shift: tuple[float, float],
    gain: tuple[float, float, float],
    offset: tuple[float, float, float],
) -> tuple[Tile, ...]:
    """Give both sensors of a date; bands of the gains are red, green, blue."""
    red, green, blue = gain
    coarse_gain = tuple(1 + 0.5 * (g - 1) for g in (blue, green, red, red))
    coarse = replace(
        COARSE, shift_px=coarse_shift, gain=coarse_gain, offset=tuple(8.0 * o for o in (*offset[::-1], offset[0]))
    )
    return (
        Tile("50cm", "rendered 0.5 m colour", replace(FINE, shift_px=fine_shift, gain=gain, offset=offset)),
        Tile("3m", "rendered 3 m four-band", coarse),
    )


def _fighters() -> Iterator[Thing]:
    kinds = (su24, su24, su35, su24, su35, su35, su24, su25, su25, su24)
    for k, make in enumerate(kinds):
        yield AXES.thing(f"fighter-{k + 1:02d}", make(), 33 + 1.2 * (k % 3), -110 + 24.0 * k, 90 + (k * 7 % 5) - 2)
    yield AXES.thing("fighter-11", su35(), 152, -200, -90)
    yield AXES.thing("fighter-12", su35(), 152, -141, -88)


def _helicopters() -> Iterator[Thing]:
    for k, make in enumerate((mi8, mi8, ka52, mi24, mi8, ka52)):
        yield AXES.thing(f"helicopter-{k + 1}", make(), -74 + 27.0 * k, 193 + (k % 2), 5 - 4 * (k % 3))


def _defence() -> Iterator[Thing]:
    u, v = airbase.DEFENCE
    for k, (du, dv) in enumerate(((12, 12), (-12, 12), (-12, -12), (12, -12))):
        yield AXES.thing(f"launcher-{k + 1}", vehicles.launcher(), u + du, v + dv, 45 + 90.0 * k, "dusty_olive")
    yield AXES.thing("radar-1", vehicles.radar_truck(), u, v, 20, "dusty_olive")


def _rows(
    prefix: str,
    kinds: Iterable[Kind],
    origin: tuple[float, float],
    *,
    per_row: int,
    pitch: tuple[float, float],
    heading: float,
    seed: int,
) -> Iterator[Thing]:
    """Park vehicles in rows, not quite straight."""
    rng = np.random.default_rng(seed)
    for k, kind in enumerate(kinds):
        du, dv = (k % per_row) * pitch[0], (k // per_row) * pitch[1]
        jitter = rng.normal(0, (0.25, 0.4, 1.6))
        turn = heading + 180 * int(rng.random() < 0.12) + jitter[2]
        yield AXES.thing(
            f"{prefix}-{k + 1:02d}", kind, origin[0] + du + jitter[0], origin[1] + dv + jitter[1], float(turn)
        )


def _park(count: int) -> list[Thing]:
    makers = (
        vehicles.truck,
        vehicles.truck,
        vehicles.open_truck,
        vehicles.light_truck,
        vehicles.fuel_truck,
        vehicles.wheeled_carrier,
    )
    kinds = [makers[(k * k + k // 4) % 6]() for k in range(count)]
    return list(_rows("park", kinds, (122, 106), per_row=20, pitch=(5.4, 24.0), heading=0, seed=5))


def _massing() -> list[Thing]:
    """Give the column beside the transport aircraft: trucks and carriers in four rows."""
    makers = (
        vehicles.truck,
        vehicles.wheeled_carrier,
        vehicles.open_truck,
        vehicles.infantry_carrier,
        vehicles.truck,
        vehicles.fuel_truck,
    )
    kinds = [makers[(k // 3 + k) % 6]() for k in range(44)]
    return list(_rows("column", kinds, (-84, -58), per_row=15, pitch=(5.2, 13.5), heading=0, seed=8))


def _service() -> list[Thing]:
    spots = (
        (14, -128, 40),
        (20, -60, 75),
        (58, 60, 0),
        (46, 118, 90),
        (-30, 206, 85),
        (112, -60, 2),
        (112, 20, 181),
        (246, -30, 0),
        (247, 60, 180),
    )
    makers = (vehicles.fuel_truck, vehicles.truck, vehicles.light_truck)
    return [AXES.thing(f"service-{k + 1}", makers[k % 3](), u, v, a) for k, (u, v, a) in enumerate(spots)]


def _crates(u: float, v: float) -> list[Thing]:
    rng = np.random.default_rng(17)
    spots = [(u + 3.4 * (k % 6) + rng.normal(0, 0.3), v + 2.6 * (k // 6)) for k in range(22)]
    return [
        AXES.thing(f"cargo-{k}", structures.crate(), a, b, float(rng.normal(0, 4))) for k, (a, b) in enumerate(spots)
    ]


def _without(things: Iterable[Thing], *ids: str) -> list[Thing]:
    return [thing for thing in things if thing.id not in ids]


AN124_A = AXES.thing("transport-an124-a", an124(), -46, -150, 4, "white_grey")
AN124_B = AXES.thing("transport-an124-b", an124(), -46, 62, 176, "white")
IL76_A = AXES.thing("transport-il76-a", il76(), -48, -26, 182, "white_grey")
AN26_A = AXES.thing("transport-an26-a", an26(), -62, -186, 30, "pale_grey")
AN26_B = AXES.thing("transport-an26-b", an26(), -20, 98, 88, "grey")
KA52_LATE = AXES.thing("helicopter-7", dismantled(ka52()), 152, -141, -60, "dark_grey")

FIGHTERS, HELICOPTERS, DEFENCE, SERVICE = (tuple(f()) for f in (_fighters, _helicopters, _defence, _service))
FIXED = (*fixtures(AXES), *parked_cars(AXES))


def _stand(day: int) -> tuple[Thing, ...]:
    """Give what stands on the base on a day of December."""
    if day == 6:
        rest = [IL76_A, AN26_A, AN26_B, *FIGHTERS, *HELICOPTERS, *DEFENCE, *SERVICE[:6], *_park(14)]
    elif day == 10:
        kept = _without(FIGHTERS, "fighter-03", "fighter-05", "fighter-10")
        rest = [AN26_A, *kept, *_without(HELICOPTERS, "helicopter-4"), *DEFENCE, *SERVICE[2:], *_park(24)]
    elif day == 13:
        kept = _without(FIGHTERS, "fighter-03", "fighter-05", "fighter-10", "fighter-01", "fighter-12")
        left = _without(HELICOPTERS, "helicopter-4", "helicopter-6")
        rest = [
            AN124_A,
            AN124_B,
            *kept,
            *left,
            KA52_LATE,
            *_massing(),
            *_crates(-20, -112),
            DEFENCE[4],
            *SERVICE[:7],
            *_park(24),
        ]
    else:
        kept = _without(FIGHTERS, "fighter-03", "fighter-05", "fighter-10", "fighter-01", "fighter-12", "fighter-08")
        left = _without(HELICOPTERS, "helicopter-4", "helicopter-6", "helicopter-1")
        rest = [
            AN124_A,
            AN26_B,
            *kept,
            *left,
            KA52_LATE,
            *_massing()[:17],
            *_crates(-20, -112),
            *SERVICE[1:8],
            *_park(36),
        ]
    return (*FIXED, *rest)


def _moment(clock: datetime, note: str, sun: tuple[float, float], air: Atmosphere, tiles: tuple[Tile, ...]) -> Moment:
    """Give a date; the off-nadir angle is small, as things are drawn from straight above."""
    ground = "wet" if clock.day == 17 else "dry"
    off_nadir = {6: 1.1, 10: 2.3, 13: 0.7, 17: 1.8}[clock.day]
    return Moment(clock, note, _stand(clock.day), Illumination(*sun), air, off_nadir, tiles, ground)


def _at(day: int, hour: int, minute: int) -> datetime:
    return datetime(2024, 12, day, hour, minute, tzinfo=UTC)


def _paint(rng: np.random.Generator, *, wet: float) -> airbase.Ground:
    season = replace(BASE.season, wet=wet)
    return replace(BASE, season=season).ground(FRAME, rng)


CLOUDS = (Cloud(447.0, 424.0, 40.0, 900.0, seed=3), Cloud(205.0, 560.0, 40.0, 900.0, seed=4))
UNSEEN = Cloud(880.0, 1845.0, 75.0, 900.0, seed=6)
"""Beyond the edge: only its shadow, on grass and runway, is in the picture."""


def site() -> Site:
    """Give the site with its four dates."""
    clear, hazy = Atmosphere(0.05), Atmosphere(0.46, seed=2)
    fresh, cloudy = Atmosphere(0.08), Atmosphere(0.10, (*CLOUDS, UNSEEN))
    still = _tiles((0, 0), (0, 0), (1.0, 1.0, 1.0), (0, 0, 0))
    south = _tiles((2.4, -3.1), (0.6, -0.8), (1.06, 1.0, 0.95), (3, 1, 0))
    north = _tiles((-1.7, 2.2), (-0.4, 0.9), (0.94, 0.97, 1.0), (2, 2, 4))
    east = _tiles((3.3, 1.4), (1.1, 0.3), (1.09, 1.07, 1.04), (0, 1, 2))
    moments = (
        _moment(_at(6, 8, 12), "one transport, full flight line", (155.1, 27.1), clear, still),
        _moment(_at(10, 8, 31), "haze", (160.0, 28.2), hazy, south),
        _moment(_at(13, 7, 54), "two heavy transports, a column of vehicles", (150.6, 25.0), fresh, north),
        _moment(_at(17, 8, 20), "cloud over part of the apron", (156.2, 26.6), cloudy, east),
    )
    zones = {
        "main-apron": ("Main apron", airbase.APRON),
        "helicopter-apron": ("Helicopter apron", airbase.HELI_APRON),
        "vehicle-park": ("Vehicle park", airbase.VEHICLE_PARK),
    }
    grounds = {"dry": partial(_paint, wet=0.0), "wet": partial(_paint, wet=0.35)}
    return Site("hmeimim", "Hmeimim air base (rendered)", 35.9486, 35.4008, 32636, FRAME, AXES, grounds, moments, zones)
