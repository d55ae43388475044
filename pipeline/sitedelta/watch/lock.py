"""One run at a time for a site: two runs never mix, and what a dead one held is recognised and taken over."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from os import utime
from pathlib import Path
from threading import Event, Thread

from sitedelta.errors import RunFailed
from sitedelta.files.alone import alone
from sitedelta.files.store import write_text
from sitedelta.progress import Progress
from sitedelta.watch.holder import BEAT_S, Holder, ended, is_lost, read_holder, this_process

NAME = "run.lock"
_held: set[str] = set()
"""Tokens of the locks that this process holds: one that it could not take away is held no more."""


class SiteBusy(RunFailed):
    """Another run holds the site."""

    lost = False
    """True where it is held by a worker that this very run lost: soon it is known to have ended."""


class Lock:
    """A lock that is held: a file that names this process, and is touched as long as the process lives.

    Parameters
    ----------
    path
        The lock's file.
    holder
        This process.
    taken_over
        What is to be said of a holder that had ended without letting go; None where there was none.
    beat_s
        Seconds between two signs of life.
    """

    def __init__(self, path: Path, holder: Holder, taken_over: str | None, *, beat_s: float = BEAT_S) -> None:
        self.path, self.holder, self.taken_over = path, holder, taken_over
        self._beat_s, self._done, self._lost = beat_s, Event(), Event()
        self._thread = Thread(target=self._live, daemon=True)
        self._thread.start()

    def confirm(self) -> None:
        """Raise `RunFailed` where the lock is no longer ours: this process stood still for too long."""
        if self._lost.is_set():
            msg = f"{self.path} was taken over or removed while this run stood still; run again"
            raise RunFailed(msg)

    def guarding(self, progress: Progress) -> Progress:
        """Give a progress that confirms the lock at each step."""

        def step(done: int, total: int, what: str) -> None:
            self.confirm()
            progress(done, total, what)

        return step

    def release(self) -> None:
        """Let go, unless the lock is another's by now."""
        self._done.set()
        self._thread.join()
        _held.discard(self.holder.token)
        with alone(_guard(self.path)):
            if self._is_ours():
                self.path.unlink(missing_ok=True)

    def _live(self) -> None:
        while not self._done.wait(self._beat_s):
            with suppress(OSError):  # a share that is away for a while is no loss
                if not self._is_ours():
                    self._lost.set()
                    return
                utime(self.path)

    def _is_ours(self) -> bool:
        found = _read(self.path)
        return found is not None and found.token == self.holder.token


@contextmanager
def held(folder: Path, *, site: str, run: str = "") -> Iterator[Lock]:
    """Hold the lock of a site's folder; raises `SiteBusy` at once where a live run holds it.

    Parameters
    ----------
    folder
        The site's folder.
    site
        Its id, for what is said.
    run
        Names the run that gave the site to this process, where another did.
    """
    lock = _take(folder / "work" / NAME, site, run)
    try:
        yield lock
    finally:
        lock.release()


def _take(path: Path, site: str, run: str) -> Lock:
    me = this_process(run)
    with alone(_guard(path)):
        taken_over = None
        if path.exists():
            standing = _read(path)
            words = standing.words if standing else "a process unknown"
            why = ended(standing, _age_s(path), me) or _let_go(standing, me)
            if why is None:
                busy = SiteBusy(f"site {site}: another run works on it ({words}); wait for it, or end it ({path})")
                busy.lost = is_lost(standing, me)
                raise busy
            taken_over = f"took over the lock of {words}: {why}"
        write_text(path, me.to_json(), durable=False)
        _held.add(me.token)
    return Lock(path, me, taken_over)


def _let_go(standing: Holder | None, me: Holder) -> str | None:
    """Say so where this very process had the lock and could not take it away, on a full disk, say."""
    if standing is None or standing.token in _held:
        return None
    own = replace(standing, token=me.token, since=me.since, run=me.run) == me
    return "it let go of it, and could not take it away" if own else None


def _guard(path: Path) -> Path:
    return path.with_suffix(".guard")


def _read(path: Path) -> Holder | None:
    try:
        return read_holder(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def _age_s(path: Path) -> float:
    """Give the seconds since the last sign of life, by the clock that stamps files here."""
    guard = _guard(path)
    utime(guard)
    return guard.stat().st_mtime - path.stat().st_mtime
