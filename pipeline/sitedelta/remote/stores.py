"""Object stores by fsspec; credentials come from the usual environment and are never written down."""

import os
import sys
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
        unsigned = (
            {"anon": True} if scheme == "s3" and os.environ.get("AWS_NO_SIGN_REQUEST", "").upper() == "YES" else {}
        )
        return fsspec.filesystem({"az": "abfs"}.get(scheme, scheme), use_listings_cache=False, **unsigned)
    except (ImportError, ValueError) as error:
        raise InputError(
            f"{plain(url)}: needs a package that is missing; pip install 'sitedelta[s3]' (gs: gcsfs, az: adlfs)"
        ) from error


@contextmanager
def told(url: str) -> Iterator[None]:
    """Turn what a store complains of into one line without secrets.

    Raises
    ------
    InputError
        It is not there, or refuses.
    RunFailed
        The store or the network fails.
    """
    try:
        yield
    except _complaints() as error:
        raise _one_line(error, plain(url)) from error


def _complaints() -> tuple[type[Exception], ...]:
    """Give what stores raise; botocore's errors are no OSError."""
    known = sys.modules.get("botocore.exceptions")
    return (OSError, TimeoutError, *((known.BotoCoreError, known.ClientError) if known else ()))


def _one_line(error: Exception, where: str) -> InputError | RunFailed:
    name = type(error).__name__
    if isinstance(error, FileNotFoundError):
        return InputError(f"{where}: is not there; correct the address")
    if isinstance(error, PermissionError) or "Credentials" in name:
        return InputError(f"{where}: refuses to be read or written; credentials are taken from the environment (AWS_*)")
    return RunFailed(f"{where}: the store cannot be reached or fails ({name}); run again later")


@contextmanager
def opened(url: str, mode: str = "rb") -> Iterator[Any]:
    """Open a file in a store."""
    with told(url), filesystem(url).open(url, mode) as file:
        yield file
