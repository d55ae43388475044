"""Options that say where the work is done."""

import math

import click

from sitedelta.settings.defaults import TILE_LIMIT_S


def _resources(_: click.Context, __: click.Parameter, value: tuple[str, ...]) -> dict[str, float]:
    found = {}
    for text in value:
        name, _sign, number = text.partition("=")
        try:
            found[name] = float(number)
        except ValueError:
            found[name] = math.nan
        if not name or not 0 < found[name] < math.inf:
            raise click.BadParameter(f"{text!r} is none; write a name and a number, e.g. GPU=1")
    return found


scheduler = click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Run on a dask cluster: tcp://10.0.0.5:8786, the scheduler's file, or dask for the one of dask's settings.",
)
tile_limit = click.option(
    "--tile-limit",
    type=click.FloatRange(min=1),
    default=TILE_LIMIT_S,
    show_default=True,
    metavar="SECONDS",
    help="A tile that takes longer is tried again, then given up.",
)
resources = click.option(
    "--resources",
    multiple=True,
    callback=_resources,
    metavar="NAME=N",
    help="What a tile that counts asks of a worker of the cluster, e.g. GPU=1.",
)
