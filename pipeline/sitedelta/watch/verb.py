"""Watch the sites of a configuration: notice new images, process only those, tell when a rule is met."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from sitedelta.alerts.delivery import Courier
from sitedelta.engine import Place
from sitedelta.errors import SitedeltaError
from sitedelta.fleet import RunResult, run_sites
from sitedelta.progress import Progress, silent
from sitedelta.running.runs import chosen_sites, publish_all
from sitedelta.settings.config import Config, Site
from sitedelta.settings.defaults import TILE_LIMIT_S
from sitedelta.watch.outcome import SitePass
from sitedelta.watch.passes import Begun, Watched, begin

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
    mistake: str | None = None
    """Why there was no look: the configuration cannot be used since it was changed, say. The next look tries again."""

    @property
    def exit_status(self) -> int:
        """3 where an alert was told, else 1 where work failed, 2 where something given cannot be used, 0 otherwise.

        An alert is told once, a failure each time: so the alert goes first.
        """
        if any(s.fired for s in self.sites):
            return FIRED
        found = {s.status for s in self.sites}
        return next((k for k in (1, 2) if k in found), 0)


def _nothing(_: object) -> None:
    return None


def watch(
    config: str | Path,
    *,
    once: bool = False,
    every: float = EVERY_S,
    settle: float = SETTLE_S,
    site: str | None = None,
    out: str | Path | None = None,
    jobs: int = 0,
    scheduler: str | None = None,
    limit_s: float = TILE_LIMIT_S,
    resources: Mapping[str, float] | None = None,
    progress: Progress = silent,
    tell: Callable[[SitePass], None] = _nothing,
    say: Callable[[WatchPass], None] = _nothing,
) -> WatchPass:
    """Look for new images again and again, and bring the sites that have any up to date.

    Where at least as many sites have something new as there are workers, each worker does whole sites; else all share
    the tiles of one. What a site has to tell is sent to the webhook as soon as the site is done.

    Parameters
    ----------
    config
        A YAML file; it is read again for each look. One that cannot be used ends the first look; later ones say so
        and wait for it to be mended (`WatchPass.mistake`).
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
    jobs, scheduler, limit_s, resources
        Where the work is done: see `run`.
    tell
        Is given what came of each site, as soon as it is done.
    say
        Is given what each look led to.

    Raises
    ------
    InputError
        The configuration cannot be used. What is wrong with one site does not keep the others from being watched: see
        `SitePass.trouble`.
    """
    place = Place(jobs, scheduler, limit_s, resources or {})
    run, first = _Run(Path(config), site, out, place, settle, progress, tell), True
    while True:
        begun = time.monotonic()
        try:
            found = run.look()
        except SitedeltaError as error:
            if once or first:
                raise
            found = WatchPass((), 0, 0, None, mistake=str(error))
        first = False
        say(found)
        if once:
            return found
        time.sleep(max(0.0, every - (time.monotonic() - begun)))


@dataclass(frozen=True, slots=True)
class _Run:
    """What is watched, where, and who is told."""

    config: Path
    site: str | None
    out: str | Path | None
    place: Place
    settle_s: float
    progress: Progress
    tell: Callable[[SitePass], None]

    def look(self) -> WatchPass:
        """Look at all sites once."""
        loaded, chosen, folder = chosen_sites(self.config, self.site, self.out)
        watched, courier = self._watched(loaded, chosen, folder), Courier(loaded.webhook)
        passes = dict[int, SitePass]()

        def done(number: int, found: SitePass) -> None:
            passes[number] = found
            self.tell(found)
            if found.alerts:
                courier.carry([watched[number].root])

        self._bring_up_to_date(watched, done)
        if any(p.outcome == "updated" for p in passes.values()):
            publish_all(loaded, folder, None if self.out else loaded.store)
        sent = courier.carry([w.root for w in watched])
        return WatchPass(tuple(passes[k] for k in sorted(passes)), sent.sent, sent.waiting, sent.trouble)

    def _watched(self, loaded: Config, chosen: Sequence[Site], folder: Path) -> list[Watched]:
        output, url = folder.absolute(), None if self.out else loaded.store
        return [
            Watched(
                one,
                output / one.id,
                output,
                loaded.alerts_of(one),
                loaded.webhook,
                self.settle_s,
                url and f"{url}/{one.id}",
                self.place.limit_s,
                uuid4().hex if self.place.scheduler else "",
            )
            for one in chosen
        ]

    def _bring_up_to_date(self, watched: Sequence[Watched], done: Callable[[int, SitePass], None]) -> None:
        """Look at each site, then do the work of those that have something new."""
        begun = dict[int, Begun]()
        for k, one in enumerate(watched):
            found = begin(one, now=time.time())
            if isinstance(found, Begun):
                begun[k] = found
            else:
                done(k, found)
        numbers = list(begun)

        def told(which: int, result: RunResult | SitedeltaError) -> None:
            done(numbers[which], begun[numbers[which]].ended(result))

        run_sites([b.work for b in begun.values()], self.place, progress=self.progress, told=told)
