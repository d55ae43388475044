"""Figures for print: counts over time, and each pair side by side with what was found."""

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np

from sitedelta.counts.series import CountSeries, count_series
from sitedelta.records import Observation, Status
from sitedelta.report import geometry
from sitedelta.report.canvas import new_figure, plain
from sitedelta.report.chart import near
from sitedelta.report.findings import Findings
from sitedelta.report.plain import line
from sitedelta.report.sidebyside import Sides
from sitedelta.running.manifest import GridRecord, PairRecord
from sitedelta.words.sentences import SITE_ZONE, change_sentence, place_names, site_change, things
from sitedelta.words.statements import Beside, beside
from sitedelta.words.wording import because, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BLUE, _GAP, _GREEN = "#1d5a96", "#8a5a00", "#1b6e3c"
_QUOTE_CHARS = 140
"""Characters of a line under the charts."""
_GAP_CHARS = 40
"""Characters of a line that stands upright within a chart."""


def counts_figure(findings: Findings) -> "Figure":
    """Draw the counts of each zone and class over time, with intervals; dates not observable are hatched."""
    names = place_names(findings.manifest) | {SITE_ZONE: "whole site"}
    series = count_series(findings.observations, list(names))
    columns = min(2, max(1, len(series)))
    lines = max(1, -(-len(series) // columns))
    figure = new_figure(5.2 * columns, 2.7 * lines + 0.5)
    said = beside(findings.manifest, findings.observations)
    for n, own in enumerate(series):
        zone = own.rows[0].zone
        _counts(figure.add_subplot(lines, columns, n + 1), own, names.get(zone, zone), said)
    under = [*map(_quoted, said), _sources(findings)]
    if any(o.reviewed_count is not None for o in findings.observations):
        under.insert(0, "Diamonds: with what people decided about the findings taken in.")
    figure.supxlabel(plain("\n".join(under)), x=0.01, ha="left", fontsize=7)
    figure.suptitle(
        plain(line(f"{findings.manifest.name}: counts with 90 % intervals")), x=0.01, ha="left", fontsize=11
    )
    return figure


def _quoted(said: Beside) -> str:
    """Give a statement as a line under the charts."""
    source = f" ({said.statement.source})" if said.statement.source else ""
    return "\n".join(wrap(line(f"{said.number}: {said.quoted}{source}"), _QUOTE_CHARS))


def _sources(findings: Findings) -> str:
    """Give who published the images, as a line under the charts."""
    named = dict.fromkeys(line(r.scene.source or "") for r in findings.manifest.scenes)
    return "\n".join(wrap(f"Images: {'; '.join(filter(None, named)) or 'source not given'}", _QUOTE_CHARS))


def _counts(axes: "Axes", series: CountSeries, place: str, said: Sequence[Beside]) -> None:
    from matplotlib.dates import date2num
    from matplotlib.ticker import MaxNLocator

    rows = sorted((*series.compared, *series.parts, *series.apart, *series.gaps), key=lambda o: (o.date, o.scene))
    days = [float(date2num(o.date)) for o in rows]  # type: ignore[no-untyped-call]  # matplotlib's own
    for at, o in zip(days, rows, strict=True):
        if o.status is Status.NOT_OBSERVABLE or o.count is None:
            _gap(axes, at, o)
        else:
            _point(axes, at, o, o.count)
        _reviewed(axes, at, o)
    for s in near(said, [o.date for o in rows]):
        at = float(date2num(s.statement.date))  # type: ignore[no-untyped-call]  # matplotlib's own
        axes.axvline(at, color=_BLUE, lw=0.9, ls=":")
        axes.annotate(
            f"{s.number}",
            (at, 1.0),
            xytext=(3, 0),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            fontsize=7,
            color=_BLUE,
            va="top",
        )
    axes.set_title(plain(line(f"{things(series.compared or rows)}, {place}")), fontsize=9, loc="left")
    axes.set_ylim(
        0, 1.15 * max([1, *(v or 0 for o in rows for v in (o.count, o.high, o.reviewed_count, o.reviewed_high))])
    )
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
    axes.plot([at], [count], "o", color=_BLUE, ms=6, mfc="white" if hollow else _BLUE, clip_on=False, zorder=3)
    if o.status is Status.PARTLY:
        text = f"{percent(o.share_observed)} seen"
        axes.annotate(text, (at, count), xytext=(6, 4), textcoords="offset points", fontsize=6)


def _reviewed(axes: "Axes", at: float, o: Observation) -> None:
    """Draw beside the machine's count the one with what people said taken in."""
    from matplotlib.transforms import ScaledTranslation

    if o.reviewed_count is None:
        return
    beside = axes.transData + ScaledTranslation(7 / 72, 0, axes.figure.dpi_scale_trans)
    low, high = (o.reviewed_count if v is None else v for v in (o.reviewed_low, o.reviewed_high))
    axes.plot([at, at], [low, high], color=_GREEN, lw=1.2, marker="_", ms=5, transform=beside)
    axes.plot([at], [o.reviewed_count], "D", color=_GREEN, ms=4.5, clip_on=False, zorder=3, transform=beside)


def _gap(axes: "Axes", at: float, o: Observation) -> None:
    axes.axvline(at, color=_GAP, lw=10, alpha=0.16)
    words = wrap(
        line(f"not observable{because(o.reason)}"), _GAP_CHARS, max_lines=2, placeholder=" \N{HORIZONTAL ELLIPSIS}"
    )
    said = axes.annotate(
        plain("\n".join(words)),
        (at, 0.03),
        xycoords=("data", "axes fraction"),
        rotation=90,
        fontsize=6,
        color=_GAP,
        ha="center",
        annotation_clip=False,
    )
    said.set_in_layout(False)  # else a long reason would leave the chart no height


def _label_days(axes: "Axes", days: Sequence[float], rows: Sequence[Observation]) -> None:
    """Label the last date, and the others from the first on that leave room."""
    room = (days[-1] - days[0]) / 7
    kept = [len(days) - 1]
    for n in range(len(days) - 1):
        if all(abs(days[n] - days[k]) > room for k in kept):
            kept.append(n)
    dates = [rows[n].date for n in kept]
    axes.set_xticks([days[n] for n in kept], [f"{d.day} {d:%b}\n{d.year}" for d in dates])


def pair_sides(findings: Findings, pair: PairRecord, before: np.ndarray | None, after: np.ndarray | None) -> Sides:
    """Give both dates side by side with changed ground and what arrived, departed and stayed, ready to be drawn.

    Parameters
    ----------
    before, after : ndarray of shape (M, N, B), uint8, optional
        The scenes on the site grid, reduced; None where there is no image.
    """
    grid = findings.manifest.grid
    whole = site_change(findings.zone_changes_of(pair), pair)
    told = change_sentence(findings.manifest, pair, len(findings.changes_of(pair)), whole).text
    return Sides(
        grid=grid,
        scenes=(findings.scene(pair.before).scene, findings.scene(pair.after).scene),
        images=(before, after),
        cell=next((grid.width / i.shape[1] for i in (before, after) if i is not None), 1.0),
        changes=findings.changes_of(pair),
        events=findings.events_of(pair),
        title=f"{findings.manifest.name}\n{told}",
        note=f"{where(grid)}Marks by sitedelta {findings.manifest.software.get('sitedelta', '')}".rstrip(),
    )


def where(grid: GridRecord) -> str:
    """Give the middle of a grid as the beginning of a line; nothing without georeference."""
    place = geometry.centre(grid)
    if place is None:
        return ""
    row, col = (grid.height - 1) / 2, (grid.width - 1) / 2
    return f"Centre {geometry.coordinates(grid, row=row, col=col, lon=place[0], lat=place[1])}. "
