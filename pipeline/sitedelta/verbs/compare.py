"""Tell what arrived, departed or stayed between two images."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sitedelta.counts.claims import CLASSES, Claim, check_classes, claim
from sitedelta.counts.counting import count_scenes
from sitedelta.counts.events import find_events
from sitedelta.counts.objects import seen_objects
from sitedelta.counts.sizes import Sizes, gsd_doubts
from sitedelta.detectors.models import detector
from sitedelta.files.given import PathLike, given
from sitedelta.files.store import write_json, write_text, written_aside
from sitedelta.files.tables import to_frame
from sitedelta.imagery.prepare import Prepared
from sitedelta.progress import Progress, silent
from sitedelta.records import Event, EventKind, SiteObject
from sitedelta.scene import Scene
from sitedelta.settings.defaults import HIDDEN, Hidden
from sitedelta.verbs.images import ImagePair, image_summary, open_images, place
from sitedelta.verbs.picture import picture, read_views

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Told:
    """What became of the objects of two images."""

    images: ImagePair
    objects: tuple[tuple[SiteObject, ...], tuple[SiteObject, ...]]
    events: tuple[Event, ...]
    claims: tuple[tuple[Claim, ...], tuple[Claim, ...]]

    def summary(self) -> dict[str, Any]:
        """Give what `summary.json` says."""
        return {
            "before": self._image(self.images.before, self.objects[0]),
            "after": self._image(self.images.after, self.objects[1]),
            "alignment": self.images.summary(),
            "classes": {b.label: self._class(b, a) for b, a in zip(self.claims[0], self.claims[1], strict=True)},
        }

    def _image(self, image: Prepared, objects: tuple[SiteObject, ...]) -> dict[str, Any]:
        return image_summary(image.scene) | {"notes": list(gsd_doubts(Sizes.of_objects(objects), image))}

    def _class(self, before: Claim, after: Claim) -> dict[str, Any]:
        reason = before.reason or after.reason
        if reason is not None:
            return {"status": "not_observable", "reason": reason}
        kinds = Counter(e.kind for e in self.events if e.label == before.label)
        found = [sum(o.label == before.label for o in side) for side in self.objects]
        shortest = max(before.min_length_m, after.min_length_m)
        return {
            "status": "compared",
            "reason": None,
            "min_length_m": shortest,
            "count_before": found[0],
            "count_after": found[1],
            **{kind.value: kinds[kind] for kind in EventKind},
        }


def compare(
    before: str | Path,
    after: str | Path,
    *,
    out: PathLike | None = None,
    gsd: float | None = None,
    hidden: tuple[Hidden, ...] = HIDDEN,
    dem: PathLike | None = None,
    classes: Sequence[str] = CLASSES,
    jobs: int = 0,
    model: PathLike | None = None,
    progress: Progress = silent,
) -> "pd.DataFrame":
    """Tell what arrived, departed or stayed between two images of one place.

    The parameters and errors are those of `compare_files`; `out` may be omitted.

    Returns
    -------
    DataFrame
        One row an `Event`; rows and columns are on the pixel grid of `before`. `attrs["summary"]` is JSON-ready.
    """
    done = compare_files(
        before,
        after,
        out=given(out),
        gsd=gsd,
        classes=classes,
        hidden=hidden,
        dem=given(dem),
        jobs=jobs,
        model=given(model),
        progress=progress,
    )
    table = to_frame(done.events, Event)
    table.attrs["summary"] = done.summary()
    return table


def compare_files(
    before: str | Path,
    after: str | Path,
    *,
    out: Path | None = None,
    gsd: float | None = None,
    hidden: tuple[Hidden, ...] = HIDDEN,
    dem: Path | None = None,
    classes: Sequence[str] = CLASSES,
    jobs: int = 0,
    model: Path | None = None,
    progress: Progress = silent,
) -> Told:
    """Tell what arrived, departed or stayed between two images of one place, and write it.

    Parameters
    ----------
    out
        Folder for events.csv, summary.json and compare.png.
    gsd
        Ground sampling distance in metres, needed for images that carry none.
    hidden
        What counts as not observable: cloud, shadow (of cloud), haze, snow, water, dark.
    dem
        Digital elevation model, for images that were not rectified.
    classes
        What to look for.
    jobs
        Local processes; 0 means one a core.
    model
        File that describes a detector of one's own (`sitedelta.detectors.models`); the shipped one where not given.

    Raises
    ------
    InputError
        An image cannot be used, they share no ground, or a class is unknown.
    RegistrationRefused
        They cannot be brought together with trust; nothing is written.
    """
    labels = check_classes(tuple(classes))
    able = detector(model).classes
    scenes = open_images(before, after, gsd=gsd, hidden=hidden, dem=dem)
    progress(0, 1, "alignment")
    images = place(*scenes, as_given=False)
    progress(1, 1, "alignment")
    claims = _claims(scenes[0], labels, able), _claims(scenes[1], labels, able)
    both = images.before, images.after
    found = count_scenes(both, claims, jobs=jobs, progress=progress, model=model, weak=True)
    old, new = (seen_objects(f, p, images.grid, ()) for f, p in zip(found, images.placements, strict=True))
    events = find_events(old, new, images.placements, claims, images.grid)
    done = Told(images, (old.objects, new.objects), events, claims)
    if out is not None:
        _write(done, out)
    return done


def _claims(scene: Scene, labels: Sequence[str], able: Sequence[str]) -> tuple[Claim, ...]:
    return tuple(claim(c, scene.gsd_m, kind=scene.kind, found=able) for c in labels)


def _write(done: Told, out: Path) -> None:
    write_text(out / "events.csv", _csv(done.events))
    with written_aside(out / "compare.png") as aside:
        aside.write_bytes(picture(read_views(done.images), _title(done), events=done.events))
    write_json(out / "summary.json", done.summary())


def _title(done: Told) -> str:
    kinds = Counter(e.kind for e in done.events)
    told = {EventKind.NOT_OBSERVABLE: "not observable"}
    return ", ".join(f"{kinds[k]} {told.get(k, k.value)}" for k in EventKind)


def _csv(events: Sequence[Event]) -> str:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["class", "event", "row", "col", "score", "length_m"])
    for e in events:
        table.writerow(
            [e.label, e.kind.value, f"{e.site_row:.2f}", f"{e.site_col:.2f}", f"{e.score:.4f}", f"{e.length_m:.2f}"]
        )
    return text.getvalue()
