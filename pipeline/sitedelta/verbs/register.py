"""Bring one image onto the grid of another."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from rasterdelta.registration.result import Alignment, ModelChoice, Refusal
from rasterdelta.registration.uncertainty import uncertainty
from sitedelta.alignment.align import align
from sitedelta.alignment.placement import Placement
from sitedelta.alignment.warp import PlacedReader, scene_coordinates
from sitedelta.errors import InputError
from sitedelta.files.given import PathLike, given
from sitedelta.files.rasterfile import Block, Layout, write_cog
from sitedelta.files.store import write_text
from sitedelta.grid import SiteGrid, scene_grid
from sitedelta.imagery.prepare import prepare
from sitedelta.progress import Progress, silent
from sitedelta.raster import describe
from sitedelta.running.tiles import cut
from sitedelta.verbs.images import image_summary, open_images, refused, stand

if TYPE_CHECKING:
    import xarray as xr

_ANY_GSD_M = 1.0
"""Stands for the pixels of images that carry no ground sampling distance: only their ratio matters, and it is found."""

_SMALL = 4096
"""Pixels on the longer side up to which a viewer needs no reduced copies."""
_SAMPLED = 16
"""Pixels between the places at which the observable share is looked up."""


def register(
    reference: str | Path,
    moving: str | Path,
    *,
    out: PathLike | None = None,
    field: PathLike | None = None,
    points: PathLike | None = None,
    model: str = "auto",
    dem: PathLike | None = None,
    progress: Progress = silent,
) -> "xr.DataArray":
    """Bring a moving image onto the pixel grid of a reference.

    The parameters and errors are those of `register_files`; `out` may be omitted.

    Returns
    -------
    DataArray
        The aligned image (band, y, x) with `attrs["valid"]`, True where it shows the ground; `attrs["summary"]` is
        JSON-ready.
    """
    from sitedelta.imagery.arrays import read_dataarray

    with TemporaryDirectory() as folder:
        target = given(out) or Path(folder) / "aligned.tif"
        summary = register_files(
            reference,
            moving,
            out=target,
            field=given(field),
            points=given(points),
            model=model,
            dem=given(dem),
            progress=progress,
        )
        found = read_dataarray(target)
    return found.assign_attrs(summary=summary)


def register_files(
    reference: str | Path,
    moving: str | Path,
    *,
    out: Path,
    field: Path | None = None,
    points: Path | None = None,
    model: str = "auto",
    dem: Path | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Bring a moving image onto the pixel grid of a reference, and write it.

    Parameters
    ----------
    out
        GeoTIFF for the aligned image, in the moving image's own bands and data type, with a mask: nothing is shown
        where no tie points bear the alignment out.
    field
        GeoTIFF for the displacement: float32 bands dcol and drow in pixels; moving(col + dcol, row + drow) shows the
        ground of reference(col, row). NaN where the moving image does not reach, and where no tie points bear the
        alignment out.
    points
        CSV for the tie points: col, row, dcol, drow, quality, inlier, uncertainty (standard deviation an axis of the
        displacement, in pixels of the reference, from what points of like quality miss).
    model
        How one image may differ from the other: auto, shift, affine or field.
    dem
        Digital elevation model, for images that were not rectified.

    Returns
    -------
    dict
        JSON-ready: the images, the model, its matrix, residual and support.

    Raises
    ------
    InputError
        An image cannot be used, or the model is unknown.
    RegistrationRefused
        The match cannot be trusted; nothing is written.
    """
    chosen = _known(model)
    has_scale = all(describe(Path(p)).gsd_known for p in (reference, moving))
    first, second = open_images(reference, moving, gsd=None if has_scale else _ANY_GSD_M, dem=dem)
    progress(0, 2, "matching")
    with ThreadPoolExecutor(2) as pool:
        before, after = pool.map(prepare, (first, second))
    grid = scene_grid(first)
    found = align(before, after, grid, model=chosen, same_scale=has_scale)
    if isinstance(found, Refusal):
        raise refused(first, second, found)
    progress(1, 2, "resampling")
    placement = stand(after, grid, found)
    layout = Layout(len(second.bands), second.dtype, second.bands, overviews=max(grid.shape) > _SMALL)
    write_cog(out, _blocks(placement, grid), grid, layout, tags={})
    if field is not None:
        layout = Layout(2, "float32", ("dcol", "drow"), nodata=float("nan"), overviews=False)
        write_cog(field, _displacements(placement, grid), grid, layout, tags={})
    if points is not None:
        write_text(points, _csv(found, placement))
    progress(2, 2, "resampling")
    return {
        "reference": image_summary(first),
        "moving": image_summary(second),
        "model": found.model,
        "note": _note(found, chosen),
        "matrix": [float(v) for v in found.matrix.ravel()],
        "residual_px": round(found.residual_px, 4),
        "support": round(found.support, 4),
        "observable": round(_observable(placement, grid), 4),
        "tie_points": len(found.points.col),
        "inliers": int(found.points.inlier.sum()),
    }


