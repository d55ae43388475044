"""What a command says when its work is done."""

import json
from collections.abc import Iterable
from typing import Any

import click


def conclude(summary: Any, sentences: Iterable[str], *, quiet: bool, as_json: bool) -> None:
    """Print the summary as JSON, or as sentences unless quiet."""
    if as_json:
        click.echo(json.dumps(summary, indent=1, ensure_ascii=False, allow_nan=False))
    elif not quiet:
        for sentence in sentences:
            click.echo(sentence)
