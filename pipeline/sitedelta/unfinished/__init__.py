"""Tiles that were given up: a run is finished without them, and says of their ground that it was not observable."""

from sitedelta.unfinished.ground import NOT_PROCESSED, ground_of, unseen
from sitedelta.unfinished.parts import LostChange, LostView
from sitedelta.unfinished.sentences import sentences

__all__ = ["NOT_PROCESSED", "LostChange", "LostView", "ground_of", "sentences", "unseen"]
