"""Two dates side by side, with what was found drawn on both."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from sitedelta.dates import has_date
from sitedelta.manifest import GridRecord
from sitedelta.records import ChangeRegion, Event, EventKind
from sitedelta.report import geometry
from sitedelta.report.canvas import new_figure, plain, to_png
from sitedelta.report.chips import region_rings
from sitedelta.scene import Scene
from sitedelta.wording import metres, moment

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_CHANGED = "#fff04d"
_MARKS = {
    EventKind.STAYED: ("D", "#ffffff", "stayed", "solid"),
    EventKind.DEPARTED: ("s", "#ffb000", "departed", "dashed"),
    EventKind.ARRIVED: ("o", "#5ec8ff", "arrived", "solid"),
}


@dataclass(frozen=True, slots=True)
class Sides:
    """What is to be drawn."""

    grid: GridRecord
    scenes: tuple[Scene, Scene]
    """Before and after."""
    images: tuple[np.ndarray | None, np.ndarray | None]
    """Of shape (M, N, B), uint8: the scenes on the grid, reduced; None where there is no image."""
    cell: float
    """Grid pixels on the side of their pixels."""
    changes: Sequence[ChangeRegion]
    events: Sequence[Event]
    title: str


def side_by_side(sides: Sides) -> bytes:
    """Draw both dates with changed ground and what arrived, departed and stayed, as PNG."""
    grid = sides.grid
    figure = new_figure(12.0, 6.0 * grid.height / grid.width + 1.5)
    for n, role in enumerate(("Before", "After")):
        axes = figure.add_subplot(1, 2, n + 1)
        _scene(axes, sides, n, role)
        _changes(axes, sides)
        _events(axes, sides)
    figure.suptitle(plain(sides.title), x=0.01, ha="left", fontsize=10)
    _legend(figure, sides)
    return to_png(figure)


def _legend(figure: "Figure", sides: Sides) -> None:
    """Explain the marks that are there, all at one size."""
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=_CHANGED, label="changed ground")] if sides.changes else []
    kinds = {e.kind for e in sides.events}
    for kind, (marker, colour, label, _) in _MARKS.items():
        if kind in kinds:
            mark = Line2D([], [], marker=marker, markeredgecolor=colour, markerfacecolor="none", linestyle="none")
            mark.set(label=label, markersize=8)
            handles.append(mark)
    if handles:
        style: dict[str, Any] = {
            "fontsize": 8,
            "facecolor": "#59615a",
            "labelcolor": "white",
            "edgecolor": "none",
            "framealpha": 1,
        }
        figure.legend(handles=handles, loc="outside lower left", ncols=5, **style)


def _scene(axes: "Axes", sides: Sides, n: int, role: str) -> None:
    grid, scene, image = sides.grid, sides.scenes[n], sides.images[n]
    axes.set_xlim(-0.5, grid.width - 0.5)
    axes.set_ylim(grid.height - 0.5, -0.5)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_facecolor("#6d726f")
    when = moment(scene.date, scene.date_precision) if has_date(scene) else "date unknown"
    axes.set_title(f"{role}: {when}", fontsize=10, loc="left")
    source = scene.source or f"not given ({scene.originals[0].name})"
    told = f"{scene.sensor or 'sensor not given'}, {metres(scene.gsd_m)} per pixel. Source: {source}"
    axes.set_xlabel(plain(fill(told, 110)), fontsize=7, loc="left")
    if image is not None:
        shown = image if image.shape[-1] == 3 else image[..., 0]
        box = (-0.5, image.shape[1] * sides.cell - 0.5, image.shape[0] * sides.cell - 0.5, -0.5)
        axes.imshow(shown, cmap="gray", vmin=0, vmax=255, extent=box, interpolation="antialiased")
    _furniture(axes, grid)


def _furniture(axes: "Axes", grid: GridRecord) -> None:
    """Draw the scale bar and the north arrow."""
    from matplotlib.patheffects import withStroke

    white: dict[str, Any] = {"color": "white", "path_effects": [withStroke(linewidth=2.5, foreground="black")]}
    bar = geometry.scale_bar_m(grid.width * grid.gsd_m)
    axes.plot(
        [0.03, 0.03 + bar / (grid.width * grid.gsd_m)],
        [0.04, 0.04],
        lw=3,
        solid_capstyle="butt",
        transform=axes.transAxes,
        **white,
    )
    axes.text(0.03, 0.06, metres(bar), fontsize=8, transform=axes.transAxes, **white)
    north = geometry.north_deg(grid)
    if north is None:
        axes.text(0.97, 0.03, "north unknown", fontsize=7, ha="right", transform=axes.transAxes, **white)
        return
    east, up = 20 * np.sin(np.radians(north)), 20 * np.cos(np.radians(north))
    arrow = {"arrowstyle": "<|-", "color": "white", "lw": 1.6, "path_effects": white["path_effects"]}
    axes.annotate(
        "N",
        (0.96, 0.05),
        xycoords="axes fraction",
        xytext=(east, up),
        textcoords="offset points",
        ha="center",
        va="center",
        fontsize=9,
        arrowprops=arrow,
        **white,
    )


def _changes(axes: "Axes", sides: Sides) -> None:
    from matplotlib.collections import LineCollection

    rings = [ring for c in sides.changes for ring in region_rings(sides.grid, c)]
    axes.add_collection(LineCollection(rings, colors=_CHANGED, linewidths=1.1))


def _events(axes: "Axes", sides: Sides) -> None:
    grid = sides.grid
    for kind, (marker, colour, _, dash) in _MARKS.items():
        own = [e for e in sides.events if e.kind is kind]
        if own:
            axes.scatter(
                [e.site_col for e in own],
                [e.site_row for e in own],
                s=[max(9.0, 1.3 * e.length_m / grid.gsd_m / grid.width * 430) ** 2 for e in own],
                marker=marker,
                facecolors="none",
                edgecolors=colour,
                linewidths=1.2,
                linestyles=dash,
            )
