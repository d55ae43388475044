"""Teaching the detector further, from the command line."""

import importlib.util
import json
import shutil
from pathlib import Path

import pytest

from sitedelta.cli import status_of
from sitedelta.files.shipped import shipped
from sitedelta.learning import needs

SAMPLE = shipped("sample_tiles")


@pytest.fixture
def labels(tmp_path):
    """Lay three dates of the sample base out as labelled images, taken for three places."""
    spec = importlib.util.spec_from_file_location("labelled", SAMPLE / "labelled.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    folder = tmp_path / "mine"
    module.write(folder, "50cm")
    (folder / "sites.json").unlink()
    lines = (folder / "images.csv").read_text().splitlines()
    (folder / "images.csv").write_text("\n".join([lines[0], *[x for x in lines if x.startswith("hmeimim")][:3]]) + "\n")
    kept = {x.split(",")[0] for x in lines if x.startswith("hmeimim")} & {
        x.split(",")[0] for x in (folder / "images.csv").read_text().splitlines()
    }
    rows = (folder / "labels.csv").read_text().splitlines()
    (folder / "labels.csv").write_text("\n".join([rows[0], *[r for r in rows if r.split(",")[0] in kept]]) + "\n")
    return folder


def said(capsys, *args):
    status = status_of(["train", *map(str, args)])
    return status, capsys.readouterr().err.strip()


def test_what_cannot_be_learned_from_is_one_line(tmp_path, labels, capsys, monkeypatch):
    out = tmp_path / "m.model"
    assert said(capsys, tmp_path / "none", "--out", out)[0] == 2
    assert said(capsys, labels, "--out", tmp_path)[1].endswith("is a folder; give a file name")
    assert said(capsys, labels, "--out", out, "--minutes", 0)[0] == 2
    assert "no such file" in said(capsys, labels, "--out", out, "--init", tmp_path / "gone.model")[1]
    monkeypatch.setattr(needs, "NEEDED", ("a_package_that_is_missing",))
    status, error = said(capsys, labels, "--out", out)
    assert (status, error.count("\n")) == (2, 0)
    assert 'pip install "sitedelta[train]"' in error
    assert not out.exists()


def test_one_site_is_too_few(tmp_path, labels, capsys):
    pytest.importorskip("onnx", reason="the extra `train` is not installed")
    names = [p.name for p in (labels / "images").iterdir()]
    (labels / "sites.json").write_text(json.dumps({"base": names}))
    status, error = said(
        capsys,
        labels,
        "--init",
        "shipped",
        "--out",
        tmp_path / "m.model",
        "--classes",
        "aircraft",
        "--jobs",
        1,
        "--quiet",
    )
    assert status == 2
    assert "labelled at 1 site" in error


@pytest.mark.slow
def test_a_detector_taught_further_is_written_or_refused_and_counts(tmp_path, labels, capsys, monkeypatch):
    pytest.importorskip("onnx", reason="the extra `train` is not installed")
    from sitedelta.learning.adapt import renders

    for name, value in (("PLACES", (0,)), ("CONTROLS", (100,))):
        monkeypatch.setattr(renders, name, value)
    out = tmp_path / "mine.model"
    given = [labels, "--out", out, "--init", "shipped", "--classes", "aircraft", "--jobs", 1, "--json", "--quiet"]
    status = status_of(["train", *map(str, given)])
    summary = capsys.readouterr()
    if status == 1:
        assert "beyond chance" in summary.err or "fell from" in summary.err
        assert not out.exists()
        return
    said = json.loads(summary.out)["classes"]["aircraft"]
    assert (said["images"], said["parts"]) == (3, 3)
    assert said["mistakes"]["p_worse"] >= 0.1
    image = next(iter((labels / "images").glob("hmeimim*")))
    moved = Path(shutil.move(out, tmp_path / "elsewhere.model"))
    table = tmp_path / "found.csv"
    assert status_of(["count", str(image), "--model", str(moved), "--out", str(table), "--quiet"]) == 0
    assert "aircraft" in table.read_text()
    capsys.readouterr()


def test_too_little_time_says_how_much_more_is_needed(tmp_path, labels, capsys, monkeypatch):
    pytest.importorskip("onnx", reason="the extra `train` is not installed")
    from sitedelta.learning.adapt import run

    monkeypatch.setattr(run.Work, "render", lambda *_, **__: None)
    monkeypatch.setattr(run.Work, "_rendered", lambda *_: [])
    monkeypatch.setattr(run.Work, "plan", lambda *_, **__: [])
    given = ("--init", "shipped", "--classes", "aircraft", "--minutes", 0.01, "--out", tmp_path / "m.model", "--quiet")
    status, error = said(capsys, labels, *given)
    assert (status, error.count("\n")) == (2, 0)
    assert "give 1 more --minutes, or fewer images" in error


def test_batches_are_of_a_network_that_begins_anew(tmp_path, labels, capsys):
    status, error = said(capsys, labels, "--init", "shipped", "--batches", 3, "--out", tmp_path / "m.model")
    assert (status, error.count("\n")) == (2, 0)
    assert "leave it out beside `init`" in error


@pytest.mark.slow
def test_a_network_from_imagenet_features_on(tmp_path, labels, capsys, monkeypatch):
    pytest.importorskip("torch", reason="the extra `train` is not installed")
    from sitedelta.learning.adapt import renders

    for name, value in (("SPRITES", 24), ("MANY_PLACES", ()), ("CONTROLS", (100,))):
        monkeypatch.setattr(renders, name, value)
    out = tmp_path / "own.model"
    given = [labels, "--out", out, "--classes", "aircraft", "--batches", 2, "--jobs", 1, "--quiet"]
    status = status_of(["train", *map(str, given)])
    error = capsys.readouterr().err
    assert (status, out.exists()) in {(0, True), (1, False)}
    assert status == 0 or "finds nothing of what was held back" in error, "two batches teach next to nothing"
