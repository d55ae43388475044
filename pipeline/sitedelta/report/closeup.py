"""A pair's figure as a function: the whole site, or one place at the images' own resolution."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import shapely
from affine import Affine

from sitedelta.errors import InputError
from sitedelta.records import ChangeRegion, Event
from sitedelta.report import geometry, images
from sitedelta.report.figures import pair_sides, where
from sitedelta.report.findings import Findings
from sitedelta.report.sidebyside import Sides
from sitedelta.running.manifest import GridRecord, PairRecord

LONG_SIDE = 1600
"""Pixels of an image in a figure."""
_LEAST = 8
"""Pixels of the site grid on a side of the smallest place that is shown."""


def whole(findings: Findings, pair: PairRecord) -> Sides:
    """Give the figure of a pair over the whole site, ready to be drawn."""
    rasters = (findings.scene(s).raster for s in (pair.before, pair.after))
    views = [images.overview(findings.root / r, long_side=LONG_SIDE) if r else None for r in rasters]
    return pair_sides(findings, pair, *views)


def closeup(findings: Findings, pair: PairRecord, at: tuple[float, float], side_m: float) -> Sides:
    """Give the figure of a square around one place, ready to be drawn.

    Parameters
    ----------
    at
        Longitude and latitude; column and row of the site grid without georeference.
    side_m
        Side of the square, metres.

    Raises
    ------
    InputError
        The place is not on the site.
    """
    grid = findings.manifest.grid
    col, row = at if grid.crs_wkt is None else geometry.pixels(grid, np.array([at], np.float64))[0]
    if not (-0.5 <= row < grid.height - 0.5 and -0.5 <= col < grid.width - 0.5):
        raise InputError(f"{at} is not on site {findings.manifest.site}; give longitude and latitude, in this order")
    side = max(_LEAST, round(side_m / grid.gsd_m))
    window = images.Window(float(row), float(col), side)
    top, left = window.corner
    rasters = (findings.scene(s).raster for s in (pair.before, pair.after))
    views = [images.chip(findings.root / r, window, most=LONG_SIDE) if r else None for r in rasters]
    sides, part = pair_sides(findings, pair, *views), _part(grid, top, left, side)
    place = where(part) or f"Centre row {row:.0f}, column {col:.0f}. "
    return replace(
        sides,
        grid=part,
        title=f"{findings.manifest.name}\n{place}",
        note=sides.note.removeprefix(where(grid)),
        cell=next((side / v.shape[1] for v in views if v is not None), 1.0),
        changes=_moved(findings.changes_of(pair), grid, top, left),
        events=[_shifted(e, top, left) for e in sides.events if _within(e, top, left, side)],
    )


def _part(grid: GridRecord, top: int, left: int, side: int) -> GridRecord:
    affine = Affine(*grid.affine) * Affine.translation(left, top)
    return replace(grid, height=side, width=side, affine=tuple(affine)[:6])


def _within(e: Event, top: int, left: int, side: int) -> bool:
    return top <= e.site_row < top + side and left <= e.site_col < left + side


def _shifted(e: Event, top: int, left: int) -> Event:
    return replace(e, site_row=e.site_row - top, site_col=e.site_col - left)


def _moved(regions: Sequence[ChangeRegion], grid: GridRecord, top: int, left: int) -> Sequence[ChangeRegion]:
    """Give outlines in pixels of the part; those in degrees lie where they lie."""
    if grid.crs_wkt is not None:
        return regions
    return [replace(c, polygon=shapely.affinity.translate(c.polygon, -left, -top)) for c in regions]
