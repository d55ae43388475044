"""The sample site, run through the command line."""

import json

import pytest

from sitedelta.cli import status_of
from sitedelta.errors import RunFailed
from sitedelta.files.shipped import shipped
from sitedelta.settings.config import load_config


def test_the_sample_configuration_comes_with_its_images():
    sites = load_config(shipped("configs/sample.yaml")).sites
    assert sites
    for site in sites:
        assert all(i.path.parent.exists() for i in site.imagery)


def test_a_missing_file_says_that_the_installation_is_broken():
    with pytest.raises(RunFailed, match="install it again"):
        shipped("configs/none.yaml")


@pytest.mark.slow
def test_demo_writes_a_report_that_verifies_and_a_second_run_does_nothing(tmp_path, capsys):
    assert status_of(["demo", "--out", str(tmp_path), "--json"]) == 0
    first = json.loads(capsys.readouterr().out)["sites"]
    for site in first:
        assert not site["nothing_new"]
        assert site["sentences"]
        folder = tmp_path / site["site"]
        for name in (
            "catalog.json",
            "objects.parquet",
            "events.parquet",
            "observations.parquet",
            "changes.parquet",
            "zone_changes.parquet",
            "tracks.parquet",
        ):
            assert (folder / name).stat().st_size > 0
        for name in ("index.html", "site.kmz", "observations.csv", "evidence.json"):
            assert (folder / "report" / name).stat().st_size > 0

    assert status_of(["demo", "--out", str(tmp_path), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)["sites"]
    assert [s["nothing_new"] for s in again] == [True] * len(first)

    assert status_of(["verify", str(tmp_path), "--replay", "--json"]) == 0
    for site in json.loads(capsys.readouterr().out)["sites"]:
        assert site["whole"]
        assert any(n.startswith("recomputed from the originals") and "bit for bit" in n for n in site["notes"])
    assert status_of(["bundle", str(tmp_path), "--out", str(tmp_path / "demo.zip"), "--quiet"]) == 0
    assert status_of(["verify", str(tmp_path / "demo.zip"), "--quiet"]) == 0
