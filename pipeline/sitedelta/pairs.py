"""Compare two placed scenes: estimate once on a fixed sample, apply a tile."""

from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np

from rasterdelta.difference.auto import METHODS, RADAR, MethodChoice, choose
from rasterdelta.difference.protocol import ChangeModel, PairSample
from rasterdelta.errors import NotEnoughData
from rasterdelta.masks import unsaturated
from rasterdelta.radiometry import Linear, fit_linear
from rasterdelta.sampling import sample_windows
from rasterdelta.types import Mask
from sitedelta.bands import CommonBands, common_bands
from sitedelta.context import load_context
from sitedelta.errors import InputError
from sitedelta.grid import SiteGrid
from sitedelta.placement import Placement
from sitedelta.scene import Kind, Scene
from sitedelta.store import written_aside
from sitedelta.tiles import Tile
from sitedelta.warp import read_clear

UNSEEN = 255
"""Value of a change map where not both dates show the ground."""
_SAMPLE_HALO = 24
_BY_PIXEL = ("irmad", "cva")
"""Methods that compare values pixel by pixel."""


@dataclass(frozen=True, slots=True)
class PairEstimate:
    """Everything about a pair that needs the whole of it."""

    before: Placement
    after: Placement
    bands: CommonBands
    step: int
    """Cells of the comparison in grid pixels: the coarser scene decides."""
    shape: tuple[int, int]
    """Of the comparison, in cells."""
    gsd_m: float
    ceilings: tuple[float, float]
    """Values from which a pixel of either image is saturated, which hides change of single pixels."""
    linear: Linear | None
    """Brings the after image to the before image's radiometry; None where the method needs none."""
    model: ChangeModel
    method_reason: str

    def read(self, window: tuple[int, int, int, int]) -> PairSample:
        """Read both scenes on a window of the comparison's cells."""
        a, seen_a = read_clear(self.before, window, bands=self.bands.before, step=self.step)
        b, seen_b = read_clear(self.after, window, bands=self.bands.after, step=self.step)
        raw = PairSample(a, b, seen_a & seen_b)
        valid = _both_unsaturated(raw, self.ceilings) if self.model.method in _BY_PIXEL else raw.valid
        return PairSample(a, self.linear.apply(b) if self.linear else b, valid)


def check_method(method: str) -> MethodChoice:
    """Give the method's name; raises `InputError` for one that does not exist."""
    known: tuple[MethodChoice, ...] = get_args(MethodChoice)
    for name in known:
        if name == method:
            return name
    msg = f"unknown change method {method!r}: choose one of {', '.join(known)}"
    raise InputError(msg)


def estimate_pair(
    before: Placement,
    after: Placement,
    grid: SiteGrid,
    *,
    method: MethodChoice = "auto",
    false_alarm_rate: float | None = None,
) -> PairEstimate:
    """Choose the method and fit it, and the radiometry, on a fixed sample of the pair.

    Raises
    ------
    InputError
        The scenes have no bands in common.
    NotEnoughData
        They share too little ground, or show no variation.
    """
    bands = common_bands(before.scene, after.scene)
    gsd_m = max(before.scene.gsd_m, after.scene.gsd_m, grid.gsd_m)
    step = max(1, round(gsd_m / grid.gsd_m))
    shape = -(-grid.shape[0] // step), -(-grid.shape[1] // step)
    kind: Kind = "sar" if "sar" in (before.scene.kind, after.scene.kind) else "optical"
    if method == "auto":
        name, reason = choose(bands=len(bands.before), kind=kind, gsd_m=gsd_m)
    else:
        name, reason = method, "asked for"
    ceilings = _ceiling(before.scene), _ceiling(after.scene)
    samples = _sample(before, after, bands, step, shape)
    usable = [PairSample(s.before, s.after, _both_unsaturated(s, ceilings)) for s in samples]
    linear = None if name in RADAR else _radiometry(usable)
    chosen = usable if name in _BY_PIXEL else samples
    if linear is not None:
        chosen = [PairSample(s.before, linear.apply(s.after), s.valid) for s in chosen]
    wanted = {} if false_alarm_rate is None else {"false_alarm_rate": false_alarm_rate}
    model = METHODS[name](chosen, gsd_m=gsd_m, **wanted)
    return PairEstimate(before, after, bands, step, shape, gsd_m, ceilings, linear, model, reason)


def _sample(
    before: Placement, after: Placement, bands: CommonBands, step: int, shape: tuple[int, int]
) -> list[PairSample]:
    found = []
    for w in sample_windows(shape, halo=_SAMPLE_HALO):
        window = (w.row, w.row + w.height, w.col, w.col + w.width)
        a, seen_a = read_clear(before, window, bands=bands.before, step=step)
        b, seen_b = read_clear(after, window, bands=bands.after, step=step)
        found.append(PairSample(a, b, seen_a & seen_b))
    return found


def _ceiling(scene: Scene) -> float:
    """Give the greatest value that a scene's data type holds; float data have none."""
    dtype = np.dtype(scene.dtype)
    return float(np.iinfo(dtype).max) if np.issubdtype(dtype, np.integer) else float("inf")


def _both_unsaturated(sample: PairSample, ceilings: tuple[float, float]) -> Mask:
    found: Mask = sample.valid & unsaturated(sample.before, ceiling=ceilings[0])
    found &= unsaturated(sample.after, ceiling=ceilings[1])
    return found


def _radiometry(samples: list[PairSample]) -> Linear | None:
    a, b = (np.concatenate([getattr(s, n)[:, s.valid] for s in samples], axis=1)[:, None] for n in ("before", "after"))
    try:
        return fit_linear(a, b, np.ones(a.shape[1:], np.bool_))
    except NotEnoughData:
        return None


@dataclass(frozen=True, slots=True)
class ChangeTask:
    """The change map of one tile of a pair."""

    context: Path
    """A saved `PairEstimate`."""
    tile: Tile
    part: Path
    """An .npz with `change` (uint8: 0, 1, 255) and `score` (float32, in thresholds, NaN where not seen)."""

    def run(self) -> None:
        pair = load_context(self.context, PairEstimate)
        both = pair.read(self.tile.window)
        score = pair.model.score(both.before, both.after, both.valid)[self.tile.inner]
        seen = both.valid[self.tile.inner] & np.isfinite(score)
        change = np.where(seen, score > pair.model.threshold, UNSEEN).astype(np.uint8)
        relative = np.where(seen, score / np.float32(pair.model.threshold), np.nan).astype(np.float32)
        with written_aside(self.part) as aside, aside.open("wb") as file:
            np.savez(file, change=change, score=relative)
