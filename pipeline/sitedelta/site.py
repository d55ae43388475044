"""A site's results, opened for reading: tables as (Geo)DataFrames, any date as a DataArray."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sitedelta import records
from sitedelta.errors import InputError
from sitedelta.files.store import SiteStore
from sitedelta.running.manifest import Manifest, read_manifest

if TYPE_CHECKING:
    import geopandas
    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Site:
    """What a run wrote for one site."""

    store: SiteStore
    manifest: Manifest

    @property
    def georeferenced(self) -> bool:
        return self.manifest.grid.crs_wkt is not None

    @property
    def observations(self) -> "pd.DataFrame":
        """One row a zone, scene and class (see `records.Observation`)."""
        found: pd.DataFrame = self._table(self.store.observations, records.Observation)
        return found

    @property
    def objects(self) -> "geopandas.GeoDataFrame":
        """One row an object and scene (see `records.SiteObject`)."""
        return self._table(self.store.objects, records.SiteObject)

    @property
    def events(self) -> "geopandas.GeoDataFrame":
        """One row an arrival, departure or stay (see `records.Event`)."""
        return self._table(self.store.events, records.Event)

    @property
    def tracks(self) -> "geopandas.GeoDataFrame":
        """One row an object over all dates: first and last seen, and how long it stayed (see `records.Track`)."""
        return self._table(self.store.tracks, records.Track)

    @property
    def changes(self) -> "geopandas.GeoDataFrame":
        """One row a changed region, with its polygon (see `records.ChangeRegion`)."""
        return self._table(self.store.changes, records.ChangeRegion)

    @property
    def zone_changes(self) -> "pd.DataFrame":
        """One row a pair and zone: how much changed, and its false-alarm rate (see `records.ZoneChange`)."""
        found: pd.DataFrame = self._table(self.store.zone_changes, records.ZoneChange)
        return found

    @property
    def scenes(self) -> "pd.DataFrame":
        """One row a scene, in order of date."""
        import pandas as pd

        return pd.DataFrame([_scene_row(r) for r in self.manifest.scenes])

    @property
    def reviews(self) -> "pd.DataFrame":
        """One row a thing that people decided on: who says what, and which finding it is now (see docs/review.md)."""
        from sitedelta.review.verbs import review_list

        return review_list(self.store.root)

    def image(self, scene: "str | datetime") -> "xr.DataArray":
        """Give a scene on the site grid: uint8 (band, y, x); `attrs["valid"]` is its mask, True = valid.

        Parameters
        ----------
        scene
            Its id in `scenes`, or a date; of several images of one day, the finest.
        """
        name = self._scene(scene)
        return self._raster(self.store.scene_raster(name), name)

    def change(self, before: "str | datetime", after: "str | datetime") -> "xr.DataArray":
        """Give the change map of a pair: uint8 (y, x), 0 unchanged, 1 changed, 255 not observable."""
        before, after = self._scene(before), self._scene(after)
        return self._raster(self.store.change_raster(before, after), f"{before}--{after}").isel(band=0, drop=True)

    def counts_figure(self) -> "Figure":
        """Draw the counts of each zone and class over time, as the report has them for print."""
        from sitedelta.report.figures import counts_figure
        from sitedelta.report.findings import read_findings

        return counts_figure(read_findings(self))

    def pair_figure(
        self,
        before: "str | datetime",
        after: "str | datetime",
        *,
        at: tuple[float, float] | None = None,
        side_m: float = 200.0,
    ) -> "Figure":
        """Draw two dates side by side with what was found, scale bar, north, dates and sources, as the report does.

        Parameters
        ----------
        before, after
            Ids in `scenes`, or dates; they must have been compared (`manifest.pairs`).
        at
            Longitude and latitude (column and row of the site grid without georeference) of a place to show alone, at
            the images' own resolution; the whole site where it is not given.
        side_m
            Side of the square around it, metres.

        Raises
        ------
        InputError
            The dates were not compared, or the place is not on the site.
        """
        from sitedelta.report.closeup import closeup, whole
        from sitedelta.report.findings import read_findings
        from sitedelta.report.sidebyside import as_figure

        names = self._scene(before), self._scene(after)
        pair = next((p for p in self.manifest.pairs if (p.before, p.after) == names), None)
        if pair is None:
            compared = "; ".join(f"{p.before} with {p.after}" for p in self.manifest.pairs)
            raise InputError(f"{names[0]} was not compared with {names[1]}; these were: {compared[:500] or 'none'}")
        findings = read_findings(self)
        return as_figure(whole(findings, pair) if at is None else closeup(findings, pair, at, side_m))

    def _scene(self, which: "str | datetime") -> str:
        """Give the id of a scene by its id or its day."""
        scenes = [r.scene for r in self.manifest.scenes]
        day = which[:10] if isinstance(which, str) else which.date().isoformat()
        found = [s for s in scenes if s.id == which] or [s for s in scenes if s.date.date().isoformat() == day]
        if not found:
            days = ", ".join(sorted({s.date.date().isoformat() for s in scenes}))
            raise InputError(f"site {self.manifest.site} has no image {which}; its dates are {days[:500]}")
        return min(found, key=lambda s: (s.gsd_m, s.id)).id

    def _table(self, path: Path, kind: Any) -> Any:
        """Give a table; raises `InputError` where its file is missing or damaged."""
        from sitedelta.files.tables import read_table

        return read_table(path, kind)

    def _raster(self, path: Path, what: str) -> "xr.DataArray":
        if not path.exists():
            msg = f"site {self.manifest.site} has no raster for {what}; see `.scenes` and `.manifest.pairs`"
            raise InputError(msg)
        from sitedelta.imagery.arrays import read_dataarray

        return read_dataarray(path)


def _scene_row(record: Any) -> dict[str, Any]:
    s, a = record.scene, record.alignment
    return {
        "scene": s.id,
        "date": s.date,
        "sensor": s.sensor,
        "gsd_m": s.gsd_m,
        "alignment": a.status,
        "residual_m": a.residual_m,
        "share_observed": record.share_observed,
        "share_cloud": record.share_cloud,
        "source": s.source,
        "sha256": s.sha256,
    }


def open_site(folder: str | Path) -> Site:
    """Open the folder of a site, `<output>/<site id>`; raises `InputError` where it holds none."""
    store = SiteStore(Path(folder))
    return Site(store, read_manifest(store.manifest))
