"""Figures for print: counts over time, and each pair side by side with what was found."""

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np

from sitedelta.manifest import PairRecord
from sitedelta.records import Observation, Status
from sitedelta.report.canvas import new_figure, plain
from sitedelta.report.chart import near
from sitedelta.report.findings import Findings
from sitedelta.report.sidebyside import Sides, side_by_side
from sitedelta.sentences import SITE_ZONE, change_sentence, place_names, site_change, things
from sitedelta.series import CountSeries, count_series
from sitedelta.statements import Beside, beside
from sitedelta.wording import because, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BLUE, _GAP = "#1d5a96", "#8a5a00"
_QUOTE_CHARS = 140
"""Characters of a line under the charts."""


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
    if said:
        figure.supxlabel(plain("\n".join(map(_quoted, said))), x=0.01, ha="left", fontsize=7)
    figure.suptitle(plain(f"{findings.manifest.name}: counts with 90 % intervals"), x=0.01, ha="left", fontsize=11)
    return figure


def _quoted(said: Beside) -> str:
    """Give a statement as a line under the charts."""
    source = f" ({said.statement.source})" if said.statement.source else ""
    return "\n".join(wrap(f"{said.number}: {said.quoted}{source}", _QUOTE_CHARS))


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
    for s in near(said, [o.date for o in rows]):
        at = float(date2num(s.statement.date))  # type: ignore[no-untyped-call]  # matplotlib's own
        axes.axvline(at, color=_BLUE, lw=0.9, ls=":")
        axes.annotate(
            f"{s.number}", (at, 1.0), xycoords=("data", "axes fraction"), fontsize=7, color=_BLUE, ha="center"
        )
    axes.set_title(plain(f"{things(series.compared or rows)}, {place}"), fontsize=9, loc="left")
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
    text = plain(f"not observable{because(o.reason)}")
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
    whole = site_change(findings.zone_changes_of(pair), pair)
    told = change_sentence(findings.manifest, pair, len(findings.changes_of(pair)), whole).text
    return side_by_side(
        Sides(
            grid=findings.manifest.grid,
            scenes=(findings.scene(pair.before).scene, findings.scene(pair.after).scene),
            images=(before, after),
            cell=next((findings.manifest.grid.width / i.shape[1] for i in (before, after) if i is not None), 1.0),
            changes=findings.changes_of(pair),
            events=findings.events_of(pair),
            title=f"{findings.manifest.name}\n{told}",
        )
    )
