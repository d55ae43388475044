"""A site's part of the page over all sites, kept beside its results: to open all tables of all sites takes long."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sitedelta.files.store import SiteStore, write_json
from sitedelta.report.siteview import SiteView
from sitedelta.watch.sight import software, stamps

if TYPE_CHECKING:
    from pydantic import TypeAdapter

FORMAT = 1


def kept(store: SiteStore, make: Callable[[], SiteView]) -> SiteView:
    """Give what was kept of a site, where it was made from the results that stand; else make it, and keep it."""
    path, basis = store.root / "work" / "site.json", _basis(store)
    found = _read(path, basis)
    if found is None:
        found = make()
        write_json(path, {"basis": basis, "view": _adapter().dump_python(found, mode="json")})
    return found


def _basis(store: SiteStore) -> list[object]:
    """Name what a site's part is made from."""
    made_from = store.manifest, store.observations, store.alerts, store.alert_state, store.arrivals
    return [FORMAT, software(), sorted([p, *stamp] for p, stamp in stamps(made_from).items())]


def _read(path: Path, basis: list[object]) -> SiteView | None:
    try:
        said = json.loads(path.read_bytes())
        return _adapter().validate_python(said["view"]) if said["basis"] == basis else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


@cache
def _adapter() -> "TypeAdapter[SiteView]":
    from pydantic import TypeAdapter

    return TypeAdapter(SiteView)
