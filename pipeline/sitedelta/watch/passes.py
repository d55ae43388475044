"""One look at one site: in a moment where nothing is new, else the work that brings it up to date."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sitedelta.errors import InputError, SitedeltaError
from sitedelta.files.store import SiteStore
from sitedelta.watch.lock import SiteBusy
from sitedelta.watch.outcome import Outcome, SitePass
from sitedelta.watch.settled import Waiting, image_stamp, waiting_of
from sitedelta.watch.sight import Sight, results_of, sight_of
from sitedelta.watch.state import Refused, State, read_state, setup_of, write_state

if TYPE_CHECKING:
    from sitedelta.alerts.setting import Alert
    from sitedelta.fleet import RunResult, SiteWork
    from sitedelta.running.manifest import Manifest
    from sitedelta.settings.config import Imagery, Site


@dataclass(frozen=True, slots=True)
class Watched:
    """A site, and how it is watched."""

    site: "Site"
    root: Path
    output: Path
    alerts: "tuple[Alert, ...]"
    address: str | None
    """The webhook."""
    settle_s: float
    url: str | None = None
    """Where the results are published besides."""
    limit_s: float | None = None
    """How long a tile may take."""
    run_id: str = ""
    """Names the run that gives work to workers elsewhere."""

    @property
    def store(self) -> SiteStore:
        return SiteStore(self.root)


def begin(watched: Watched, *, now: float) -> "SitePass | Begun":
    """Look at a site; give what came of it, or the work that is to be done.

    Parameters
    ----------
    now
        Seconds since 1970.
    """
    state = read_state(watched.store)
    setup = setup_of(watched.site, watched.alerts, watched.address)
    sight = sight_of(watched.site, watched.output)
    seen = sight | results_of(watched.store)
    searches = not all(isinstance(e.path, Path) for e in watched.site.imagery)
    if setup == state.setup and seen == state.sight and not (searches or state.waiting):
        if state.trouble:
            return SitePass(watched.site.id, "failed", trouble=state.trouble, status=InputError.exit_status)
        return SitePass(watched.site.id, "nothing_new")
    look = _Look(watched, state, setup, sight, now)
    try:
        return look.take()
    except SitedeltaError as error:
        return look.failed(error, seen)


@dataclass(frozen=True, slots=True)
class Begun:
    """A look that found something new: work to be done, and what to write down then."""

    work: "SiteWork"
    look: "_Look"
    seen: Sight
    """Before the work."""
    waiting: dict[str, Waiting]
    refused: dict[str, Refused]
    done: str
    """Names all that the results will rest on."""

    def ended(self, result: "RunResult | SitedeltaError") -> SitePass:
        """Write down how the work ended, and give what the look led to."""
        if isinstance(result, SitedeltaError):
            return self.look.failed(result, self.seen)
        site, names = self.look.watched.site.id, _names(self.waiting)
        news = not result.nothing_new or result.arrivals or result.alerts
        outcome: Outcome = "updated" if news else "waiting" if self.waiting else "nothing_new"
        gaps = result.unfinished
        self.look.write(self.waiting, self.refused, "" if gaps else self.done, again=bool(gaps))
        found = SitePass(site, outcome, result.arrivals, result.alerts, result.notes, names, None, 0, result.report)
        return replace(found, trouble=_given_up(gaps), status=1) if gaps else found


def _given_up(gaps: Sequence[str]) -> str:
    more = f" (and {len(gaps) - 1} more)" if len(gaps) > 1 else ""
    what = f"could not process {gaps[0]}{more}"
    return f"{what}; that ground is said to be not observable, the rest stands; the next look tries it again"


def _names(waiting: Mapping[str, Waiting]) -> tuple[str, ...]:
    return tuple(sorted(Path(p).name for p in waiting))


@dataclass(frozen=True, slots=True)
class _Look:
    """A look at a site where something may be new."""

    watched: Watched
    state: State
    setup: str
    sight: Sight
    now: float

    def take(self) -> SitePass | Begun:
        from sitedelta.watch.journal import Journal

        (site, lost), manifest = self._found(), Journal.standing(self.watched.store)
        had = {r.entry for r in manifest.scenes} if manifest else set()
        images = [_images(entry, site.id, had=k in had) for k, entry in enumerate(site.imagery)]
        _refuse_lost(images, had, site.id)
        local = {p: e for e, found in zip(site.imagery, images, strict=True) if isinstance(e.path, Path) for p in found}
        fresh = [p for p in local if not self._was_taken(p)]
        waiting = waiting_of(fresh, self.sight, self.state.waiting, settle_s=self.watched.settle_s, now=self.now)
        refused = self._refused(site, {p: e for p, e in local.items() if str(p) not in waiting}, manifest)
        apart = {*waiting, *refused}
        chosen = [tuple(p for p in found if str(p) not in apart) for found in images]
        if not any(chosen):
            return self._idle(waiting, refused)
        done = self._name(chosen, waiting, refused, lost)
        standing = Path(self.watched.store.manifest).exists() and self._results_stand()
        if done == self.state.done and standing:
            self.write(waiting, refused, done)
            return SitePass(site.id, "waiting" if waiting else "nothing_new", waiting=_names(waiting))
        unusable = [*lost, *((Path(p), r.why) for p, r in refused.items())]
        seen = self.sight | results_of(self.watched.store)
        return Begun(self._work(site, chosen, unusable), self, seen, waiting, refused, done)

    def failed(self, error: SitedeltaError, seen: Sight) -> SitePass:
        """Give what a look led to that failed; what trying again would not mend is written down."""
        site, state = self.watched.site.id, self.state
        if isinstance(error, SiteBusy):
            return SitePass(site, "busy", trouble=str(error))
        if isinstance(error, InputError) and self.watched.root.exists():
            write_state(
                self.watched.store, replace(state, setup=self.setup, sight=seen, waiting={}, trouble=str(error))
            )
        return SitePass(site, "failed", trouble=str(error), status=error.exit_status)

    def _found(self) -> "tuple[Site, list[tuple[Path, str]]]":
        """Give the site with what its searches find, and the scenes that cannot be used, with the reason of each."""
        from sitedelta.stac.entries import with_found

        folder, lost = self.watched.root / "imagery", list[tuple[Path, str]]()
        site = with_found(
            self.watched.site, folder, leave_out=lambda name, why: lost.append((folder / _plain(name), str(why)))
        )
        return site, sorted(lost)

    def _was_taken(self, path: Path) -> bool:
        """Tell whether an image was whole at the last look, and has not changed since."""
        if str(path) in self.state.waiting:
            return False
        return image_stamp(path, self.sight) == image_stamp(path, self.state.sight)

    def _refused(
        self, site: "Site", paths: Mapping[Path, "Imagery"], manifest: "Manifest | None"
    ) -> dict[str, Refused]:
        """Give the images that cannot be used; what was tried before and has not changed is not tried again."""
        known, found = self._known(manifest), {}
        for path, entry in paths.items():
            stamp, before = image_stamp(path, self.sight), self.state.refused.get(str(path))
            if before is not None and before.stamp == stamp:
                found[str(path)] = before
            elif str(path) not in known:
                why = _why_not(path, entry, site, self.watched.root)
                if why is not None:
                    found[str(path)] = Refused(stamp, why)
        return found

    def _known(self, manifest: "Manifest | None") -> set[str]:
        """Give the images that results were made from and that have not changed since."""
        import os

        if manifest is None:
            return set()
        root = self.watched.root
        given = {os.path.normpath(root / f.path): f.bytes for f in manifest.given if f.role == "image"}
        return {p for p, s in self.sight.items() if given.get(os.path.normpath(p)) == s[0]}

    def _results_stand(self) -> bool:
        now = results_of(self.watched.store)
        return {k: v for k, v in self.state.sight.items() if k in now} == now and str(
            self.watched.store.report / "index.html"
        ) in now

    def _name(
        self,
        chosen: Sequence[Sequence[Path]],
        waiting: Mapping[str, Waiting],
        refused: Mapping[str, Refused],
        lost: Sequence[tuple[Path, str]],
    ) -> str:
        """Name all that results rest on: the images, what lies beside them, the settings, and what was left out."""
        apart = (*waiting, *refused)
        kept = {p: s for p, s in self.sight.items() if not any(p.startswith(f"{a}") for a in apart)}
        left_out = [*sorted((p, r.stamp) for p, r in refused.items()), *(str(p) for p, _ in lost)]
        said = [self.setup, sorted(kept.items()), [[str(p) for p in c] for c in chosen], left_out]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:20]

    def _idle(self, waiting: dict[str, Waiting], refused: dict[str, Refused]) -> SitePass:
        """Wait for the first image that can be used."""
        if self.watched.root.exists() or waiting or refused:
            self.write(waiting, refused, "")
        why = "; ".join(r.why for r in refused.values()) or None
        return SitePass(self.watched.site.id, "waiting", waiting=_names(waiting), trouble=why, status=2 if why else 0)

    def _work(
        self, site: "Site", chosen: Sequence[tuple[Path, ...]], unusable: Sequence[tuple[Path, str]]
    ) -> "SiteWork":
        from sitedelta.fleet import SiteWork
        from sitedelta.settings.config import Found
        from sitedelta.watch.arrivals import utc_now
        from sitedelta.watch.journal import Journal

        imagery = tuple(
            Found.model_construct(e.model_fields_set, **(dict(e) | {"files": files}))
            for e, files in zip(site.imagery, chosen, strict=True)
        )
        return SiteWork(
            site.model_copy(update={"imagery": imagery}),
            self.watched.root,
            limit_s=self.watched.limit_s,
            url=self.watched.url,
            alerts=self.watched.alerts,
            send=self.watched.address is not None,
            journal=Journal(utc_now(), tuple(unusable)),
            run_id=self.watched.run_id,
        )

    def write(
        self, waiting: dict[str, Waiting], refused: dict[str, Refused], done: str, *, again: bool = False
    ) -> None:
        """Write the look down; `again`: something is to be tried once more at the next, though nothing be new."""
        seen = self.sight | results_of(self.watched.store)
        write_state(self.watched.store, State("" if again else self.setup, done, seen, waiting, refused, None))


def _plain(name: str) -> str:
    """Make a name of a scene's id that is no path."""
    return name.replace("/", "-").replace("\\", "-")[:80]


