"""Paths as people give them: text or `Path`."""

from pathlib import Path

PathLike = str | Path
"""A file or folder; the functions of `sitedelta` take either."""


def given(path: PathLike | None) -> Path | None:
    """Give a path, or None where none was given."""
    return None if path is None else Path(path)
