"""What is mutated: small images, sidecars, vector files, STAC items and configurations, rendered here."""

import json
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.control import GroundControlPoint
from rasterio.rpc import RPC
from rasterio.transform import from_origin
from tests.robust.renders import GSD_M, ground

SIDE = 64
WEST, NORTH = 767_900.0, 3_921_500.0
BOX = [35.9499, 35.4006, 35.9502, 35.4009]


def image(name: str, values: Any, **profile: Any) -> Callable[[Path], Path]:
    """Give what writes an image of some layout."""

    def write(folder: Path) -> Path:
        path = folder / name
        place = (
            {} if profile.get("plain") else {"crs": "EPSG:32636", "transform": from_origin(WEST, NORTH, GSD_M, GSD_M)}
        )
        layout = {k: v for k, v in profile.items() if k not in ("plain", "tags", "colours")}
        shape = {"count": len(values), "height": values.shape[1], "width": values.shape[2], "dtype": values.dtype}
        with rasterio.open(path, "w", **({"driver": "GTiff"} | shape | place | layout)) as out:
            out.write(values)
            out.update_tags(**profile.get("tags", {}))
            if profile.get("colours"):
                out.write_colormap(1, {k: (k, 255 - k, k // 2, 255) for k in range(256)})
        return path

    return write


def _rpc(values: Any) -> Callable[[Path], Path]:
    terms = [0.0] * 20
    one, sample, line = [1.0, *terms[1:]], [0.0, 1.0, *terms[2:]], [0.0, 0.0, -1.0, *terms[3:]]
    model = RPC(100, 10, 35.4008, 0.001, line, one, SIDE / 2, SIDE / 2, 35.95, 0.001, sample, one, SIDE / 2, SIDE / 2)
    return image("rpc.tif", values, plain=True, rpcs=model)


def _points(values: Any) -> Callable[[Path], Path]:
    at = [GroundControlPoint(r, c, WEST + c / 2, NORTH - r / 2, 0.0) for r in (0, SIDE) for c in (0, SIDE)]
    return image("gcps.tif", values, plain=True, gcps=at, crs="EPSG:32636")


WORLD = ground(SIDE, seed=5)
FOUR = np.concatenate([WORLD, WORLD[:1]]).astype(np.uint16) * 40
IMAGES = (
    image("strips.tif", WORLD),
    image("tiles.tif", WORLD, tiled=True, blockxsize=32, blockysize=32, compress="deflate", predictor=2),
    image("jpeg.tif", WORLD, tiled=True, blockxsize=32, blockysize=32, compress="jpeg", photometric="ycbcr"),
    image("lzw.tif", WORLD, compress="lzw", BIGTIFF="YES", interleave="band"),
    image("sixteen.tif", FOUR, nodata=0, tags={"ACQUISITION_DATE": "2024-12-06"}),
    image("float.tif", WORLD.astype(np.float32) / 255, nodata=float("nan")),
    image("packbits.tif", WORLD[:1], compress="packbits", tags={"TIFFTAG_DATETIME": "2024:12:06 08:00:00"}),
    image("palette.png", WORLD[:1], driver="PNG", plain=True, colours=True),
    image("plain.png", WORLD, driver="PNG", plain=True),
    image("plain.jpg", WORLD, driver="JPEG", plain=True),
    image("raw.img", WORLD, driver="ENVI"),
    image("plain.bmp", WORLD, driver="BMP", plain=True),
    image("plain.webp", WORLD, driver="WEBP", plain=True),
    image("erdas.hfa", WORLD, driver="HFA"),
    image("cloud.tif", WORLD, driver="COG", BLOCKSIZE=128, COMPRESS="DEFLATE"),
    image("mask.tif", np.concatenate([WORLD, WORLD[:1]]), tiled=True, blockxsize=32, blockysize=32, ALPHA="YES"),
    image("wavelet.jp2", WORLD, driver="JP2OpenJPEG", QUALITY=100, REVERSIBLE="YES"),
    image("esri.bil", WORLD, driver="EHdr"),
    image(
        "geo.nitf",
        WORLD,
        driver="NITF",
        ICORDS="G",
        crs="EPSG:4326",
        transform=from_origin(35.9499, 35.4009, 5e-6, 5e-6),
    ),
    _rpc(WORLD),
    _points(WORLD),
)

AUX = """<PAMDataset>
<SRS>EPSG:32636</SRS>
<GeoTransform> 7.679e+05, 0.5, 0, 3.9215e+06, 0, -0.5</GeoTransform>
<Metadata><MDI key="ACQUISITION_DATE">2024-12-06</MDI></Metadata>
<PAMRasterBand band="1"><NoDataValue>0</NoDataValue><Description>red</Description></PAMRasterBand>
</PAMDataset>
"""
SENTINEL = """<?xml version="1.0"?>
<n1:Level-2A_User_Product xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/Product.xsd">
<BOA_QUANTIFICATION_VALUE unit="none">10000</BOA_QUANTIFICATION_VALUE>
<BOA_ADD_OFFSET_VALUES_LIST><BOA_ADD_OFFSET band_id="0">-1000</BOA_ADD_OFFSET></BOA_ADD_OFFSET_VALUES_LIST>
</n1:Level-2A_User_Product>
"""
DIMAP = """<?xml version="1.0"?>
<Dimap_Document>
<Metadata_Identification><METADATA_FORMAT version="2.15">DIMAP</METADATA_FORMAT></Metadata_Identification>
<Raster_Dimensions><NROWS>64</NROWS><NCOLS>64</NCOLS><NBANDS>3</NBANDS></Raster_Dimensions>
<Raster_Data><Data_Access><DATA_FILE_FORMAT>image/tiff</DATA_FILE_FORMAT>
<Data_Files><Data_File tile_R="1" tile_C="1"><DATA_FILE_PATH href="strips.tif"/></Data_File></Data_Files>
</Data_Access></Raster_Data>
</Dimap_Document>
"""
VRT = """<VRTDataset rasterXSize="64" rasterYSize="64"><SRS>EPSG:32636</SRS>
<GeoTransform>767900, 0.5, 0, 3921500, 0, -0.5</GeoTransform>
<VRTRasterBand dataType="Byte" band="1"><SimpleSource><SourceFilename relativeToVRT="1">strips.tif</SourceFilename>
<SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>
"""
ZONES = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"id": "apron", "name": "Apron"},
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [[[35.9499, 35.4006], [35.9501, 35.4006], [35.9501, 35.4008], [35.9499, 35.4006]]],
                },
            }
        ],
    }
)
KML = """<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder><name>zones</name><Placemark>
<name>Apron</name><Polygon><outerBoundaryIs><LinearRing><coordinates>
35.9499,35.4006 35.9501,35.4006 35.9501,35.4008 35.9499,35.4006</coordinates></LinearRing></outerBoundaryIs></Polygon>
</Placemark></Folder></Document></kml>
"""
ITEM = json.dumps(
    {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": "scene",
        "geometry": {
            "type": "Polygon",
            "coordinates": [[[35.9, 35.3], [36, 35.3], [36, 35.5], [35.9, 35.5], [35.9, 35.3]]],
        },
        "bbox": [35.9, 35.3, 36.0, 35.5],
        "properties": {"datetime": "2024-12-06T08:12:00Z", "gsd": 0.5, "platform": "rendered", "eo:cloud_cover": 2.5},
        "links": [],
        "assets": {
            "visual": {"href": "strips.tif", "type": "image/tiff; profile=cloud-optimized", "roles": ["visual"]}
        },
    }
)
CONFIG = """output: out
sites:
  - id: base
    name: Base
    aoi: [35.9499, 35.4006, 35.9502, 35.4009]
    zones: zones.geojson
    count: [aircraft]
    hidden: [cloud, shadow]
    limits: {aircraft: 0.9}
    change: {method: auto, min_area_m2: 20, radiometry: line}
    statements:
      - {date: 2024-12-13, text: Nothing has changed., source: press}
    imagery:
      - {path: strips.tif, date: 2024-12-06, bands: [red, green, blue]}
      - {path: later.tif, date: 2024-12-13T08:12Z, gsd: 0.5, source: press}
"""
BY_STAC = """output: out
sites:
  - {id: base, count: [], aoi: [35.9499, 35.4006, 35.9502, 35.4009], imagery: [{stac: item.json}]}
"""
BOMB = '<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a0 "lol">{}]>{}'.format(
    "".join(f'<!ENTITY a{k} "{f"&a{k - 1};" * 10}">' for k in range(1, 12)), "<b>&a11;</b>"
)
ALIASES = "a0: &a0 [x]\n" + "".join(f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 9)}]\n" for k in range(1, 12))

