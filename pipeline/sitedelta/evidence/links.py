"""The chain from a scene to a sentence: which tile, objects, observations, events and regions each rests on."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sitedelta.counts.counting import CORE
from sitedelta.records import ChangeRegion, Event, Observation, SiteObject
from sitedelta.report.findings import Findings
from sitedelta.running.tiles import Tile, cut
from sitedelta.scene import Scene
from sitedelta.words.sentences import SITE_ZONE, Sentence, key


@dataclass(frozen=True, slots=True)
class Grounds:
    """What one sentence rests on, by id."""

    observations: tuple[str, ...]
    pairs: tuple[str, ...]
    events: tuple[str, ...]
    regions: tuple[str, ...]
    tracks: tuple[str, ...] = ()


def tiles_of(scene: Scene) -> tuple[Tile, ...]:
    """Give the tiles in which the objects of a scene were looked for, in pixels of its own image."""
    return tuple(cut((scene.height, scene.width), halo=0, core=CORE))


def tile_name(scene: Scene, tile: Tile) -> str:
    """Name a tile by its scene and its first row and column."""
    return f"{scene.id}/{tile.row0}-{tile.col0}"


def tile_of(scene: Scene, item: SiteObject) -> str:
    """Name the tile whose core holds an object's centre; it begins half a pixel before that of its first pixel."""
    tiles = tiles_of(scene)
    rows, cols = (sorted({getattr(t, side) for t in tiles}) for side in ("row0", "col0"))
    row, col = (at[max(0, bisect_right(at, v + 0.5) - 1)] for at, v in ((rows, item.row), (cols, item.col)))
    return f"{scene.id}/{row}-{col}"


def objects_of(observation: Observation, objects: Sequence[SiteObject]) -> tuple[str, ...]:
    """Give the objects that an observation counts."""
    o = observation
    if o.count is None:
        return ()
    own = (i for i in objects if (i.scene, i.label) == (o.scene, o.label))
    return tuple(i.id for i in own if o.zone == SITE_ZONE or o.zone in i.zones.split(";"))


def pair_name(row: Event | ChangeRegion) -> str:
    """Name the pair of an event or region."""
    return f"{row.before}--{row.after}"


def named_events(events: Sequence[Event]) -> Iterator[tuple[str, Event]]:
    """Name each event by its pair and its number within that, from 1, in the order of the table."""
    numbers: dict[str, int] = {}
    for e in events:
        pair = pair_name(e)
        numbers[pair] = numbers.get(pair, 0) + 1
        yield f"{pair}/{numbers[pair]:04d}", e


def grounds(sentence: Sentence, findings: Findings) -> Grounds:
    """Give what a sentence rests on: those that it names, and events or regions of the pairs that it names."""
    if sentence.topic == "stay":
        return Grounds((), (), (), (), sentence.supports)
    keys = {key(o) for o in findings.observations}
    pairs = tuple(s for s in sentence.supports if s not in keys)
    own = tuple(s for s in sentence.supports if s in keys)
    if sentence.topic == "event":
        own += _seen_at(sentence, pairs, findings)
    events = [(n, e) for n, e in named_events(findings.events) if pair_name(e) in pairs]
    return Grounds(
        observations=tuple(dict.fromkeys(own)),
        pairs=pairs,
        events=tuple(n for n, e in events if sentence.topic == "event" and sentence.label in (None, e.label)),
        regions=tuple(c.id for c in findings.changes if sentence.topic == "change" and pair_name(c) in pairs),
    )


def _seen_at(sentence: Sentence, pairs: Sequence[str], findings: Findings) -> tuple[str, ...]:
    """Give the observations of both dates: whether anything could have arrived or left."""
    scenes = {
        scene for p in findings.manifest.pairs if f"{p.before}--{p.after}" in pairs for scene in (p.before, p.after)
    }
    rows = (o for o in findings.observations if o.scene in scenes and o.zone == sentence.zone)
    return tuple(key(o) for o in rows if sentence.label in (None, o.label))
