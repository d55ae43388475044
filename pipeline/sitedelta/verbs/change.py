"""Map what changed between two images."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from rasterdelta.controls import FalseAlarms
from rasterdelta.difference.auto import RADAR
from rasterdelta.difference.protocol import PairSample
from rasterdelta.display import Stretch, fit_stretch
from rasterdelta.errors import NotEnoughData
from rasterdelta.registration.result import Alignment
from sitedelta.alignment.aslaid import as_laid
from sitedelta.areas.zonecells import zone_cells
from sitedelta.comparison.changes import ChangeMap, gather, regions_of, score_file, without, write_change
from sitedelta.comparison.joint import Joint, join
from sitedelta.comparison.pairs import Method, PairEstimate, check_method, fit_pair
from sitedelta.comparison.spare import hand_back
from sitedelta.comparison.stream import compare_in_one_pass
from sitedelta.comparison.tally import ScoreTally, false_alarm_summary
from sitedelta.errors import InputError
from sitedelta.files.given import PathLike, given
from sitedelta.files.store import write_json, write_text, written_aside
from sitedelta.grid import SiteGrid
from sitedelta.imagery.bands import bands_for
from sitedelta.imagery.overview import Cells, Overviews
from sitedelta.imagery.seeing import see_two
from sitedelta.progress import Progress, silent
from sitedelta.records import ChangeRegion
from sitedelta.report.geojson import collection
from sitedelta.scene import Kind, Scene
from sitedelta.settings.defaults import HIDDEN, MIN_AREA_M2, Hidden, Radiometry
from sitedelta.verbs.images import alignment_summary, image_summary, open_images, place
from sitedelta.verbs.picture import Views, picture, shown
from sitedelta.words.wording import percent, small_percent

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True, slots=True)
class Brought:
    """Two images brought together."""

    grid: SiteGrid
    joint: Joint
    alignment: Alignment | None
    """None where they are taken as they lie."""
    note: str
    """How they were brought together, in a sentence."""
    clouds_known: bool
    """What hides the ground was looked for before, and is not valid."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Two images compared."""

    brought: Brought
    estimate: PairEstimate
    found: ChangeMap
    regions: tuple[ChangeRegion, ...]
    views: Views
    false_alarm: FalseAlarms

    def summary(self) -> dict[str, Any]:
        """Give what `summary.json` says."""
        model, joint = self.estimate.model, self.brought.joint
        return {
            "before": image_summary(joint.before.scene),
            "after": image_summary(joint.after.scene),
            "alignment": alignment_summary(self.brought.alignment, self.brought.note, self.brought.grid.gsd_m),
            "method": model.method,
            "method_reason": self.estimate.method_reason,
            "threshold": float(model.threshold),
            "false_alarm_rate": model.false_alarm_rate,
            "notes": model.notes,
            "gsd_m": joint.gsd_m,
            "changed_m2": round(self.found.changed_m2, 2),
            "share_changed": round(self.found.share_changed, 6),
            "share_observed": round(self.found.share_observed, 6),
            "regions": len(self.regions),
            "false_alarm": false_alarm_summary(self.false_alarm),
        }


def change(
    before: str | Path,
    after: str | Path,
    *,
    out: PathLike | None = None,
    method: str = "auto",
    radiometry: Radiometry = "line",
    gsd: float | None = None,
    hidden: tuple[Hidden, ...] = HIDDEN,
    dem: PathLike | None = None,
    score: bool = False,
    jobs: int = 0,
    progress: Progress = silent,
) -> "xr.Dataset":
    """Map what changed between two images of one place.

    The parameters and errors are those of `change_files`; `out` may be omitted.

    Returns
    -------
    Dataset
        `change` (y, x): uint8, 0 unchanged, 1 changed, 255 not observable, on the grid of `before`; with `score`, also
        `score` (y, x): float32, in units of the threshold. `attrs["summary"]` is JSON-ready, `attrs["regions"]` are
        `ChangeRegion` records.
    """
    import xarray as xr

    from sitedelta.imagery.arrays import read_dataarray

    with TemporaryDirectory() as folder:
        target = given(out) or Path(folder)
        done = change_files(
            before,
            after,
            out=target,
            method=method,
            radiometry=radiometry,
            gsd=gsd,
            hidden=hidden,
            dem=given(dem),
            score=score,
            jobs=jobs,
            progress=progress,
        )
        names = ("change", "score") if score else ("change",)
        arrays = {n: read_dataarray(target / f"{n}.tif").isel(band=0, drop=True) for n in names}
    return xr.Dataset(arrays, attrs={"summary": done.summary(), "regions": done.regions})


