"""Cases: a folder with something damaged in it, and a command that meets it."""

import random
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
from shapely import box
from tests.robust import corpus, mutate

QUIET = ["--quiet"]


def make(chance: random.Random, folder: Path) -> tuple[str, list[str]]:
    """Fill a folder; give the kind of the case and its command."""
    kinds = (_raster, _raster, _raster, _raster, _sidecar, _config, _config, _vector, _item, _liar)
    return chance.choice(kinds)(chance, folder)


def _good(folder: Path) -> None:
    corpus.image("strips.tif", corpus.WORLD)(folder)
    corpus.image("later.tif", corpus.WORLD[::-1].copy())(folder)
    (folder / "zones.geojson").write_text(corpus.ZONES)


def _raster(chance: random.Random, folder: Path) -> tuple[str, list[str]]:
    corpus.image("good.tif", corpus.WORLD)(folder)
    bad = chance.choice(corpus.IMAGES)(folder)
    bad.write_bytes(mutate.of_bytes(bad.read_bytes(), chance))
    return "raster", _command(chance, bad.name, "good.tif")


def _command(chance: random.Random, bad: str, good: str) -> list[str]:
    given = ["--gsd", "0.5", *QUIET, "--jobs", "1"]
    pair = [bad, good] if chance.random() < 0.5 else [good, bad]
    return chance.choice(
        (
            ["count", bad, "--out", "o.csv", "--classes", chance.choice(("aircraft", "vehicle")), *given],
            ["change", *pair, "--out", "out", *given],
            ["compare", *pair, "--out", "out", "--classes", "aircraft", *given],
            ["register", *pair, "--out", "out/a.tif", *QUIET],
        )
    )


def _run(folder: Path, text: str) -> list[str]:
    (folder / "sites.yaml").write_text(text, encoding="utf-8", errors="surrogatepass")
    return ["run", "sites.yaml", "--jobs", "1", *QUIET]


def _sidecar(chance: random.Random, folder: Path) -> tuple[str, list[str]]:
    """Damage what lies beside an image: GDAL's and the vendors' metadata, a world file, a header, a date."""
    corpus.image("strips.tif", corpus.WORLD, plain=chance.random() < 0.5)(folder)
    texts = {
        "strips.tif.aux.xml": corpus.AUX, "MTD_MSIL2A.xml": corpus.SENTINEL, "DIM_strips.XML": corpus.DIMAP,
        "strips_metadata.xml": corpus.SENTINEL, "strips.json": corpus.ITEM,
        "strips.tfw": "0.5\n0\n0\n-0.5\n767900\n3921500\n",
        "strips_MTL.txt": "SPACECRAFT_ID = LANDSAT_9\nSUN_ELEVATION = 30\nREFLECTANCE_MULT_BAND_4 = 2e-5\n",
    }  # fmt: skip
    name = chance.choice(sorted(texts))
    text = corpus.BOMB if chance.random() < 0.1 else mutate.of_text(texts[name], chance)
    (folder / name).write_text(text, encoding="utf-8", errors="replace")
    path = name if name.startswith("DIM") and chance.random() < 0.5 else "strips.tif"
    config = f"output: out\nsites:\n- {{id: a, count: [], imagery: [{{path: {path}, date: 2024-12-06, gsd: 0.5}}]}}\n"
    return "sidecar", _run(folder, config)


def _config(chance: random.Random, folder: Path) -> tuple[str, list[str]]:
    _good(folder)
    text = corpus.ALIASES if chance.random() < 0.03 else mutate.of_text(corpus.CONFIG, chance)
    return "config", _run(folder, text)


