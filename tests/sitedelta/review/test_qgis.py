"""The review sheet in QGIS: styles and lists within the file, and what is edited there comes back."""

import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from sitedelta import review_export, review_import
from sitedelta.report.findings import read_findings
from sitedelta.review.decision import VERDICTS, Kind
from sitedelta.review.ledger import read_ledger

PYTHON = "/usr/bin/python3"
"""Of the system, which QGIS belongs to."""
EDIT = """
import sys
from qgis.core import (QgsApplication, QgsFeature, QgsGeometry, QgsMapRendererSequentialJob, QgsMapSettings, QgsPointXY,
                       QgsVectorLayer)
from qgis.PyQt.QtCore import QSize

review, report, picture = sys.argv[1:]
app = QgsApplication([], False)
app.initQgis()

layer = QgsVectorLayer(f"{review}|layername=objects", "objects", "ogr")
assert layer.isValid() and layer.renderer().type() == "categorizedSymbol"
index = layer.fields().indexOf("review")
widget = layer.editorWidgetSetup(index)
assert widget.type() == "ValueMap", widget.type()
values = [v for entry in widget.config()["map"] for v in entry.values()]
assert layer.editFormConfig().readOnly(layer.fields().indexOf("score"))
assert not layer.editFormConfig().readOnly(index)
first, second = [f for f in layer.getFeatures() if f["class"] == "aircraft"][:2]
assert layer.startEditing()
assert layer.changeAttributeValue(first.id(), index, values[2])
assert layer.changeAttributeValue(first.id(), layer.fields().indexOf("note"), "<b>a shadow</b>")
place = second.geometry().asPoint()
assert layer.changeGeometry(second.id(), QgsGeometry.fromPointXY(QgsPointXY(place.x() + 1e-5, place.y())))
new = QgsFeature(layer.fields())
new.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(place.x() + 3e-4, place.y())))
new["class"], new["scene"] = "vehicle", second["scene"]
assert layer.addFeature(new)
assert layer.commitChanges(), layer.commitErrors()

shown = [QgsVectorLayer(f"{report}|layername={n}", n, "ogr") for n in ("events", "objects", "changes", "zones")]
assert all(x.isValid() and x.featureCount() for x in shown), [(x.name(), x.featureCount()) for x in shown]
settings = QgsMapSettings()
settings.setLayers(shown)
settings.setOutputSize(QSize(600, 600))
settings.setExtent(shown[0].extent())
job = QgsMapRendererSequentialJob(settings)
job.start()
job.waitForFinished()
image = job.renderedImage()
assert image.save(picture)
print(first["id"], second["id"])
"""


def has_qgis() -> bool:
    if not Path(PYTHON).exists():
        return False
    return subprocess.run([PYTHON, "-c", "import qgis.core"], capture_output=True, check=False).returncode == 0


def test_each_layer_offers_what_can_be_said(yard, tmp_path):
    path = tmp_path / "r.gpkg"
    review_export(yard.config, path)
    with closing(sqlite3.connect(path)) as file:
        styles = dict(file.execute("SELECT f_table_name, styleQML FROM layer_styles WHERE useAsDefault").fetchall())
    assert set(styles) == {"objects", "changes", "events", "searches"}
    for kind, layer in zip(Kind, ("objects", "changes", "events", "searches"), strict=True):
        root = ET.fromstring(styles[layer].partition("\n")[2])
        lists = {
            f.get("name"): [o.get("name") for o in f.iter("Option") if o.get("type") == "QString"]
            for f in root.iter("field")
            if f.find("editWidget") is not None
        }
        assert lists["review"] == ["", *VERDICTS[kind]]
        assert {c.get("value") for c in root.iter("category")} == {"", *VERDICTS[kind]}
        assert ("new_class" in lists) == (kind is Kind.OBJECT)
        locked = {f.get("name") for f in root.iter("field") if f.get("editable") == "0"}
        assert {"id", "score", "standing", "date"} <= locked
        assert not locked & {"review", "note", "reviewer", "new_class", "class", "scene"}


@pytest.mark.skipif(not has_qgis(), reason="QGIS (python3-qgis) is not installed")
def test_what_is_edited_in_qgis_comes_back(yard, tmp_path):
    import cv2

    path, picture = tmp_path / "r.gpkg", tmp_path / "map.png"
    review_export(yard.config, path)
    report = yard.site.store.report / "site.gpkg"
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": "", "XDG_RUNTIME_DIR": str(tmp_path)}
    told = subprocess.run(
        [PYTHON, "-c", EDIT, str(path), str(report), str(picture)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    rejected, moved = told.stdout.split()
    done = review_import(yard.config, path, reviewer="A")
    assert (done.taken, done.unknown, done.disputes) == (3, (), ())
    kept = {d.machine.finding if d.machine else "new": d for d in read_ledger(yard.ledger)}
    assert (kept[rejected].verdict, kept[rejected].note) == ("reject", "<b>a shadow</b>")
    assert kept[moved].verdict == "move"
    assert (kept["new"].verdict, kept["new"].label) == ("add", "vehicle")
    assert len(read_findings(yard.site).objects) == len(yard.site.objects)
    colours = {tuple(c) for c in cv2.imread(str(picture)).reshape(-1, 3).tolist()}
    assert (255, 255, 255) in colours
    assert len(colours) > 3