def change_files(
    before: str | Path,
    after: str | Path,
    *,
    out: Path,
    method: str = "auto",
    radiometry: Radiometry = "line",
    gsd: float | None = None,
    hidden: tuple[Hidden, ...] = HIDDEN,
    dem: Path | None = None,
    score: bool = False,
    jobs: int = 0,
    progress: Progress = silent,
) -> Compared:
    """Map what changed between two images of one place, and write it.

    Parameters
    ----------
    out
        Folder for change.tif, changes.geojson, summary.json, change.png and, with `score`, score.tif.
    method
        auto, or the name of an algorithm.
    radiometry
        How the later image is brought to the radiometry of the earlier one, where the method needs it: line, unchanged,
        histogram, local (by lines that differ from place to place, for haze) or none.
    gsd
        Ground sampling distance in metres, needed for images that carry none.
    hidden
        What counts as not observable: cloud, shadow (of cloud), haze, snow, water, dark.
    dem
        Digital elevation model, for images that were not rectified.
    jobs
        Threads that compare; 0 means one a core.

    Raises
    ------
    InputError
        An image cannot be used, they share no ground or no bands, or the method is unknown.
    RegistrationRefused
        They cannot be brought together with trust.
    """
    chosen = check_method(method)
    kind: Kind = "sar" if chosen in RADAR else "optical"
    first, second = open_images(before, after, gsd=gsd, kind=kind, hidden=hidden, dem=dem)
    bands_for(chosen, first, second)
    progress(0, 1, "alignment")
    brought, estimate = _fitted(first, second, chosen, radiometry)
    hand_back()
    progress(1, 1, "alignment")
    with ExitStack() as stack:
        scores = stack.enter_context(score_file(estimate.joint.shape)) if score else None
        overviews = Overviews(estimate.joint.shape, estimate.joint.telling)
        shape, step = estimate.joint.shape, estimate.joint.step
        tally = ScoreTally(zone_cells(brought.grid, (), shape, step), shape)
        strips = tally.through(compare_in_one_pass(estimate, overviews, threads=jobs, progress=progress))
        area = {"cell_m": brought.grid.gsd_m * step, "min_area_m2": MIN_AREA_M2}
        found = gather(scores.through(strips) if scores else strips, shape, **area)
        views, clear = _views(brought, overviews)
        if not brought.clouds_known:
            found = without(found, clear, overviews.factor, min_area_m2=MIN_AREA_M2)
        with ThreadPoolExecutor(2) as beside:
            alarms = beside.submit(tally.false_alarms, **area)
            raster = beside.submit(write_change, out / "change.tif", found, brought.grid, step=step, key="")
            regions = regions_of(found, estimate.joint, brought.grid, ())
            done = Compared(brought, estimate, found, regions, views, *alarms.result())
            drawing = beside.submit(_draw, done, out)
            _tell(done, out)
            raster.result()
            drawing.result()
        if scores:
            scores.write(out / "score.tif", found, brought.grid, step=estimate.joint.step)
    return done


def _fitted(first: Scene, second: Scene, method: Method, radiometry: Radiometry) -> tuple[Brought, PairEstimate]:
    """Bring two images together and fit the method on samples, which are large and let go then."""
    brought, samples = _bring(first, second, method)
    return brought, _fit(brought.joint, samples, method, radiometry)


def _bring(first: Scene, second: Scene, method: Method) -> tuple[Brought, tuple[PairSample, ...]]:
    laid = as_laid(first, second, method=method)
    if laid is not None:
        note = (
            f"taken as they lie: the same ground at {laid.offsets.clear} of {laid.offsets.asked} places, "
            f"{laid.offsets.median_px:.2f} pixels apart"
        )
        return Brought(laid.grid, laid.joint, None, note, clouds_known=False), laid.samples
    images = place(first, second, as_given=True)
    joint = join(*images.placements, images.grid, method=method)
    return Brought(images.grid, joint, images.alignment, images.note, clouds_known=True), tuple(joint.samples())


def _fit(joint: Joint, samples: Sequence[PairSample], method: Method, radiometry: Radiometry) -> PairEstimate:
    try:
        return fit_pair(joint, samples, method=method, radiometry=radiometry)
    except NotEnoughData as error:
        names = " and ".join(p.scene.originals[0].name for p in (joint.before, joint.after))
        raise InputError(f"{names} cannot be compared: {error}") from error


def _views(brought: Brought, overviews: Overviews) -> tuple[Views, np.ndarray]:
    """Give both images as they are shown, and the cells of the overview in which neither hides the ground."""
    joint, dates, shown_bands = brought.joint, overviews.dates, len(brought.joint.shown)
    scenes = joint.before.scene, joint.after.scene
    stretches = [_stretch(s, c, shown_bands) for s, c in zip(scenes, dates, strict=True)]
    images = [
        shown(c.image[:shown_bands] if t is None else t.apply(c.image[:shown_bands]), c.valid)
        for t, c in zip(stretches, dates, strict=True)
    ]
    hidden = np.zeros(overviews.shape, np.bool_)
    if stretches[0] is not None and stretches[1] is not None:
        both = (dates[0].image, dates[1].image)
        cell_m = joint.gsd_m * overviews.factor
        hidden = np.logical_or(*see_two(joint, (stretches[0], stretches[1]), both, dates[0].valid, cell_m=cell_m))
    return Views(brought.grid, scenes, (images[0], images[1]), float(joint.step * overviews.factor)), ~hidden


def _stretch(scene: Scene, cells: Cells, shown_bands: int) -> Stretch | None:
    if not cells.valid.any():
        return None
    return fit_stretch(cells.image[:shown_bands], cells.valid, dtype=scene.dtype)


def _tell(done: Compared, out: Path) -> None:
    summary = done.summary()
    text = collection(done.regions, georeferenced=done.brought.grid.georeferenced)
    write_text(out / "changes.geojson", text)
    write_json(out / "summary.json", summary)


def _draw(done: Compared, out: Path) -> None:
    with written_aside(out / "change.png") as aside:
        aside.write_bytes(picture(done.views, _title(done), changes=done.regions))


def _title(done: Compared) -> str:
    share, seen = small_percent(done.found.share_changed), percent(done.found.share_observed)
    return f"{len(done.regions)} places changed: {share} of the {seen} of the ground that both dates show"
