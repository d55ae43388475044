"""Reflectance by what products say of themselves."""

import math

import numpy as np
import pytest

from rasterdelta.masks import Kind
from sitedelta.imagery.ingest import scene_from_file
from sitedelta.imagery.prepare import prepare
from sitedelta.sources import read_reflectance

MTL = """GROUP = LANDSAT_METADATA_FILE
  GROUP = PRODUCT_CONTENTS
    PROCESSING_LEVEL = "{level}"
  END_GROUP = PRODUCT_CONTENTS
  GROUP = IMAGE_ATTRIBUTES
    SPACECRAFT_ID = "{craft}"
    SUN_ELEVATION = 30.0
  END_GROUP = IMAGE_ATTRIBUTES
  GROUP = LEVEL2_SURFACE_REFLECTANCE_PARAMETERS
    REFLECTANCE_MULT_BAND_{band} = {mult}
    REFLECTANCE_ADD_BAND_{band} = {add}
  END_GROUP = LEVEL2_SURFACE_REFLECTANCE_PARAMETERS
  GROUP = LEVEL1_RADIOMETRIC_RESCALING
    REFLECTANCE_MULT_BAND_{band} = 9.9
  END_GROUP = LEVEL1_RADIOMETRIC_RESCALING
END_GROUP = LANDSAT_METADATA_FILE
END
"""


@pytest.mark.parametrize(
    ("level", "craft", "band", "mult", "add", "factor"),
    [
        ("L1TP", "LANDSAT_9", 4, 2e-5, -0.1, 1 / math.sin(math.radians(30))),
        ("L2SP", "LANDSAT_8", 4, 2.75e-5, -0.2, 1.0),
        ("L1TP", "LANDSAT_7", 3, 1.8e-3, -0.01, 2.0),
    ],
)
def test_landsat(tmp_path, level, craft, band, mult, add, factor):
    image = tmp_path / f"LX_174035_20241206_T1_B{band}.TIF"
    text = MTL.format(level=level, craft=craft, band=band, mult=mult, add=add)
    (tmp_path / "LX_174035_20241206_T1_MTL.txt").write_text(text)
    found = read_reflectance(image, ("red",))
    assert (found.gain[0], found.offset[0]) == (pytest.approx(mult * factor), pytest.approx(add * factor))
    assert ("surface" in found.source) == (level == "L2SP")
    assert read_reflectance(image, ("nir",)) is None


@pytest.mark.parametrize(
    ("offset", "expected"), [("<BOA_ADD_OFFSET band_id='0'>-1000</BOA_ADD_OFFSET>", -0.1), ("", 0)]
)
def test_sentinel(tmp_path, offset, expected):
    image = tmp_path / "GRANULE" / "L2A" / "IMG_DATA" / "R10m" / "T36SYE_20241206T081239_B04_10m.jp2"
    image.parent.mkdir(parents=True)
    (tmp_path / "MTD_MSIL2A.xml").write_text(
        "<n1:Product xmlns:n1='x'><BOA_QUANTIFICATION_VALUE unit='none'>10000</BOA_QUANTIFICATION_VALUE>"
        f"{offset}</n1:Product>"
    )
    found = read_reflectance(image, ("red",))
    assert (found.gain, found.offset[0]) == ((1e-4,), pytest.approx(expected))


def test_planet(tmp_path):
    image = tmp_path / "20241206_081203_12_24c1_3B_AnalyticMS_clip.tif"
    bands = "".join(
        f"<ps:bandSpecificMetadata><ps:bandNumber>{k}</ps:bandNumber>"
        f"<ps:reflectanceCoefficient>{k}.5e-05</ps:reflectanceCoefficient></ps:bandSpecificMetadata>"
        for k in (1, 2, 3, 4)
    )
    (tmp_path / "20241206_081203_12_24c1_3B_AnalyticMS_metadata.xml").write_text(f"<a xmlns:ps='p'>{bands}</a>")
    found = read_reflectance(image, ("blue", "green", "red", "nir"))
    assert found.gain == (1.5e-5, 2.5e-5, 3.5e-5, 4.5e-5)
    surface = read_reflectance(tmp_path / "20241206_081203_12_24c1_3B_AnalyticMS_SR_clip.tif", ("blue",))
    assert surface.gain == (1e-4,)


def test_maxar(tmp_path):
    (tmp_path / "a.IMD").write_text(
        "BEGIN_GROUP = BAND_B\n\tabsCalFactor = 1.26e-02;\n\teffectiveBandwidth = 5.43e-02;\nEND_GROUP = BAND_B\n"
        'BEGIN_GROUP = IMAGE_1\n\tsatId = "WV02";\n\tfirstLineTime = 2010-01-03T08:00:00.0Z;\n\tmeanSunEl = 45.0;\n'
        "END_GROUP = IMAGE_1\nEND;\n"
    )
    found = read_reflectance(tmp_path / "a.tif", ("blue",))
    expected = math.pi * 1.26e-2 / 5.43e-2 * 0.9833**2 / (2007.27 * math.sin(math.radians(45)))
    assert found.gain[0] == pytest.approx(expected, rel=1e-3)
    assert read_reflectance(tmp_path / "a.tif", ("green",)) is None


@pytest.mark.parametrize("text", ["", "<!DOCTYPE x [<!ENTITY a 'b'>]><x/>", "<a><b></a>", "nonsense = ;"])
def test_what_cannot_be_read_says_nothing(tmp_path, text):
    for name in ("MTD_MSIL2A.xml", "a_metadata.xml", "a_MTL.txt", "a_MTL.json", "a.IMD"):
        (tmp_path / name).write_text(text)
    assert read_reflectance(tmp_path / "a.tif", ("red",)) is None


def test_a_closed_cover_is_told_by_reflectance(place):
    numbers = np.random.default_rng(0).normal(5200, 150, (3, 120, 130)).astype(np.uint16)
    name = "20241206_081203_12_24c1_3B_AnalyticMS_SR.tif"
    path = place.write(name, numbers, gsd=10.0, photometric="RGB")
    scene = scene_from_file(path, require_date=False)
    assert scene.reflectance.source == "Planet surface reflectance, steps of 1e-4"
    assert (prepare(scene).kinds == Kind.CLOUD).mean() > 0.95
