"""Which folders hold sites with evidence."""

from pathlib import Path

from sitedelta.errors import InputError
from sitedelta.evidence.files import NAME
from sitedelta.files.store import SiteStore


def site_folders(folder: Path) -> tuple[Path, ...]:
    """Give the folder itself where it is that of a site, else those of sites within it, by name.

    Raises
    ------
    InputError
        There is no site.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; give that of a site, or the output folder of a run")
    found = (folder,) if _is_site(folder) else tuple(p for p in sorted(folder.iterdir()) if p.is_dir() and _is_site(p))
    if not found:
        raise InputError(f"{folder}: holds no site; give a site's folder or the output folder of `sitedelta run`")
    return found


def _is_site(folder: Path) -> bool:
    store = SiteStore(folder)
    return any(p.exists() for p in (store.manifest, store.report / NAME))
