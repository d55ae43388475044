"""Compare two placed scenes: estimate once on a fixed sample, apply a tile."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from rasterdelta.difference.auto import INDICES, METHODS, RADAR, MethodChoice, choose
from rasterdelta.difference.indices import IndexName
from rasterdelta.difference.protocol import ChangeModel, Fit, PairSample
from rasterdelta.radiometry.local import LocalLinear
from rasterdelta.types import Plane
from sitedelta.alignment.placement import Placement
from sitedelta.comparison.joint import Joint, OpenPair, both_unsaturated, ceiling, join
from sitedelta.comparison.levelling import Levelling, fit_levelling, fit_local_levelling, levelled
from sitedelta.comparison.strips import UNSEEN
from sitedelta.errors import InputError
from sitedelta.files.store import written_aside
from sitedelta.grid import SiteGrid
from sitedelta.raster import Span
from sitedelta.running.context import load_context
from sitedelta.running.tiles import Tile
from sitedelta.settings.defaults import Radiometry

Method: TypeAlias = MethodChoice | IndexName
"""A change method, or the choice of one."""

_FITS: dict[str, Fit] = dict((*METHODS.items(), *INDICES.items()))
_LEAST = 1e-6
"""Smallest threshold."""

_BY_PIXEL = frozenset({"cva", "irmad", "mad", "pcakmeans", "sfa"}) | set(INDICES)
"""Methods that compare values pixel by pixel, of whatever type: saturation hides change from them."""
_ANY_TYPE = frozenset({"irmad", "mad", "sfa"})
"""Methods that take values as they are stored, and need no common radiometry."""
_INVARIANT = RADAR | _ANY_TYPE | {"siamese", *INDICES}
"""Methods that gain and offset of the bands do not touch, or that find them on their own."""


@dataclass(frozen=True, slots=True)
class PairEstimate:
    """Everything about a pair that needs the whole of it."""

    joint: Joint
    ceilings: tuple[float, float]
    """Values from which a pixel of either image is saturated, which hides change of single pixels."""
    linear: Levelling | None
    """Brings the after image to the before image's radiometry; None where the method needs none."""
    model: ChangeModel
    method_reason: str

    def usable(self, raw: PairSample, window: Span) -> PairSample:
        """Make what was read of a window into what the model takes.

        One radiometry; saturation is masked where it hides change.
        """
        if self.model.method in _BY_PIXEL:
            raw = PairSample(raw.before, raw.after, both_unsaturated(raw, self.ceilings))
        return _ready(raw, self.model.method, self.linear, window)

    def window(self, tile: Tile) -> Span:
        """Give the cells that have to be read for a tile."""
        return tile.window(self.joint.shape, snap=self.model.stride)

    def change(self, tile: Tile, raw: PairSample) -> tuple[NDArray[np.uint8], Plane]:
        """Give a tile's change map and its score in units of the threshold, from what was read of its window."""
        window = self.window(tile)
        both = self.usable(raw, window)
        score = self.model.score(both.before, both.after, both.valid)[tile.inside(window)]
        # identical images have no spread, and with it no threshold: whatever differs then is change
        np.divide(score, np.float32(max(self.model.threshold, _LEAST)), out=score)
        unseen = np.isnan(score)
        change = (score > 1).view(np.uint8)
        if unseen.any():
            change[unseen] = UNSEEN
        return change, score


def check_method(method: str) -> Method:
    """Give the method's name; raises `InputError` for one that does not exist."""
    known: tuple[Method, ...] = (*get_args(MethodChoice), *INDICES)
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
    method: Method = "auto",
    radiometry: Radiometry = "line",
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
    joint = join(before, after, grid, method=method)
    return fit_pair(
        joint, list(joint.samples()), method=method, radiometry=radiometry, false_alarm_rate=false_alarm_rate
    )


def fit_pair(
    joint: Joint,
    samples: Sequence[PairSample],
    *,
    method: Method = "auto",
    radiometry: Radiometry = "line",
    false_alarm_rate: float | None = None,
) -> PairEstimate:
    """Choose the method and fit it, and the radiometry, on samples of the pair; see `estimate_pair`."""
    name: Method = method
    reason = "asked for"
    if method == "auto":
        name, reason = choose(bands=len(joint.bands.before), kind=joint.kind, gsd_m=joint.gsd_m)
    ceilings = ceiling(joint.before.scene), ceiling(joint.after.scene)
    usable = [PairSample(s.before, s.after, both_unsaturated(s, ceilings)) for s in samples]
    linear = _levelling(joint, usable, name, radiometry)
    chosen = usable if name in _BY_PIXEL else samples
    wanted = {} if false_alarm_rate is None else {"false_alarm_rate": false_alarm_rate}
    spans = joint.sampled() if isinstance(linear, LocalLinear) else [(0, 0, 0, 0)] * len(chosen)
    ready = [_ready(s, name, linear, span) for s, span in zip(chosen, spans, strict=True)]
    model = _FITS[name](ready, gsd_m=joint.gsd_m, **wanted)
    return PairEstimate(joint, ceilings, linear, model, reason)


def _levelling(joint: Joint, usable: Sequence[PairSample], name: Method, way: Radiometry) -> Levelling | None:
    """Fit the radiometry where the method needs it: where haze lies here and not there, all but radar do."""
    if way == "local":
        return None if name in RADAR else fit_local_levelling(joint)
    return None if name in _INVARIANT else fit_levelling([_real(s) for s in usable], way)


def _ready(sample: PairSample, name: str, levelling: Levelling | None, span: Span) -> PairSample:
    if levelling is None:
        return sample if name in _ANY_TYPE else _real(sample)
    real = _real(sample)
    return PairSample(real.before, levelled(real.after, levelling, span), real.valid)


def _real(sample: PairSample) -> PairSample:
    before, after = (image.astype(np.float32, copy=False) for image in (sample.before, sample.after))
    return PairSample(before, after, sample.valid)


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
        with OpenPair(pair.joint) as reader:
            change, score = pair.change(self.tile, reader.read(pair.window(self.tile)))
        with written_aside(self.part) as aside, aside.open("wb") as file:
            np.savez(file, change=change, score=score)

    def load(self) -> tuple[NDArray[np.uint8], Plane]:
        """Give the finished tile's change and score."""
        with np.load(self.part) as part:
            return part["change"], part["score"]
