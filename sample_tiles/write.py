"""Files of a sample site: COGs, an item beside each, truth, zones."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from pyproj import Transformer
from rasterio.io import MemoryFile
from rasterio.shutil import copy as copy_raster
from rasterio.transform import Affine
from story import Moment, Site, Tile

from rasterdelta.render.frame import Frame, Outline
from rasterdelta.render.scene import Observation
from rasterdelta.render.things import Thing
from rasterdelta.render.truth import PlacedObject

LICENCE = "Apache-2.0"


class SiteWriter:
    """Writes the tiles of a site one by one, then its truth."""

    def __init__(self, site: Site, out: Path, zones: Path) -> None:
        self.site = site
        self.zones = zones / f"sample-{site.id}-zones.geojson"
        self.folder = out / site.id
        self.truth = out / "truth"
        self._to_utm = Transformer.from_crs(4326, site.epsg, always_xy=True)
        east, north = self._to_utm.transform(site.lon, site.lat)
        width, height = site.frame.size_m
        self._corner = round(east - width / 2), round(north + height / 2)
        self._objects: dict[tuple[str, str], dict[str, Any]] = {}
        self._files: list[dict[str, Any]] = []
        self._written: list[Path] = []
        for folder in (self.folder, self.truth, zones):
            folder.mkdir(parents=True, exist_ok=True)

    def lonlat(self, points: Outline) -> Outline:
        """Take metres of the scene to longitude and latitude."""
        east, north = self._corner[0] + points[:, 0], self._corner[1] - points[:, 1]
        lon, lat = self._to_utm.transform(east, north, direction="INVERSE")
        return np.round(np.stack([lon, lat], axis=1), 7)

    def add(self, moment: Moment, tile: Tile, seen: Observation) -> None:
        """Write one tile and its item, and keep its truth."""
        stem = f"{self.site.id}-{moment.time:%Y%m%dT%H%MZ}-{tile.suffix}"
        path = self.folder / f"{stem}.tif"
        write_cog(path, seen.image, self._profile(tile), self._tags(moment, tile), tile.sensor.bands)
        item = self._item(stem, path, moment, tile)
        _write_json(self.folder / f"{stem}.json", item)
        self._written += [path, self.folder / f"{stem}.json"]
        self._files.append(self._file_truth(path, moment, tile, seen))
        by_id = {thing.id: thing for thing in moment.things}
        for found in seen.truth:
            self._keep(moment, tile, by_id[found.id], found)

    def _profile(self, tile: Tile) -> dict[str, Any]:
        sensor = tile.sensor
        west, north = self._corner[0] + sensor.x_m, self._corner[1] - sensor.y_m
        return {
            "crs": f"EPSG:{self.site.epsg}",
            "transform": Affine(sensor.gsd_m, 0, west, 0, -sensor.gsd_m, north),
            "dtype": "uint8" if sensor.largest <= 255 else "uint16",
        }

    @staticmethod
    def _tags(moment: Moment, tile: Tile) -> dict[str, str]:
        return {
            "TIFFTAG_DATETIME": f"{moment.time:%Y:%m:%d %H:%M:%S}",
            "TIFFTAG_IMAGEDESCRIPTION": "Rendered scene, not an observation",
            "ACQUISITION_DATE": f"{moment.time:%Y-%m-%dT%H:%M:%SZ}",
            "SENSOR": tile.sensor_name,
            "SUN_AZIMUTH": f"{moment.light.sun_azimuth_deg:.1f}",
            "SUN_ELEVATION": f"{moment.light.sun_elevation_deg:.1f}",
            "OFF_NADIR": f"{moment.off_nadir_deg:.1f}",
        }

    def _item(self, stem: str, path: Path, moment: Moment, tile: Tile) -> dict[str, Any]:
        sensor = tile.sensor
        said = Frame(sensor.rows, sensor.cols, sensor.gsd_m, sensor.x_m, sensor.y_m)
        ring = self.lonlat(_corners(said))
        profile = self._profile(tile)
        return {
            "type": "Feature",
            "stac_version": "1.0.0",
            "stac_extensions": [
                f"https://stac-extensions.github.io/{name}/schema.json"
                for name in ("eo/v1.1.0", "view/v1.0.0", "projection/v2.0.0", "file/v2.1.0")
            ],
            "id": stem,
            "geometry": _polygon(ring),
            "bbox": [*ring.min(axis=0).tolist(), *ring.max(axis=0).tolist()],
            "properties": {
                "datetime": f"{moment.time:%Y-%m-%dT%H:%M:%SZ}",
                "title": f"{self.site.name}: {moment.note}",
                "license": LICENCE,
                "instruments": [tile.sensor_name],
                "gsd": sensor.gsd_m,
                "view:sun_azimuth": moment.light.sun_azimuth_deg,
                "view:sun_elevation": moment.light.sun_elevation_deg,
                "view:off_nadir": moment.off_nadir_deg,
                "proj:code": f"EPSG:{self.site.epsg}",
                "proj:shape": [sensor.rows, sensor.cols],
                "proj:transform": list(profile["transform"])[:6],
            },
            "links": [],
            "assets": {
                "image": {
                    "href": f"./{path.name}",
                    "type": "image/tiff; application=geotiff; profile=cloud-optimized",
                    "roles": ["data"],
                    "eo:bands": [{"name": band, "common_name": band} for band in sensor.bands],
                    "file:checksum": "1220" + hashlib.sha256(path.read_bytes()).hexdigest(),
                    "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                }
            },
        }

    def _file_truth(self, path: Path, moment: Moment, tile: Tile, seen: Observation) -> dict[str, Any]:
        sensor = tile.sensor
        return {
            "file": f"{self.site.id}/{path.name}",
            "datetime": f"{moment.time:%Y-%m-%dT%H:%M:%SZ}",
            "note": moment.note,
            "gsd_m": sensor.gsd_m,
            "shift_px": {"row": sensor.shift_px[0], "col": sensor.shift_px[1]},
            "sun_azimuth_deg": moment.light.sun_azimuth_deg,
            "sun_elevation_deg": moment.light.sun_elevation_deg,
            "haze": moment.air.haze,
            "cloud_share": round(float(1 - seen.clear.mean()), 4),
            "clouds": [
                {"x_m": c.x_m - sensor.x_m, "y_m": c.y_m - sensor.y_m, "radius_m": c.radius_m}
                for c in moment.air.clouds
            ],
            "bands": list(sensor.bands),
            "gain": list(sensor.gain),
            "offset": list(sensor.offset),
        }

    def _keep(self, moment: Moment, tile: Tile, thing: Thing, found: PlacedObject) -> None:
        date = f"{moment.time:%Y-%m-%d}"
        feature = self._objects.setdefault((date, found.id), self._feature(date, thing, found))
        feature["properties"]["tiles"][tile.suffix] = {
            "row": round(found.row, 2),
            "col": round(found.col, 2),
            "visible": round(found.visible, 2),
        }

    def _feature(self, date: str, thing: Thing, found: PlacedObject) -> dict[str, Any]:
        lon, lat = self.lonlat(np.array([(thing.x_m, thing.y_m)]))[0].tolist()
        return {
            "type": "Feature",
            "geometry": _polygon(self.lonlat(thing.corners())),
            "properties": {
                "id": found.id,
                "date": date,
                "class": found.label,
                "kind": found.kind,
                "length_m": found.length_m,
                "width_m": found.width_m,
                "heading_deg": round(found.heading_deg, 1),
                "lon": lon,
                "lat": lat,
                "tiles": {},
            },
        }

    def finish(self) -> list[Path]:
        """Write truth and zones; give all files written."""
        objects, dates = self.truth / f"{self.site.id}-objects.geojson", self.truth / f"{self.site.id}-dates.json"
        _write_collection(objects, list(self._objects.values()))
        _write_json(dates, {"site": self.site.id, "files": self._files})
        _write_collection(self.zones, [self._zone(*entry) for entry in self.site.zones.items()])
        return [*self._written, objects, dates, self.zones]

    def _zone(self, zone_id: str, zone: tuple[str, tuple[float, float, float, float]]) -> dict[str, Any]:
        ring = self.lonlat(self.site.axes.rect(*zone[1]))
        return {"type": "Feature", "geometry": _polygon(ring), "properties": {"id": zone_id, "name": zone[0]}}


def write_cog(
    path: Path, image: np.ndarray, profile: Mapping[str, Any], tags: Mapping[str, str], bands: tuple[str, ...]
) -> None:
    """Write an image, shape (band, row, column), as a cloud-optimised GeoTIFF: 8-bit colour as JPEG, else lossless."""
    count, height, width = image.shape
    colour = count == 3 and profile["dtype"] == "uint8"
    options = {"compress": "JPEG", "quality": 90} if colour else {"compress": "DEFLATE", "predictor": "YES", "level": 9}
    with MemoryFile() as memory:
        with memory.open(driver="GTiff", count=count, height=height, width=width, **profile) as made:
            made.write(image.astype(profile["dtype"]))
            made.update_tags(**tags)
            for k, band in enumerate(bands, 1):
                made.set_band_description(k, band)
            if colour:
                made.colorinterp = [rasterio.enums.ColorInterp[band] for band in bands]
        aside = path.with_suffix(".part")
        copy_raster(memory.name, aside, driver="COG", blocksize=256, overview_resampling="AVERAGE", **options)
    aside.replace(path)


def _corners(frame: Frame) -> Outline:
    width, height = frame.size_m
    return np.array([(0, 0), (width, 0), (width, height), (0, height)], float) + np.array([frame.x_m, frame.y_m])


def _polygon(ring: Outline) -> dict[str, Any]:
    """Give a GeoJSON polygon, its ring closed and anticlockwise."""
    x, y = ring.T
    if np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) < 0:
        ring = ring[::-1]
    return {"type": "Polygon", "coordinates": [[*ring.tolist(), ring[0].tolist()]]}


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


def _write_collection(path: Path, features: list[dict[str, Any]]) -> None:
    """Write a feature collection with one feature a line."""
    lines = ",\n".join(json.dumps(feature) for feature in features)
    path.write_text(f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n', encoding="utf-8")
