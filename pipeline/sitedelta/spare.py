"""Arrays that are used again: a system clears the memory that it hands out, which costs more than reading into it."""

from collections import defaultdict, deque
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

_Key = tuple[tuple[int, ...], np.dtype[Any]]


class Spare:
    """Lends arrays, and takes them back to lend them again; any thread may use it."""

    def __init__(self) -> None:
        self._free: defaultdict[_Key, deque[NDArray[Any]]] = defaultdict(deque)

    def take(self, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """Give an array with whatever is in it."""
        key = shape, np.dtype(dtype)
        try:
            return self._free[key].pop()
        except IndexError:
            return np.empty(*key)

    def give(self, array: NDArray[Any]) -> None:
        """Take back an array that was lent; nobody may use it any more."""
        self._free[array.shape, array.dtype].append(array)
