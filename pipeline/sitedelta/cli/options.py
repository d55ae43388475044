"""Values and options that several commands share."""

import math
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar, get_args

import click

from sitedelta.counts.claims import CLASSES, check_classes
from sitedelta.settings.defaults import COARSEST_M, HIDDEN, Hidden
from sitedelta.within import within


def _confine(context: click.Context, _: click.Parameter, value: tuple[str, ...]) -> None:
    """Let the fence stand as long as the command runs."""
    if value:
        context.with_resource(within(*value))


F = TypeVar("F", bound=Callable[..., Any])


def _metres(_: click.Context, __: click.Parameter, value: str | None) -> float | None:
    if value is None:
        return None
    try:
        gsd = float(value)
    except ValueError:
        gsd = math.nan
    if not 0 < gsd <= COARSEST_M:
        raise click.BadParameter(f"{value} is no ground sampling distance; give metres a pixel, above 0, e.g. 0.5")
    return gsd


def _day(_: click.Context, __: click.Parameter, value: str | None) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError as error:
        raise click.BadParameter(f"{value} is no date; write it as year-month-day, e.g. 2024-12-13") from error


def _labels(_: click.Context, __: click.Parameter, value: str) -> tuple[str, ...]:
    return check_classes(tuple(name.strip() for name in value.split(",")))


def _hidden(_: click.Context, __: click.Parameter, value: str) -> tuple[Hidden, ...]:
    names = [n.strip() for n in value.split(",") if n.strip() and n.strip() != "none"]
    known: tuple[Hidden, ...] = get_args(Hidden)
    for name in names:
        if name not in known:
            raise click.BadParameter(f"{name!r} is none of {', '.join(known)} and none")
    return tuple(k for k in known if k in names)


PATH = click.Path(path_type=Path)

gsd = click.option(
    "--gsd",
    callback=_metres,
    metavar="METRES",
    help="Ground sampling distance in metres a pixel, for images that carry none.",
)
classes = click.option(
    "--classes",
    callback=_labels,
    metavar="NAMES",
    default=",".join(CLASSES),
    show_default=True,
    help="What to count, separated by commas.",
)
hidden = click.option(
    "--hidden",
    callback=_hidden,
    metavar="NAMES",
    default=",".join(HIDDEN),
    show_default=True,
    help="What counts as not observable: cloud, shadow, haze, snow, water, dark, or none.",
)
dem = click.option(
    "--dem", type=PATH, metavar="FILE", help="Digital elevation model, for images that were not rectified (RPC)."
)
model = click.option(
    "--model",
    type=PATH,
    metavar="FILE",
    help="A detector of one's own instead of the shipped one: what `train` wrote, or YAML.",
)
jobs = click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=None,
    help="Workers: processes, or threads of one.  [default: one a core]",
)
site = click.option("--site", metavar="ID", help="Only this site of the configuration.")
out_folder = click.option("--out", type=PATH, required=True, metavar="DIR", help="Folder for the results.")


def day(name: str, meaning: str) -> Callable[[F], F]:
    """Give an option that takes a day."""
    return click.option(name, callback=_day, metavar="DATE", help=meaning)


def out_file(metavar: str) -> Callable[[F], F]:
    """Give the option --out for a file."""
    return click.option("--out", type=PATH, required=True, metavar=metavar, help="File for the result.")


def talk(function: F) -> F:
    """Add --within, --quiet and --json."""
    fence = click.option(
        "--within",
        multiple=True,
        expose_value=False,
        is_eager=True,
        callback=_confine,
        metavar="DIR|HOST",
        help="Read and write nothing outside these folders and hosts (https://example.org, s3://bucket), whatever a "
        "configuration, a link or an image says.  [default: no limit]",
    )
    quiet = click.option("--quiet", is_flag=True, help="No progress and no summary; errors only.")
    as_json = click.option("--json", "as_json", is_flag=True, help="Print the summary on stdout as JSON.")
    return fence(quiet(as_json(function)))


def examples(*lines: str) -> str:
    """Give the closing part of a command's help."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])
