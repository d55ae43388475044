"""Bundles: the same every time, verified as they are, and never opened where they are not what they should be."""

import io
import json
import stat
import warnings
import zipfile
from contextlib import contextmanager

import pytest
from click.testing import CliRunner

import sitedelta
from sitedelta.cli import cli, status_of
from sitedelta.errors import InputError, RunFailed
from sitedelta.evidence import archive


def names(path):
    with zipfile.ZipFile(path) as file:
        return set(file.namelist())


@contextmanager
def rewritten(path, target):
    """Give the entries of a zip file as a mapping to change, and write them again."""
    with zipfile.ZipFile(path) as file:
        content = {i.filename: file.read(i) for i in file.infolist()}
    yield content
    with zipfile.ZipFile(target, "w") as file:
        for name, data in content.items():
            file.writestr(name, data)


def test_a_bundle_holds_report_tables_and_evidence_and_verifies(made, tmp_path):
    done = sitedelta.bundle(made.root, tmp_path / "base.zip")
    assert done.sites == ("base",)
    held = names(done.path)
    assert {"README.txt", "bundle.json", "base/report/index.html", "base/objects.parquet", "base/manifest.json"} <= held
    assert {"base/report/evidence.json", "base/report/evidence.sha256", "base/report/evidence.tsq"} <= held
    assert "base/given/zones/zones.geojson" in held
    assert not any("rasters" in n or "originals" in n for n in held)
    assert set(done.left_out) == {f"base/{n}" for n in made.said()["files"] if n.startswith("rasters/")}

    (site,) = sitedelta.verify(done.path)
    assert site.whole
    assert site.site == "base"
    assert any(n.startswith("left out of the bundle and not checked: rasters/") for n in site.notes)
    assert any(n.startswith("5 files that the run was given") for n in site.notes)
    assert "sitedelta verify FILE.zip" in zipfile.ZipFile(done.path).read("README.txt").decode()


def test_the_same_results_give_the_same_bundle(made, tmp_path):
    first = sitedelta.bundle(made.root, tmp_path / "a.zip", rasters=True, originals=True)
    (made.root / "objects.parquet").touch()
    second = sitedelta.bundle(made.root, tmp_path / "b.zip", rasters=True, originals=True)
    assert first.sha256 == second.sha256
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_a_bundle_with_originals_is_recomputed_anywhere(made, tmp_path):
    done = sitedelta.bundle(made.root.parent, tmp_path / "all.zip", rasters=True, originals=True)
    assert done.left_out == ()
    held = names(done.path)
    assert "base/originals/2024-12-06-20241206/20241206.tif" in held
    assert "base/originals/2024-12-06-20241206/20241206.json" in held
    made.root.parents[1].rename(tmp_path / "gone")
    (site,) = sitedelta.verify(done.path, replay=True, jobs=1)
    assert site.differences == ()
    assert site.originals == 6
    assert any(n.startswith("recomputed from the originals") for n in site.notes)


def test_a_bundle_is_checked_with_originals_from_elsewhere(made, tmp_path, flip):
    done = sitedelta.bundle(made.root, tmp_path / "base.zip")
    assert sitedelta.verify(done.path, originals=made.originals).whole
    flip(made.originals / "20241213.png")
    (site,) = sitedelta.verify(done.path, originals=made.originals)
    assert [(d.file, d.kind) for d in site.differences] == [("20241213.png", "changed")]
    (made.originals / "20241213.png").unlink()
    (site,) = sitedelta.verify(done.path, originals=made.originals)
    assert [(d.file, d.kind) for d in site.differences] == [("20241213.png", "missing")]


