"""Memory that is used again: a system clears what it hands out, which costs more than reading into it."""

import ctypes
import math
import os
from collections import deque
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


class Spare:
    """Lends arrays, and takes them back to lend their memory again; any thread may use it."""

    def __init__(self) -> None:
        self._free: deque[NDArray[np.uint8]] = deque()

    def take(self, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """Give an array with whatever is in it."""
        size = math.prod(shape) * np.dtype(dtype).itemsize
        return self._memory(size)[:size].view(dtype).reshape(shape)

    def give(self, array: NDArray[Any]) -> None:
        """Take back an array that was lent; nobody may use it any more."""
        if isinstance(array.base, np.ndarray):
            self._free.append(array.base)

    def _memory(self, size: int) -> NDArray[np.uint8]:
        try:
            memory = self._free.pop()
        except IndexError:
            memory = np.empty(0, np.uint8)
        return memory if memory.size >= size else np.empty(size + size // 8, np.uint8)


def hand_back() -> None:
    """Give memory that nobody uses back to the system, where its C library keeps it (glibc); after a large step."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
    if trim is not None:
        trim(0)
