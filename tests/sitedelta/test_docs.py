"""The pages in docs/ say what the code does."""

import ast
import inspect
import re
from dataclasses import fields
from pathlib import Path

import click
import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from sitedelta import records
from sitedelta.cli import cli
from sitedelta.counts.claims import LIMITS
from sitedelta.files.store import SiteStore
from sitedelta.settings.config import Alert, Change, Config, Imagery, Site, Statement

REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "docs"
PAGES = sorted([*DOCS.glob("*.md"), *REPOSITORY.glob("*.md")])


def table_of(model: type[BaseModel]) -> str:
    """Give the keys of a part of the configuration as the page has them."""
    rows = []
    for name, field in model.model_fields.items():
        default = field.get_default(call_default_factory=True)
        if default is PydanticUndefined:
            said = "needed"
        elif isinstance(default, BaseModel):
            said = "see below"
        elif default in (None, "", {}):
            said = ""
        else:
            said = f"`{list(default)}`".replace("'", "") if isinstance(default, tuple) else f"`{default}`"
        rows.append(f"| `{name}` | {said} | {(field.description or '').replace('<', '&lt;')} |")
    return "\n".join(["| key | default | meaning |", "|---|---|---|", *rows])


@pytest.mark.parametrize("model", [Config, Site, Imagery, Change, Statement, Alert])
def test_every_key_of_the_configuration_is_explained(model):
    assert table_of(model) in (DOCS / "configuration.md").read_text()


@pytest.mark.parametrize(
    "record",
    [records.Observation, records.SiteObject, records.Event, records.Track, records.ChangeRegion, records.ZoneChange],
)
def test_every_column_of_a_table_is_explained(record):
    page = (DOCS / "outputs.md").read_text()
    section = page.split(f"<!-- {record.__name__} -->")[1].split("<!-- end -->")[0]
    named = re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE)
    assert named == [f.name for f in fields(record) if f.name != "polygon"]


def test_every_file_of_a_site_is_explained():
    page = (DOCS / "outputs.md").read_text()
    store = SiteStore(Path())
    for path in (
        store.manifest,
        store.catalog,
        store.objects,
        store.events,
        store.observations,
        store.changes,
        store.zone_changes,
        store.tracks,
        store.review,
        store.alerts,
        store.alert_state,
        store.arrivals,
    ):
        assert f"`{path}`" in page


def test_the_limits_are_those_of_the_code():
    page = (DOCS / "method.md").read_text()
    for limit in LIMITS.values():
        assert f"| {limit.label} | {limit.max_gsd_m:g} m | {limit.pixels_along:g} |" in page


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_between_files_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), target


def parameters(command: click.Command, rest: str) -> list[click.Parameter]:
    """Give what a command takes; of a group, the command that follows it."""
    return command.commands[rest.split(maxsplit=1)[0]].params if isinstance(command, click.Group) else command.params


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_commands_that_are_shown_exist(page):
    shell = "\n".join(re.findall(r"```sh\n(.*?)```", page.read_text(), flags=re.DOTALL))
    for command, rest in re.findall(r"^sitedelta (\w+)(.*)$", shell, flags=re.MULTILINE):
        assert command in cli.commands
        known = {o for p in parameters(cli.commands[command], rest) for o in p.opts}
        assert set(re.findall(r"(?<=\s)--[a-z-]+", rest)) <= known


def test_the_records_are_documented_in_code_too():
    for node in ast.parse(inspect.getsource(records)).body:
        if isinstance(node, ast.ClassDef):
            assert ast.get_docstring(node)
