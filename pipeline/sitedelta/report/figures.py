"""Figures for print, as PNG: counts over time, and each pair side by side with what was found."""

import io
from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from sitedelta.manifest import PairRecord, SceneRecord
from sitedelta.records import EventKind, Observation, Status
from sitedelta.report import geometry
from sitedelta.report.chips import region_rings
from sitedelta.report.findings import Findings
from sitedelta.sentences import SITE_ZONE, change_sentence, place_names, things
from sitedelta.series import CountSeries, count_series
from sitedelta.wording import because, metres, moment, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BLUE, _GAP, _CHANGED = "#1d5a96", "#8a5a00", "#fff04d"
_MARKS = {
    EventKind.STAYED: ("D", "#ffffff", "stayed", "solid"),
    EventKind.DEPARTED: ("s", "#ffb000", "departed", "dashed"),
    EventKind.ARRIVED: ("o", "#5ec8ff", "arrived", "solid"),
}


def counts_png(findings: Findings) -> bytes:
    """Draw the counts of each zone and class over time, with intervals; dates not observable are hatched."""
    names = place_names(findings.manifest) | {SITE_ZONE: "whole site"}
    series = count_series(findings.observations, list(names))
    columns = min(2, max(1, len(series)))
    lines = max(1, -(-len(series) // columns))
    figure = _figure(5.2 * columns, 2.7 * lines + 0.5)
    for n, own in enumerate(series):
        zone = own.rows[0].zone
        _counts(figure.add_subplot(lines, columns, n + 1), own, names.get(zone, zone))
    figure.suptitle(_safe(f"{findings.manifest.name}: counts with 90 % intervals"), x=0.01, ha="left", fontsize=11)
    return _png(figure)


def _figure(width: float, height: float) -> "Figure":
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=160, layout="constrained", facecolor="white")


def _png(figure: "Figure") -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    out = io.BytesIO()
    figure.set_canvas(FigureCanvasAgg(figure))
    figure.savefig(out, format="png", metadata={"Software": None}, pil_kwargs={"compress_level": 4})
    return out.getvalue()


def _safe(text: str) -> str:
    """Keep what a user wrote from being read as mathematics."""
    return text.replace("$", r"\$")


def _counts(axes: "Axes", series: CountSeries, place: str) -> None:
    from matplotlib.dates import date2num
    from matplotlib.ticker import MaxNLocator

    rows = sorted((*series.compared, *series.parts, *series.apart, *series.gaps), key=lambda o: (o.date, o.scene))
    days = [float(date2num(o.date)) for o in rows]  # type: ignore[no-untyped-call]  # matplotlib's own
    for at, o in zip(days, rows, strict=True):
        if o.status is Status.NOT_OBSERVABLE or o.count is None:
            _gap(axes, at, o)
        else:
            _point(axes, at, o, o.count)
    axes.set_title(_safe(f"{things(series.compared or rows)}, {place}"), fontsize=9, loc="left")
    axes.set_ylim(0, 1.15 * max([1, *(o.high or o.count or 0 for o in rows)]))
    _label_days(axes, days, rows)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    axes.tick_params(labelsize=7)
    axes.margins(x=0.12)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", lw=0.4, color="#dddddd")


def _point(axes: "Axes", at: float, o: Observation, count: int) -> None:
    low, high = (count if v is None else v for v in (o.low, o.high))
    axes.plot([at, at], [low, high], color=_BLUE, lw=1.6, marker="_", ms=7)
    hollow = count == 0 or o.status is Status.PARTLY
    axes.plot([at], [count], "o", color=_BLUE, ms=6, mfc="white" if hollow else _BLUE)
    if o.status is Status.PARTLY:
        text = f"{percent(o.share_observed)} seen"
        axes.annotate(text, (at, count), xytext=(6, 4), textcoords="offset points", fontsize=6)


def _gap(axes: "Axes", at: float, o: Observation) -> None:
    axes.axvline(at, color=_GAP, lw=10, alpha=0.16)
    text = _safe(f"not observable{because(o.reason)}")
    axes.annotate(
        text,
        (at, 0.03),
        xycoords=("data", "axes fraction"),
        rotation=90,
        fontsize=6,
        color=_GAP,
        ha="center",
        annotation_clip=False,
    )


def _label_days(axes: "Axes", days: Sequence[float], rows: Sequence[Observation]) -> None:
    """Label the last date, and the others from the first on that leave room."""
    room = (days[-1] - days[0]) / 7
    kept = [len(days) - 1]
    for n in range(len(days) - 1):
        if all(abs(days[n] - days[k]) > room for k in kept):
            kept.append(n)
    dates = [rows[n].date for n in kept]
    axes.set_xticks([days[n] for n in kept], [f"{d.day} {d:%b}\n{d.year}" for d in dates])


def pair_png(findings: Findings, pair: PairRecord, before: np.ndarray | None, after: np.ndarray | None) -> bytes:
    """Draw both dates side by side with changed ground and what arrived, departed and stayed.

    Parameters
    ----------
    before, after : ndarray of shape (M, N, B), uint8, optional
        The scenes on the site grid, reduced; None where there is no image.
    """
    grid = findings.manifest.grid
    figure = _figure(12.0, 6.0 * grid.height / grid.width + 1.5)
    for n, (scene, image, role) in enumerate(((pair.before, before, "Before"), (pair.after, after, "After"))):
        axes = figure.add_subplot(1, 2, n + 1)
        _scene(axes, findings, findings.scene(scene), image, role)
        _marks(axes, findings, pair)
    told = change_sentence(findings.manifest, pair, len(findings.changes_of(pair))).text
    figure.suptitle(_safe(f"{findings.manifest.name}\n{told}"), x=0.01, ha="left", fontsize=10)
    _legend(figure, findings, pair)
    return _png(figure)


def _legend(figure: "Figure", findings: Findings, pair: PairRecord) -> None:
    """Explain the marks that are there, all at one size."""
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=_CHANGED, label="changed ground")] if findings.changes_of(pair) else []
    kinds = {e.kind for e in findings.events_of(pair)}
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