WMS = """<GDAL_WMS><Service name="WMS"><ServerUrl>http://127.0.0.1:1/wms?</ServerUrl><Layers>x</Layers></Service>
<DataWindow><UpperLeftX>0</UpperLeftX><UpperLeftY>1</UpperLeftY><LowerRightX>1</LowerRightX><LowerRightY>0</LowerRightY>
<SizeX>64</SizeX><SizeY>64</SizeY></DataWindow><BandsCount>3</BandsCount></GDAL_WMS>
"""
WMTS = "<GDAL_WMTS><GetCapabilitiesUrl>file://strips.tif</GetCapabilitiesUrl><Layer>x</Layer></GDAL_WMTS>"
MRF = """<MRF_META><CachedSource><Source>strips.tif</Source></CachedSource><Raster><Size x="64" y="64" c="3"/>
<DataFile>strips.tif</DataFile></Raster></MRF_META>
"""
TILES = '{"type": "FeatureCollection", "stac_version": "1.0.0", "features": [%s]}' % ITEM  # noqa: UP031 - braces
POINTERS = (WMS, WMTS, MRF, TILES)
"""Files that are no images, and lead to some."""

CATALOG = json.dumps(
    {
        "type": "Catalog",
        "stac_version": "1.0.0",
        "id": "root",
        "description": "x",
        "links": [{"rel": "child", "href": "collection.json"}, {"rel": "root", "href": "catalog.json"}],
    }
)
COLLECTION = json.dumps(
    {
        "type": "Collection",
        "stac_version": "1.0.0",
        "id": "scenes",
        "description": "x",
        "license": "other",
        "extent": {
            "spatial": {"bbox": [[35.9, 35.3, 36.0, 35.5]]},
            "temporal": {"interval": [["2024-01-01T00:00:00Z", None]]},
        },
        "links": [{"rel": "item", "href": "item.json"}, {"rel": "parent", "href": "catalog.json"}],
    }
)
MODEL = """name: mine
networks:
  - class: aircraft
    file: net.onnx
    working_gsd: 0.5
    accuracy:
      - {gsd_max: 1.0, threshold: 0.4, precision: 0.9, recall: 0.8, objects: 100, source: own}
"""
HEADER = """ENVI
samples = 64
lines = 64
bands = 3
header offset = 0
data type = 1
interleave = bsq
byte order = 0
map info = {UTM, 1, 1, 767900, 3921500, 0.5, 0.5, 36, North, WGS-84}
"""
RPB = """satId = "WV02";
BEGIN_GROUP = IMAGE
  errBias = 1.0;
  lineOffset = 32; sampOffset = 32; latOffset = 35.4008; longOffset = 35.95; heightOffset = 100;
  lineScale = 32; sampScale = 32; latScale = 0.001; longScale = 0.001; heightScale = 10;
  lineNumCoef = (0, 0, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  lineDenCoef = (1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  sampNumCoef = (0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  sampDenCoef = (1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
END_GROUP = IMAGE
END;
"""
_WORLD_FILE = "0.5\n0\n0\n-0.5\n767900\n3921500\n"
_WKT = (
    'PROJCS["WGS_1984_UTM_Zone_36N",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137,298.257]],'
    'PRIMEM["Greenwich",0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],'
    'PARAMETER["False_Easting",500000],PARAMETER["Central_Meridian",33],PARAMETER["Scale_Factor",0.9996],UNIT["Meter",1]]'
)
_TEXTS = {
    "strips.tif.aux.xml": AUX,
    "MTD_MSIL2A.xml": SENTINEL,
    "DIM_strips.XML": DIMAP,
    "strips_metadata.xml": SENTINEL,
    "strips.json": ITEM,
    "strips.tfw": _WORLD_FILE,
    "strips.wld": _WORLD_FILE,
    "strips.prj": _WKT,
    "strips.RPB": RPB,
    "strips_rpc.txt": "\n".join(f"LINE_OFF_{k}: 32" for k in range(20)),
    "strips.IMD": 'version = "28.3";\nBEGIN_GROUP = BAND_R\n\tabsCalFactor = 9.3e-03;\nEND_GROUP = BAND_R\nEND;\n',
    "strips_MTL.txt": "SPACECRAFT_ID = LANDSAT_9\nSUN_ELEVATION = 30\nREFLECTANCE_MULT_BAND_4 = 2e-5\n",
}


