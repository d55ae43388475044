"""Training of the detector: real labels, rendered aircraft and vehicles, and what is confused with them."""
