"""What `evidence.json` says: originals, parameters, software, files, and the chain from scene to sentence."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from sitedelta.evidence.files import LEDGER
from sitedelta.evidence.links import (
    grounds,
    named_events,
    objects_of,
    pair_name,
    tile_name,
    tile_of,
    tiles_of,
)
from sitedelta.files.hashing import sha256_file
from sitedelta.files.store import SiteStore
from sitedelta.records import Observation
from sitedelta.report.findings import Findings
from sitedelta.report.geojson import plain
from sitedelta.report.stays import stay_sentences
from sitedelta.running.manifest import GivenFile, SceneRecord
from sitedelta.words.sentences import Sentence, change_sentence, count_sentences, event_sentences, key, site_change
from sitedelta.words.statements import beside

FORMAT = "sitedelta-evidence-2"


def evidence(findings: Findings, report: Mapping[str, bytes]) -> dict[str, Any]:
    """Give the evidence of a site; the same site gives the same.

    Parameters
    ----------
    report : mapping
        Bytes of every other file of the report by path relative to the site's folder.
    """
    m = findings.manifest
    told = (*sentences(findings), *(s for b in beside(m, findings.observations) for s in b.sentences))
    return {
        "format": FORMAT,
        "site": m.site,
        "name": m.name,
        "key": m.key,
        "software": m.software,
        "code": m.code,
        "model": asdict(m.model),
        "detectors": [asdict(d) for d in m.detectors],
        "parameters": m.parameters,
        "originals": [_original(r, m.given) for r in m.scenes],
        "given": [_given(g) for g in m.given if g.scene is None],
        "files": _files(findings, report),
        "ledger": ledger(findings.root),
        "tiles": [_tile(r, t) for r in m.scenes if r.raster for t in tiles_of(r.scene)],
        "objects": _objects(findings),
        "tracks": [_row(t) for t in findings.tracks],
        "observations": [_observation(o, findings, told) for o in findings.observations],
        "pairs": [{"id": f"{p.before}--{p.after}", **asdict(p)} for p in m.pairs],
        "events": [{"id": name, **_row(e)} for name, e in named_events(findings.events)],
        "regions": [{"pair": pair_name(c), **_row(c)} for c in findings.changes],
        "zone_changes": [_row(z) for z in findings.zone_changes],
        "statements": _statements(findings, first=len(sentences(findings))),
        "sentences": [_sentence(n, s, findings) for n, s in enumerate(told)],
    }


def sentences(findings: Findings) -> tuple[Sentence, ...]:
    """Give every sentence that the report makes of its own accord."""
    m = findings.manifest
    found = list(count_sentences(m, findings.observations))
    for pair in m.pairs:
        zones = findings.zone_changes_of(pair)
        found.append(change_sentence(m, pair, len(findings.changes_of(pair)), site_change(zones, pair)))
        if pair.status == "compared":
            found += event_sentences(m, pair, findings.events, findings.observations)
    return (*found, *stay_sentences(findings.tracks))


def _statements(findings: Findings, *, first: int) -> list[dict[str, Any]]:
    """Give what others said, and which sentences stand beside it; the first of these has the number `first`."""
    rows = []
    for b in beside(findings.manifest, findings.observations):
        last = first + len(b.sentences)
        rows.append({"number": b.number, **_row(b.statement), "sentences": list(range(first, last))})
        first = last
    return rows


def ledger(root: Path) -> dict[str, Any] | None:
    """Say how long the reviewers' ledger is and what its bytes are; None where nothing was reviewed."""
    path = root / LEDGER
    if not path.is_file():
        return None
    data = path.read_bytes()
    return {"name": LEDGER, "bytes": len(data), "lines": data.count(b"\n"), "sha256": _sha(data)}


def _original(record: SceneRecord, given: Iterable[GivenFile]) -> dict[str, Any]:
    s = record.scene
    return {
        "scene": s.id,
        "date": plain(s.date),
        "source": s.source,
        "sha256": s.sha256,
        "files": [_given(g) for g in given if g.scene == s.id],
        "entry": record.entry,
        "gsd_m": s.gsd_m,
        "sensor": s.sensor,
        "share_observed": record.share_observed,
        "alignment": asdict(record.alignment),
        "raster": record.raster,
    }


def _given(file: GivenFile) -> dict[str, Any]:
    return {
        "role": file.role,
        "name": file.name,
        "bytes": file.bytes,
        "modified": plain(file.modified),
        "sha256": file.sha256,
    }


def _files(findings: Findings, report: Mapping[str, bytes]) -> dict[str, str]:
    store = SiteStore(findings.root)
    beside = [store.manifest, store.catalog, *sorted((findings.root / "stac").glob("*.json"))]
    standing = {p.relative_to(findings.root).as_posix(): sha256_file(p) for p in beside if p.is_file()}
    made = {name: _sha(data) for name, data in sorted(report.items())}
    return {**findings.manifest.files, **standing, **made}


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _tile(record: SceneRecord, tile: Any) -> dict[str, Any]:
    name = tile_name(record.scene, tile)
    return {"id": name, "scene": record.scene.id, "rows": [tile.row0, tile.row1], "cols": [tile.col0, tile.col1]}


def _objects(findings: Findings) -> list[dict[str, Any]]:
    scenes = {r.scene.id: r.scene for r in findings.manifest.scenes}
    rows = (_row(o) | {"tile": tile_of(scenes[o.scene], o)} for o in findings.objects)
    return [{k: v for k, v in row.items() if k != "date"} for row in rows]


def _row(record: Any) -> dict[str, Any]:
    return {f.name: plain(getattr(record, f.name)) for f in fields(record) if f.name != "polygon"}


def _observation(o: Observation, findings: Findings, told: tuple[Sentence, ...]) -> dict[str, Any]:
    name = key(o)
    return {
        "key": name,
        **_row(o),
        "objects": list(objects_of(o, findings.objects)),
        "sentences": [n for n, s in enumerate(told) if name in s.supports],
    }


def _sentence(number: int, s: Sentence, findings: Findings) -> dict[str, Any]:
    rests = {name: list(ids) for name, ids in asdict(grounds(s, findings)).items()}
    return {"number": number, "text": s.whole, "topic": s.topic, "answer": s.answer, "rests_on": rests}
