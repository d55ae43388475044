"""From a path in a configuration to image files."""

import glob
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sitedelta.errors import InputError
from sitedelta.sources.providermask import is_mask
from sitedelta.sources.webtiles import is_tile_folder
from sitedelta.watch.settled import is_unfinished

if TYPE_CHECKING:
    from sitedelta.settings.config import Imagery

_SIDECARS = frozenset(
    {
        ".aux",
        ".cpg",
        ".csv",
        ".dbf",
        ".geojson",
        ".gfs",
        ".gpkg",
        ".hdr",
        ".htm",
        ".html",
        ".imd",
        ".j2w",
        ".jgw",
        ".jpgw",
        ".json",
        ".kml",
        ".kmz",
        ".log",
        ".md",
        ".md5",
        ".msk",
        ".ovr",
        ".parquet",
        ".pdf",
        ".pgw",
        ".pngw",
        ".prj",
        ".py",
        ".qgz",
        ".qix",
        ".qmd",
        ".qml",
        ".rpb",
        ".rpc",
        ".sha256",
        ".shp",
        ".shx",
        ".stac",
        ".tfw",
        ".tifw",
        ".til",
        ".toml",
        ".txt",
        ".vrt",
        ".wld",
        ".xml",
        ".yaml",
        ".yml",
        ".zip",
    }
)
"""Endings of files that lie beside images and are none."""


def find_images(imagery: "Imagery") -> tuple[Path, ...]:
    """Find the images that one entry of a configuration names.

    Parameters
    ----------
    imagery
        Its `path` is an image, a glob, a folder of images, or a folder of web-map tiles (which is one image).

    Returns
    -------
    tuple of Path
        Sorted by path; a folder stands for its web-map tiles. Hidden files, sidecars and providers' masks are left out
        of globs and folders.

    Raises
    ------
    InputError
        Nothing is there.
    """
    files: tuple[Path, ...] | None = getattr(imagery, "files", None)
    path = imagery.path
    if files is not None or not isinstance(path, Path):
        return files or ()
    if path.is_dir():
        return _in_folder(path)
    if path.exists() or path.is_symlink():
        return (path,)
    if not glob.has_magic(str(path)):
        raise InputError(f"{path}: no such file or folder; correct `path:` (it is relative to the configuration file)")
    found = _images(_matches(path))
    if not found:
        raise InputError(f"{path}: matches no image; check the folder and the pattern")
    return found


def _matches(pattern: Path) -> Iterator[Path]:
    """Give what fits an absolute pattern; `**` follows no link to a folder, which might lead round for ever."""
    top = next(p for p in pattern.parents if not glob.has_magic(str(p)))
    parts = [p if p == "**" else re.sub(r"\*+", "*", p) for p in pattern.relative_to(top).parts]
    if "**" not in parts:
        yield from map(Path, glob.iglob(str(pattern)))  # noqa: PTH207 - the pattern is absolute
        return
    parts += ["*"] if parts[-1] == "**" else []
    for path in top.glob("/".join(parts)):
        if not any(p.startswith(".") for p in path.relative_to(top).parts):
            yield path


def _in_folder(folder: Path) -> tuple[Path, ...]:
    if is_tile_folder(folder):
        return (folder,)
    found = _images(folder.iterdir())
    if not found:
        raise InputError(
            f"{folder}: holds no image; name the folder that does, or a glob such as {folder.name}/**/*.tif"
        )
    return found


def _images(paths: Iterable[Path]) -> tuple[Path, ...]:
    return tuple(sorted({p for p in paths if _is_image(p)}))


def _is_image(path: Path) -> bool:
    if path.name.startswith((".", "~")) or is_unfinished(path.name):
        return False
    if path.is_dir():
        return is_tile_folder(path)
    return path.is_file() and path.suffix.lower() not in _SIDECARS and not is_mask(path)
