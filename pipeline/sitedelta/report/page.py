"""The page: one HTML file that holds all it needs and asks for nothing."""

import base64
import hashlib
import json
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from sitedelta.records import Status, ZoneStatus
from sitedelta.report.view import PageView, dwelling, iso_days, seen, subclasses
from sitedelta.words import wording
from sitedelta.words.sentences import false_alarms

if TYPE_CHECKING:
    from jinja2 import Environment

_STATUS = {
    Status.COUNTED: ("●", "counted"),
    Status.OBSERVED_ZERO: ("○", "observed, none seen"),
    Status.PARTLY: ("◐", "partly observable"),
    Status.NOT_OBSERVABLE: ("✕", "not observable"),
}
_CHANGES = {
    ZoneStatus.CHANGED: "changed",
    ZoneStatus.WITHIN_FALSE_ALARMS: "no more than false alarms explain",
    ZoneStatus.CANNOT_TELL: "changed, if not false alarms",
    ZoneStatus.NO_CHANGE: "no change found",
    ZoneStatus.NOT_OBSERVABLE: "not observable",
}
_TOPICS = {"change": "changed ground", "event": "coming and going", "count": ""}
_ANSWERS = {
    "increase": ("▲", "increase"),
    "decrease": ("▼", "decrease"),
    "no_change": ("=", "no change"),
    "cannot_tell": ("?", "cannot tell"),
    "not_observable": ("✕", "not observable"),
}


_NOTHING = "'none'"
_VENDORED = "vendor/d3.min.js"
_SCRIPTS = (
    "dom.js",
    "window.js",
    "pairs.js",
    "counts.js",
    "decisions.js",
    "keep.js",
    "bench.js",
    "queue.js",
    "review.js",
)
"""Of the site's page, in `assets/site/`; later ones use what earlier ones define."""


def render(page: PageView) -> str:
    """Give the page as text; everything that a file or a configuration says is escaped."""
    shown = {"page": page, "m": page.findings.manifest, "alerts": page.alerts}
    return dressed(environment(), "index.html.j2", script=_script(), **shown)


def dressed(environment: "Environment", template: str, *, script: str = "", **shown: object) -> str:
    """Give a page with its style and script, and a policy that lets nothing else in."""
    style = _asset("style.css")
    policy = "; ".join(
        [
            "default-src 'none'",
            "img-src data:",
            f"style-src {_digest(style)}",
            f"script-src {_digest(script) if script else _NOTHING}",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    return environment.get_template(template).render(style=style, script=script, policy=policy, **shown)


def _script() -> str:
    """Give the page's own modules as one script after the library that they use."""
    own = "\n".join(_asset(f"site/{name}") for name in _SCRIPTS)
    licence = _asset(_VENDORED.replace(".min.js", ".LICENSE"))
    return f'/*\n{licence}*/\n{_asset(_VENDORED)}\n(() => {{\n"use strict";\n{own}\n}})();\n'


@cache
def environment() -> "Environment":
    """Give the template environment: escapes everything, refuses what is undefined; templates are compiled once."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    found = Environment(
        loader=PackageLoader("sitedelta.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    names = ("area", "because", "day", "many", "metres", "moment", "percent", "short_day", "small_percent")
    found.filters.update({name: getattr(wording, name) for name in names})
    found.filters.update(
        seen=seen,
        subclasses=subclasses,
        dwelling=dwelling,
        iso_days=iso_days,
        pretty=_pretty,
        kept=_kept,
        false_alarms=false_alarms,
    )
    found.globals.update(interval=wording.interval, span=wording.span, STATUS=_STATUS, ANSWERS=_ANSWERS, TOPICS=_TOPICS)
    found.globals.update(CHANGES=_CHANGES)
    return found


def _kept(text: str) -> str:
    """Keep numbers and their units on one line."""
    return re.sub(r"(?<=\d) (?=(%|m|ha|km|m²|km²)(?!\w))", "\N{NO-BREAK SPACE}", text)


def _pretty(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True, default=str)


def _asset(name: str) -> str:
    return files("sitedelta.report").joinpath("assets", name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
