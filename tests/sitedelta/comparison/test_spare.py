"""Memory that is lent again."""

import mmap
import platform
from pathlib import Path

import numpy as np
import pytest

from sitedelta.comparison.spare import Spare, hand_back


def test_memory_is_lent_again_whatever_the_shape():
    spare = Spare()
    first = spare.take((4, 100, 50), np.uint16)
    assert (first.shape, first.dtype) == ((4, 100, 50), np.uint16)
    memory = first.base
    spare.give(first)
    second = spare.take((100, 20), np.float32)
    assert second.base is memory
    second[:] = 1.5
    np.testing.assert_array_equal(second, np.full((100, 20), 1.5, np.float32))


def test_what_is_lent_is_never_shared():
    spare = Spare()
    spare.give(spare.take((10,), np.float64))
    first, second, larger = spare.take((10,), np.float64), spare.take((10,), np.float64), spare.take((99,), np.float64)
    assert not np.shares_memory(first, second)
    assert not np.shares_memory(second, larger)
    assert larger.shape == (99,)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries keep no free memory")
def test_free_memory_goes_back_to_the_system():
    pieces = [np.ones(12_000) for _ in range(1001)]
    last = pieces.pop()
    del pieces
    before = resident_pages()
    hand_back()
    assert resident_pages() < before - 1000 * 12_000 * 8 / 2 / mmap.PAGESIZE
    assert last.sum() == 12_000


def resident_pages() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1])
