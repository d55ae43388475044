"""What every number rests on: originals, parameters, software, files, observations and the sentences made from them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from sitedelta.manifest import Manifest, SceneRecord
from sitedelta.records import Observation
from sitedelta.report.findings import Findings
from sitedelta.report.geojson import plain
from sitedelta.sentences import Sentence, change_sentence, count_sentences, event_sentences, key, site_change

FORMAT = "sitedelta-evidence-1"


def evidence(findings: Findings, files: Mapping[str, bytes]) -> dict[str, Any]:
    """Give the evidence of a report.

    Parameters
    ----------
    files : mapping
        Bytes of every other file of the report by path relative to the site's folder.
    """
    m = findings.manifest
    told = sentences(findings)
    content = {
        "format": FORMAT,
        "site": m.site,
        "name": m.name,
        "key": m.key,
        "originals": [_original(r) for r in m.scenes],
        "parameters": m.parameters,
        "software": m.software,
        "model": asdict(m.model),
        "detectors": [asdict(d) for d in m.detectors],
        "files": {**m.files, **{name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}},
        "observations": [_observation(o, told) for o in findings.observations],
        "pairs": [asdict(p) for p in m.pairs],
        "zone_changes": [{f.name: plain(getattr(z, f.name)) for f in fields(z)} for z in findings.zone_changes],
        "sentences": [_sentence(n, s) for n, s in enumerate(told)],
    }
    return {**content, "digest": digest(content)}


def digest(content: Mapping[str, Any]) -> dict[str, str]:
    """Give the SHA-256 of the content as canonical JSON: what a time stamp or a signature is put on."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return {"algorithm": "sha256 of JSON without this key, keys sorted, no spaces, UTF-8", "value": _sha(text.encode())}


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def sentences(findings: Findings) -> tuple[Sentence, ...]:
    """Give every sentence that the report makes."""
    m: Manifest = findings.manifest
    found = list(count_sentences(m, findings.observations))
    for pair in m.pairs:
        zones = findings.zone_changes_of(pair)
        found.append(change_sentence(m, pair, len(findings.changes_of(pair)), site_change(zones, pair)))
        if pair.status == "compared":
            found += event_sentences(m, pair, findings.events, findings.observations)
    return tuple(found)


def _original(record: SceneRecord) -> dict[str, Any]:
    s = record.scene
    return {
        "scene": s.id,
        "files": [{"name": p.name, "bytes": _size(p)} for p in s.originals],
        "sha256": s.sha256,
        "date": plain(s.date),
        "source": s.source,
        "alignment": asdict(record.alignment),
    }


def _size(path: Path) -> int | None:
    """Give a file's size; None where the original is no longer there."""
    return path.stat().st_size if path.is_file() else None


def _observation(o: Observation, told: tuple[Sentence, ...]) -> dict[str, Any]:
    name = key(o)
    values = {f.name: plain(getattr(o, f.name)) for f in fields(o)}
    return {"key": name, **values, "sentences": [n for n, s in enumerate(told) if name in s.supports]}


def _sentence(number: int, s: Sentence) -> dict[str, Any]:
    return {"number": number, "text": s.whole, "topic": s.topic, "answer": s.answer, "supports": list(s.supports)}
