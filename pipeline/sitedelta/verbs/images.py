"""What the verbs on two images share: open, check, place."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from rasterdelta.registration.likeness import Likeness
from rasterdelta.registration.pyramid import size
from rasterdelta.registration.result import IDENTITY, Alignment, Refusal
from sitedelta.alignment.placement import Placement
from sitedelta.errors import RegistrationRefused
from sitedelta.files.hashing import begin, sha256_file
from sitedelta.grid import SiteGrid, choose_grid, scene_grid
from sitedelta.imagery.dates import has_date
from sitedelta.imagery.ingest import scene_from_file
from sitedelta.imagery.prepare import Prepared, prepare
from sitedelta.imagery.unrectified import placed_by
from sitedelta.scene import Kind, Scene
from sitedelta.settings.defaults import HIDDEN, Hidden

_ROUGH = 1.1
"""Ratio of the ground sampling distance that a match tells to the one that was given from which it is spoken of."""


@dataclass(frozen=True, slots=True)
class ImagePair:
    """Two images on the pixel grid of the first."""

    grid: SiteGrid
    before: Prepared
    after: Prepared
    placements: tuple[Placement, Placement]
    alignment: Alignment | None
    """None where the images could not be matched, and are taken to lie as they were given."""
    note: str
    """How they were brought together, in a sentence."""

    def summary(self) -> dict[str, Any]:
        """Give what the summaries of the verbs say of the alignment."""
        return alignment_summary(self.alignment, self.note, self.grid.gsd_m)


def alignment_summary(found: Alignment | None, note: str, gsd_m: float) -> dict[str, Any]:
    """Give what the summaries of the verbs say of an alignment; None where images are taken as they lie."""
    return {
        "model": found.model if found else "as given",
        "matrix": [float(v) for v in (found.matrix if found else IDENTITY).ravel()],
        "residual_px": round(found.residual_px, 4) if found else None,
        "residual_m": round(found.residual_px * gsd_m, 4) if found else None,
        "support": round(found.support, 4) if found else None,
        "note": note,
    }


def open_images(
    before: str | Path,
    after: str | Path,
    *,
    gsd: float | None,
    kind: Kind = "optical",
    hidden: tuple[Hidden, ...] = HIDDEN,
    dem: Path | None = None,
) -> tuple[Scene, Scene]:
    """Describe two images of one place; raises `InputError` for one that cannot be used, or without overlap.

    Their checksums are worked out meanwhile, for `image_summary`.
    """
    first, second = (
        scene_from_file(Path(path), gsd_m=gsd, kind=kind, hidden=hidden, dem=dem, require_date=False, hashed=False)
        for path in (before, after)
    )
    begin(*first.originals, *second.originals)
    if first.georeferenced and second.georeferenced:
        choose_grid((first, second), None)
    return first, replace(second, id=f"{second.id}-2") if second.id == first.id else second


def place(first: Scene, second: Scene, *, as_given: bool) -> ImagePair:
    """Bring the second image onto the pixel grid of the first.

    Parameters
    ----------
    as_given : bool
        True: two images that cannot be matched, but lie on each other as given (by georeference, or by equal size and
        ground sampling distance), are taken to be aligned already, and the note says so; unless one of them shows
        next to nothing.

    Raises
    ------
    RegistrationRefused
        The match cannot be trusted.
    """
    from sitedelta.alignment.align import align, lie_alike, like_as_given

    grid, before, after = scene_grid(first), prepare(first), prepare(second)
    alike = lie_alike(first, second)
    found = align(before, after, grid, rests=alike)
    if isinstance(found, Alignment):
        placements = witnessed(before, after, grid, found)
        return ImagePair(grid, before, after, placements, found, _matched(found))
    if as_given and alike:
        common = like_as_given(before, after, grid)
        if common.one_is_blind:
            raise refused(first, second, Refusal(_blind(first, second, common)))
        doubt = "" if common.alike else ", and nothing in the images bears it out"
        note = f"taken as aligned already, because they lie alike{doubt}; matching was refused: {found.reason}"
        return ImagePair(grid, before, after, witnessed(before, after, grid, None), None, note)
    raise refused(first, second, found)


def witnessed(
    before: Prepared, after: Prepared, grid: SiteGrid, alignment: Alignment | None
) -> tuple[Placement, Placement]:
    """Place two images on a grid; what hides the ground on one date is judged with the other as a witness."""
    from sitedelta.alignment.testimony import Witnesses

    return Witnesses().hear((stand(before, grid), stand(after, grid, alignment)), (before, after), grid)


def _blind(first: Scene, second: Scene, common: Likeness) -> str:
    """Say which of two images shows nothing."""
    blind, other = (second, first) if common.contrast < 1 else (first, second)
    names = blind.originals[0].name, other.originals[0].name
    return f"{names[0]} shows next to nothing of what {names[1]} shows: it is under cloud or fog, or blank"


def _matched(found: Alignment) -> str:
    residual = f"median residual {found.residual_px:.2f} pixels"
    if np.array_equal(found.matrix, IDENTITY):
        return f"matched, and left as they lie: no other alignment fits clearly better, {residual}"
    return f"matched ({found.model}), {residual}{_rough(found)}"


def _rough(found: Alignment) -> str:
    """Say so where the match tells of other ground sampling distances than were given."""
    scale = size(found.matrix)
    if 1 / _ROUGH < scale < _ROUGH:
        return ""
    return f"; by the match, pixels of the second image are {1 / scale:.2f} times as large as was given"


def stand(prepared: Prepared, grid: SiteGrid, alignment: Alignment | None = None) -> Placement:
    """Place an image on a grid, by its nominal frame and an alignment."""
    from sitedelta.alignment.align import frame_of

    return Placement(prepared.scene, frame_of(prepared, grid), alignment, prepared.clear)


def refused(first: Scene, second: Scene, found: Refusal) -> RegistrationRefused:
    """Say which two images could not be brought together, and why."""
    names = f"{second.originals[0].name} to {first.originals[0].name}"
    return RegistrationRefused(f"cannot align {names}: {found.reason}; nothing was written")


def image_summary(scene: Scene) -> dict[str, Any]:
    """Give what the summaries of the verbs say of an image."""
    return {
        "file": scene.originals[0].name,
        "sha256": sha256_file(scene.originals[0]),
        "date": scene.date.isoformat() if has_date(scene) else None,
        "gsd_m": scene.gsd_m,
        "bands": list(scene.bands),
        "georeferenced": scene.georeferenced,
    } | ({} if scene.ground is None else {"ground": placed_by(scene.ground)})
