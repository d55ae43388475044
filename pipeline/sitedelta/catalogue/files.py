"""Files of a site as assets, each with its checksum."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from sitedelta.files.hashing import sha256_file
from sitedelta.site import Site

if TYPE_CHECKING:
    import pystac

_TYPES = {
    ".geojson": "application/geo+json",
    ".html": "text/html",
    ".json": "application/json",
    ".kmz": "application/vnd.google-earth.kmz",
    ".parquet": "application/vnd.apache.parquet",
    ".tif": "image/tiff; application=geotiff; profile=cloud-optimized",
}


def asset(site: Site, name: str, role: str, title: str, **more: Any) -> "pystac.Asset":
    """Describe a file of a site's folder that stands: its size and SHA-256, as a multihash.

    Parameters
    ----------
    name
        Path below the site's folder.

    Raises
    ------
    InputError
        It cannot be read.
    """
    path = site.store.root / name
    sha256 = site.manifest.files.get(name) or sha256_file(path)
    known: Mapping[str, Any] = {"file:checksum": f"1220{sha256}", "file:size": path.stat().st_size}
    return named(name, role, title, **known, **more)


def named(name: str, role: str, title: str, **more: Any) -> "pystac.Asset":
    """Name a file that may be written later, and whose bytes are not known yet."""
    import pystac

    kind = _TYPES.get(PurePosixPath(name).suffix.lower())
    return pystac.Asset(f"../{name}", title=title, media_type=kind, roles=[role], extra_fields=dict(more))
