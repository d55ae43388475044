"""A site's reviewed findings as labelled images, to learn from and to measure with."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import shapely

from sitedelta.counts.claims import CLASSES
from sitedelta.counts.series import SMALLEST_M
from sitedelta.errors import InputError
from sitedelta.evaluation.labels import DataSet, LabelledImage, Labels, Shapes
from sitedelta.review.apply import State, state
from sitedelta.review.counts import COVERED, Review, review_of
from sitedelta.review.standing import Reviewed
from sitedelta.scene import Scene
from sitedelta.site import open_site

Mark = tuple[float, float, float, str, str, bool, float, float]
"""Row, column and length in pixels of the image, class, sub-class, whether it is clear, width in pixels, heading."""


def reviewed_labels(folder: Path) -> DataSet:
    """Give the images of a reviewed site with what people said is in them.

    What they accepted, added, moved or re-classed is labelled; what they rejected is ground; what nobody looked at, or
    they disagree on, may be anything. An image is exhaustive where it was searched as a whole for each class counted.

    Raises
    ------
    InputError
        The folder holds no site, nobody reviewed an object of it, or an original is not where it was.
    """
    s = state(open_site(folder))
    review = review_of(s.findings.objects, s.reviewed, s.ground, s.findings.manifest.detectors)
    scenes = sorted({str(r.scene) for r in review.items if r.settled} | {scene for scene, _ in review.searched})
    if not scenes:
        raise InputError(f"{folder}: nobody reviewed an object of this site; see `sitedelta review --help`")
    images = tuple(_image(s, review, scene) for scene in scenes)
    others = [r.scene.id for r in s.findings.manifest.scenes if r.scene.id not in scenes]
    return DataSet(folder, images, tuple(others), {})


def _image(s: State, review: Review, scene: str) -> LabelledImage:
    own = s.ground.record(scene).scene
    path = (s.findings.root / own.uri).resolve()
    if not path.is_file():
        raise InputError(f"{path}: the image of {scene} is not where it was; put it back or run the site again")
    marks = [*_marks(s, review, own), *_open(review, own)]
    row, col, length, label, kind, clear, width, heading = zip(*marks, strict=True) if marks else ((),) * 8
    labels = Labels(
        row=np.array(row, float),
        col=np.array(col, float),
        length_px=np.array(length, float),
        label=np.array(label, str),
        kind=np.array(kind, str),
        clear=np.array(clear, bool),
    )
    nothing = np.full(len(marks), np.nan)
    shapes = Shapes(np.array(width, float), np.array(heading, float), nothing, nothing.copy())
    site = s.findings.manifest.site
    return LabelledImage(path, site, site, own.gsd_m, _exhaustive(s, review, own), labels, shapes, 0)


def _marks(s: State, review: Review, own: Scene) -> Iterator[Mark]:
    """Give what people say is there."""
    kinds = {o.id: o.subclass for o in s.findings.objects}
    for r in review.items:
        if r.scene == own.id and r.real and r.label in CLASSES and (at := _in_image(s, r, own)):
            size = r.target.size if r.target else r.last.size
            length = size.length_m or SMALLEST_M[r.label]
            width, heading = (size.width_m or np.nan), (size.heading_deg if size.heading_deg is not None else np.nan)
            turned = heading + _turn(s, r, own) if np.isfinite(heading) else np.nan
            kind = kinds.get(r.target.id) if r.target and r.target.said.label == r.label else None
            clear = size.length_m is not None
            yield *at, length / own.gsd_m, r.label, kind or "", clear, width / own.gsd_m, turned % 360


def _open(review: Review, own: Scene) -> Iterator[Mark]:
    """Give what may be anything."""
    seen = review.by_finding()
    for f in review.objects:
        said = seen.get(f.id)
        if f.scene == own.id and (said is None or said.real is None):
            yield f.row, f.col, f.length_m / own.gsd_m, "", "", False, np.nan, np.nan
    for r in review.items:
        if r.scene == own.id and r.disputed and r.target is None and r.subject.anchor.spot.row is not None:
            length = r.last.size.length_m or SMALLEST_M.get(r.label, 3.0)
            spot = r.subject.anchor.spot
            yield float(spot.row or 0), float(spot.col or 0), length / own.gsd_m, "", "", False, np.nan, np.nan


def _in_image(s: State, r: Reviewed, own: Scene) -> tuple[float, float] | None:
    """Give row and column in the image of where people have a thing."""
    spot = r.last.where if any(d.moved for d in r.voices) else r.target.spot if r.target else r.last.spot
    if spot.row is not None and spot.col is not None and s.ground.holds(r.last.look):
        return spot.row, spot.col
    found = s.ground.in_image(own.id, np.array([r.site_row]), np.array([r.site_col]))
    return (float(found[0][0]), float(found[1][0])) if found else None


def _turn(s: State, r: Reviewed, own: Scene) -> float:
    """Give by how many degrees the image is turned clockwise against the site grid at a thing's place."""
    step = 8.0
    found = s.ground.in_image(own.id, r.site_row - np.array([0.0, step]), r.site_col + np.zeros(2))
    if found is None:
        return 0.0
    rows, cols = found
    return float(np.degrees(np.arctan2(cols[1] - cols[0], rows[0] - rows[1])))


def _exhaustive(s: State, review: Review, own: Scene) -> bool:
    """Tell whether the image was searched as a whole for each class that is counted in it."""
    classes = {o.label for o in s.findings.observations if o.scene == own.id and o.count is not None}
    site = s.ground.outline("site")
    areas = [review.searched.get((own.id, c)) for c in classes]
    if not areas or any(a is None or a.intersection(site).area < COVERED * site.area for a in areas):
        return False
    height, width = s.ground.grid.shape
    inside = s.ground.in_image(own.id, np.array([-0.5, height - 0.5]), np.array([-0.5, width - 0.5]))
    if inside is None:
        return False
    shown = shapely.box(inside[1][0], inside[0][0], inside[1][1], inside[0][1])
    whole = shapely.box(-0.5, -0.5, own.width - 0.5, own.height - 0.5)
    return bool(shapely.intersection(whole, shown).area >= COVERED * whole.area)
