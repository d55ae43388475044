"""Check that results are what their evidence says, and that the originals give them again."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sitedelta.errors import InputError
from sitedelta.evidence.bundling import INDEX, read_index
from sitedelta.evidence.check import Checked, Wanted, check_site
from sitedelta.evidence.folders import site_folders
from sitedelta.evidence.originals import Whereabouts
from sitedelta.evidence.verdict import SiteVerdict, Verdict
from sitedelta.progress import Progress, silent

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def verify(
    path: str | Path,
    *,
    originals: str | Path | None = None,
    without_originals: bool = False,
    replay: bool = False,
    signer: str | Path | None = None,
    jobs: int = 0,
    progress: Progress = silent,
) -> Verdict:
    """Check results against their evidence, offline.

    Parameters
    ----------
    path
        Folder of a site, output folder of a run with several sites, or a file that `bundle` wrote.
    originals
        Folder in which the originals are now; where they lay when the run read them, where it is not given.
    without_originals
        Leave the originals out.
    replay
        Recompute each site from its originals with the recorded parameters, and compare every count, event and region.
    signer
        File of a public key (PEM or OpenSSH) by which the evidence has to be signed.
    jobs
        Local processes for the replay; 0 means one a core.

    Returns
    -------
    Verdict
        What differs, site by site; `verdict.whole` is True where nothing does.

    Raises
    ------
    InputError
        There is no site, the file cannot be opened safely, or a key or folder cannot be used.
    """
    from sitedelta.evidence.signing import public_key

    if without_originals and (replay or originals):
        raise InputError("without originals nothing can be recomputed or looked for: choose one or the other")
    key = public_key(Path(signer)) if signer else None
    folders = (Path(originals),) if originals else ()
    with _opened(Path(path)) as root:
        is_bundle = root != Path(path)
        left = read_index(root / INDEX) if is_bundle else {}
        found = []
        for site in site_folders(root):
            wanted = _wanted(site, folders, key, skip=without_originals, is_bundle=is_bundle)
            left_out = frozenset(left.get(site.name, ()))
            checked = check_site(site, replace(wanted, left_out=left_out, progress=progress))
            found.append(_replayed(site, checked, jobs, progress) if replay else checked.verdict)
    return Verdict(tuple(found))


@contextmanager
def _opened(path: Path) -> Iterator[Path]:
    from sitedelta.evidence.archive import unpacked

    if not path.exists():
        raise InputError(f"{path}: no such folder or file; give a site's folder, an output folder, or a bundle")
    if path.is_dir():
        yield path
        return
    with unpacked(path) as folder:
        yield folder


def _wanted(
    site: Path, folders: tuple[Path, ...], key: "Ed25519PublicKey | None", *, skip: bool, is_bundle: bool
) -> Wanted:
    if skip:
        return Wanted(None, signer=key)
    inside = tuple(p for p in (site / "originals", site / "given") if is_bundle and p.is_dir())
    return Wanted(
        Whereabouts((*folders, *inside), recorded=not is_bundle), may_miss=is_bundle and not folders, signer=key
    )


def _replayed(site: Path, checked: Checked, jobs: int, progress: Progress) -> SiteVerdict:
    """Recompute a site whose files and originals are whole; say why not, where they are not."""
    from sitedelta.evidence.replay import replay

    verdict = checked.verdict
    away = [one.file.name for one in checked.originals if one.state != "whole"]
    if not verdict.whole or away or not checked.originals:
        why = f"these are not here: {', '.join(away[:5])}" if away else "what stands is not whole"
        if not verdict.whole:
            return replace(verdict, notes=(*verdict.notes, f"not recomputed: {why}"))
        raise InputError(f"{verdict.site}: cannot be recomputed, {why}; say with --originals where the originals are")
    differences, notes = replay(site, checked.originals, jobs=jobs, progress=progress)
    return replace(verdict, differences=tuple(differences), notes=(*verdict.notes, *notes))
