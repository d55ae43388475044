"""Write the report of a site: everything is made first, then put in place file by file."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sitedelta.evidence.document import evidence
from sitedelta.evidence.files import sealed
from sitedelta.files.store import written_aside
from sitedelta.records import Observation, Track, ZoneChange
from sitedelta.report import geojson, images
from sitedelta.report.canvas import to_png, to_svg
from sitedelta.report.chips import Gallery, gallery
from sitedelta.report.closeup import LONG_SIDE
from sitedelta.report.figures import counts_figure, pair_sides
from sitedelta.report.findings import Findings, read_findings
from sitedelta.report.gpkg import geopackage
from sitedelta.report.kmz import kmz
from sitedelta.report.page import render
from sitedelta.report.reviewable import reviewable
from sitedelta.report.sidebyside import as_svg, side_by_side
from sitedelta.report.tablefile import csv_text
from sitedelta.report.view import page_view
from sitedelta.running.manifest import PairRecord
from sitedelta.site import Site

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MANY = 10
"""More scenes than this share the same number of bytes: their pictures get smaller."""
_PAGE_PIXELS, _PAGE_SIDE = 10 * 1600**2, 2560
"""The page's pictures, which are zoomed, share so many pixels, with so many on the long side of one at most."""
_QUALITY = 80


def build(site: Site) -> Path:
    """Write `<site>/report/` and give the path of its page.

    The same findings give the same bytes. Files of an earlier report that this one does not hold are removed.
    Raises `RunFailed` where a file cannot be written.
    """
    findings = read_findings(site)
    files = _files(findings)
    files |= sealed(evidence(findings, {f"report/{n}": d for n, d in files.items()}))
    folder = site.store.report
    for name, data in files.items():
        with written_aside(folder / name) as aside:
            aside.write_bytes(data)
    _remove_stale(folder, files)
    return folder / "index.html"


def _files(findings: Findings) -> dict[str, bytes]:
    m = findings.manifest
    many = len([r for r in m.scenes if r.raster])
    views = _overviews(findings, round(LONG_SIDE * min(1.0, (_MANY / max(1, many)) ** 0.5)))
    pictures = {scene: images.jpeg(image, quality=_QUALITY) for scene, image in views.items()}
    galleries = [gallery(findings, pair, n) for n, pair in enumerate(m.pairs)]
    files = {
        "site.gpkg": geopackage(findings),
        "site.kmz": kmz(findings, pictures, galleries),
        "observations.csv": csv_text(findings.observations, Observation).encode(),
        "tracks.csv": csv_text(findings.tracks, Track).encode(),
        "zone_changes.csv": csv_text(findings.zone_changes, ZoneChange).encode(),
        **_drawn(counts_figure(findings)),
    }
    for name in ("objects", "events", "changes"):
        rows = geojson.collection(getattr(findings, name), georeferenced=findings.georeferenced)
        files[f"{name}.geojson"] = rows.encode()
    for pair in m.pairs:
        sides = pair_sides(findings, pair, views.get(pair.before), views.get(pair.after))
        files |= {figure_name(pair): side_by_side(sides), figure_name(pair, "svg"): as_svg(sides)}
    files["index.html"] = _page(findings, galleries)
    return files


def _drawn(counts: "Figure") -> dict[str, bytes]:
    return {"figures/counts.png": to_png(counts), "figures/counts.svg": to_svg(counts)}


def figure_name(pair: PairRecord, ending: str = "png") -> str:
    """Give the path of a pair's figure within the report."""
    return f"figures/{pair.before}--{pair.after}.{ending}"


def _page(findings: Findings, galleries: Sequence[Gallery]) -> bytes:
    many = len([r for r in findings.manifest.scenes if r.raster])
    views = _overviews(findings, min(_PAGE_SIDE, round((_PAGE_PIXELS / max(1, many)) ** 0.5)))
    pictures = {scene: images.jpeg(image, quality=_QUALITY) for scene, image in views.items()}
    review = reviewable(findings, {scene: image.shape[1] for scene, image in views.items()})
    return render(page_view(findings, pictures, galleries, review)).encode()


def _overviews(findings: Findings, side: int) -> dict[str, np.ndarray]:
    records = [r for r in findings.manifest.scenes if r.raster]
    return {r.scene.id: images.overview(findings.root / str(r.raster), long_side=side) for r in records}


def _remove_stale(folder: Path, files: Mapping[str, bytes]) -> None:
    """Remove what an earlier report wrote; anything else in the folder is not ours."""
    kept = {folder / name for name in files}
    for path in sorted(
        {*folder.glob("figures/*.png"), *folder.glob("figures/*.svg"), *folder.glob("*.geojson")} - kept
    ):
        path.unlink()
