"""Drawings: F1 against ground sampling distance, and counts beside the truth."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sitedelta.counts.claims import LIMITS
from sitedelta.evaluation.figures import holds
from sitedelta.evaluation.groups import ALL, Row
from sitedelta.evaluation.judging import Judged
from sitedelta.report.canvas import new_figure, plain, to_png
from sitedelta.words.wording import many

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INKS = ("#1d5a96", "#a33a12", "#0b6b50", "#7a5600", "#6b3fa0", "#4a4f55")


def curve(rows: Sequence[Row], label: str) -> bytes:
    """Draw F1 of one class against ground sampling distance, by data set, as PNG."""
    figure = new_figure(8.4, 4.4)
    axes = figure.add_subplot()
    mine = [r for r in rows if r.label == label and r.figures.f1 is not None]
    sets = [d for d in dict.fromkeys(r.data for r in mine) if d != ALL]
    for ink, data in zip(_INKS * (len(sets) // len(_INKS) + 1), sets, strict=False):
        claimed, every = (_points(mine, data, rule) for rule in ("claimed", "any length"))
        bound = LIMITS[label].pixels_along
        axes.plot(claimed["x"], claimed["y"], "o-", color=ink, label=f"{plain(data)}: {bound:g} pixels and longer")
        axes.fill_between(claimed["x"], claimed["low"], claimed["high"], color=ink, alpha=0.13, linewidth=0)
        axes.plot(every["x"], every["y"], "--", color=ink, linewidth=1, label=f"{plain(data)}: any length")
    limit = LIMITS[label].max_gsd_m
    axes.axvline(limit, color="#1c2024", linewidth=1)
    axes.text(limit, 1.01, f" not observable beyond {limit:g} m", fontsize=8, va="bottom")
    _dress(axes, sorted({p for d in sets for p in _points(mine, d, "any length")["x"]}))
    axes.set_title(
        f"{many(label).capitalize()}: the same images averaged to coarser pixels", loc="left", fontsize=10, pad=16
    )
    return to_png(figure)


def _points(rows: Sequence[Row], data: str, rule: str) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {"x": [], "y": [], "low": [], "high": []}
    for r in rows:
        if r.data == data and r.rule == rule and r.figures.f1 is not None:
            e = r.figures.f1
            low, high = (e.value if v is None else v for v in (e.low, e.high))
            for name, value in zip(found, (float(r.gsd.split()[0]), e.value, low, high), strict=True):
                found[name].append(value)
    return found


def _dress(axes: "Axes", at: Sequence[float]) -> None:
    axes.set_xscale("log")
    axes.set_xticks(at, [f"{x:g}" for x in at], fontsize=8)
    axes.minorticks_off()
    axes.set_ylim(0, 1)
    axes.set_xlabel("ground sampling distance, m")
    axes.set_ylabel("F1, with 90 % interval")
    axes.grid(visible=True, color="#dcdfe1", linewidth=0.6)
    axes.legend(fontsize=8, frameon=False, loc="lower left")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def counts(judged: Sequence[Judged], label: str) -> bytes | None:
    """Draw what was counted in each image beside what is there, as PNG; None where no image is labelled in full."""
    mine = [j for j in judged if j.label == label and j.observable and j.case.image.exhaustive]
    if not mine:
        return None
    figure = new_figure(5.6, 4.4)
    axes: Any = figure.add_subplot()
    top = max([1, *(max(j.true_count, j.said["high"] or j.said["count"]) for j in mine)])
    axes.plot([0, top], [0, top], color="#9aa1a8", linewidth=1, label="as many as there are")
    for held, ink, word in ((True, _INKS[0], "interval holds the true number"), (False, _INKS[1], "it does not")):
        if some := [j for j in mine if holds(j) is held]:
            low, high = zip(*(_arms(j) for j in some), strict=True)
            at = [j.true_count for j in some], [j.said["count"] for j in some]
            axes.errorbar(
                *at, yerr=[low, high], fmt="o", markersize=4, color=ink, elinewidth=0.8, capsize=2,
                label=f"{word} ({len(some)})",
            )  # fmt: skip
    axes.set_xlabel(f"{many(label)} labelled in the image")
    axes.set_ylabel("counted, with its 90 % interval")
    for axis in (axes.xaxis, axes.yaxis):
        axis.get_major_locator().set_params(integer=True)
    axes.legend(fontsize=8, frameon=False)
    return to_png(figure)


def _arms(j: Judged) -> tuple[int, int]:
    """Give how far the interval reaches down and up from the count; up by nothing where it has no upper end."""
    count, low, high = (j.said[name] for name in ("count", "low", "high"))
    return max(0, count - low), 0 if high is None else max(0, high - count)