def _images(entry: "Imagery", site: str, *, had: bool) -> tuple[Path, ...]:
    """Give the images of an entry, of which there may be none yet where there is a folder that they can come to."""
    from sitedelta.sources import find_images

    try:
        return find_images(entry)
    except InputError as error:
        if had or _can_come(entry):
            return ()
        raise InputError(f"site {site}: {error}") from error
    except OSError as error:
        raise InputError(f"site {site}: {entry.path}: cannot be looked into ({error.strerror})") from error


def _can_come(entry: "Imagery") -> bool:
    """Tell whether there is a folder where an entry looks for images."""
    import glob

    if not isinstance(entry.path, Path):
        return True
    return next(p for p in (entry.path, *entry.path.parents) if not glob.has_magic(str(p))).exists()


def _refuse_lost(images: Sequence[tuple[Path, ...]], had: set[int], site: str) -> None:
    """Refuse to take for removed what probably only cannot be reached: all images of an entry at once."""
    for number in sorted(had):
        if number >= len(images) or not images[number]:
            what = f"none of the images of imagery[{number}] is there any more"
            raise InputError(f"site {site}: {what}; is a disk or share away? The results stand as they are")


def _why_not(path: Path, entry: "Imagery", site: "Site", root: Path) -> str | None:
    """Say why an image cannot be used; None where it can, as far as its header tells."""
    from sitedelta.imagery.ingest import scene_from_file

    try:
        scene_from_file(
            path,
            gsd_m=entry.gsd,
            date=entry.date,
            kind=entry.kind,
            hidden=site.hidden,
            dem=site.dem,
            hashed=False,
            workdir=root / "work",
        )
    except InputError as error:
        return str(error)
    return None
