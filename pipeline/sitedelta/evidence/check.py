"""Check a site's folder against its evidence: files, ledger, originals, what is said, signature, time stamp."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sitedelta.errors import InputError
from sitedelta.evidence import files as own
from sitedelta.evidence.agreement import disagreements
from sitedelta.evidence.document import FORMAT
from sitedelta.evidence.originals import Located, Whereabouts, locate
from sitedelta.evidence.stated import Stated, StatedLedger, is_safe, read_given, read_stated
from sitedelta.evidence.verdict import Difference, Kind, SiteVerdict, feeds
from sitedelta.files.hashing import sha256_file
from sitedelta.files.store import SiteStore
from sitedelta.progress import Progress, silent
from sitedelta.running.manifest import GivenFile

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to check a site by."""

    whereabouts: Whereabouts | None
    """Where the originals may be; None leaves them out."""
    may_miss: bool = False
    """Originals that are not there are no difference: a bundle may do without them."""
    signer: "Ed25519PublicKey | None" = None
    """Whose signature there has to be; any that fits where not given."""
    left_out: frozenset[str] = frozenset()
    """Files that a bundle may do without."""
    progress: Progress = silent


@dataclass(frozen=True, slots=True)
class Checked:
    """A verdict, and what a replay goes on with."""

    verdict: SiteVerdict
    originals: tuple[Located, ...]


def check_site(root: Path, wanted: Wanted) -> Checked:
    """Check one site's folder; whatever is wrong with it is a difference, not an error."""
    report = SiteStore(root).report
    try:
        data = (report / own.NAME).read_bytes()
    except OSError:
        said = "is missing: without it nothing can be checked (`sitedelta report` writes it again)"
        return Checked(_verdict(root, None, [_difference(_in_report(own.NAME), "missing", said)]), ())
    beside = [*_checksum(report, data), *_stamp(report, data)]
    signature, signer = _signature(report, data, wanted)
    try:
        stated = read_stated(data, FORMAT)
    except InputError as error:
        damaged = _difference(_in_report(own.NAME), "damaged", f"{error}: nothing that it says can be checked")
        return Checked(_verdict(root, data, [damaged, *beside, *signature]), ())
    return _checked(root, data, stated, wanted, [*beside, *signature], signer)


def _checked(
    root: Path, data: bytes, stated: Stated, wanted: Wanted, before: list[Difference], notes: list[str]
) -> Checked:
    absent = [n for n in stated.files if n in wanted.left_out and is_safe(n) and not (root / n).exists()]
    named = _followed([n for n in stated.files if n not in absent], len(stated.files) - len(absent), "files", wanted)
    differing = [d for n in named for d in _file(root, n, stated.files[n])]
    differing += _ledger(root, stated.ledger)
    found = tuple(_followed(_located(root, stated, wanted), _number(stated), "originals", wanted))
    away = [one for one in found if one.state == "missing" and wanted.may_miss]
    originals = [d for one in found if one not in away for d in _original(one)]
    said, told = disagreements(root, data, stated) if not (before or differing) else ([], [])
    everything = [*before, *differing, *said, *originals]
    remarks = [*notes, *told, *_unchecked(absent, len(away), stated, wanted), *_strangers(root, stated)]
    compared = len(stated.files) - len(absent)
    return Checked(_verdict(root, data, everything, remarks, files=compared, originals=len(found) - len(away)), found)


def _located(root: Path, stated: Stated, wanted: Wanted) -> Iterator[Located]:
    if wanted.whereabouts:
        yield from locate(stated, _given(root), root, wanted.whereabouts)


def _number(stated: Stated) -> int:
    """Count the files that the run was given."""
    return sum(len(s.files) for s in stated.originals) + len(stated.given)


def _followed(items: Iterable[T], total: int, what: str, wanted: Wanted) -> Iterator[T]:
    """Give items, and say how far that has come."""
    for number, item in enumerate(items, 1):
        yield item
        wanted.progress(number, total, what)


def _verdict(
    root: Path,
    data: bytes | None,
    differences: list[Difference],
    notes: list[str] | None = None,
    *,
    files: int = 0,
    originals: int = 0,
) -> SiteVerdict:
    digest = own.checksum(data).decode().split()[0] if data is not None else None
    return SiteVerdict(root.absolute().name, digest, files, originals, tuple(differences), tuple(notes or ()))


def _in_report(name: str) -> str:
    return f"report/{name}"


def _difference(file: str, kind: Kind, said: str) -> Difference:
    return Difference(file, kind, said, feeds(file))


def _file(root: Path, name: str, sha256: str) -> Iterator[Difference]:
    path = root / name
    if not is_safe(name):
        yield _difference(name, "outside", "is no name of a file in the site's folder: it was not looked at")
    elif not path.is_file():
        yield _difference(name, "missing", "is missing")
    elif not path.resolve().is_relative_to(root.resolve()):
        yield _difference(name, "outside", "leads out of the site's folder: it was not looked at")
    elif sha256_file(path) != sha256:
        yield _difference(name, "changed", "has other bytes than when the report was made")


