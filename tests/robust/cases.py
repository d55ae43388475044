"""Cases: a folder with something damaged in it, and a command that meets it."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
from shapely import box
from tests.robust import corpus, mutate, results

QUIET = ["--quiet"]


def make(chance: random.Random, folder: Path) -> tuple[str, list[str]]:
    """Fill a folder; give the kind of the case and its command."""
    kind, command = _chosen(chance)(chance, folder)
    _lead_away(chance, folder)
    if command[0] in ("run", "watch", "count", "change", "compare", "evaluate") and chance.random() < 0.5:
        command = [*command, "--within", "."]
    return kind, command


def _chosen(chance: random.Random) -> Callable[[random.Random, Path], tuple[str, list[str]]]:
    often = (_raster, _raster, _raster, _sidecar, _config, _vector, _item, _liar)
    seldom = (_catalogue, _model, _order, _link_beside, *results.KINDS)
    return chance.choice(often if chance.random() < 0.7 else seldom)


def write_elsewhere(folder: Path) -> None:
    """Write good files outside the folder of any case: nothing may be written there, nor read with `--within`."""
    folder.mkdir()
    _good(folder)
    (folder / "item.json").write_text(corpus.ITEM)
    (folder / "sites.yaml").write_text(corpus.CONFIG)


def _lead_away(chance: random.Random, folder: Path) -> None:
    """Make paths that damage has put into texts lead to files that are there, often: a refusal is then no accident."""
    for path in folder.rglob("*"):
        if path.suffix.lower() in (".yaml", ".json", ".xml", ".vrt", ".csv") and path.is_file():
            content = path.read_bytes()
            for word in (b"/etc/passwd", b"file:///etc/passwd"):
                if chance.random() < 0.7:
                    content = content.replace(
                        word,
                        chance.choice((b"../../elsewhere/", b"%s/../../elsewhere/" % bytes(folder))) + _name(chance),
                    )
            path.write_bytes(content)


def _name(chance: random.Random) -> bytes:
    return chance.choice((b"strips.tif", b"later.tif", b"zones.geojson", b"item.json", b"*.tif", b""))


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
    image, name, text = chance.choice(corpus.BESIDE)(folder, chance)
    text = corpus.BOMB if chance.random() < 0.1 else mutate.of_text(text, chance)
    (folder / name).write_text(text, encoding="utf-8", errors="replace")
    path = name if name.startswith("DIM") and chance.random() < 0.5 else image
    config = f"output: out\nsites:\n- {{id: a, count: [], imagery: [{{path: {path}, date: 2024-12-06, gsd: 0.5}}]}}\n"
    return "sidecar", _run(folder, config)


def _catalogue(chance: random.Random, folder: Path) -> tuple[str, list[str]]:
    """Damage a static catalogue, or a table of items."""
    _good(folder)
    (folder / "item.json").write_text(corpus.ITEM)
    name = chance.choice(("catalog.json", "collection.json", "item.json", "items.parquet"))
    for other, text in (("catalog.json", corpus.CATALOG), ("collection.json", corpus.COLLECTION)):
        (folder / other).write_text(text)
    path = folder / name
    if name.endswith("parquet"):
        corpus.write_items(path)
        path.write_bytes(mutate.of_bytes(path.read_bytes(), chance))
    else:
        path.write_text(mutate.of_text(path.read_text(), chance), encoding="utf-8", errors="replace")
    entry = name if name.endswith("parquet") else "catalog.json"
    return "STAC catalogue", _run(folder, corpus.BY_STAC.replace("item.json", entry))


def _model(chance: random.Random, folder: Path) -> tuple[str, list[str]]:
    """Damage the description of a detector, or an archive of one."""
    corpus.image("good.tif", corpus.WORLD)(folder)
    if chance.random() < 0.5:
        (folder / "m.yaml").write_text(mutate.of_text(corpus.MODEL, chance), encoding="utf-8", errors="replace")
    else:
        corpus.write_archive(folder / "m.yaml", corpus.MODEL)
        (folder / "m.yaml").write_bytes(mutate.of_bytes((folder / "m.yaml").read_bytes(), chance))
    (folder / "net.onnx").write_bytes(b"\x08\x07" * 20)
    return "model", ["count", "good.tif", "--out", "o.csv", "--model", "m.yaml", *QUIET, "--jobs", "1"]


def _order(chance: random.Random, folder: Path) -> tuple[str, list[str]]:
    """Give a vendor's order as it comes: an archive, one that leads out of its folder, or a folder with links."""
    corpus.image("strips.tif", corpus.WORLD)(folder)
    order = folder / "order"
    order.mkdir()
    how = chance.choice(("zip", "slip", "bomb", "links", "links"))
    if how == "links":
        target = chance.choice(("/etc", "../../../elsewhere", "../../../elsewhere/strips.tif", "/dev/zero", "."))
        for name in ("20241206_081200_a.tif", "20241206_081200_a.tif.aux.xml", "20241206_081200_a_udm2.tif", "more"):
            if chance.random() < 0.6:
                (order / name).symlink_to(target)
        shutil.copy(folder / "strips.tif", order / "20241207_081200_b.tif")
    else:
        corpus.write_order(order / chance.choice(("order.zip", "order.tif")), how)
    path = chance.choice(("order", "order/*", "order/**/*", "order/order.zip"))
    config = f"output: out\nsites:\n- {{id: a, count: [], imagery: [{{path: {path}, date: 2024-12-06, gsd: 0.5}}]}}\n"
    return f"order ({how})", _run(folder, config)


