"""One radiometry for two dates, and reflectance from what sensors say of themselves. One way a file."""

from rasterdelta.radiometry.linear import FEWEST, LEAST, SAMPLE, Linear, fit_linear

__all__ = ["FEWEST", "LEAST", "SAMPLE", "Linear", "fit_linear"]
