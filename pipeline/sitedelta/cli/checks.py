"""Checks of what is to be written, made before any work begins."""

import os
from collections.abc import Iterable
from pathlib import Path

from sitedelta.errors import InputError
from sitedelta.within import refuse_outside


def check_folder(out: Path, inputs: Iterable[str | Path], *, option: str = "--out") -> None:
    """Raise `InputError` unless results can be written to the folder `out`."""
    if out.exists() and not out.is_dir():
        raise InputError(f"{option} {out} is a file; give a folder")
    _check_writable(out)
    _check_apart(out, inputs)


def check_file(out: Path, inputs: Iterable[str | Path], *, suffixes: tuple[str, ...], option: str = "--out") -> None:
    """Raise `InputError` unless a file `out` with one of the suffixes, or any where none is given, can be written."""
    if out.is_dir():
        raise InputError(
            f"{option} {out} is a folder; give a file name{f' ending in {_any_of(suffixes)}' if suffixes else ''}"
        )
    if suffixes and out.suffix.lower() not in suffixes:
        raise InputError(f"{option} {out} must end in {_any_of(suffixes)}")
    _check_writable(out)
    _check_apart(out, inputs)


def check_distinct(*outputs: Path | None) -> None:
    """Raise `InputError` where two outputs are one file."""
    given = [p.resolve() for p in outputs if p is not None]
    for path in given:
        if given.count(path) > 1:
            raise InputError(f"{path} is named for two outputs; give each its own file")


def _any_of(suffixes: tuple[str, ...]) -> str:
    return suffixes[0] if len(suffixes) == 1 else f"{', '.join(suffixes[:-1])} or {suffixes[-1]}"


def _check_writable(out: Path) -> None:
    refuse_outside(out)
    standing = next(p for p in (out.absolute(), *out.absolute().parents) if p.exists())
    if standing != out.absolute() and not standing.is_dir():
        raise InputError(f"cannot write {out}: {standing} is a file, not a folder")
    if not os.access(standing, os.W_OK):
        raise InputError(f"cannot write {out}: no permission for {standing}; choose another place with --out")


def _check_apart(out: Path, inputs: Iterable[str | Path]) -> None:
    for given in inputs:
        if Path(given).exists() and out.exists() and out.samefile(given):
            raise InputError(f"--out {out} is an input image, which is never overwritten; choose another name")