def _beside_tiff(folder: Path, chance: random.Random) -> tuple[str, str, str]:
    image("strips.tif", WORLD, plain=chance.random() < 0.5)(folder)
    name = chance.choice(sorted(_TEXTS))
    return "strips.tif", name, _TEXTS[name]


def _beside_picture(folder: Path, chance: random.Random) -> tuple[str, str, str]:
    image("strips.jpg", WORLD, driver="JPEG", plain=True)(folder)
    name = chance.choice(("strips.jgw", "strips.jpg.aux.xml", "strips.prj", "strips.wld"))
    (folder / "strips.jgw").write_text(_WORLD_FILE)
    return "strips.jpg", name, AUX if name.endswith("xml") else _WKT if name.endswith("prj") else _WORLD_FILE


def _beside_raw(folder: Path, _: random.Random) -> tuple[str, str, str]:
    image("raw.img", WORLD, driver="ENVI")(folder)
    return "raw.img", "raw.hdr", HEADER


BESIDE: tuple[Callable[[Path, random.Random], tuple[str, str, str]], ...] = (
    _beside_tiff,
    _beside_tiff,
    _beside_tiff,
    _beside_picture,
    _beside_raw,
)
"""Write an image; give its name, and name and text of a file that speaks of it."""


def write_items(path: Path) -> None:
    """Write a table of one item, as stac-geoparquet has it."""
    import geopandas
    from shapely.geometry import shape

    item = json.loads(ITEM)
    columns = {"id": [item["id"]], "collection": ["scenes"], "datetime": [item["properties"]["datetime"]]}
    columns |= {"assets": [item["assets"]], "stac_version": ["1.0.0"], "type": ["Feature"], "gsd": [0.5]}
    geopandas.GeoDataFrame(columns, geometry=[shape(item["geometry"])], crs="EPSG:4326").to_parquet(path)


def write_archive(path: Path, described: str) -> None:
    """Write a detector's archive."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model.yaml", described)
        archive.writestr("net.onnx", b"\x08\x07" * 20)


def write_order(path: Path, how: str) -> None:
    """Write a vendor's order as an archive: an honest one, one whose names lead elsewhere, one that explodes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        if how == "slip":
            for name in ("../../../elsewhere/slipped.tif", "/etc/slipped.tif", "..\\slipped.tif"):
                archive.writestr(name, b"II*\0")
        if how == "bomb":
            archive.writestr("a.tif", bytes(50_000_000))
        archive.writestr("20241206_081200_a_metadata.json", ITEM)
