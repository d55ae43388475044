"""A detector of one's own in a run: used, named, and counted again with when it changes."""

import json

import pandas as pd
import pytest
import yaml
from click.testing import CliRunner

from rasterdelta.detect.shipped import FOLDER
from sitedelta.cli import cli
from sitedelta.detectors.record import model_record
from sitedelta.errors import ConfigError
from sitedelta.files.hashing import sha256_file
from sitedelta.running.runs import run
from sitedelta.settings.config import load_config
from sitedelta.site import open_site

ACCURACY = {"gsd_max": 2.0, "threshold": 0.2, "precision": 0.9, "recall": 0.8, "objects": 30, "source": "my own labels"}


@pytest.fixture
def model(tmp_path):
    """Write a model; its maps are features that happen to have peaks."""

    def write(threshold, file="mine.yaml"):
        (tmp_path / "mine.onnx").write_bytes((FOLDER / "features.onnx").read_bytes())
        network = {"class": "aircraft", "file": "mine.onnx", "working_gsd": 0.5, "apart": 1.0, "apart_along": 1.0}
        network["accuracy"] = [ACCURACY | {"threshold": threshold}]
        path = tmp_path / file
        path.write_text(yaml.safe_dump({"name": f"mine {threshold}", "networks": [network]}))
        return path

    return write


@pytest.fixture
def images(place, ground):
    place.write("in/20241206.tif", ground(160, 160, seed=3))


def counts(store):
    return pd.read_parquet(store / "observations.parquet").set_index("label")


def test_the_shipped_detector_is_named_with_its_weights():
    found = model_record()
    assert found.name.startswith("sitedelta-detector")
    assert found.files["aircraft.onnx"] == sha256_file(FOLDER / "aircraft.onnx")
    assert set(found.files) == {
        "aircraft.onnx",
        "aircraft_closer.onnx",
        "features.onnx",
        "vehicle.onnx",
        "vehicle_closer.onnx",
    }


@pytest.mark.usefixtures("images")
def test_a_run_counts_by_the_model_of_its_configuration(configure, model):
    path = model(-3.0)
    config = configure({"path": "in/*.tif"}, model="mine.yaml")
    (done,) = run(config, jobs=1)
    assert counts(done.folder).loc["vehicle", "reason"] == "the detector does not look for vehicle"
    many = counts(done.folder).loc["aircraft"]
    record = open_site(done.folder).manifest.model
    assert (record.name, record.files["mine.yaml"]) == ("mine -3.0", sha256_file(path))
    assert record.files["mine.onnx"] == sha256_file(FOLDER / "features.onnx")
    assert open_site(done.folder).manifest.parameters["model"] == "mine.yaml"
    assert open_site(done.folder).manifest.detectors[0].source == "my own labels"
    evidence = json.loads((done.folder / "report/evidence.json").read_text())
    assert evidence["model"] == {"name": record.name, "files": record.files}
    page = done.report.read_text()
    assert record.files["mine.yaml"] in page
    assert "mine -3.0" in page
    assert run(config, jobs=1)[0].nothing_new

    model(30.0)
    (done,) = run(config, jobs=1)
    assert not done.nothing_new
    few = counts(done.folder).loc["aircraft"]
    assert many["count"] > few["count"] == 0
    assert few["high"] < many["high"]
    assert "mine 30.0" in done.report.read_text()


@pytest.mark.usefixtures("images")
def test_weights_that_changed_are_something_new(configure, model, tmp_path):
    model(5.0)
    config = configure({"path": "in/*.tif"}, count=["aircraft"], model="mine.yaml")
    run(config, jobs=1)
    (tmp_path / "mine.onnx").write_bytes((FOLDER / "features.onnx").read_bytes() + b"")
    assert run(config, jobs=1)[0].nothing_new
    content = bytearray((FOLDER / "features.onnx").read_bytes())
    at = content.index(b"pytorch")
    content[at : at + 7] = b"another"
    (tmp_path / "mine.onnx").write_bytes(bytes(content))
    assert not run(config, jobs=1)[0].nothing_new


@pytest.mark.usefixtures("images")
def test_the_command_line_overrules_the_file(configure, model):
    model(-3.0)
    other = model(30.0, "other.yaml")
    config = configure({"path": "in/*.tif"}, count=["aircraft"], model="mine.yaml")
    done = CliRunner().invoke(cli, ["run", str(config), "--model", str(other), "--jobs", "1", "--json"])
    assert done.exit_code == 0, done.output
    (said,) = json.loads(done.stdout)["sites"]
    assert open_site(said["folder"]).manifest.model.name == "mine 30.0"


@pytest.mark.usefixtures("images")
def test_a_model_that_is_missing_leaves_nothing_behind(configure, tmp_path):
    config = configure({"path": "in/*.tif"}, model="none.yaml")
    with pytest.raises(ConfigError, match=r"none\.yaml"):
        run(config, jobs=1)
    assert not (tmp_path / "out").exists()


def test_the_model_of_the_file_serves_sites_that_name_none(tmp_path):
    path = tmp_path / "sites.yaml"
    sites = [{"id": i, "imagery": [{"path": f"{i}.tif"}]} for i in ("a", "b")]
    sites[1]["model"] = "own.yaml"
    path.write_text(yaml.safe_dump({"output": "out", "model": "all.yaml", "sites": sites}))
    found = load_config(path)
    assert [s.model for s in found.sites] == [tmp_path / "all.yaml", tmp_path / "own.yaml"]
