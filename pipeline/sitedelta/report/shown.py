"""A figure that a notebook shows by itself; imported only where one is drawn, as Matplotlib is slow to come."""

from matplotlib.figure import Figure


class Shown(Figure):
    """A figure of Matplotlib that needs no interactive backend to be seen."""

    def _repr_png_(self) -> bytes:
        from sitedelta.report.canvas import to_png

        return to_png(self)