def _known(model: str) -> ModelChoice:
    choices: tuple[ModelChoice, ...] = get_args(ModelChoice)
    for choice in choices:
        if choice == model:
            return choice
    msg = f"unknown registration model {model!r}: choose one of {', '.join(choices)}"
    raise InputError(msg)


def _blocks(placement: Placement, grid: SiteGrid) -> Iterator[Block]:
    scene = placement.scene
    dtype = np.dtype(scene.dtype)
    bands = range(len(scene.bands))
    for tile in cut(grid.shape, halo=0):
        with PlacedReader(scene, placement.to_scene, bands=bands, supported=placement.supported_at) as reader:
            image, valid = reader.read(tile.core)
        if np.issubdtype(dtype, np.integer):
            limits = np.iinfo(dtype)
            image = np.clip(np.round(image), limits.min, limits.max)
        yield tile.row0, tile.col0, image.astype(dtype), valid


def _displacements(placement: Placement, grid: SiteGrid) -> Iterator[Block]:
    scene = placement.scene
    for tile in cut(grid.shape, halo=0):
        row0, row1, col0, col1 = tile.core
        rows, cols = np.meshgrid(np.arange(row0, row1, dtype=float), np.arange(col0, col1, dtype=float), indexing="ij")
        r, c = scene_coordinates(placement.to_scene, tile.core)
        inside = (r >= 0) & (r <= scene.height - 1) & (c >= 0) & (c <= scene.width - 1)
        inside &= placement.supported_at(rows, cols)
        shift = np.where(inside, np.stack([c - cols, r - rows]), np.nan)
        yield tile.row0, tile.col0, shift.astype(np.float32), None


def _note(found: Alignment, asked: ModelChoice) -> str:
    if asked != "auto":
        return f"{found.model}, as asked"
    return f"{found.model}: the simplest model that is as good as any at ground held out of the fit"


def _observable(placement: Placement, grid: SiteGrid) -> float:
    """Give the share of the grid on which tie points bear the alignment out, and which the image reaches."""
    rows, cols = (np.arange(_SAMPLED // 2, n, _SAMPLED, dtype=float) for n in grid.shape)
    rr, cc = np.meshgrid(rows, cols, indexing="ij")
    return float(placement.seen_at(rr, cc).mean()) if rr.size else 1.0


def _csv(found: Alignment, placement: Placement) -> str:
    p = found.points
    r, c = placement.frame.to_scene(p.row + p.drow, p.col + p.dcol)
    table = np.stack([p.col, p.row, c - p.col, r - p.row, p.quality, p.inlier, uncertainty(found)], axis=1)
    lines = [f"{c:.3f},{r:.3f},{dc:.4f},{dr:.4f},{q:.4f},{int(i)},{u:.4f}" for c, r, dc, dr, q, i, u in table]
    return "\n".join(["col,row,dcol,drow,quality,inlier,uncertainty", *lines, ""])