def _link_beside(chance: random.Random, folder: Path) -> tuple[str, list[str]]:
    """Let what an image or a configuration needs be a link to a file elsewhere."""
    _good(folder)
    name = chance.choice(
        ("strips.tif", "zones.geojson", "strips.tif.aux.xml", "strips.tif.msk", "strips.tif.ovr", "out")
    )
    (folder / name).unlink(missing_ok=True)
    target = {"out": ".", "zones.geojson": "zones.geojson"}.get(name, "strips.tif")
    (folder / name).symlink_to(chance.choice(("../../elsewhere", f"{folder.parent.parent}/elsewhere")) + f"/{target}")
    if name == "out":
        (folder / "out").unlink()
        (folder / "out").symlink_to(chance.choice(("/nowhere/at/all", "/dev/null", "strips.tif")))
    return "link", _run(folder, corpus.CONFIG.replace("count: [aircraft]", "count: []"))


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
        folder, config.replace("    aoi: [35.9499, 35.4006, 35.9502, 35.4009]\n", f"    {key}: {name}\n")
    )


def _item(chance: random.Random, folder: Path) -> tuple[str, list[str]]:
    _good(folder)
    (folder / "item.json").write_text(mutate.of_text(corpus.ITEM, chance), encoding="utf-8", errors="replace")
    return "STAC item", _run(folder, corpus.BY_STAC)


def _liar(chance: random.Random, folder: Path) -> tuple[str, list[str]]:
    """Give files that are well made, and lie."""
    _good(folder)
    lie: Callable[[random.Random, Path], str] = chance.choice((_vast, _nowhere, _pointer, _nested, _link, _bomb))
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
    target = chance.choice(
        ("/etc/passwd", "/vsicurl/http://127.0.0.1:1/a.tif", "../../elsewhere/strips.tif", name, "/dev/zero")
    )
    text = chance.choice((corpus.VRT, corpus.VRT, *corpus.POINTERS))
    (folder / name).write_text(text.replace("strips.tif", target))
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


def _bomb(_: random.Random, folder: Path) -> str:
    """Write entities that explode into the metadata that a TIFF holds."""
    corpus.image("bomb.tif", corpus.WORLD, tags={"note": "x" * 3000})(folder)
    content = (folder / "bomb.tif").read_bytes()
    at = content.index(b"<GDALMetadata>")
    bomb = corpus.BOMB.encode()
    (folder / "bomb.tif").write_bytes(content[:at] + bomb + b" " * (3000 - len(bomb)) + content[at + 3000 :])
    return "bomb.tif"
