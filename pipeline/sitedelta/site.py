"""A site's results, opened for reading: tables as (Geo)DataFrames, any date as a DataArray."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sitedelta.errors import InputError
from sitedelta.manifest import Manifest, read_manifest
from sitedelta.store import SiteStore

if TYPE_CHECKING:
    import geopandas
    import pandas as pd
    import xarray as xr


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
        import pandas as pd

        return pd.read_parquet(self.store.observations)

    @property
    def objects(self) -> "geopandas.GeoDataFrame":
        """One row an object and scene (see `records.SiteObject`)."""
        return self._geo(self.store.objects)

    @property
    def events(self) -> "geopandas.GeoDataFrame":
        """One row an arrival, departure or stay (see `records.Event`)."""
        return self._geo(self.store.events)

    @property
    def tracks(self) -> "geopandas.GeoDataFrame":
        """One row an object over all dates: first and last seen, and how long it stayed (see `records.Track`)."""
        return self._geo(self.store.tracks)

    @property
    def changes(self) -> "geopandas.GeoDataFrame":
        """One row a changed region, with its polygon (see `records.ChangeRegion`)."""
        return self._geo(self.store.changes)

    @property
    def zone_changes(self) -> "pd.DataFrame":
        """One row a pair and zone: how much changed, and its false-alarm rate (see `records.ZoneChange`)."""
        import pandas as pd

        return pd.read_parquet(self.store.zone_changes)

    @property
    def scenes(self) -> "pd.DataFrame":
        """One row a scene, in order of date."""
        import pandas as pd

        return pd.DataFrame([_scene_row(r) for r in self.manifest.scenes])

    def image(self, scene: str) -> "xr.DataArray":
        """Give a scene on the site grid: uint8 (band, y, x); `attrs["valid"]` is its mask, True = valid."""
        return self._raster(self.store.scene_raster(scene), scene)

    def change(self, before: str, after: str) -> "xr.DataArray":
        """Give the change map of a pair: uint8 (y, x), 0 unchanged, 1 changed, 255 not observable."""
        return self._raster(self.store.change_raster(before, after), f"{before}--{after}").isel(band=0, drop=True)

    def _geo(self, path: Path) -> "geopandas.GeoDataFrame":
        import geopandas

        return geopandas.read_parquet(path)

    def _raster(self, path: Path, what: str) -> "xr.DataArray":
        if not path.exists():
            msg = f"site {self.manifest.site} has no raster for {what}; see `.scenes` and `.manifest.pairs`"
            raise InputError(msg)
        from sitedelta.arrays import read_dataarray

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
