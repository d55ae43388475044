"""A folder to start from."""

import re
from pathlib import Path

from sitedelta.errors import InputError
from sitedelta.files.shipped import shipped
from sitedelta.files.store import write_text

ZONES = """\
{"type": "FeatureCollection", "features": [
 {"type": "Feature", "properties": {"id": "apron", "name": "Main apron"},
  "geometry": {"type": "Polygon", "coordinates": [[
   [35.945, 35.400], [35.952, 35.400], [35.952, 35.405], [35.945, 35.405], [35.945, 35.400]]]}}
]}
"""

_ONE_PLACE = re.compile(r"^( +)(aoi|zones|date|gsd|source|sensor|bands|mask|dem): ", flags=re.MULTILINE)
"""Keys of the template whose example values hold for one place or image only."""

_SEARCH = re.compile(r"^ +- # Or, instead of `path`.*?(?=^    #)", flags=re.MULTILINE | re.DOTALL)
"""The template's entry of imagery that searches a catalogue."""
_DEPTH = 6
"""Columns before the dash of an entry of imagery."""


def init(folder: str | Path) -> tuple[Path, ...]:
    """Make a folder with a configuration, example zones and a place for images.

    The configuration runs as it is once images lie in `downloads`; what it shows beyond that is commented out.

    Parameters
    ----------
    folder
        Made if it is not there; what it holds already is never overwritten.

    Returns
    -------
    tuple of Path
        The files made, the configuration first.

    Raises
    ------
    InputError
        The folder is a file, or holds one of the files already.
    """
    folder = Path(folder)
    standing = next(p for p in (folder, *folder.absolute().parents) if p.exists())
    if not standing.is_dir():
        raise InputError(f"{standing} is a file; give a folder")
    template = shipped("configs/template.yaml").read_text(encoding="utf-8")
    local = _SEARCH.sub(lambda found: _commented(found[0]), template)
    texts = {
        folder / "sites.yaml": _ONE_PLACE.sub(r"\1# \2: ", local).replace("my-site.yaml", "sites.yaml"),
        folder / "my-site-zones.geojson": ZONES,
    }
    for path in texts:
        if path.exists():
            raise InputError(f"{path} exists and is not overwritten; choose another folder")
    (folder / "downloads").mkdir(parents=True, exist_ok=True)
    for path, text in texts.items():
        write_text(path, text)
    return tuple(texts)


def _commented(entry: str) -> str:
    lines = (f"{line[:_DEPTH]}# {line[_DEPTH:]}" if line.strip() else line for line in entry.splitlines(keepends=True))
    return "".join(lines)
