"""The detectors that count: the shipped one and those of users."""
