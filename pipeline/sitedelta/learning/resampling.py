"""Images seen in another frame."""

import cv2
import numpy as np
from numpy.typing import NDArray


def warped(image: NDArray[np.uint8], matrix: NDArray[np.float64], side: int, scale: float) -> NDArray[np.float32]:
    """Sample an image where a matrix takes the canvas; what is finer than the canvas is averaged."""
    corners = np.array([[0, 0, 1], [side, 0, 1], [0, side, 1], [side, side, 1]]) @ matrix.T
    low = np.maximum(np.floor(corners.min(0)).astype(int) - 8, 0)
    high = np.minimum(np.ceil(corners.max(0)).astype(int) + 8, image.shape[1::-1])
    if (high - low < 2).any():
        return np.full((side, side, 3), 127, np.float32)
    part: NDArray[np.integer | np.floating] = image[low[1] : high[1], low[0] : high[0]]
    if scale > 1.25:
        part = np.asarray(cv2.GaussianBlur(part, (0, 0), 0.45 * np.sqrt(scale**2 - 1)))
    shifted = matrix - np.array([[0, 0, low[0]], [0, 0, low[1]]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(part, shifted, (side, side), flags=flags, borderMode=cv2.BORDER_REFLECT_101).astype(
        np.float32
    )
