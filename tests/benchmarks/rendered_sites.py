"""Two years of small rendered sites, image by image through the code of `run`; kept in files, so that it can go on.

python -m tests.benchmarks.rendered_sites FOLDER --sites 200 --first 0
"""

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter
from tests.benchmarks.counted import Watched, write_image
from tests.benchmarks.series import Event, events_of, numbers_of
from tests.benchmarks.small_sites import APRON, Look, SmallSite, picture, stays, weather

from sitedelta.records import Observation, ZoneChange

DAYS = 730
FORMAT = 1
EMPTY = 0.15
"""Usual number where as good as nothing ever stands."""
_ROWS, _CHANGES = TypeAdapter(list[Observation]), TypeAdapter(list[ZoneChange])


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens at a site, and when it is seen."""

    site: SmallSite
    usual: float
    events: tuple[Event, ...]
    """Of the number of objects."""
    camps: tuple[Event, ...]
    """Of the ground; the factor is the share of the field that a camp takes."""
    days: tuple[int, ...]
    """Of its images."""
    numbers: tuple[int, ...]
    """Of objects, at each image."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A site that was watched."""

    plan: Plan
    observations: tuple[Observation, ...]
    changes: tuple[ZoneChange, ...]


def planned(seed: int) -> Plan:
    """Plan a site of its own kind: small or large, calm or busy, imaged every two or three weeks or so."""
    site, rng = SmallSite.of(seed), np.random.default_rng([seed, 10])
    usual = _usual(site, rng)
    events, camps = events_of(rng, DAYS) if usual > EMPTY else _first(rng), _camps(rng)
    numbers = np.minimum(numbers_of(rng, usual, DAYS, events), len(site.places()))
    days = _days(rng)
    return Plan(site, usual, events, camps, tuple(days.tolist()), tuple(numbers[days].tolist()))


def _usual(site: SmallSite, rng: np.random.Generator) -> float:
    """Give the usual number of objects; at some sites there is next to nothing."""
    low, high = (2, 7) if site.kind is APRON else (3, 18)
    usual = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    return EMPTY if rng.random() < 0.15 else usual


def _first(rng: np.random.Generator) -> tuple[Event, ...]:
    """Let something come where nothing was."""
    return (Event(float(rng.uniform(0.45, 0.8) * DAYS), float(rng.uniform(60, 150)), float(rng.uniform(3, 9)) / EMPTY),)


def _camps(rng: np.random.Generator) -> tuple[Event, ...]:
    if rng.random() < 0.7:
        return ()
    return (Event(float(rng.uniform(0.3, 0.8) * DAYS), float(rng.uniform(60, 150)), float(rng.uniform(0.5, 1))),)


def _days(rng: np.random.Generator) -> NDArray[np.int64]:
    """Give the days of images: every two or three weeks or so, with one gap."""
    apart = float(rng.choice([14, 18, 24]))
    days = np.cumsum(rng.uniform(0.4, 1.6, round(1.6 * DAYS / apart)) * apart).astype(int)
    gap = float(rng.uniform(0, DAYS))
    return np.unique(days[(days < DAYS) & ((days < gap) | (days > gap + rng.uniform(0, 60)))])


def watched(plan: Plan, folder: Path) -> Rendered:
    """Render the images of a site one by one, and look at each as `run` does."""
    site, found = plan.site, Watched(f"site-{plan.site.seed}", plan.site.kind.label)
    rows, changes = [], []
    seen = zip(plan.days, stays(site, plan.numbers), weather(site, plan.days), strict=True)
    for day, standing, air in seen:
        made, path = picture(site, Look(day, standing, _camp(plan, day)), air), folder / f"{day:04d}.tif"
        write_image(path, made.image, made.clouded, gsd_m=site.kind.gsd_m, day=day, light=made.light)
        row, change = found.look(path)
        rows.append(row)
        changes += [] if change is None else [change]
    return Rendered(plan, tuple(rows), tuple(changes))


def _camp(plan: Plan, day: int) -> float:
    """Give the share of the field that a camp takes on a day; it goes up in ten days."""
    standing = [e.factor * min(1.0, (day - e.day) / 10) for e in plan.camps if e.day <= day < e.day + e.days]
    return round(max(standing, default=0.0), 1)


def kept(folder: Path, seed: int) -> Rendered | None:
    """Read a site that was watched; None where it was not yet."""
    path = folder / f"{seed:04d}.json"
    if not path.exists():
        return None
    said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    rows, changes = _ROWS.validate_python(said["observations"]), _CHANGES.validate_python(said["changes"])
    return Rendered(planned(seed), tuple(rows), tuple(changes))


def keep(folder: Path, found: Rendered) -> None:
    """Write a site that was watched."""
    plan = found.plan
    said = {
        "format": FORMAT,
        "events": [asdict(e) for e in plan.events],
        "camps": [asdict(e) for e in plan.camps],
        "numbers": plan.numbers,
        "observations": _ROWS.dump_python(list(found.observations), mode="json"),
        "changes": _CHANGES.dump_python(list(found.changes), mode="json"),
    }
    path = folder / f"{plan.site.seed:04d}.json"
    path.with_suffix(".part").write_text(json.dumps(said), encoding="utf-8")
    path.with_suffix(".part").replace(path)


def sites(folder: Path, first: int, number: int) -> Iterator[Rendered]:
    """Give sites one by one; those that were not watched yet are."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(first, first + number):
        found = kept(folder, seed)
        if found is None:
            with TemporaryDirectory(prefix="sitedelta-") as images:
                found = watched(planned(seed), Path(images))
            keep(folder, found)
        yield found


def main() -> None:
    """Watch sites, and say how far it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    said, begun = parser.parse_args(), time.monotonic()
    for k, found in enumerate(sites(said.folder, said.first, said.sites), 1):
        print(f"{k} sites, {time.monotonic() - begun:.0f} s: {len(found.observations)} images", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
