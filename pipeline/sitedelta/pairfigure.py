"""The picture of two images side by side, with what was found drawn on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sitedelta.bands import display_bands
from sitedelta.changes import ChangeMap
from sitedelta.grid import SiteGrid
from sitedelta.ingest import has_date
from sitedelta.placement import Placement
from sitedelta.prepare import Prepared
from sitedelta.records import Event, EventKind
from sitedelta.store import written_aside
from sitedelta.warp import fitted_size, read_placed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from sitedelta.verbs.images import ImagePair

_MOST = 1100
_CHANGED = "#ff2d95"
_MARKS = {
    EventKind.ARRIVED: ("#2f7bff", "^", "arrived"),
    EventKind.DEPARTED: ("#ff4d2e", "v", "departed"),
    EventKind.STAYED: ("#f2f2f2", "o", "stayed"),
    EventKind.NOT_OBSERVABLE: ("#ffd000", "x", "not observable"),
}


@dataclass(frozen=True, slots=True)
class _Panel:
    image: NDArray[np.float32]
    """(row, column, 3), 0..1."""
    caption: str


def draw_change(path: Path, images: "ImagePair", found: ChangeMap) -> None:
    """Draw both images and outline what changed."""
    axes, save = _side_by_side(images)
    rows, cols = found.change.shape
    height, width = images.grid.shape
    extent = (-0.5, width - 0.5, height - 0.5, -0.5)
    step = max(1, -(-max(rows, cols) // _MOST))
    changed = found.changed[: rows // step * step, : cols // step * step]
    share = changed.reshape(rows // step, step, cols // step, step).mean((1, 3))
    for ax in axes:
        if min(share.shape) > 1:
            ax.contour(share, levels=[0.5 / step], colors=_CHANGED, linewidths=0.9, extent=extent, origin="upper")
    title = f"changed (outlined): {found.share_changed:.1%} of the {found.share_observed:.0%} that both dates show"
    save(path, title)


def draw_events(path: Path, images: "ImagePair", events: Sequence[Event]) -> None:
    """Draw both images and mark what arrived, departed and stayed."""
    axes, save = _side_by_side(images)
    counts = []
    for kind, (colour, marker, name) in _MARKS.items():
        found = [e for e in events if e.kind is kind]
        counts.append(f"{len(found)} {name}")
        for side, ax in enumerate(axes):
            here = [e for e in found if (e.object_before, e.object_after)[side] is not None]
            ax.scatter(
                [e.site_col for e in here],
                [e.site_row for e in here],
                s=46,
                marker=marker,
                linewidths=1.2,
                edgecolors=colour,
                facecolors=colour if marker == "x" else "none",
            )
    save(path, ", ".join(counts))


def _side_by_side(images: "ImagePair") -> tuple[list["Axes"], Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    height, width = images.grid.shape
    figure = Figure(figsize=(13, min(13.0, 6.5 * height / width) + 0.9), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = list(figure.subplots(1, 2))
    panels = [
        _panel(p, at, images.grid) for p, at in zip((images.before, images.after), images.placements, strict=True)
    ]
    for ax, panel in zip(axes, panels, strict=True):
        ax.imshow(panel.image, extent=(-0.5, width - 0.5, height - 0.5, -0.5), interpolation="antialiased")
        ax.set_title(panel.caption, fontsize=9, loc="left")
        ax.set(xticks=[], yticks=[], xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
        _scale_bar(ax, images.grid)
        _north(ax, images.grid)

    def save(path: Path, title: str) -> None:
        figure.suptitle(title, fontsize=11, x=0.01, ha="left")
        with written_aside(path) as aside:
            figure.savefig(aside, format="png", metadata={"Software": None})

    return axes, save


def _panel(prepared: Prepared, placement: Placement, grid: SiteGrid) -> _Panel:
    rows, cols, step = fitted_size(*grid.shape, _MOST)
    bands = display_bands(prepared.scene)
    image, valid = read_placed(prepared.scene, placement.to_scene, (0, rows, 0, cols), bands=bands, step=step)
    shown = np.where(valid, prepared.stretch.apply(image), 0.8).transpose(1, 2, 0)
    return _Panel(np.repeat(shown, 3, 2) if shown.shape[2] == 1 else shown, _caption(prepared))


def _caption(prepared: Prepared) -> str:
    scene = prepared.scene
    date = f"{scene.date:%d %B %Y}" if has_date(scene) else "date unknown"
    return f"{date} · {scene.originals[0].name} · {scene.gsd_m:g} m" + (f" · {scene.source}" if scene.source else "")


def _scale_bar(ax: "Axes", grid: SiteGrid) -> None:
    height, width = grid.shape
    length = nice_length(width * grid.gsd_m / 4)
    x, y = 0.03 * width, 0.965 * height
    for colour, thick in (("black", 5), ("white", 2.5)):
        ax.plot([x, x + length / grid.gsd_m], [y, y], color=colour, linewidth=thick, solid_capstyle="butt")
    text = f"{length:g} m" if length < 1000 else f"{length / 1000:g} km"
    _label(ax, x, y - 0.015 * height, text, va="bottom")


def _north(ax: "Axes", grid: SiteGrid) -> None:
    """Draw an arrow to the north, or say that it is not known."""
    height, width = grid.shape
    turn = north_deg(grid)
    if turn is None:
        _label(ax, 0.97 * width, 0.06 * height, "north unknown", ha="right")
        return
    reach = 0.07 * min(height, width)
    x, y = 0.94 * width, 0.1 * height
    dx, dy = reach * np.sin(np.radians(turn)) / 2, -reach * np.cos(np.radians(turn)) / 2
    ax.annotate(
        "", (x + dx, y + dy), (x - dx, y - dy), arrowprops={"arrowstyle": "-|>", "color": "white", "linewidth": 2}
    )
    _label(ax, x + 1.5 * dx, y + 1.5 * dy, "N", ha="center", va="center")


def _label(ax: "Axes", x: float, y: float, text: str, *, ha: str = "left", va: str = "top") -> None:
    from matplotlib.patheffects import withStroke

    outline = [withStroke(linewidth=2.5, foreground="black")]
    ax.text(x, y, text, color="white", fontsize=8, ha=ha, va=va, path_effects=outline)


def nice_length(metres: float) -> float:
    """Give the largest of 1, 2, 5 times a power of ten that is at most `metres`."""
    power = 10.0 ** np.floor(np.log10(metres))
    return float(max(m * power for m in (1, 2, 5) if m * power <= metres))


def north_deg(grid: SiteGrid) -> float | None:
    """Give the direction of north at the grid's centre, degrees clockwise from up; None without georeference."""
    row, col = grid.shape[0] / 2, grid.shape[1] / 2
    found = grid.lonlat(np.array([row, row - 1, row]), np.array([col, col, col + 1]))
    if found is None:
        return None
    lon, lat = found
    squeeze = np.cos(np.radians(lat[0]))
    per_up = np.array([(lon[1] - lon[0]) * squeeze, lat[1] - lat[0]])
    per_right = np.array([(lon[2] - lon[0]) * squeeze, lat[2] - lat[0]])
    right, up = np.linalg.solve(np.column_stack([per_right, per_up]), np.array([0.0, 1.0]))
    return float(np.degrees(np.arctan2(right, up)))