@pytest.mark.parametrize("name", ["report/index.html", "objects.parquet", "report/evidence.json"])
def test_a_byte_changed_in_a_bundle_is_named(made, tmp_path, name):
    done = sitedelta.bundle(made.root, tmp_path / "base.zip")
    with rewritten(done.path, tmp_path / "forged.zip") as content:
        data = bytearray(content[f"base/{name}"])
        data[len(data) // 2] ^= 0x20
        content[f"base/{name}"] = bytes(data)
    (site,) = sitedelta.verify(tmp_path / "forged.zip")
    assert {d.file for d in site.differences} == {name}


def test_only_rasters_may_be_left_out(made, tmp_path):
    done = sitedelta.bundle(made.root, tmp_path / "base.zip")
    with rewritten(done.path, tmp_path / "forged.zip") as content:
        del content["base/objects.parquet"]
        index = json.loads(content["bundle.json"])
        index["sites"]["base"]["left_out"].append("objects.parquet")
        content["bundle.json"] = json.dumps(index).encode()
    (site,) = sitedelta.verify(tmp_path / "forged.zip")
    assert [(d.file, d.kind) for d in site.differences] == [("objects.parquet", "missing")]


def test_a_bundle_does_not_look_where_originals_lay(made, tmp_path):
    """A path in a file from elsewhere is none to follow on this machine."""
    done = sitedelta.bundle(made.root, tmp_path / "base.zip")
    (site,) = sitedelta.verify(done.path)
    assert site.originals == 1  # the zones, from within


def test_what_is_not_whole_is_not_packed(made, tmp_path, flip):
    flip(made.report / "index.html")
    with pytest.raises(RunFailed, match=r"base is not whole: report/index\.html has other bytes"):
        sitedelta.bundle(made.root, tmp_path / "base.zip")
    assert not (tmp_path / "base.zip").exists()


def test_originals_that_are_away_are_missed_only_where_they_are_packed(made, tmp_path):
    (made.originals / "20241206.tif").unlink()
    assert sitedelta.bundle(made.root, tmp_path / "base.zip").sites == ("base",)
    with pytest.raises(RunFailed, match=r"20241206\.tif .*: is not where it was read from"):
        sitedelta.bundle(made.root, tmp_path / "all.zip", originals=True)


def test_the_command_says_what_it_packed(made, tmp_path):
    out = tmp_path / "base.zip"
    done = CliRunner().invoke(cli, ["bundle", str(made.root), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert "left out: the originals" in done.output
    done = CliRunner().invoke(cli, ["bundle", str(made.root), "--out", str(out), "--json", "--originals"])
    assert json.loads(done.stdout)["sites"] == ["base"]
    assert status_of(["verify", str(out), "--quiet"]) == 0
    assert status_of(["bundle", str(made.root), "--out", str(tmp_path / "base.tar"), "--quiet"]) == 2
    assert status_of(["bundle", str(tmp_path / "none"), "--out", str(out), "--quiet"]) == 2


def zipped(path, *entries, **knobs):
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        warnings.simplefilter("ignore")
        for name, data in entries:
            file.writestr(name, data, **knobs)
    return path


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/evil", "a/../../evil", "a\\..\\evil", "C:/evil", "a//b", "./a", "a/\x01b", "x" * 500]
)
def test_names_that_lead_elsewhere_are_refused(tmp_path, name):
    path = zipped(tmp_path / "a.zip", ("bundle.json", b"{}"), (name, b"evil"))
    with pytest.raises(InputError, match="leads elsewhere; it is not opened"):
        sitedelta.verify(path)
    assert not list(tmp_path.parent.rglob("evil"))


def test_a_name_with_a_nul_is_refused(tmp_path):
    path = zipped(tmp_path / "a.zip", ("good__evil", b"x"))
    path.write_bytes(path.read_bytes().replace(b"good__evil", b"good\0.evil"))
    with pytest.raises(InputError, match="not opened"):
        sitedelta.verify(path)


def test_links_are_refused(tmp_path):
    info = zipfile.ZipInfo("base/link")
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    path = zipped(tmp_path / "a.zip", (info, b"/etc/passwd"))
    with pytest.raises(InputError, match="is a link or a device"):
        sitedelta.verify(path)


def test_a_name_twice_is_refused(tmp_path):
    for second in ("base/a", "BASE/A"):
        path = zipped(tmp_path / "a.zip", ("base/a", b"1"), (second, b"2"))
        with pytest.raises(InputError, match="a name twice"):
            sitedelta.verify(path)


def test_bombs_are_refused(tmp_path, monkeypatch):
    path = zipped(tmp_path / "a.zip", ("base/zeros", bytes(archive._SMALL + 1)))
    with pytest.raises(InputError, match="like a bomb"):
        sitedelta.verify(path)
    monkeypatch.setattr(archive, "MOST_BYTES", 1000)
    with pytest.raises(InputError, match="more than any bundle"):
        sitedelta.verify(path)
    monkeypatch.setattr(archive, "MOST_FILES", 2)
    with pytest.raises(InputError, match="more than any bundle"):
        sitedelta.verify(zipped(tmp_path / "b.zip", *((f"base/{k}", b"") for k in range(3))))


def test_what_lies_of_its_size_unpacks_no_more(tmp_path):
    path = zipped(tmp_path / "a.zip", ("base/zeros", bytes(5000)))
    data = path.read_bytes()
    path.write_bytes(data.replace((5000).to_bytes(4, "little"), (50).to_bytes(4, "little")))
    with pytest.raises(InputError, match="damaged"):
        sitedelta.verify(path)


def test_no_room_is_said(tmp_path, monkeypatch):
    from types import SimpleNamespace

    monkeypatch.setattr(archive.shutil, "disk_usage", lambda _: SimpleNamespace(free=3))
    with pytest.raises(RunFailed, match="no room"):
        sitedelta.verify(zipped(tmp_path / "a.zip", ("base/a", b"12345")))


@pytest.mark.parametrize("content", [b"", b"PK", b"\x89PNG", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_bundle_is_bad_input(tmp_path, content):
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    assert status_of(["verify", str(path), "--quiet"]) == 2


@pytest.mark.parametrize(
    "index", [b"", b"[]", b'{"format": "other", "sites": {}}', b'{"sites": {"a": {"left_out": 3}}}']
)
def test_an_index_that_is_none_is_bad_input(tmp_path, index):
    with pytest.raises(InputError, match=r"bundle\.json"):
        sitedelta.verify(zipped(tmp_path / "a.zip", ("bundle.json", index), ("base/manifest.json", b"{}")))


def test_a_damaged_or_encrypted_bundle_is_bad_input(made, tmp_path):
    data = bytearray(sitedelta.bundle(made.root, tmp_path / "base.zip").path.read_bytes())
    data[len(data) // 3] ^= 0xFF
    (tmp_path / "bad.zip").write_bytes(bytes(data))
    with pytest.raises(InputError, match="damaged"):
        sitedelta.verify(tmp_path / "bad.zip")
    path = zipped(tmp_path / "a.zip", ("base/a", b"1"))
    raw = bytearray(path.read_bytes())
    for start, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(start) + at] |= 1
    path.write_bytes(bytes(raw))
    with pytest.raises(InputError, match="encrypted"):
        sitedelta.verify(path)


def test_a_zip_is_written_without_times(tmp_path):
    archive.write_zip(tmp_path / "a.zip", {"b": b"2", "a": b"1"})
    with zipfile.ZipFile(io.BytesIO((tmp_path / "a.zip").read_bytes())) as file:
        assert [i.filename for i in file.infolist()] == ["a", "b"]
        assert {i.date_time for i in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
