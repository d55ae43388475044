"""Names of results: equal for equal content, wherever it lies."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
import shapely
from affine import Affine

from sitedelta.alignment.placement import CoarseMask, Placement, ScaledFrame
from sitedelta.running import keys, versions
from sitedelta.running.keys import key_of
from sitedelta.running.versions import software
from sitedelta.scene import Scene

SCENE = Scene(
    "a", "/one/a.tif", (Path("/one/a.tif"),), "f" * 64, datetime(2024, 12, 13, tzinfo=UTC), "day", 0.5, 10, 10,
    ("red",), "optical", True, "uint8",
)  # fmt: skip


@dataclass(frozen=True)
class Other:
    array: np.ndarray


def test_keys_are_short_names():
    key = key_of("count", 1)
    assert len(key) == 20
    assert set(key) <= set("0123456789abcdef")
    assert key == key_of("count", 1)


def test_the_place_of_a_file_does_not_matter_and_its_content_does():
    moved = replace(SCENE, uri="/two/a.tif", originals=(Path("/two/a.tif"),))
    assert key_of(SCENE) == key_of(moved)
    assert key_of(SCENE) != key_of(replace(SCENE, sha256="0" * 64))
    assert key_of(SCENE) != key_of(replace(SCENE, gsd_m=0.6))
    assert key_of(SCENE) != key_of(replace(SCENE, date=datetime(2024, 12, 14, tzinfo=UTC)))


def test_every_element_of_every_array_matters():
    base = np.arange(60, dtype=np.float32).reshape(3, 4, 5)
    seen = {key_of(Other(base))}
    for i in range(base.size):
        changed = base.copy()
        changed.flat[i] += 1e-3
        seen.add(key_of(Other(changed)))
    assert len(seen) == base.size + 1


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (np.zeros(6), np.zeros(6, np.float32)),
        (np.zeros((2, 3)), np.zeros((3, 2))),
        (1, 1.5),
        ("1", 1),
        (None, 0),
        (True, False),
        (date(2024, 12, 1), date(2024, 12, 2)),
        (Path("a"), Path("b")),
        (Affine.identity(), Affine.translation(1, 0)),
        (shapely.box(0, 0, 1, 1), shapely.box(0, 0, 1, 1.0000001)),
        ({"a": 1}, {"a": 2}),
        ([1, 2], [2, 1]),
        (ScaledFrame(1.0), ScaledFrame(2.0)),
    ],
)
def test_different_values_have_different_keys(a, b):
    assert key_of(a) != key_of(b)


def test_the_same_values_have_the_same_key():
    assert key_of({"a": 1, "b": 2}) == key_of({"b": 2, "a": 1})
    assert key_of(np.float64(1.5)) == key_of(1.5)
    base = np.arange(12).reshape(3, 4)
    assert key_of(base.T.copy().T) == key_of(base)
    assert key_of((1, 2)) == key_of([1, 2])


def test_records_are_looked_into():
    mask = np.ones((4, 4), bool)
    at = Placement(SCENE, ScaledFrame(1.0), None, CoarseMask(mask, 1.0, 1.0))
    other = mask.copy()
    other[2, 3] = False
    assert key_of(at) != key_of(replace(at, clear=CoarseMask(other, 1.0, 1.0)))


def test_records_of_two_kinds_differ():
    @dataclass(frozen=True)
    class Another:
        factor: float

    assert key_of(Another(1.0)) != key_of(ScaledFrame(1.0))


def test_versions_matter(monkeypatch):
    before = key_of("x")
    assert "numpy" in software()
    monkeypatch.setattr(keys, "software", lambda: {"numpy": "0"})
    assert key_of("x") != before


def test_a_package_that_is_not_installed_is_unknown(monkeypatch):
    monkeypatch.setattr(versions, "_PACKAGES", ("no-such-package",))
    assert versions.software.__wrapped__() == {"no-such-package": "unknown"}
