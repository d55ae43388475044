"""What a site looked like when it was last looked at: kept to tell in a moment that nothing is new."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sitedelta.files.store import SiteStore, write_json
from sitedelta.watch.settled import Waiting
from sitedelta.watch.sight import Sight, Stamp, software

if TYPE_CHECKING:
    from sitedelta.alerts.setting import Alert
    from sitedelta.settings.config import Site

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Refused:
    """An image that cannot be used, and is left out until it changes."""

    stamp: Stamp
    why: str


@dataclass(frozen=True, slots=True)
class State:
    """The last look at a site."""

    setup: str = ""
    """Names settings and software."""
    done: str = ""
    """Names all that the results that stand were made from."""
    sight: Sight = field(default_factory=dict)
    waiting: dict[str, Waiting] = field(default_factory=dict)
    refused: dict[str, Refused] = field(default_factory=dict)
    trouble: str | None = None
    """Why the site could not be brought up to date with what there was, where trying again would not help."""


def setup_of(site: "Site", alerts: Sequence["Alert"], address: str | None) -> str:
    """Name all settings of a site, and the software."""
    said = [site.model_dump_json(), [a.model_dump_json() for a in alerts], bool(address), software()]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:20]


def state_path(store: SiteStore) -> Path:
    """Give where the state stands."""
    return store.root / "work" / "watch.json"


def read_state(store: SiteStore) -> State:
    """Read the last look; an empty one where there was none, or where it cannot be read."""
    try:
        said = json.loads(state_path(store).read_bytes())
        if said["format"] != FORMAT:
            return State()
        return State(
            said["setup"],
            said["done"],
            {k: tuple(v) for k, v in said["sight"].items()},
            {k: Waiting(tuple(v[0]), v[1]) for k, v in said["waiting"].items()},
            {k: Refused(tuple(v[0]), v[1]) for k, v in said["refused"].items()},
            said["trouble"],
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return State()


def write_state(store: SiteStore, state: State) -> None:
    """Write the look down."""
    write_json(
        state_path(store),
        {
            "format": FORMAT,
            "setup": state.setup,
            "done": state.done,
            "sight": state.sight,
            "waiting": {k: [w.stamp, w.since] for k, w in state.waiting.items()},
            "refused": {k: [r.stamp, r.why] for k, r in state.refused.items()},
            "trouble": state.trouble,
        },
    )
