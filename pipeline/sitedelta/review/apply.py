"""Bring a site's table of observations up to what people decided."""

import hashlib
from dataclasses import dataclass, replace

from sitedelta.files.hashing import sha256_file
from sitedelta.files.store import SiteStore, write_text
from sitedelta.files.tables import to_frame, to_geoframe, write_table
from sitedelta.records import ChangeRegion, Event, Observation, SiteObject
from sitedelta.report.findings import Findings, read_findings
from sitedelta.review.attach import Attached, attach, subjects
from sitedelta.review.counts import review_of, with_review
from sitedelta.review.decision import Decision
from sitedelta.review.ground import Ground, ground_of
from sitedelta.review.ledger import ledger_bytes, parse, read_ledger
from sitedelta.review.marks import marked
from sitedelta.review.standing import Reviewed, reviewed
from sitedelta.review.targets import Target, targets
from sitedelta.running.manifest import LedgerRecord, read_manifest, to_json
from sitedelta.site import Site, open_site


@dataclass(frozen=True, slots=True)
class State:
    """A site's findings and what people say of them."""

    findings: Findings
    ground: Ground
    targets: tuple[Target, ...]
    attached: Attached
    reviewed: tuple[Reviewed, ...]


def state(site: Site) -> State:
    """Read a site and its ledger."""
    return state_of(read_findings(site), read_ledger(site.store.review))


def state_of(findings: Findings, decisions: tuple[Decision, ...]) -> State:
    """Bring decisions together with findings."""
    ground = ground_of(findings.manifest, findings.root)
    there = targets(findings, ground)
    attached = attach(subjects(decisions), there, ground)
    return State(findings, ground, there, attached, reviewed(attached, ground))


def observations(s: State) -> tuple[Observation, ...]:
    """Give the observations with what people said beside what the machine counted."""
    f = s.findings
    review = review_of(f.objects, s.reviewed, s.ground, f.manifest.detectors)
    return with_review(f.observations, review)


def is_applied(store: SiteStore) -> bool:
    """Tell whether the results that stand have taken in all that people decided."""
    return read_manifest(store.manifest).ledger == _record(ledger_bytes(store.review))


def apply_review(store: SiteStore) -> None:
    """Write the tables anew with what people decided; the tables first, then the manifest over them."""
    site, content = open_site(store.root), ledger_bytes(store.review)
    said = state_of(read_findings(site), parse(content, str(store.review)))
    found, placed = marked(said.findings, said.reviewed), site.georeferenced
    tables = {
        store.observations: to_frame(observations(said), Observation),
        store.objects: to_geoframe(found.objects, SiteObject, georeferenced=placed),
        store.events: to_geoframe(found.events, Event, georeferenced=placed),
        store.changes: to_geoframe(found.changes, ChangeRegion, georeferenced=placed),
    }
    for path, table in tables.items():
        write_table(table, path)
    files = site.manifest.files | {path.name: sha256_file(path) for path in tables}
    write_text(store.manifest, to_json(replace(site.manifest, files=files, ledger=_record(content))))


def _record(content: bytes) -> LedgerRecord | None:
    return LedgerRecord(len(content), hashlib.sha256(content).hexdigest()) if content else None
