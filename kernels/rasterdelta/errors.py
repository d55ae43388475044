"""Errors of the kernels."""


class KernelError(ValueError):
    """An input that no kernel can work with."""


class NotEnoughData(KernelError):  # noqa: N818 - reads as what it says
    """Too few valid pixels, or no variation, for the statistic asked for."""
