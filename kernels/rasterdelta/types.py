"""The arrays that every kernel takes and gives."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float32]
"""Any float32 array; its shape is said where it is used."""

Image: TypeAlias = NDArray[np.float32]
"""float32, shape (band, row, column). What a pixel holds outside its mask is arbitrary but finite."""

Plane: TypeAlias = NDArray[np.float32]
"""float32, shape (row, column): one value a pixel."""

Mask: TypeAlias = NDArray[np.bool_]
"""bool, shape (row, column), True = valid."""

Labels: TypeAlias = NDArray[np.int32]
"""int32, shape (row, column): 0 outside regions, 1 to n inside."""

Matrix: TypeAlias = NDArray[np.float64]
"""float64, shape (2, 3): takes (column, row, 1) of one pixel grid to (column, row) of another."""
