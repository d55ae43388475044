"""What differs between dates and is no change: light, season, haze, crops, trees, sensors."""

import cv2
import numpy as np

from sitedelta.learning.change.canvas import Canvas, Colour, Field, noise, polygon, turned


def crops(rng: np.random.Generator, canvas: Canvas, date: int) -> None:
    """Let a field or a lawn have another colour."""
    size = rng.uniform(10, 120) / canvas.gsd_m
    turns = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(4, 9))))
    points = np.stack([np.cos(turns), np.sin(turns)], 1) * size * rng.uniform(0.4, 1, (len(turns), 1))
    mask = polygon(canvas.side, turned(points, 0, _place(rng, canvas)), rng.uniform(0.5, 4)) * np.float32(
        rng.uniform(0.3, 0.9)
    )
    image = canvas.dates[date]
    local = cv2.GaussianBlur(image, (0, 0), 6)
    r, g, b = cv2.split(image)
    colourful = np.maximum(np.maximum(r, g), b) - np.minimum(np.minimum(r, g), b)
    tint = np.array([rng.uniform(0.6, 1.5), rng.uniform(0.7, 1.35), rng.uniform(0.6, 1.3)], np.float32)
    rough = mean_band(np.asarray(cv2.absdiff(image, local)))
    natural = np.clip((30 - rough) / 20, 0, 1) * np.clip(colourful / 15, 0, 1)
    canvas.paint(date, np.asarray(mask * natural, np.float32), np.asarray(np.clip(image * tint, 0, 255), np.float32))


def cast(rng: np.random.Generator, canvas: Canvas, date: int) -> None:
    """Throw a shadow from beyond what is seen."""
    width, length = rng.uniform(3, 25) / canvas.gsd_m, rng.uniform(5, 60) / canvas.gsd_m
    points = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * np.array([length, width]) / 2 + rng.normal(
        0, 0.1 * width, (4, 2)
    )
    mask = polygon(canvas.side, turned(points, rng.uniform(0, 2 * np.pi), _place(rng, canvas)), rng.uniform(0.5, 1.5))
    canvas.shade(date, mask, rng.uniform(0.3, 0.7))


def trees(rng: np.random.Generator, canvas: Canvas, date: int) -> None:
    """Let bushes and trees grow or go."""
    at, sun = np.array(_place(rng, canvas)), rng.normal(0, 1, 2)
    green = np.array([rng.uniform(30, 90), rng.uniform(50, 105), rng.uniform(30, 70)], np.float32)
    texture = green * (1 + np.float32(0.25) * noise(rng, canvas.side, 2.0 / canvas.gsd_m)[..., None])
    for _ in range(int(rng.integers(1, 25))):
        radius = rng.uniform(1, 5) / canvas.gsd_m
        t = np.linspace(0, 2 * np.pi, 10, endpoint=False)
        shape = np.stack([np.cos(t), np.sin(t)], 1) * radius * rng.uniform(0.75, 1.15, (10, 1))
        here = at + rng.normal(0, 15 / canvas.gsd_m, 2)
        canvas.shade(date, polygon(canvas.side, shape + here + sun * radius * 0.8, 1.0), 0.6)
        canvas.paint(date, polygon(canvas.side, shape + here, 0.8), texture)


def photometry(rng: np.random.Generator, image: Colour) -> Colour:
    """Give the image as another sensor, season and sky would."""
    x = cv2.pow(np.clip(image / np.float32(255), 0, 1), float(np.exp(rng.normal(0, 0.25))))
    grey = mean_band(x)[..., None]
    x = grey + (x - grey) * np.float32(rng.uniform(0.3, 1.5))
    gain = np.exp(rng.normal(0, 0.25) + rng.normal(0, 0.08, 3)).astype(np.float32)
    offset = (0.45 * (1 - gain) + rng.normal(0, 0.08) + rng.normal(0, 0.03, 3)).astype(np.float32)
    x = x * gain + offset
    if rng.random() < 0.3:
        veil = np.clip(rng.uniform(0, 0.5) + 0.15 * noise(rng, len(x), len(x) / rng.uniform(1, 5)), 0, 0.7)[..., None]
        x = x * (1 - veil) + np.float32(rng.uniform(0.6, 0.95)) * veil
    if rng.random() < 0.08:
        x = np.repeat(mean_band(x)[..., None], 3, 2)
    shown: Colour = (x * 255).astype(np.float32)
    return shown


def mean_band(image: Colour) -> Field:
    """Give the mean of the three bands."""
    return np.asarray(cv2.transform(image, np.full((1, 3), 1 / 3, np.float32)), np.float32)


def sensor(rng: np.random.Generator, image: Colour) -> np.ndarray:
    """Blur or sharpen, add noise and compress; uint8."""
    if rng.random() < 0.5:
        blurred = np.asarray(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.3)), np.float32)
        image = blurred if rng.random() < 0.65 else image + np.float32(rng.uniform(0.2, 1.2)) * (image - blurred)
    image = image + np.float32(rng.uniform(0, 5)) * rng.standard_normal(image.shape, np.float32)
    pixels = np.clip(image, 0, 255).astype(np.uint8)
    if rng.random() < 0.6:
        coded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 96))])[1]
        pixels = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
    return pixels


def _place(rng: np.random.Generator, canvas: Canvas) -> tuple[float, float]:
    return float(rng.uniform(0, canvas.side)), float(rng.uniform(0, canvas.side))
