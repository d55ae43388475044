"""How well one date is brought to the radiometry of another: two pairs of Landsat, on pixels held out.

`python -m tests.benchmarks.bench_radiometry [DATA]`; DATA is a folder of image sets, `SITEDELTA_DATA` where not given.

Measure: cloud and shadow are masked, unchanged pixels are those that IR-MAD gives 95 % or more, two thirds of them are
fitted and one third, which no fit has seen, is measured. For each band: root mean square difference of the dates before
and after normalisation, the difference of means with its paired t test, the ratio of variances with its F test, and the
slope of the normalised date over the reference by orthogonal regression.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import rasterio
from tests.benchmarks.bench_masks import NAMES, bands_of, table

from rasterdelta.masks import HIDING, any_of
from rasterdelta.masks.twodates import Dated, classify_two
from rasterdelta.radiometry import fit_linear
from rasterdelta.radiometry.histogram import fit_histogram
from rasterdelta.radiometry.unchanged import Normalisation, fit_unchanged
from rasterdelta.types import Image, Mask

BANDS = 6
HEAD = (
    "band",
    "RMSE before",
    "RMSE after",
    "means",
    "t test, p",
    "F test, p",
    "slope",
    "correlation",
    "slope determined",
)
OTHERS = ("way, fitted on all clear pixels", *(f"{n}: RMSE on unchanged pixels" for n in NAMES[:BANDS]))


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", type=Path, default=Path(os.environ.get("SITEDELTA_DATA", "../shared/data")))
    data = parser.parse_args().data / "change"
    for name, images in (("July and November", clouded), ("2000 and 2003", clear)):
        reference, moving, valid = images(data)
        found = fit_unchanged(reference, moving, valid)
        sys.stdout.write(f"{name}: {found.fitted} pixels fitted, {found.tested} held out, {int(valid.sum())} clear\n\n")
        sys.stdout.write(f"{table(HEAD, bands(found))}\n{table(OTHERS, others(reference, moving, valid, found))}\n")


def clouded(data: Path) -> tuple[Image, Image, Mask]:
    """Read both dates, and where both are clear and unsaturated."""
    folder = data / "landsat_clouds"
    images = [rasterio.open(folder / f"{d}_etm.tif").read()[:BANDS].astype(np.float32) for d in ("july", "nov")]
    dates = [Dated(bands_of(folder / f"{d}_etm.tif"), ceiling=255.0) for d in ("july", "nov")]
    everywhere = np.ones(images[0].shape[1:], np.bool_)
    hidden = np.logical_or.reduce([any_of(k, HIDING) for k in classify_two(*dates, everywhere, gsd_m=30.0)])
    full = np.logical_or.reduce([(i >= 255).any(axis=0) for i in images])
    return images[0], images[1], ~hidden & ~full


def clear(data: Path) -> tuple[Image, Image, Mask]:
    """Read both dates of a pair without cloud."""
    first, second = (rasterio.open(data / "taizhou" / n).read().astype(np.float32) for n in ("2000TM", "2003TM"))
    return first, second, np.ones(first.shape[1:], np.bool_)


def bands(found: Normalisation) -> Iterator[tuple[object, ...]]:
    """Tell each band's relation."""
    for name, h, sure in zip(NAMES, found.held, found.determined, strict=False):
        means = f"{h.mean_normalised:.2f} / {h.mean_reference:.2f}"
        tests = f"{h.t_probability:.2f}", f"{h.f_probability:.2f}"
        told = f"{h.slope:.2f}", f"{h.correlation:.2f}", "yes" if sure else "no"
        yield name, f"{h.rmse_before:.2f}", f"{h.rmse_after:.2f}", means, *tests, *told


def others(reference: Image, moving: Image, valid: Mask, found: Normalisation) -> Iterator[tuple[object, ...]]:
    """Tell what other ways leave on the same unchanged pixels."""
    index = found.unchanged
    ways = {
        "none": lambda: moving,
        "robust line": lambda: fit_linear(reference, moving, valid).apply(moving),
        "histogram": lambda: fit_histogram(reference, moving, valid).apply(moving),
        "IR-MAD, orthogonal regression": lambda: found.linear.apply(moving),
    }
    for name, way in ways.items():
        try:
            off = (way() - reference)[:, index]
        except ValueError as error:
            yield name, str(error), *[""] * (BANDS - 1)
            continue
        yield name, *(f"{r:.2f}" for r in np.sqrt((off * off).mean(axis=1)))


if __name__ == "__main__":
    main()
