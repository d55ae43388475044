"""Render the sample tiles: `python sample_tiles/make.py [--out DIR] [--zones DIR] [--seed N] [--site ID]`."""

import argparse
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "kernels")]

import hmeimim  # noqa: E402 - the folders above hold them
import rechitsa  # noqa: E402
from story import Site  # noqa: E402
from write import SiteWriter  # noqa: E402

from rasterdelta.render.scene import illuminate, record  # noqa: E402


def render(site: Site, out: Path, zones: Path, seed: int) -> list[Path]:
    """Render all dates of a site; give the files written."""
    writer = SiteWriter(site, out, zones)
    painted: dict[str, object] = {}
    for k, moment in enumerate(site.moments):
        if moment.ground not in painted:
            painted = {moment.ground: site.grounds[moment.ground](np.random.default_rng(seed))}
        ground = painted[moment.ground]
        above = moment.air.seen_through(illuminate(ground, moment.things, moment.light, moment.air), site.frame)
        for n, tile in enumerate(moment.tiles):
            rng = np.random.default_rng([seed, k, n])
            writer.add(moment, tile, record(above, site.frame, moment.things, moment.air, tile.sensor, rng))
    return writer.finish()


def main() -> None:
    """Parse the command line and render."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--out", type=Path, default=HERE, help="folder for <site>/*.tif and truth/ (default: beside this script)"
    )
    parser.add_argument(
        "--zones", type=Path, default=HERE.parent / "configs", help="folder for the zones of the sample configuration"
    )
    parser.add_argument("--seed", type=int, default=2024)
    parser.add_argument("--site", choices=("hmeimim", "rechitsa"), help="only this site")
    given = parser.parse_args()
    for module in (hmeimim, rechitsa):
        if given.site in {None, module.__name__}:
            for path in render(module.site(), given.out, given.zones, given.seed):
                print(path)


if __name__ == "__main__":
    main()
