"""Where results stand, and how files are put there."""

import json
import os
import time

import pytest

from sitedelta.errors import RunFailed
from sitedelta.files import store
from sitedelta.files.store import SiteStore, write_json, write_text, written_aside


def test_a_block_that_ends_well_leaves_its_file_alone(tmp_path):
    with written_aside(tmp_path / "a" / "b.txt") as aside:
        aside.write_text("new")
        assert not (tmp_path / "a" / "b.txt").exists()
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["b.txt"]
    assert (tmp_path / "a" / "b.txt").read_text() == "new"
    assert (tmp_path / "a" / "b.txt").stat().st_mode & 0o777 == 0o644


def test_a_failing_block_leaves_what_stood_there(tmp_path):
    path = tmp_path / "b.txt"
    path.write_text("old")

    def fail():
        with written_aside(path) as aside:
            aside.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [p.name for p in tmp_path.iterdir()] == ["b.txt"]
    assert path.read_text() == "old"


def test_a_full_disk_is_one_line(tmp_path):
    def fail():
        with written_aside(tmp_path / "b.txt"):
            raise OSError(28, "No space left on device")

    with pytest.raises(RunFailed, match=r"cannot write .*b\.txt: No space left on device; free some space"):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_one_line(tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(RunFailed, match="cannot write") as caught:
        write_text(tmp_path / "out" / "b.txt", "x")
    assert "\n" not in str(caught.value)
    assert "choose another output folder" in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_one_line(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(RunFailed, match="Permission denied"):
        write_text(tmp_path / "b.txt", "x")


def test_permission_denied_is_one_line(tmp_path, monkeypatch):
    def refuse(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("sitedelta.files.store.tempfile.mkstemp", refuse)
    with pytest.raises(RunFailed, match=r"cannot write .*b\.txt: Permission denied; free some space or choose another"):
        write_text(tmp_path / "b.txt", "x")


def test_text_is_utf8_with_plain_line_ends(tmp_path):
    write_text(tmp_path / "a.txt", "Хмеймим\nx\n")
    assert (tmp_path / "a.txt").read_bytes() == "Хмеймим\nx\n".encode()


def test_json_is_strict(tmp_path):
    write_json(tmp_path / "a.json", {"b": 1, "a": "ö"})
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == '{\n "b": 1,\n "a": "ö"\n}\n'
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == {"a": "ö", "b": 1}
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "b.json", {"a": float("nan")})
    assert not (tmp_path / "b.json").exists()


def test_a_sites_folder(tmp_path):
    store = SiteStore(tmp_path)
    assert store.scene_raster("x") == tmp_path / "rasters" / "scene-x.tif"
    assert store.change_raster("x", "y") == tmp_path / "rasters" / "change-x--y.tif"
    names = [store.manifest, store.catalog, store.objects, store.events, store.observations, store.changes]
    names += [store.zone_changes, store.tracks]
    assert [p.name for p in names] == [
        "manifest.json", "catalog.json", "objects.parquet", "events.parquet", "observations.parquet", "changes.parquet",
        "zone_changes.parquet", "tracks.parquet",
    ]  # fmt: skip
    assert store.parts == tmp_path / "work" / "parts"


def test_what_a_killed_run_left_half_written_is_swept_away(tmp_path):
    (tmp_path / "deep").mkdir()
    for name in ("a.txt", ".part-x.tif", "deep/.part-y.plain", "deep/b"):
        (tmp_path / name).write_text("")
    store.sweep(tmp_path)
    assert sorted(p.name for p in tmp_path.rglob("*") if p.is_file()) == ["a.txt", "b"]


def test_where_others_may_be_writing_only_old_ones_are(tmp_path):
    for name, age in ((".part-old", 4000), (".part-new", 10)):
        (tmp_path / name).write_text("")
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    store.sweep_old(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == [".part-new"]


def test_the_content_is_on_the_disk_before_the_name(tmp_path, monkeypatch):
    done = []
    monkeypatch.setattr(os, "fsync", lambda _: done.append((tmp_path / "a.txt").exists()))
    store.write_text(tmp_path / "a.txt", "x")
    assert done == [False]
    store.write_text(tmp_path / "b.txt", "x", durable=False)
    assert done == [False]


def test_files_that_are_written_together_go_onto_the_disk_once(tmp_path, monkeypatch):
    done = []
    monkeypatch.setattr(os, "fsync", lambda _: done.append("one"))
    monkeypatch.setattr(store, "_all_onto_disk", lambda _: done.append(sorted(p.name for p in tmp_path.iterdir())))
    with store.written_together(tmp_path):
        store.write_text(tmp_path / "a.txt", "x")
        store.write_text(tmp_path / "b.txt", "x")
    assert done == [["a.txt", "b.txt"]]
    store.write_text(tmp_path / "c.txt", "x")
    assert done[1:] == ["one"]


def test_what_later_runs_trust_is_on_the_disk_at_once(tmp_path, monkeypatch):
    done = []
    monkeypatch.setattr(os, "fsync", lambda _: done.append((tmp_path / "a.tif").exists()))
    with store.written_together(tmp_path), store.written_aside(tmp_path / "a.tif", at_once=True) as aside:
        aside.write_text("x")
    assert done == [False]


def test_names_are_brought_onto_the_disk(tmp_path, monkeypatch):
    done = []
    monkeypatch.setattr(os, "fsync", lambda handle: done.append(os.fstat(handle).st_ino))
    store.names_onto_disk(tmp_path)
    assert done == [tmp_path.stat().st_ino]


def test_a_disk_that_refuses_in_the_end_is_one_line(tmp_path, monkeypatch):
    def broken(_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(store, "_all_onto_disk", broken)
    with pytest.raises(RunFailed, match="Input/output error; free some space"), store.written_together(tmp_path):
        pass
