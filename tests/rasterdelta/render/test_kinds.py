"""Every kind of thing has the dimensions that it states, on the ground and in the picture."""

import inspect

import numpy as np
import pytest

from rasterdelta.render import aircraft, helicopters, structures, vehicles
from rasterdelta.render.frame import Frame
from rasterdelta.render.paint import SCHEMES, TRIM
from rasterdelta.render.parts import Kind
from rasterdelta.render.things import Thing, body_mask


def _kinds() -> list[Kind]:
    makers = [
        make
        for module in (aircraft, helicopters, vehicles, structures)
        for name, make in inspect.getmembers(module, inspect.isfunction)
        if make.__module__ == module.__name__ and not name.startswith("_")
    ]
    plain = [
        make()
        for make in makers
        if not [p for p in inspect.signature(make).parameters.values() if p.default is p.empty]
    ]
    return [*plain, structures.building(30.0, 12.0, 6.0), helicopters.dismantled(helicopters.ka52())]


KINDS = _kinds()


def test_there_are_many_kinds() -> None:
    names = [kind.name for kind in KINDS]
    assert len(set(names)) == len(names)
    assert {kind.label for kind in KINDS} == {"aircraft", "vehicle", "tent", "building", "shelter", "clutter"}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_body_has_the_stated_size(kind: Kind) -> None:
    body = np.concatenate([part.outline for part in kind.parts if part.body])
    width, length = np.ptp(body, axis=0)
    assert length == pytest.approx(kind.length_m, abs=0.3)
    assert width == pytest.approx(kind.width_m, abs=0.3)
    np.testing.assert_allclose(
        (body.min(axis=0) + body.max(axis=0)) / 2, 0, atol=0.15 if kind.label != "clutter" else 1.2
    )


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_parts_stand_on_or_above_the_ground_in_known_paints(kind: Kind) -> None:
    assert all(0 <= part.z0_m < part.z1_m for part in kind.parts)
    assert all(part.paint in {"scheme", *TRIM} for part in kind.parts)
    assert set(kind.schemes) <= set(SCHEMES)


@pytest.mark.parametrize("heading", [0.0, 90.0, 180.0, 270.0])
@pytest.mark.parametrize("make", [aircraft.il76, aircraft.an26, vehicles.truck, vehicles.tank, structures.tent])
def test_mask_spans_length_and_width_within_a_pixel(make: object, heading: float) -> None:
    kind: Kind = make()  # type: ignore[operator]  # a maker without arguments
    mask = body_mask(Thing("it", kind, 40.0, 35.0, heading, kind.schemes[0]), Frame(140, 160, 0.5))
    rows, cols = np.nonzero(mask)
    along, across = (np.ptp(rows) + 1, np.ptp(cols) + 1) if heading % 180 == 0 else (np.ptp(cols) + 1, np.ptp(rows) + 1)
    assert along * 0.5 == pytest.approx(kind.length_m, abs=0.51)
    assert across * 0.5 == pytest.approx(kind.width_m, abs=0.51)


@pytest.mark.parametrize(("heading", "towards"), [(0.0, (-1, 0)), (90.0, (0, 1)), (180.0, (1, 0)), (270.0, (0, -1))])
def test_heading_points_to_the_nose(heading: float, towards: tuple[int, int]) -> None:
    kind = vehicles.tank()
    gun = next(part for part in kind.parts if not part.body)
    x, y = Thing("it", kind, 0.0, 0.0, heading, "olive").placed(gun.outline).mean(axis=0)
    assert np.sign(np.round([y, x])).tolist() == list(towards)
