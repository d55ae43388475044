"""What light, air, sensor and compression do to a picture."""

import cv2
import numpy as np

from sitedelta.learning.detect.canvas import Colour, Rng, noise, polygon


def shadow(rng: Rng, x: Colour) -> Colour:
    """Cast the shadow of something large that stands outside, or of a cloud: what lies in it is still there."""
    side = len(x)
    corners = rng.uniform(-0.2, 1.2, 2) * side + rng.uniform(-0.6, 0.6, (int(rng.integers(3, 6)), 2)) * side
    mask = cv2.convexHull(np.round(corners).astype(np.int32))[:, 0]
    cover = polygon(side, mask.astype(float), float(rng.choice([0.8, rng.uniform(1, 8)])))
    sky = np.float32(rng.uniform(0.2, 0.6)) * np.array([0.92, 1.0, rng.uniform(1.0, 1.25)], np.float32)
    lit: Colour = x * (1 - cover[..., None] * (1 - sky))
    return lit


def photometry(rng: Rng, x: Colour) -> Colour:
    """Change exposure, contrast, tint and saturation; add haze; drop colour."""
    if rng.random() < 0.6:
        grey = x.mean(2, keepdims=True)
        x = grey + (x - grey) * np.float32(rng.uniform(0.2, 1.5))
    gain = np.exp(rng.normal(0, 0.05, 3) + rng.normal(0, 0.16)).astype(np.float32)
    x = np.clip(x, 0, 1.4) * gain
    x = np.maximum(x, 1e-4) ** np.float32(np.exp(rng.normal(0, 0.2)))
    middle = np.float32(rng.uniform(0.25, 0.6))
    x = (x - middle) * np.float32(rng.uniform(0.55, 1.4)) + middle + np.float32(rng.normal(0, 0.06))
    if rng.random() < 0.25:
        veil = np.clip(rng.uniform(0, 0.55) + 0.2 * noise(rng, len(x), rng.uniform(1, 5)), 0, 0.85)[..., None]
        x = x * (1 - veil) + np.float32(rng.uniform(0.6, 1.0)) * veil
    if rng.random() < 0.12:
        x = _glare(rng, x)
    if rng.random() < 0.12:
        x = np.repeat(x.mean(2, keepdims=True), 3, 2)
    return np.clip(x, 0, 1).astype(np.float32)


def _glare(rng: Rng, x: Colour) -> Colour:
    """Push bright ground, pale aprons say, close to white, where little contrast is left."""
    bright = np.float32(max(0.2, float(np.quantile(x[::4, ::4].mean(2), rng.uniform(0.6, 0.95)))))
    x = np.clip(x / bright, 0, 3) * np.float32(rng.uniform(0.75, 1.0))
    knee = np.float32(rng.uniform(0.6, 0.85))
    over = np.maximum(x - knee, 0)
    tint = np.array([1, rng.uniform(0.94, 1.0), rng.uniform(0.82, 1.0)], np.float32)
    pale: Colour = (np.minimum(x, knee) + (1 - knee) * over / (over + (1 - knee))) * tint
    return pale


def sensor(rng: Rng, x: Colour, coarser: float) -> np.ndarray:
    """Blur, sample at a coarser pixel, sharpen, add noise, compress, and bring back to the crop's grid; uint8."""
    side = len(x)
    if coarser > 1.05:
        small = max(16, round(side / coarser))
        x = np.asarray(cv2.GaussianBlur(x, (0, 0), rng.uniform(0.1, 0.7) * coarser), np.float32)
        x = np.asarray(cv2.resize(x, (small, small), interpolation=cv2.INTER_AREA), np.float32)
    if rng.random() < 0.5:
        soft = np.asarray(cv2.GaussianBlur(x, (0, 0), rng.uniform(0.4, 1.2)), np.float32)
        x = soft if rng.random() < 0.5 else x + np.float32(rng.uniform(0.2, 1.3)) * (x - soft)
    x = x * np.float32(255)
    if rng.random() < 0.7:
        grain = rng.standard_normal(x.shape if rng.random() < 0.5 else (*x.shape[:2], 1), np.float32)
        x = x + np.float32(rng.uniform(0, 7)) * grain
    pixels = np.clip(x, 0, 255).astype(np.uint8)
    if rng.random() < 0.6:
        coded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 97))])[1]
        pixels = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
    if len(pixels) != side:
        pixels = np.asarray(cv2.resize(pixels, (side, side), interpolation=cv2.INTER_LINEAR), np.uint8)
    return pixels