def _ledger(root: Path, stated: StatedLedger | None) -> Iterator[Difference]:
    path = root / own.LEDGER
    data = path.read_bytes() if path.is_file() else b""
    length = stated.bytes if stated else 0
    if stated and not path.is_file():
        yield _difference(own.LEDGER, "missing", "is missing: decisions of reviewers were lost")
    elif stated and own.checksum(data[:length]).decode().split()[0] != stated.sha256:
        yield _difference(own.LEDGER, "changed", "decisions that the report knows were changed or taken out")
    elif len(data) > length:
        more = data[length:].count(b"\n") or 1
        text = f"{more} line(s) were added after the report was made: `sitedelta report` takes them in"
        yield _difference(own.LEDGER, "longer", text)


def _given(root: Path) -> tuple[GivenFile, ...]:
    """Give where the originals lay; nothing where the manifest cannot say it. That of another version says it too."""
    try:
        return read_given(SiteStore(root).manifest.read_bytes())
    except (OSError, InputError):
        return ()


def _original(one: Located) -> Iterator[Difference]:
    what = f"original of {one.scene}" if one.file.role == "image" else f"given as {one.file.role}"
    if one.state == "missing":
        said = f"{what}: is not where it was read from; say with --originals where it is now"
        yield Difference(one.file.name, "missing", said, _rests(one))
    elif one.state == "changed":
        yield Difference(one.file.name, "changed", f"{what}: {one.path} has other bytes than those used", _rests(one))


def _rests(one: Located) -> str:
    return f"all that is said of {one.scene}" if one.scene else "the whole site"


def _checksum(report: Path, data: bytes) -> Iterator[Difference]:
    """Compare the evidence with its checksum; the request for a time stamp tells which of the two was changed."""
    sums, request = (_bytes(report / n) for n in (own.CHECKSUM, own.REQUEST))
    right = sums == own.checksum(data), request == own.request(data)
    if not any(right):
        yield _difference(_in_report(own.NAME), "changed", "has other bytes than its checksum says")
        return
    for name, good, there in ((own.CHECKSUM, right[0], sums), (own.REQUEST, right[1], request)):
        if not good and there is None:
            yield _difference(_in_report(name), "missing", "is missing")
        elif not good:
            yield _difference(_in_report(name), "changed", "does not fit evidence.json")


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _stamp(report: Path, data: bytes) -> Iterator[Difference]:
    answer = _bytes(report / own.RESPONSE)
    if answer is not None and own.imprint(data) not in answer:
        yield _difference(_in_report(own.RESPONSE), "stamp", "is a time stamp of something else than evidence.json")


def _signature(report: Path, data: bytes, wanted: Wanted) -> tuple[list[Difference], list[str]]:
    """Check the signature; give what is wrong, and whose it is."""
    from sitedelta.evidence.signing import fingerprint, is_signed_by, public_key

    name, signature = _in_report(own.SIGNATURE), _bytes(report / own.SIGNATURE)
    stamped = ["a time stamp of it stands beside it"] if (report / own.RESPONSE).is_file() else []
    if signature is None:
        missing = [_difference(name, "signature", "is missing: it is not signed")] if wanted.signer else []
        return missing, ["it is not signed", *stamped]
    try:
        beside = public_key(report / own.PUBLIC_KEY)
    except InputError as error:
        return [_difference(_in_report(own.PUBLIC_KEY), "signature", str(error))], stamped
    if not is_signed_by(data, signature, beside):
        return [_difference(name, "signature", "is no signature of this evidence.json by the key beside it")], stamped
    notes = [f"signed with the key {fingerprint(beside)}", *stamped]
    if wanted.signer and not is_signed_by(data, signature, wanted.signer):
        return [_difference(name, "signature", "is not that of the key that was asked for")], notes
    return [], notes


def _unchecked(absent: list[str], away: int, stated: Stated, wanted: Wanted) -> Iterator[str]:
    if absent:
        yield f"left out of the bundle and not checked: {', '.join(absent)}"
    number = _number(stated)
    if not number:
        yield "the evidence names no originals"
    elif away or wanted.whereabouts is None:
        yield f"{away or number} files that the run was given (originals and such) are not here and were not checked"


def _strangers(root: Path, stated: Stated) -> Iterator[str]:
    """Name the files that the evidence says nothing of."""
    beside = {f"report/{n}" for n in (own.NAME, own.CHECKSUM, own.REQUEST, own.RESPONSE, own.SIGNATURE, own.PUBLIC_KEY)}
    known = {*stated.files, *beside, own.LEDGER}
    found = (p.relative_to(root).as_posix() for p in sorted(root.rglob("*")) if p.is_file())
    others = [n for n in found if n not in known and not n.startswith(("work/", "originals/", "given/"))]
    if others:
        more = f" and {len(others) - 5} more" if len(others) > 5 else ""
        yield f"not part of the evidence: {', '.join(others[:5])}{more}"
