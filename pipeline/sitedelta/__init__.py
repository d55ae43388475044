"""What changed at a site, how many aircraft and vehicles are there, what arrived, what left, and how sure."""

__version__ = "0.1.0"
