"""A folder to start from."""

import json
import re

import pytest

import sitedelta
from sitedelta.cli import status_of
from sitedelta.errors import InputError
from sitedelta.settings.config import load_config


def test_init_makes_a_folder_that_can_be_filled(tmp_path):
    config, zones = sitedelta.init(tmp_path / "deep" / "airfields")

    assert config == tmp_path / "deep" / "airfields" / "sites.yaml"
    assert (config.parent / "downloads").is_dir()
    assert json.loads(zones.read_text())["type"] == "FeatureCollection"


def test_the_configuration_is_valid_and_waits_for_images_in_its_folder(tmp_path):
    config, _ = sitedelta.init(tmp_path)
    loaded = load_config(config)

    assert loaded.output.is_relative_to(tmp_path)
    (site,) = loaded.sites
    assert (site.aoi, site.zones) == (None, None)
    (imagery,) = site.imagery
    assert imagery.path.parent == tmp_path / "downloads"
    assert (imagery.date, imagery.gsd, imagery.bands) == (None, None, None)


def test_what_is_commented_out_fits_once_it_is_wanted(tmp_path):
    config, zones = sitedelta.init(tmp_path)
    config.write_text(re.sub(r"^( +)# (\w+: )", r"\1\2", config.read_text(), flags=re.MULTILINE))
    (site,) = load_config(config).sites

    assert site.zones == zones
    assert site.imagery[0].gsd == 0.5


def test_init_keeps_what_is_there(tmp_path):
    (tmp_path / "sites.yaml").write_text("mine")
    with pytest.raises(InputError, match=r"sites\.yaml exists and is not overwritten"):
        sitedelta.init(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["sites.yaml"]
    assert (tmp_path / "sites.yaml").read_text() == "mine"


def test_init_refuses_a_file(tmp_path):
    (tmp_path / "file").write_text("mine")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(InputError, match="is a file"):
            sitedelta.init(folder)


def test_init_from_the_command_line(tmp_path, capsys):
    assert status_of(["init", str(tmp_path / "new")]) == 0
    assert f"sitedelta run {tmp_path / 'new' / 'sites.yaml'}" in capsys.readouterr().out
    assert status_of(["init", str(tmp_path / "new")]) == 2