def _scene(axes: "Axes", findings: Findings, record: SceneRecord, image: np.ndarray | None, role: str) -> None:
    grid, s = findings.manifest.grid, record.scene
    axes.set_xlim(-0.5, grid.width - 0.5)
    axes.set_ylim(grid.height - 0.5, -0.5)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_facecolor("#6d726f")
    axes.set_title(f"{role}: {moment(s.date, s.date_precision)}", fontsize=10, loc="left")
    told = f"{s.sensor or 'sensor not given'}, {metres(s.gsd_m)} per pixel. Source: {s.source or 'not given'}"
    axes.set_xlabel(_safe(fill(told, 110)), fontsize=7, loc="left")
    if image is not None:
        shown = image if image.shape[-1] == 3 else image[..., 0]
        box = (-0.5, grid.width - 0.5, grid.height - 0.5, -0.5)
        axes.imshow(shown, cmap="gray", vmin=0, vmax=255, extent=box, interpolation="antialiased")
    _furniture(axes, findings)


def _furniture(axes: "Axes", findings: Findings) -> None:
    """Draw the scale bar and the north arrow."""
    from matplotlib.patheffects import withStroke

    grid = findings.manifest.grid
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


def _marks(axes: "Axes", findings: Findings, pair: PairRecord) -> None:
    grid = findings.manifest.grid
    for c in findings.changes_of(pair):
        for ring in region_rings(grid, c):
            axes.plot(ring[:, 0], ring[:, 1], color=_CHANGED, lw=1.1)
    for kind, (marker, colour, _, dash) in _MARKS.items():
        own = [e for e in findings.events_of(pair) if e.kind is kind]
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
