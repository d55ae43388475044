"""Turning a failed validation into one clear line."""

import difflib
import typing
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sitedelta.errors import InputError
from sitedelta.remote.address import hushed
from sitedelta.settings.yamlfile import Document, Place

_PHRASES = {
    "missing": "is missing; add it",
    "string_type": "must be text; put it in quotes",
    "float_type": "must be a number, written without unit or quotes",
    "tuple_type": "must be a list: [a, b] or lines that start with -",
    "model_type": "must be a group of keys (key: value)",
    "model_attributes_type": "must be a group of keys (key: value)",
    "dict_type": "must be a group of keys (key: value)",
    "mapping_type": "must be a group of keys (key: value)",
    "greater_than": "must be greater than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than": "must be less than {lt:g}",
    "less_than_equal": "must be at most {le:g}",
    "finite_number": "must be a finite number",
    "too_short": "must not be empty",
    "string_too_long": "must not be longer than {max_length} characters",
    "string_too_short": "must not be empty",
    "literal_error": "must be one of {expected}",
}


def explain(error: ValidationError, model: type[BaseModel], *, path: Path, document: Document) -> str:
    """Describe the first failure in one line: file, line, place, what is wrong, how to mend it."""
    details = error.errors(include_url=False, include_context=True)
    first = min(details, key=lambda d: (d["type"] != "extra_forbidden", _line(d, document) or 0))
    place = _known_place(first["loc"], document)
    line = document.line(place)
    where = [str(path), *([f"line {line}"] if line else []), *([spell(place)] if place else [])]
    more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    return f"{', '.join(where)}: {_what(first, model)}{more}"


def spell(place: Place) -> str:
    """Write a place as `sites[0].imagery[1].gsd`."""
    parts = [f"[{p}]" if isinstance(p, int) else f".{p}" for p in place]
    return "".join(parts).lstrip(".")


def nearest(word: str, known: list[str]) -> str:
    """Give a hint that names the nearest known word, or all of them."""
    close = difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"known keys are {', '.join(known)}"


def _line(detail: ErrorDetails, document: Document) -> int | None:
    return document.line(_known_place(detail["loc"], document))


def _known_place(loc: Place, document: Document) -> Place:
    """Drop what pydantic adds to a place (names of the branches of a union); keep a missing key's own name."""
    place: Place = ()
    for part in loc:
        if (*place, part) in document.lines:
            place = (*place, part)
    missing = isinstance(loc[-1], str) and loc and loc[-1].isidentifier() and loc[:-1] == place
    return (*place, loc[-1]) if missing else place


def _what(detail: ErrorDetails, model: type[BaseModel]) -> str:
    if detail["type"] == "extra_forbidden":
        known = _keys_at(model, detail["loc"][:-1])
        return f"unknown key; {nearest(str(detail['loc'][-1]), known)}"
    whole = isinstance(detail.get("ctx", {}).get("error"), InputError)  # it says all itself
    given = "" if whole or detail["type"] in {"missing", "too_short"} else _given(detail["input"])
    phrase = _PHRASES.get(detail["type"])
    if phrase is None:
        return detail["msg"].removeprefix("Value error, ") + given
    return phrase.format(**detail.get("ctx", {})) + given


def _given(value: object) -> str:
    if isinstance(value, dict) or (isinstance(value, list | tuple) and any(isinstance(v, dict) for v in value)):
        return ""
    text = hushed(repr(value))
    return f", not {text if len(text) <= 60 else text[:57] + '...'}"


def _keys_at(model: type[BaseModel], loc: Place) -> list[str]:
    current: type[BaseModel] = model
    for part in loc:
        if isinstance(part, str) and part in current.model_fields:
            current = _model_in(current.model_fields[part].annotation) or current
    return list(current.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, typing.get_args(annotation))), None)
