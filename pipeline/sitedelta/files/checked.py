"""Files that GDAL writes through Python, so that no write that fails is passed over.

GDAL goes on after some writes that fail: a block of pixels is missing, and closing the file says nothing. After others
its memory is damaged. Here it is told that all went well, and what failed is raised afterwards.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rasterio._vsiopener import _opener_registration  # the only way to one that `rasterio.shutil.copy` writes to
from rasterio.abc import FileContainer


class CheckedFiles(FileContainer):  # type: ignore[misc]  # rasterio has no types
    """Opens files for GDAL, and keeps the first failure; leaving the block raises it."""

    def __init__(self) -> None:
        self._failed: OSError | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None or issubclass(kind, Exception):
            self.check()

    def check(self) -> None:
        """Raise `OSError` where something could not be written so far."""
        if self._failed is not None:
            raise self._failed

    def note(self, error: OSError) -> None:
        """Keep a failure to be raised."""
        self._failed = self._failed or error

    @contextmanager
    def name(self, path: Path) -> Iterator[str]:
        """Give the name by which GDAL writes a file through this."""
        with _opener_registration(str(path.absolute()), self) as name:
            yield name

    def open(self, path: str, mode: str = "r", **_: Any) -> "_File":
        """Open a file as GDAL asks for it."""
        binary = mode if "b" in mode else f"{mode}b"
        try:
            return _File(path, binary, self)
        except OSError as error:
            if binary != "rb":
                self.note(error)
            raise

    def isfile(self, path: str) -> bool:
        """Tell whether there is a file."""
        return Path(path).is_file()

    def isdir(self, path: str) -> bool:
        """Tell whether there is a folder."""
        return Path(path).is_dir()

    def ls(self, path: str) -> list[str]:
        """Give the names in a folder."""
        return sorted(p.name for p in Path(path).iterdir())

    def mtime(self, path: str) -> int:
        """Give when a file was written, seconds since 1970."""
        return int(Path(path).stat().st_mtime)

    def size(self, path: str) -> int:
        """Give the bytes of a file."""
        return Path(path).stat().st_size

    def rm(self, path: str) -> None:
        """Remove a file."""
        Path(path).unlink()


class _File(FileIO):
    """A file of which every write counts as done; what was not is kept by its owner."""

    def __init__(self, path: str, mode: str, owner: CheckedFiles) -> None:
        super().__init__(path, mode)
        self._owner = owner

    def write(self, data: Any) -> int:
        """Write all of it, as far as the disk takes it."""
        left = memoryview(data).cast("B")
        size = len(left)
        try:
            while len(left):
                left = left[super().write(left) or 0 :]
        except OSError as error:
            self._owner.note(error)
            self.seek(len(left), os.SEEK_CUR)
        return size

    def truncate(self, size: int | None = None) -> int:
        """Cut or lengthen the file, as far as the disk lets it."""
        try:
            return super().truncate(size)
        except OSError as error:
            self._owner.note(error)
            return self.tell() if size is None else size

    def close(self) -> None:
        """Close it; what the disk says only now counts too."""
        try:
            super().close()
        except OSError as error:
            self._owner.note(error)
