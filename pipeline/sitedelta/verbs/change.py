"""Map what changed between two images."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from rasterdelta.difference.auto import RADAR
from rasterdelta.errors import NotEnoughData
from sitedelta.bands import common_bands
from sitedelta.changes import ChangeMap, merge_change, regions_of, write_change, write_score
from sitedelta.context import save_context
from sitedelta.defaults import MIN_AREA_M2
from sitedelta.engine import run_tasks
from sitedelta.errors import InputError
from sitedelta.pairs import ChangeTask, PairEstimate, check_method, estimate_pair
from sitedelta.progress import Progress, silent
from sitedelta.records import ChangeRegion
from sitedelta.report.geojson import collection
from sitedelta.scene import Kind
from sitedelta.store import write_json, write_text, written_aside
from sitedelta.tiles import cut
from sitedelta.verbs.images import ImagePair, image_summary, open_images, place
from sitedelta.verbs.picture import picture
from sitedelta.wording import percent

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True, slots=True)
class Compared:
    """Two images compared."""

    images: ImagePair
    estimate: PairEstimate
    found: ChangeMap
    regions: tuple[ChangeRegion, ...]

    def summary(self) -> dict[str, Any]:
        """Give what `summary.json` says."""
        model = self.estimate.model
        return {
            "before": image_summary(self.images.before.scene),
            "after": image_summary(self.images.after.scene),
            "alignment": self.images.summary(),
            "method": model.method,
            "method_reason": self.estimate.method_reason,
            "threshold": float(model.threshold),
            "false_alarm_rate": model.false_alarm_rate,
            "notes": model.notes,
            "gsd_m": self.estimate.gsd_m,
            "changed_m2": round(self.found.changed_m2, 2),
            "share_changed": round(self.found.share_changed, 6),
            "share_observed": round(self.found.share_observed, 6),
            "regions": len(self.regions),
        }


def change(
    before: str | Path,
    after: str | Path,
    *,
    out: Path | None = None,
    method: str = "auto",
    gsd: float | None = None,
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

    from sitedelta.arrays import read_dataarray

    with TemporaryDirectory() as folder:
        target = out or Path(folder)
        done = change_files(
            before, after, out=target, method=method, gsd=gsd, score=score, jobs=jobs, progress=progress
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
    gsd: float | None = None,
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
    gsd
        Ground sampling distance in metres, needed for images that carry none.
    jobs
        Local processes; 0 means one a core.

    Raises
    ------
    InputError
        An image cannot be used, they share no ground or no bands, or the method is unknown.
    RegistrationRefused
        They cannot be brought together with trust.
    """
    chosen = check_method(method)
    kind: Kind = "sar" if chosen in RADAR else "optical"
    first, second = open_images(before, after, gsd=gsd, kind=kind)
    common_bands(first, second)
    progress(0, 1, "alignment")
    images = place(first, second, as_given=True)
    progress(1, 1, "alignment")
    try:
        estimate = estimate_pair(*images.placements, images.grid, method=chosen)
    except NotEnoughData as error:
        raise InputError(
            f"{first.originals[0].name} and {second.originals[0].name} cannot be compared: {error}"
        ) from error
    with TemporaryDirectory(prefix="sitedelta-") as folder:
        tasks = _tasks(estimate, Path(folder))
        run_tasks(tasks, jobs=jobs, progress=progress)
        found = merge_change(estimate, tasks, images.grid, min_area_m2=MIN_AREA_M2)
    regions = regions_of(found, estimate, images.grid, ())
    done = Compared(images, estimate, found, regions)
    _write(done, out, score=score)
    return done


def _tasks(estimate: PairEstimate, folder: Path) -> list[ChangeTask]:
    context = save_context(estimate, folder / "pair.context")
    tiles = cut(estimate.shape, halo=estimate.model.halo)
    return [ChangeTask(context, t, folder / f"{t.row0}-{t.col0}.npz") for t in tiles]


def _write(done: Compared, out: Path, *, score: bool) -> None:
    grid, step = done.images.grid, done.estimate.step
    write_change(out / "change.tif", done.found, grid, step=step, key="")
    if score:
        write_score(out / "score.tif", done.found, grid, step=step, key="")
    write_text(out / "changes.geojson", collection(done.regions, georeferenced=grid.georeferenced))
    with written_aside(out / "change.png") as aside:
        aside.write_bytes(picture(done.images, _title(done), changes=done.regions))
    write_json(out / "summary.json", done.summary())


def _title(done: Compared) -> str:
    share, seen = percent(done.found.share_changed), percent(done.found.share_observed)
    return f"{len(done.regions)} places changed: {share} of the {seen} of the ground that both dates show"
