"""Reading YAML strictly: no duplicate keys, no aliases, no tags, bounded size; every value remembers its line."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from sitedelta.errors import ConfigError

MAX_BYTES = 1_000_000
MAX_NODES = 200_000
"""A site with every key has some hundred, so that thousands of sites fit."""
MAX_DEPTH = 20

Place: TypeAlias = tuple[str | int, ...]
"""Keys and indices that lead to a value, e.g. `("sites", 0, "imagery")`."""


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML document: its plain value and where each part of it stands."""

    value: Any
    """Dictionaries, lists, strings, numbers, booleans and None; dates stay strings."""
    lines: dict[Place, int]
    """Line, from 1, of each value."""

    def line(self, place: Place) -> int | None:
        """Give the line of a value, or of the nearest value around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place)


_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""That of libyaml, where PyYAML was built with it: five times as fast."""


class _Loader(_Base):  # type: ignore[misc]  # whichever there is
    """Plain values only: a date stays the string it is, so that an impossible one can be named."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":merge"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(path: Path) -> Document:
    """Read one YAML document.

    Raises
    ------
    ConfigError
        The file is missing, too large, not UTF-8, not YAML, or uses duplicate keys, aliases or tags.
    """
    return parse_yaml(path, _read_text(path))


def parse_yaml(path: Path, text: str) -> Document:
    """Read one YAML document out of a text; `path` is named in errors, as those of `read_yaml`."""
    try:
        _refuse_excess(path, text)
        return _document(path, _Loader(text))
    except ConfigError:
        raise
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}, {_reason(error, text)}") from error
    except (RecursionError, ValueError) as error:
        raise ConfigError(f"{path}: not usable as YAML ({error}); write plain nested keys and values") from error


def _document(path: Path, loader: _Loader) -> Document:
    node = loader.get_single_node()
    if node is None:
        return Document(None, {})
    lines = _lines(path, node)
    return Document(loader.construct_document(node), lines)


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(f"{path}: larger than {MAX_BYTES // 1_000_000} MB; a configuration is a short text file")
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; `sitedelta init DIR` writes a template") from None
    except IsADirectoryError:
        raise ConfigError(f"{path}: is a folder; name the configuration file in it") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not a text file in UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error


def _refuse_excess(path: Path, text: str) -> None:
    """Refuse aliases (they can grow without bound), deep nesting and too many values before any of them is built."""
    depth = 0
    for number, event in enumerate(yaml.parse(text, Loader=_Loader)):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            raise ConfigError(f"{path}, line {line}: aliases (*name) are not read; write the value out")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if number > MAX_NODES or depth > MAX_DEPTH:
            raise ConfigError(
                f"{path}, line {line}: more than {MAX_NODES} values or {MAX_DEPTH} levels; split the configuration"
            )


def _lines(path: Path, root: yaml.Node) -> dict[Place, int]:
    found: dict[Place, int] = {}
    todo: list[tuple[Place, int, yaml.Node]] = [((), root.start_mark.line + 1, root)]
    while todo:
        place, found[place], node = todo.pop()
        if isinstance(node, yaml.MappingNode):
            todo += _entries(path, place, node)
        elif isinstance(node, yaml.SequenceNode):
            todo += [((*place, i), child.start_mark.line + 1, child) for i, child in enumerate(node.value)]
    return found


def _entries(path: Path, place: Place, node: yaml.MappingNode) -> list[tuple[Place, int, yaml.Node]]:
    seen: dict[str, int] = {}
    for key, _ in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise ConfigError(f"{path}, line {line}: a key must be a single word")
        if key.value in seen:
            raise ConfigError(
                f"{path}, line {line}: key {key.value!r} stands twice (first in line {seen[key.value]}); remove one"
            )
        seen[key.value] = line
    return [((*place, key.value), seen[key.value], child) for key, child in node.value]


def _reason(error: yaml.YAMLError, text: str) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        what = " ".join(filter(None, (error.problem, f"({error.context})" if error.context else "")))
        return f"{_where(error.problem_mark, text)}: not valid YAML: {what}"
    if isinstance(error, yaml.reader.ReaderError):
        return f"not valid YAML: the character {error.character!r} at position {error.position} is not allowed"
    return "not valid YAML: " + " ".join(str(error).split())


def _where(mark: yaml.Mark, text: str) -> str:
    last = max(len(text.splitlines()), 1)
    if mark.line >= last:  # libyaml tells of the end as of one more line
        return f"line {last}, at its end"
    return f"line {mark.line + 1}, column {mark.column + 1}"