def _vector(chance: random.Random, folder: Path) -> tuple[str, list[str]]:
    _good(folder)
    name = chance.choice(("zones.geojson", "zones.kml", "zones.gpkg", "zones.fgb", "zones.shp"))
    path = folder / name
    if name.endswith(("json", "kml")):
        text = corpus.ZONES if name.endswith("json") else corpus.KML
        path.write_text(mutate.of_text(text, chance), encoding="utf-8", errors="replace")
    else:
        gpd.GeoDataFrame({"id": ["a"]}, geometry=[box(*corpus.BOX)], crs="EPSG:4326").to_file(path)
        path.write_bytes(mutate.of_bytes(path.read_bytes(), chance))
    key = chance.choice(("zones", "aoi"))
    count = "count: []\n    hidden: []"
    config = corpus.CONFIG.replace("zones: zones.geojson", "").replace("count: [aircraft]", count)
    return "vector", _run(
        folder, config.replace("    aoi: [35.9620, 35.4038, 35.9624, 35.4041]\n", f"    {key}: {name}\n")
    )


def _item(chance: random.Random, folder: Path) -> tuple[str, list[str]]:
    _good(folder)
    (folder / "item.json").write_text(mutate.of_text(corpus.ITEM, chance), encoding="utf-8", errors="replace")
    return "STAC item", _run(folder, corpus.BY_STAC)


def _liar(chance: random.Random, folder: Path) -> tuple[str, list[str]]:
    """Give files that are well made, and lie."""
    _good(folder)
    lie: Callable[[random.Random, Path], str] = chance.choice((_vast, _nowhere, _pointer, _nested, _link))
    return f"lie ({lie.__name__[1:]})", _command(chance, lie(chance, folder), "strips.tif")


def _vast(chance: random.Random, folder: Path) -> str:
    """Write a header that claims more than a small file can hold, without any pixels behind it."""
    import rasterio

    side = chance.choice((20_000, 300_000, 2_000_000))
    sparse = {"SPARSE_OK": True, "tiled": True, "BIGTIFF": "YES", "blockxsize": 4096, "blockysize": 4096}
    profile = {
        "driver": "GTiff",
        "height": side,
        "width": side,
        "count": 3,
        "dtype": chance.choice(("uint8", "float64")),
    }
    with rasterio.open(folder / "vast.tif", "w", **profile, **sparse):
        pass
    return "vast.tif"


def _nowhere(chance: random.Random, folder: Path) -> str:
    """Write a georeference that leads nowhere."""
    import rasterio
    from affine import Affine

    odd = chance.choice((float("nan"), 0.0, 1e300, 1e-300, -0.5))
    crs = chance.choice(("EPSG:32636", "EPSG:4326", "EPSG:3031", "EPSG:32601", 'LOCAL_CS["x"]'))
    profile = {"driver": "GTiff", "height": 64, "width": 64, "count": 3, "dtype": "uint8", "crs": crs}
    with rasterio.open(folder / "nowhere.tif", "w", **profile, transform=Affine(odd, 0, 767_900, 0, -0.5, 3e6)) as out:
        out.write(corpus.WORLD)
    return "nowhere.tif"


def _pointer(chance: random.Random, folder: Path) -> str:
    """Write a virtual raster that points elsewhere, under a name of any kind."""
    name = chance.choice(("points.vrt", "points.tif", "points.png", "points.xml"))
    target = chance.choice(("/etc/passwd", "/vsicurl/http://127.0.0.1:1/a.tif", "../strips.tif", name, "/dev/zero"))
    (folder / name).write_text(corpus.VRT.replace("strips.tif", target))
    return name


def _nested(_: random.Random, folder: Path) -> str:
    """Write virtual rasters within virtual rasters, beside an image as its overviews or mask."""
    corpus.image("nested.tif", corpus.WORLD)(folder)
    for name in ("nested.tif.ovr", "nested.tif.msk"):
        (folder / name).write_text(corpus.VRT.replace("strips.tif", "nested.tif.msk"))
    return "nested.tif"


def _link(chance: random.Random, folder: Path) -> str:
    """Write a link to something that is no image, or to nothing."""
    target = chance.choice(("/etc/passwd", "/dev/zero", "/dev/urandom", "link.tif", "/nowhere", "/proc/self/mem"))
    (folder / "link.tif").symlink_to(target)
    return "link.tif"
