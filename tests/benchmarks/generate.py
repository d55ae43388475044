"""Make a large pair of images: python -m tests.benchmarks.generate FOLDER [--size 8192].

Fields and woods over fractal ground in four correlated bands, finer texture that both dates share, noise of each
date, another light and season on the second, and some per cent of the ground changed. Values, spreads and
compressibility are those of Landsat bands brought to 12 bits. Made and written by strips, so memory does not grow with
the height.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import rasterio
from rasterio.transform import from_origin
from rasterio.windows import Window

BANDS = 4
STRIP = 512
"""Rows made at once; also the side of a tile of the file."""
CELL = 16
"""Pixels along a cell of the coarse ground."""
MARGIN = 3
"""Cells around a strip that its interpolation may look at."""
MEAN = np.array([2000, 1550, 1480, 1200], np.float32)
SPREAD = np.array([130, 130, 220, 240], np.float32)
TEXTURE, NOISE = 60.0, 6.0
"""Standard deviations: of the texture before it is smoothed, and of what either date adds."""
GAIN, OFFSET = (1.0, 0.85), (0.0, 120.0)
"""Of the light on each date."""
SEASON = 0.35
"""How much the ground differs between the dates where nothing changed, in spreads."""
CHANGED_EVERY = 60
"""Cells along a side of the squares that hold one changed patch each."""


def write_pair(folder: Path, *, size: int, seed: int = 0) -> tuple[Path, Path]:
    """Write before.tif and after.tif, tiled, DEFLATE, uint16; the same seed gives the same pixels."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / f"before-{size}.tif", folder / f"after-{size}.tif"
    grounds = coarse_grounds(size, seed)
    for date, path in enumerate(paths):
        aside = path.with_suffix(".part")
        with rasterio.open(aside, "w", **profile(size)) as file:
            for row, pixels in strips(grounds[date], date, size, seed):
                file.write(pixels, window=Window(0, row, size, pixels.shape[1]))
        aside.replace(path)
    return paths


def profile(size: int) -> dict[str, object]:
    """Give what rasterio is to be told of a file."""
    return {
        "driver": "GTiff",
        "width": size,
        "height": size,
        "count": BANDS,
        "dtype": "uint16",
        "crs": "EPSG:32637",
        "transform": from_origin(250000, 3925000, 0.5, 0.5),
        "tiled": True,
        "blockxsize": STRIP,
        "blockysize": STRIP,
        "compress": "deflate",
        "predictor": 2,
        "num_threads": 2,
        "BIGTIFF": "IF_SAFER",
    }


def coarse_grounds(size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Give the ground of both dates, one value a cell and a margin around, shape (band, row, column), spread 1."""
    side = -(-size // CELL) + 2 * MARGIN
    rng = np.random.default_rng([seed, 0])
    kinds = (0.6 * rng.normal(0, 1, (24, 1)) + 0.5 * rng.normal(0, 1, (24, BANDS))).astype(np.float32)
    cover = (24 * _rank(_fractal(rng, side))).astype(np.intp).clip(0, 23)
    before = kinds[cover].transpose(2, 0, 1) + 0.5 * np.stack([_fractal(rng, side) for _ in range(BANDS)])
    after = before + SEASON * np.stack([_fractal(rng, side) for _ in range(BANDS)])
    for row in range(0, side, CHANGED_EVERY):
        for col in range(0, side, CHANGED_EVERY):
            top, left = row + rng.integers(0, CHANGED_EVERY // 2), col + rng.integers(0, CHANGED_EVERY // 2)
            tall, wide = rng.integers(2, 16, 2)
            after[:, top : top + tall, left : left + wide] = kinds[rng.integers(24)][:, None, None]
    return before, after


def strips(ground: np.ndarray, date: int, size: int, seed: int) -> Iterator[tuple[int, np.ndarray]]:
    """Give first row and pixels, uint16 (band, row, column), of each strip of a date."""
    for row in range(0, size, STRIP):
        height = min(STRIP, size - row)
        first, last = row // CELL, -(-(row + height) // CELL) + 2 * MARGIN
        pixels = np.empty((BANDS, height, size), np.uint16)
        for band in range(BANDS):
            cells = ground[band, first:last]
            level = cv2.resize(cells, (cells.shape[1] * CELL, cells.shape[0] * CELL), interpolation=cv2.INTER_CUBIC)[
                MARGIN * CELL : MARGIN * CELL + height, MARGIN * CELL : MARGIN * CELL + size
            ]
            shared = np.random.default_rng([seed, 1, band, row]).standard_normal((height, size), np.float32)
            level = MEAN[band] + SPREAD[band] * level + cv2.GaussianBlur(TEXTURE * shared, (0, 0), 1.2)
            own = np.random.default_rng([seed, 2 + date, band, row]).standard_normal((height, size), np.float32)
            level = GAIN[date] * level + OFFSET[date] + NOISE * own
            pixels[band] = np.clip(level, 1, 65535)
        yield row, pixels


def _fractal(rng: np.random.Generator, side: int) -> np.ndarray:
    """Sum noise of ever coarser grain, in proportion to the grain; mean 0, spread 1."""
    total = np.zeros((side, side), np.float32)
    grain = 1
    while grain < max(side, 2):
        few = -(-side // grain) + 1
        noise = rng.standard_normal((few, few), np.float32)
        total += grain * cv2.resize(noise, (few * grain, few * grain), interpolation=cv2.INTER_CUBIC)[:side, :side]
        grain *= 2
    return (total - total.mean()) / total.std()


def _rank(values: np.ndarray) -> np.ndarray:
    """Give the share of values that are smaller, for each."""
    order = np.empty(values.size, np.float32)
    order[np.argsort(values, axis=None, kind="stable")] = np.arange(values.size) / values.size
    return order.reshape(values.shape)


def main() -> None:
    said = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    said.add_argument("folder", type=Path)
    said.add_argument("--size", type=int, default=8192, help="pixels along a side")
    said.add_argument("--seed", type=int, default=0)
    asked = said.parse_args()
    write_pair(asked.folder, size=asked.size, seed=asked.seed)


if __name__ == "__main__":
    main()
