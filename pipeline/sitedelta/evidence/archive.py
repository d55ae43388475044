"""Zip files of evidence: written the same every time, and opened without trust."""

import shutil
import stat
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sitedelta.errors import InputError, RunFailed
from sitedelta.evidence.stated import is_safe
from sitedelta.files.store import written_aside

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip file can hold: when it was packed is no part of what it says."""
_PACKED = frozenset({".jp2", ".jpeg", ".jpg", ".kmz", ".parquet", ".png", ".tif", ".tiff", ".zip"})
MOST_FILES = 200_000
MOST_BYTES = 64 * 2**30
"""Unpacked; what is larger is not opened."""
_MOST_RATIO = 200
"""Unpacked to packed, of what is larger than `_SMALL`: evidence and tables reach about 20."""
_SMALL = 64 * 2**20
_LONGEST = 400
"""Characters of a path."""


def write_zip(path: Path, content: Mapping[str, bytes | Path]) -> None:
    """Write files by name, sorted, without times; the same content gives the same bytes.

    Raises `RunFailed` where it cannot be written or a file cannot be read.
    """
    from zipfile import ZIP_DEFLATED, ZipFile

    with written_aside(path) as aside, ZipFile(aside, "w", ZIP_DEFLATED, compresslevel=6) as file:
        for name in sorted(content):
            _write(file, name, content[name])


def _write(file: "ZipFile", name: str, content: bytes | Path) -> None:
    from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipInfo

    info = ZipInfo(name, _EPOCH)
    info.create_system, info.external_attr = 3, (stat.S_IFREG | 0o644) << 16
    info.compress_type = ZIP_STORED if Path(name).suffix.lower() in _PACKED else ZIP_DEFLATED
    if isinstance(content, bytes):
        file.writestr(info, content)
        return
    info.file_size = content.stat().st_size
    with content.open("rb") as source, file.open(info, "w") as target:
        shutil.copyfileobj(source, target, 1 << 20)


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """Unpack a zip file into a folder that goes away afterwards.

    Raises
    ------
    InputError
        It is none, is damaged or encrypted, holds names that lead elsewhere, links, a name twice, or more than a bundle
        can hold; nothing is unpacked then.
    RunFailed
        There is no room for it.
    """
    from zipfile import BadZipFile, ZipFile

    with TemporaryDirectory(prefix="sitedelta-bundle-") as folder:
        try:
            with ZipFile(path) as file:
                infos = [i for i in file.infolist() if not i.is_dir()]
                _refuse(path, infos, Path(folder))
                for info in infos:
                    _unpack(path, file, info, Path(folder))
        except (BadZipFile, EOFError, NotImplementedError, ValueError, OSError, zlib.error) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"{path}: is no zip file that can be read, or is damaged ({error})") from error
        yield Path(folder)


def _refuse(path: Path, infos: "list[ZipInfo]", folder: Path) -> None:
    names = [i.filename for i in infos]
    total = sum(i.file_size for i in infos)
    if len(infos) > MOST_FILES or total > MOST_BYTES:
        raise InputError(f"{path}: holds {len(infos)} files of {total} bytes, more than any bundle; it is not opened")
    for info in infos:
        _refuse_one(path, info)
    if len({n.casefold() for n in names}) < len(names):
        raise InputError(f"{path}: holds a name twice; it is not opened")
    if total > shutil.disk_usage(folder).free:
        raise RunFailed(f"{path}: there is no room to unpack {total} bytes in {folder.parent}; set TMPDIR to another")


def _refuse_one(path: Path, info: "ZipInfo") -> None:
    name, kind = info.filename, info.external_attr >> 16
    if not is_safe(name) or len(name) > _LONGEST or info.orig_filename != name:
        raise InputError(f"{path}: holds the name {info.orig_filename!r}, which leads elsewhere; it is not opened")
    if stat.S_IFMT(kind) not in (0, stat.S_IFREG):
        raise InputError(f"{path}: {name} is a link or a device; it is not opened")
    if info.flag_bits & 1:
        raise InputError(f"{path}: is encrypted; unpack it and verify the folder")
    if info.file_size > max(_SMALL, _MOST_RATIO * info.compress_size):
        raise InputError(f"{path}: {name} would unpack to {info.file_size} bytes, like a bomb; it is not opened")


def _unpack(path: Path, file: "ZipFile", info: "ZipInfo", folder: Path) -> None:
    """Unpack one file, and no more bytes than it says."""
    place = folder / info.filename
    place.parent.mkdir(parents=True, exist_ok=True)
    with file.open(info) as source, place.open("xb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
    if place.stat().st_size != info.file_size:
        raise InputError(f"{path}: {info.filename} is damaged")
