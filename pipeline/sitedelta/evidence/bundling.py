"""What goes into a bundle: results, evidence, what it takes to check them, and a page that says how."""

import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from sitedelta.errors import InputError
from sitedelta.evidence import files as own
from sitedelta.evidence.originals import Located
from sitedelta.evidence.stated import Stated, is_safe
from sitedelta.settings.names import slug

INDEX = "bundle.json"
README = "README.txt"
FORMAT = "sitedelta-bundle-1"
_OPTIONAL = "rasters/"
"""What a bundle may leave out of the files that the evidence names."""
_PUBLIC = frozenset({"zones", "area"})
"""Roles of files that the user drew: they are needed to recompute, and no provider's."""


def results(root: Path, stated: Stated, *, rasters: bool) -> Iterator[tuple[str, Path]]:
    """Give the results of a site and their evidence by name."""
    names = [n for n in stated.files if rasters or not n.startswith(_OPTIONAL)]
    beside = (own.NAME, own.CHECKSUM, own.REQUEST, own.RESPONSE, own.SIGNATURE, own.PUBLIC_KEY)
    for name in (*names, own.LEDGER, *(f"report/{n}" for n in beside)):
        if (root / name).is_file():
            yield name, root / name


def given(found: tuple[Located, ...], *, originals: bool) -> Iterator[tuple[str, Path]]:
    """Give the files that the run was given by name: zones and areas, and with `originals` everything."""
    for one in found:
        if one.path is None or not (originals or one.file.role in _PUBLIC):
            continue
        name = one.file.name if is_safe(one.file.name) else slug(one.file.name)
        yield (f"originals/{one.scene}/{name}" if one.scene else f"given/{one.file.role}/{name}"), one.path


def index(left_out: Mapping[str, list[str]], *, originals: bool) -> bytes:
    """Say what is in a bundle and what is not."""
    sites = {site: {"left_out": names} for site, names in sorted(left_out.items())}
    content: dict[str, Any] = {"format": FORMAT, "originals": originals, "sites": sites}
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def left_out(root: Path, packed: Mapping[str, object], stated: Stated) -> list[str]:
    """Name the files of the evidence that are not packed."""
    return [n for n in stated.files if n not in packed and (root / n).is_file()]


def read_index(path: Path) -> dict[str, tuple[str, ...]]:
    """Give what a bundle says that it leaves out, site by site; only rasters may be.

    Raises `InputError` where it is no bundle.
    """
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        sites = {str(site): tuple(map(str, one["left_out"])) for site, one in said["sites"].items()}
        known = said["format"] == FORMAT
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{INDEX} is missing or damaged: this is no bundle that `sitedelta bundle` wrote") from error
    if not known:
        raise InputError(f"{INDEX} is of another format: unpack the bundle and verify its folder")
    return {site: tuple(n for n in names if n.startswith(_OPTIONAL)) for site, names in sites.items()}


def readme() -> bytes:
    """Give the page that says how to check a bundle."""
    return files("sitedelta.evidence").joinpath("README.txt").read_bytes()
