"""A centre-heatmap network run over an image of any size, in blocks."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zipfile import BadZipFile, ZipFile

import numpy as np

from rasterdelta.detect.lattice import Lattice
from rasterdelta.detect.working import Working
from rasterdelta.inference import load
from rasterdelta.types import FloatArray, Image

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

GREY: Final = 127.0
"""What stands where nothing is known."""
FEATURES: Final = Path(__file__).with_name("features.onnx")
"""First layers, the same in all shipped models."""
STRIDE: Final = 4
"""Working pixels on a side of a cell of the maps."""
SNAP: Final = 16
"""Windows begin at multiples of so many working pixels: the side of the coarsest cells."""
NEAR: Final = 16
"""Working pixels of context beyond which the first layers do not look."""
REACH: Final = 144
"""Working pixels of context beyond which the maps hardly depend on what is there."""
FIRST_CORE: Final = 256
"""Working pixels on a side of what the first layers compute at once."""
CORE: Final = 1536
"""Working pixels on a side of what is computed at once from the first layers' features."""
WHOLE: Final = 2304
"""Images up to this size are one block."""


@dataclass(frozen=True, slots=True)
class Network:
    """Weights by the name of their file, or of an archive and a member of it; loaded on first use, once a process."""

    path: Path
    first: Path | None = FEATURES
    """First layers, whose features at stride 4 the others take; None where `path` holds the whole network."""

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that hold it."""
        return tuple(dict.fromkeys(holder(p) for p in (self.path, self.first) if p is not None))

    @property
    def inputs(self) -> int:
        """Count the arrays that it takes.

        Raises
        ------
        OSError
            The file cannot be read.
        ValueError
            It holds no network that can be run.
        """
        return len(session(self.path).get_inputs())

    def maps(self, image: Image | Working, *, turned: bool = False) -> FloatArray:
        """Give the maps of an image.

        Parameters
        ----------
        image : ndarray of shape (3, row, column), or Working
            float32, 0 to 255: red, green, blue.
        turned : bool
            True: the network is shown the image turned by half a turn. Its maps are turned back; what they say of
            headings is not.

        Returns
        -------
        ndarray of shape (map, ceil(row / 4), ceil(column / 4))
            float32: what the network says of each cell.
        """
        shown = image if isinstance(image, Working) else Working(image, Lattice(1, 1))
        rows, cols = shown.shape
        size = rows + -rows % SNAP, cols + -cols % SNAP

        def pixels(span: slice) -> FloatArray:
            if not turned:
                return shown.rows(span, size[1], beyond=GREY)
            back = slice(size[0] - span.stop, size[0] - span.start)
            return shown.rows(back, size[1], beyond=GREY)[:, ::-1, ::-1]

        if self.first is None:
            found = _blocks(pixels, size, self.path, step=1, core=CORE // 2, halo=REACH, whole=CORE // 2)
        else:
            near = _blocks(pixels, size, self.first, step=1, core=FIRST_CORE, halo=NEAR, whole=FIRST_CORE)

            def cells(span: slice) -> FloatArray:
                return near[:, span.start // STRIDE : span.stop // STRIDE]

            found = _blocks(cells, size, self.path, step=STRIDE, core=CORE, halo=REACH, whole=WHOLE)
        found = found[:, ::-1, ::-1] if turned else found
        return found[:, : -(-rows // STRIDE), : -(-cols // STRIDE)]


def _blocks(
    strip: Callable[[slice], FloatArray],
    size: tuple[int, int],
    path: Path,
    *,
    step: int,
    core: int,
    halo: int,
    whole: int,
) -> FloatArray:
    """Run a network over blocks of strips, asked for by rows of working pixels.

    Cells of the strips have `step` working pixels on a side, those of the output `STRIDE`.
    """
    out: FloatArray | None = None
    across = _spans(size[1], core, halo, whole)
    for rows in _spans(size[0], core, halo, whole):
        cells = strip(slice(rows.begin, rows.stop))
        for cols in across:
            found = run(path, cells[:, :, cols.begin // step : cols.stop // step])
            if out is None:
                out = np.empty((len(found), size[0] // STRIDE, size[1] // STRIDE), np.float32)
            out[:, rows.kept, cols.kept] = found[:, rows.inner, cols.inner]
    assert out is not None
    return out


@dataclass(frozen=True, slots=True)
class _Span:
    begin: int
    first: int
    last: int
    stop: int

    @property
    def kept(self) -> slice:
        return slice(self.first // STRIDE, self.last // STRIDE)

    @property
    def inner(self) -> slice:
        return slice((self.first - self.begin) // STRIDE, (self.last - self.begin) // STRIDE)


def _spans(size: int, core: int, halo: int, whole: int) -> list[_Span]:
    if size <= whole:
        return [_Span(0, 0, size, size)]
    edges = [*range(0, size, core), size]
    return [_Span(max(0, a - halo), a, b, min(size, b + halo)) for a, b in pairwise(edges)]


def run(path: Path, part: FloatArray) -> FloatArray:
    """Run a network on an image of shape (map, row, column)."""
    running = session(path)
    name = running.get_inputs()[0].name
    found: FloatArray = running.run(None, {name: np.ascontiguousarray(part)[None]})[0][0]
    return found


def session(path: Path) -> "InferenceSession":
    """Give a network, loaded once a process as long as its file stays the same."""
    return _loaded(path, holder(path).stat().st_mtime_ns)


def holder(path: Path) -> Path:
    """Give the file that holds a network: that of the path, or the ZIP archive that the path leads into."""
    return path.parent if path.parent.is_file() else path


def _content(path: Path) -> bytes:
    if holder(path) == path:
        return path.read_bytes()
    try:
        with ZipFile(path.parent) as archive:
            return archive.read(path.name)
    except (BadZipFile, KeyError) as error:
        raise FileNotFoundError(f"{path.parent.name} holds no {path.name}") from error


def forget() -> None:
    """Let all networks go, with the memory that they hold on to."""
    _loaded.cache_clear()


@cache
def _loaded(path: Path, _changed: int) -> "InferenceSession":
    from onnxruntime.capi import onnxruntime_pybind11_state as said

    content = _content(path)
    try:
        return load(content)
    except (said.Fail, said.InvalidArgument, said.InvalidGraph, said.InvalidProtobuf, said.NotImplemented) as error:
        raise ValueError(f"{path.name} is no ONNX network that can be run") from error
