"""The paper that figures are drawn on: the same inputs give the same bytes."""

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 160
"""Pixels an inch of every figure."""


def new_figure(width: float, height: float) -> "Figure":
    """Give an empty white figure; sides in inches."""
    from sitedelta.report.shown import Shown

    return Shown(figsize=(width, height), dpi=DPI, layout="constrained", facecolor="white")


def to_png(figure: "Figure") -> bytes:
    """Encode a figure without the marks of time and software."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    out = io.BytesIO()
    figure.set_canvas(FigureCanvasAgg(figure))
    figure.savefig(out, format="png", metadata={"Software": None}, pil_kwargs={"compress_level": 4})
    return out.getvalue()


def to_svg(figure: "Figure") -> bytes:
    """Draw a figure in lines that stay sharp at any size; letters are drawn too, so every reader shows the same."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    out = io.BytesIO()
    figure.set_canvas(FigureCanvasSVG(figure))
    with rc_context({"svg.hashsalt": "sitedelta", "svg.fonttype": "path"}):
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def plain(text: str) -> str:
    """Keep what a user wrote from being read as mathematics."""
    return text.replace("$", r"\$")
