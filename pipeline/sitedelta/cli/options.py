"""Values and options that several commands share."""

import math
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar, get_args

import click

F = TypeVar("F", bound=Callable[..., Any])


class Gsd(click.ParamType):
    """A ground sampling distance: metres a pixel, above 0 and at most 1000."""

    name = "metres"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            gsd = float(value)
        except ValueError:
            gsd = math.nan
        if not 0 < gsd <= 1000:
            self.fail(f"{value} is no ground sampling distance; give metres a pixel, above 0, e.g. 0.5", param, ctx)
        return gsd


class Day(click.ParamType):
    """A calendar day."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value} is no date; write it as year-month-day, e.g. 2024-12-13", param, ctx)


class Classes(click.ParamType):
    """Names of classes that can be counted, separated by commas."""

    name = "names"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        from sitedelta.config import Label

        names = tuple(dict.fromkeys(n.strip() for n in value.split(",")))
        for name in names:
            if name not in get_args(Label):
                self.fail(f"{name!r} cannot be counted; there are {', '.join(get_args(Label))}", param, ctx)
        return names


PATH = click.Path(path_type=Path)

gsd = click.option("--gsd", type=Gsd(), help="Ground sampling distance in metres a pixel, for images that carry none.")
classes = click.option(
    "--classes",
    type=Classes(),
    default="aircraft,vehicle",
    show_default=True,
    help="What to count, separated by commas.",
)
jobs = click.option("--jobs", type=click.IntRange(min=1), default=None, help="Worker processes.  [default: one a core]")
site = click.option("--site", metavar="ID", help="Only this site of the configuration.")
out_folder = click.option("--out", type=PATH, required=True, metavar="DIR", help="Folder for the results.")


def out_file(metavar: str) -> Callable[[F], F]:
    """Give the option --out for a file."""
    return click.option("--out", type=PATH, required=True, metavar=metavar, help="File for the result.")


def talk(function: F) -> F:
    """Add --quiet and --json."""
    quiet = click.option("--quiet", is_flag=True, help="No progress and no summary; errors only.")
    as_json = click.option("--json", "as_json", is_flag=True, help="Print the summary on stdout as JSON.")
    return quiet(as_json(function))


def examples(*lines: str) -> str:
    """Give the closing part of a command's help."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])
