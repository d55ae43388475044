"""Bring one image onto the grid of another, or say why not."""
