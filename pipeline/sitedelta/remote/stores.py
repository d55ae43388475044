"""Object stores by fsspec; credentials come from the usual environment and are never written down."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sitedelta.errors import InputError, RunFailed
from sitedelta.remote.address import plain


def filesystem(url: str) -> Any:
    """Give the fsspec file system of an address.

    Raises
    ------
    InputError
        The package that speaks to it is not installed.
    """
    import fsspec

    scheme = url.split("://", 1)[0].lower()
    try:
        return fsspec.filesystem({"az": "abfs"}.get(scheme, scheme))
    except (ImportError, ValueError) as error:
        raise InputError(
            f"{plain(url)}: needs a package that is missing; pip install 'sitedelta[s3]' (gs: gcsfs, az: adlfs)"
        ) from error


@contextmanager
def told(url: str) -> Iterator[None]:
    """Turn what a store complains of into one line without secrets."""
    try:
        yield
    except FileNotFoundError as error:
        raise InputError(f"{plain(url)}: is not there; correct the address") from error
    except PermissionError as error:
        raise InputError(
            f"{plain(url)}: refuses to be read or written; credentials are taken from the environment (AWS_*)"
        ) from error
    except OSError as error:
        raise RunFailed(f"{plain(url)}: the store fails ({type(error).__name__}); run again later") from error


@contextmanager
def opened(url: str, mode: str = "rb") -> Iterator[Any]:
    """Open a file in a store."""
    with told(url), filesystem(url).open(url, mode) as file:
        yield file
