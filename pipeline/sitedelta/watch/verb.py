"""Watch the sites of a configuration: notice new images, process only those, tell when a rule is met."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sitedelta.progress import Progress, silent
from sitedelta.running.runs import chosen_sites, publish_all
from sitedelta.watch.passes import SitePass, Watched, pass_over

if TYPE_CHECKING:
    from sitedelta.alerts.delivery import Delivery

FIRED = 3
"""Exit status where an alert was told."""
EVERY_S = 600.0
SETTLE_S = 30.0


@dataclass(frozen=True, slots=True)
class WatchPass:
    """What one look at all sites led to."""

    sites: tuple[SitePass, ...]
    sent: int
    """Messages that the webhook took."""
    waiting: int
    """Messages that wait to be sent."""
    trouble: str | None
    """Why a message could not be sent; it is tried again."""

    @property
    def exit_status(self) -> int:
        """3 where an alert was told, else 1 where work failed, 2 where something given cannot be used, 0 otherwise.

        An alert is told once, a failure each time: so the alert goes first.
        """
        if any(s.fired for s in self.sites):
            return FIRED
        found = {s.status for s in self.sites}
        return next((k for k in (1, 2) if k in found), 0)


def watch(
    config: str | Path,
    *,
    once: bool = False,
    every: float = EVERY_S,
    settle: float = SETTLE_S,
    site: str | None = None,
    out: str | Path | None = None,
    jobs: int = 0,
    progress: Progress = silent,
    say: Callable[[WatchPass], None] | None = None,
) -> WatchPass:
    """Look for new images again and again, and bring the sites that have any up to date.

    Parameters
    ----------
    config
        A YAML file; it is read again for each look.
    once
        Look once and give what came of it. Otherwise this never returns: end it with an exception or a signal.
    every
        Seconds between the beginnings of two looks.
    settle
        Seconds for which nothing may have been written to an image before it is taken.
    site
        Id of the one site to watch.
    out
        Folder for the results, instead of the configuration's `output`.
    jobs
        Local processes; 0 means one a core.
    say
        Is given what each look led to.

    Raises
    ------
    InputError
        The configuration cannot be used. What is wrong with one site does not keep the others from being watched: see
        `SitePass.trouble`.
    """
    while True:
        begun = time.monotonic()
        found = _look(Path(config), site, out, jobs, settle, progress)
        if say is not None:
            say(found)
        if once:
            return found
        time.sleep(max(0.0, every - (time.monotonic() - begun)))


def _look(
    config: Path, site: str | None, out: str | Path | None, jobs: int, settle: float, progress: Progress
) -> WatchPass:
    loaded, chosen, folder = chosen_sites(config, site, out)
    output, passes, url = folder.absolute(), [], None if out else loaded.store
    for one in chosen:
        alerts, away = loaded.alerts_of(one), url and f"{url}/{one.id}"
        watched = Watched(one, output / one.id, output, alerts, loaded.webhook, settle, away)
        place = None
        if jobs:
            from sitedelta.engine import Place

            place = Place(jobs)
        passes.append(pass_over(watched, place, now=time.time(), progress=progress))
    if any(p.outcome == "updated" for p in passes):
        publish_all(loaded, folder, url)
    sent = _deliver(loaded.webhook, [output / one.id for one in chosen])
    return WatchPass(tuple(passes), sent.sent, sent.waiting, sent.trouble)


def _deliver(address: str | None, roots: list[Path]) -> "Delivery":
    from sitedelta.alerts.delivery import deliver

    return deliver(address, roots)
