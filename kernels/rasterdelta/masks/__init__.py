"""What of an image shows the ground, and what else it shows. One kind of evidence a file; `classify` joins them."""

from rasterdelta.masks.bands import Bands
from rasterdelta.masks.classify import Sun, classify
from rasterdelta.masks.featureless import featureless
from rasterdelta.masks.kinds import HIDING, Kind, Kinds, any_of
from rasterdelta.masks.margins import shrink
from rasterdelta.masks.saturation import unsaturated

__all__ = ["HIDING", "Bands", "Kind", "Kinds", "Sun", "any_of", "classify", "featureless", "shrink", "unsaturated"]
