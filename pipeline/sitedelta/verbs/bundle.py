"""Pack results and their evidence in one file."""

from dataclasses import dataclass
from pathlib import Path

from sitedelta.errors import InputError, RunFailed
from sitedelta.evidence import bundling
from sitedelta.evidence.archive import write_zip
from sitedelta.evidence.check import Checked, Wanted, check_site
from sitedelta.evidence.document import FORMAT
from sitedelta.evidence.files import NAME
from sitedelta.evidence.folders import site_folders
from sitedelta.evidence.originals import Whereabouts
from sitedelta.evidence.stated import read_stated
from sitedelta.files.hashing import sha256_file


@dataclass(frozen=True, slots=True)
class Bundle:
    """A file that was packed."""

    path: Path
    bytes: int
    sha256: str
    files: int
    sites: tuple[str, ...]
    left_out: tuple[str, ...]
    """Files that the evidence names and that are not in it."""


def bundle(path: str | Path, out: str | Path, *, originals: bool = False, rasters: bool = False) -> Bundle:
    """Pack the report, tables and evidence of a site, or of all sites of a run, in one zip file.

    Parameters
    ----------
    path
        Folder of a site, or output folder of a run.
    out
        File to write; the same results give the same bytes.
    originals
        Pack the originals too. Licences often forbid passing them on.
    rasters
        Pack the images on the site grid and the change maps.

    Raises
    ------
    InputError
        There is no site.
    RunFailed
        Something is not as the evidence says; nothing is written.
    """
    content: dict[str, bytes | Path] = {}
    left: dict[str, list[str]] = {}
    for root in site_folders(Path(path)):
        site = root.absolute().name
        own, left[site] = _site(root, originals=originals, rasters=rasters)
        content |= {f"{site}/{name}": file for name, file in own.items()}
    content |= {bundling.INDEX: bundling.index(left, originals=originals), bundling.README: bundling.readme()}
    target = Path(out)
    write_zip(target, content)
    names = tuple(f"{site}/{name}" for site, names in left.items() for name in names)
    return Bundle(target, target.stat().st_size, sha256_file(target), len(content), tuple(left), names)


def _site(root: Path, *, originals: bool, rasters: bool) -> tuple[dict[str, Path], list[str]]:
    checked = check_site(root, Wanted(Whereabouts(), may_miss=not originals))
    _refuse(checked)
    stated = read_stated((root / "report" / NAME).read_bytes(), FORMAT)
    packed = dict(bundling.results(root, stated, rasters=rasters))
    away = bundling.left_out(root, packed, stated)
    return packed | dict(bundling.given(checked.originals, originals=originals)), away


def _refuse(checked: Checked) -> None:
    verdict = checked.verdict
    if not verdict.whole:
        first = verdict.differences[0]
        raise RunFailed(f"{verdict.site} is not whole: {first.file} {first.said} (see `sitedelta verify`)")
    if not verdict.originals and not verdict.files:
        raise InputError(f"{verdict.site}: its evidence names no file")
