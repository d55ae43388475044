"""What changed at a site, how many aircraft and vehicles are there, what arrived, what left, and how sure.

The verbs of the command line are functions here: `change`, `count`, `compare`, `register` work on images; `run`,
`watch` and `report` on a configuration; `open_site` opens the results, `review_*` take what people decide about
them; `verify`, `bundle` and `sign` work on their evidence; `init` and `demo` help to begin; `within` keeps all of them
to the folders and hosts that one names. Each is imported when it is
first used, so that importing `sitedelta` costs nothing.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sitedelta.review.verbs import (
        review_accuracy,
        review_decide,
        review_export,
        review_import,
        review_list,
        review_suggest,
    )
    from sitedelta.running.demo import demo
    from sitedelta.running.runs import report, run
    from sitedelta.settings.init import init
    from sitedelta.site import open_site
    from sitedelta.verbs.bundle import bundle
    from sitedelta.verbs.change import change
    from sitedelta.verbs.compare import compare
    from sitedelta.verbs.count import count
    from sitedelta.verbs.evaluate import evaluate
    from sitedelta.verbs.register import register
    from sitedelta.verbs.sign import sign
    from sitedelta.verbs.train import train
    from sitedelta.verbs.verify import verify
    from sitedelta.watch.verb import watch
    from sitedelta.within import within

__version__ = "0.1.0"
__all__ = [
    "__version__",
    "bundle",
    "change",
    "compare",
    "count",
    "demo",
    "evaluate",
    "init",
    "open_site",
    "register",
    "report",
    "review_accuracy",
    "review_decide",
    "review_export",
    "review_import",
    "review_list",
    "review_suggest",
    "run",
    "sign",
    "train",
    "verify",
    "watch",
    "within",
]

_HOMES = {
    "bundle": "sitedelta.verbs.bundle",
    "change": "sitedelta.verbs.change",
    "compare": "sitedelta.verbs.compare",
    "count": "sitedelta.verbs.count",
    "demo": "sitedelta.running.demo",
    "evaluate": "sitedelta.verbs.evaluate",
    "init": "sitedelta.settings.init",
    "open_site": "sitedelta.site",
    "register": "sitedelta.verbs.register",
    "report": "sitedelta.running.runs",
    "review_accuracy": "sitedelta.review.verbs",
    "review_decide": "sitedelta.review.verbs",
    "review_export": "sitedelta.review.verbs",
    "review_import": "sitedelta.review.verbs",
    "review_list": "sitedelta.review.verbs",
    "review_suggest": "sitedelta.review.verbs",
    "run": "sitedelta.running.runs",
    "sign": "sitedelta.verbs.sign",
    "train": "sitedelta.verbs.train",
    "verify": "sitedelta.verbs.verify",
    "watch": "sitedelta.watch.verb",
    "within": "sitedelta.within",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name, obj=sys.modules[__name__])
    globals()[name] = found = getattr(import_module(_HOMES[name]), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Package(ModuleType):
    """A package whose functions are not hidden by submodules of the same name (`report`, `init`, `demo`)."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
