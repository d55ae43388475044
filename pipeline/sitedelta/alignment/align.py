"""Bring the scenes of a site onto its grid: estimated once a scene, applied a tile."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rasterdelta.registration.likeness import Likeness, likeness
from rasterdelta.registration.register import register
from rasterdelta.registration.result import IDENTITY, Alignment, ModelChoice, Refusal
from rasterdelta.registration.simplest import simplest
from rasterdelta.types import Image, Mask, Matrix
from sitedelta.alignment.placement import CoarseMask, Frame, Placement, ScaledFrame
from sitedelta.alignment.warp import PlacedReader, ToScene, scene_coordinates
from sitedelta.grid import SiteGrid, locate
from sitedelta.imagery.bands import display_bands
from sitedelta.imagery.prepare import Prepared
from sitedelta.progress import Progress, silent
from sitedelta.raster import Span
from sitedelta.running.manifest import AlignmentRecord, AlignmentStatus
from sitedelta.scene import Scene

_MOST = 4096
"""Pixels on the longer side of the images that are matched."""


def frame_of(prepared: Prepared, grid: SiteGrid) -> Frame:
    """Give the nominal grid of a scene: its georeference where there is one, else its own scaled pixels."""
    found = locate(prepared.scene, grid) if grid.georeferenced else None
    return found if found is not None else ScaledFrame(prepared.scene.gsd_m / grid.gsd_m)


def align(
    reference: Prepared,
    moving: Prepared,
    grid: SiteGrid,
    *,
    model: ModelChoice = "auto",
    seed: int = 0,
    same_scale: bool = True,
    rests: bool = False,
) -> Alignment | Refusal:
    """Find the ground of the site grid, as the reference shows it, in the frame of a scene.

    Both are read at the coarser of their ground sampling distances, or coarser still where the site is large. What is
    known to hide the ground (cloud, its shadow) or to be saturated is not matched.
    `same_scale` is False where a ground sampling distance is only assumed. `rests` is True where the two probably lie
    on each other as they are: then nothing is moved, turned or stretched without clear evidence.
    """
    frames = frame_of(reference, grid), frame_of(moving, grid)
    known = not isinstance(frames[1], ScaledFrame)
    shapes = grid.shape, grid.shape if known else _frame_shape(moving, grid)
    coarser = max(reference.scene.gsd_m, moving.scene.gsd_m) / grid.gsd_m
    step = max(1, round(coarser), -(-max(*shapes[0], *shapes[1]) // _MOST))
    a, a_covered, a_valid = _overview(reference, frames[0].to_scene, shapes[0], step)
    b, b_covered, b_valid = _overview(moving, frames[1].to_scene, shapes[1], step)
    for prepared, covered, valid in ((reference, a_covered, a_valid), (moving, b_covered, b_valid)):
        if covered.any() and not valid.any():
            name = prepared.scene.originals[0].name
            return Refusal(f"{name} shows no ground: all of it is under cloud or its shadow, or saturated")
    found = register(
        a,
        b,
        reference_valid=a_valid,
        moving_valid=b_valid,
        reference_covered=a_covered,
        moving_covered=b_covered,
        start=IDENTITY if known else None,
        scale=1.0 if same_scale else None,
        model=model,
        seed=seed,
    )
    if isinstance(found, Refusal):
        return found
    settled = simplest(found, a, b, reference_valid=a_valid, moving_valid=b_valid) if rests else found
    return _enlarged(settled, step)


def like_as_given(reference: Prepared, moving: Prepared, grid: SiteGrid) -> Likeness:
    """Say what two images that probably lie on each other have in common, where they could not be matched."""
    step = max(1, round(max(reference.scene.gsd_m, moving.scene.gsd_m) / grid.gsd_m), -(-max(grid.shape) // _MOST))
    (a, _, a_valid), (b, _, b_valid) = (
        _overview(p, frame_of(p, grid).to_scene, grid.shape, step) for p in (reference, moving)
    )
    return likeness(a, b, reference_valid=a_valid, moving_valid=b_valid)


def lie_alike(first: Scene, second: Scene) -> bool:
    """Tell whether two images probably lie on each other as they are.

    They do if both are georeferenced, or if neither is and they have the same pixels.
    """
    if first.georeferenced or second.georeferenced:
        return first.georeferenced and second.georeferenced
    return (first.height, first.width, first.gsd_m) == (second.height, second.width, second.gsd_m)


def _frame_shape(prepared: Prepared, grid: SiteGrid) -> tuple[int, int]:
    factor = prepared.scene.gsd_m / grid.gsd_m
    return max(1, round(prepared.scene.height * factor)), max(1, round(prepared.scene.width * factor))


def _overview(prepared: Prepared, to_scene: ToScene, shape: tuple[int, int], step: int) -> tuple[Image, Mask, Mask]:
    """Read what is matched: the image, where there are data, and where they show the ground."""
    window = (0, max(1, shape[0] // step), 0, max(1, shape[1] // step))
    with PlacedReader(prepared.scene, to_scene, bands=display_bands(prepared.scene), step=step) as reader:
        image, valid = reader.stored(window)
    shown = valid if prepared.ground.mask.all() else valid & _looked_up(prepared.ground, to_scene, window, step)
    return image.astype(np.float32, copy=False), valid, shown


def _looked_up(mask: CoarseMask, to_scene: ToScene, window: Span, step: int) -> Mask:
    return mask.at(*scene_coordinates(to_scene, window, step=step))


def _enlarged(found: Alignment, step: int) -> Alignment:
    """Bring an alignment from pixels that are `step` times larger to those of the grid."""
    if step == 1:
        return found
    linear = found.matrix[:, :2]
    shift = step * found.matrix[:, 2] + 0.5 * (1 - step) * (linear.sum(1) - 1)
    matrix: Matrix = np.column_stack([linear, shift])
    p = found.points
    points = replace(
        p,
        col=(p.col + 0.5) * step - 0.5,
        row=(p.row + 0.5) * step - 0.5,
        dcol=p.dcol * step,
        drow=p.drow * step,
    )
    field = None if found.field is None else found.field * np.float32(step)
    supported = None if found.supported is None else replace(found.supported, side=found.supported.side * step)
    return replace(
        found,
        matrix=matrix,
        residual_px=found.residual_px * step,
        points=points,
        field=field,
        field_step=found.field_step * step,
        supported=supported,
    )


def place_all(
    scenes: Sequence[Prepared], grid: SiteGrid, *, seed: int = 0, progress: Progress = silent
) -> tuple[tuple[Placement | None, ...], tuple[AlignmentRecord, ...]]:
    """Place every scene on the grid; None where a scene cannot be placed, with the reason in its record."""
    reference = choose_reference(scenes, grid)
    placed = []
    for k, scene in enumerate(scenes):
        progress(k, len(scenes), "alignment")
        placed.append(_place(scene, reference, grid, seed=seed))
    progress(len(scenes), len(scenes), "alignment")
    return tuple(p for p, _ in placed), tuple(r for _, r in placed)


def choose_reference(scenes: Sequence[Prepared], grid: SiteGrid) -> Prepared:
    """Choose the scene that the others are brought to: the first where it is its grid, else the finest clear map."""
    if not grid.georeferenced:
        return scenes[0]
    located = [s for s in scenes if s.scene.georeferenced]
    return min(
        located,
        key=lambda s: (s.scene.ground is not None, s.scene.gsd_m, s.clear.mask.mean() < 0.8, s.scene.date, s.scene.id),
    )


def _place(
    prepared: Prepared, reference: Prepared, grid: SiteGrid, *, seed: int
) -> tuple[Placement | None, AlignmentRecord]:
    frame = frame_of(prepared, grid)
    trusted = Placement(prepared.scene, frame, None, prepared.clear)
    if prepared is reference:
        return trusted, _record("reference", "none", IDENTITY)
    found = align(reference, prepared, grid, seed=seed, rests=lie_alike(reference.scene, prepared.scene))
    if isinstance(found, Alignment):
        return replace(trusted, alignment=found), _record(
            "aligned", found.model, found.matrix, found.residual_px * grid.gsd_m, found.support
        )
    if isinstance(frame, ScaledFrame):
        return None, _record("refused", "none", IDENTITY, reason=found.reason)
    return trusted, _record("georeference", "none", IDENTITY, reason=found.reason)


def _record(
    status: AlignmentStatus,
    model: str,
    matrix: Matrix,
    residual_m: float | None = None,
    support: float | None = None,
    reason: str | None = None,
) -> AlignmentRecord:
    return AlignmentRecord(status, model, tuple(float(v) for v in matrix.ravel()), residual_m, support, reason)
