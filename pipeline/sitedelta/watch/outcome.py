"""What a look at one site led to."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sitedelta.alerts.entry import Entry
    from sitedelta.watch.arrivals import Arrival

Outcome = Literal["nothing_new", "updated", "waiting", "busy", "failed"]


@dataclass(frozen=True, slots=True)
class SitePass:
    """What a look at a site led to."""

    site: str
    outcome: Outcome
    """`waiting`: for images that are not whole yet, or for the first one; `busy`: another run works on the site."""
    arrivals: "tuple[Arrival, ...]" = ()
    alerts: "tuple[Entry, ...]" = ()
    notes: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    """Images that are not whole yet."""
    trouble: str | None = None
    status: int = 0
    """1 where the work failed, 2 where something that was given cannot be used."""
    report: Path | None = None

    @property
    def fired(self) -> bool:
        """Tell whether an alert was told now."""
        return any(e.kind == "fired" for e in self.alerts)
