"""Files that come with sitedelta: configurations and sample tiles, in a checkout and in an installed wheel alike."""

from pathlib import Path

from sitedelta.errors import RunFailed

_PACKAGE = Path(__file__).resolve().parents[1]
_ROOTS = (_PACKAGE / "shipped_data", _PACKAGE.parents[1])
"""An installed wheel carries them inside the package, a checkout at its root, with the same paths below."""


def shipped(name: str) -> Path:
    """Give the path of a shipped file, e.g. `configs/sample.yaml`; raises `RunFailed` where it is missing."""
    for root in _ROOTS:
        if (root / name).exists():
            return root / name
    raise RunFailed(f"{name} is missing from this installation of sitedelta; install it again")
