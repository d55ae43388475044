"""Small rendered images of an airfield on several dates: seeded, with aircraft that come and go."""

from pathlib import Path

import cv2
import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.transform import from_origin

GSD_M = 0.5
FIRST_DAY = 6


def ground(side: int, *, seed: int = 0) -> NDArray[np.uint8]:
    """Give ground that can be matched, shape (3, side, side)."""
    rng = np.random.default_rng(seed)
    plane = np.zeros((side, side), np.float32)
    for sigma, weight in ((1.2, 9), (4, 16), (14, 22)):
        noise = cv2.GaussianBlur(rng.normal(size=plane.shape).astype(np.float32), (0, 0), sigma)
        plane += weight * noise / noise.std()
    tint = np.array([1.0, 0.95, 0.85])[:, None, None]
    return np.clip((105 + plane) * tint, 30, 190).astype(np.uint8)


def aircraft(image: NDArray[np.uint8], row: int, col: int) -> None:
    """Paint an aeroplane of about 30 m, nose up, with its shadow."""
    for colour, dr, dc in ((25, 4, 4), (235, 0, 0)):
        mark = np.zeros(image.shape[1:], np.uint8)
        shapes = [((0, -30), (0, 30), 5), ((-2, -4), (16, -30), 7), ((-2, 4), (16, 30), 7)]
        for a, b, width in shapes:
            p, q = ((col + dc + x, row + dr + y) for y, x in ((a[1], a[0]), (b[1], b[0])))
            cv2.line(mark, p, q, 1, width)
        cv2.line(mark, (col + dc - 11, row + dr + 26), (col + dc + 11, row + dr + 26), 1, 4)
        image[:, mark > 0] = colour


def write_dates(folder: Path, *, dates: int, side: int, seed: int = 0) -> list[Path]:
    """Write one image a date; on each, another of a row of stands is empty."""
    folder.mkdir(parents=True, exist_ok=True)
    world, written = ground(side, seed=seed), []
    for k in range(dates):
        image = np.clip(world * (1 + 0.03 * k) + 2 * k, 1, 250).astype(np.uint8)
        for stand, col in enumerate(range(50, side - 40, 90)):
            if stand % dates != k and side > 120:
                aircraft(image, side // 2 + 10 * (stand % 2), col)
        path = folder / f"202412{FIRST_DAY + k:02d}.tif"
        profile = {"driver": "GTiff", "width": side, "height": side, "count": 3, "dtype": "uint8", "crs": "EPSG:32636"}
        with rasterio.open(path, "w", **profile, transform=from_origin(767_900, 3_921_500, GSD_M, GSD_M)) as out:
            out.write(image)
        written.append(path)
    return written
