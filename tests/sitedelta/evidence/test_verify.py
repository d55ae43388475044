"""What is changed is found and named; what was not touched is whole."""

import json
import shutil
from dataclasses import replace

import pytest
from click.testing import CliRunner

import sitedelta
from sitedelta.cli import cli
from sitedelta.errors import InputError
from sitedelta.evidence.files import sealed
from sitedelta.files.hashing import sha256_file
from sitedelta.report.build import build
from sitedelta.running.manifest import read_manifest, to_json
from sitedelta.site import open_site


def named(folder, **knobs):
    (site,) = sitedelta.verify(folder, **knobs)
    return {(d.file, d.kind) for d in site.differences}


def command(*arguments):
    return CliRunner().invoke(cli, ["verify", *map(str, arguments)], standalone_mode=False)


def test_an_untouched_site_is_whole(made):
    (site,) = found = sitedelta.verify(made.root)
    assert found.whole
    assert site.differences == ()
    assert site.digest == sha256_file(made.report / "evidence.json")
    assert site.files == len(made.said()["files"]) > 15
    assert site.originals == 6  # two images, a sidecar each, the georeference of the PNG, zones
    assert site.notes == ("it is not signed",)

    done = command(made.root)
    assert done.return_value == 0
    assert "base: whole; " in done.output
    done = command(made.root.parent, "--json")
    assert json.loads(done.stdout)["sites"][0]["whole"] is True
    assert command(made.root, "--quiet").output == ""


def test_the_chain_counts_what_the_tables_count(made):
    said = made.said()
    assert [o["entry"] for o in said["originals"]] == [0, 1]
    assert [f["role"] for f in said["originals"][0]["files"]] == ["image", "beside"]
    assert said["given"][0]["name"] == "zones.geojson"
    for o in said["observations"]:
        assert len(o["objects"]) == (o["count"] or 0)
    (statement,) = said["statements"]
    assert statement["text"] == "They left."
    beside = [said["sentences"][n] for n in statement["sentences"]]
    assert {s["topic"] for s in beside} == {"count"}
    assert all(s["rests_on"]["observations"] for s in beside)


def every_file(root):
    return sorted(p for p in root.rglob("*") if p.is_file() and "work" not in p.relative_to(root).parts)


def test_one_byte_changed_in_any_file_is_found_and_named(made, flip, decide):
    decide(made.root, "A")
    decide(made.root, "B")
    build(open_site(made.root))
    assert sitedelta.verify(made.root).whole
    kinds = set()
    for path in every_file(made.root):
        name, data = path.relative_to(made.root).as_posix(), path.read_bytes()
        for at in (0.0, 0.5, 1.0):
            flip(path, at)
            (site,) = sitedelta.verify(made.root, without_originals=True)
            assert {d.file for d in site.differences} == {name}, (name, at, site.differences)
            assert all(d.feeds for d in site.differences)
            path.write_bytes(data)
        kinds.add(name.split("/")[0])
    assert {"objects.parquet", "rasters", "report", "review.jsonl", "manifest.json", "catalog.json", "stac"} <= kinds
    assert sitedelta.verify(made.root).whole


@pytest.mark.parametrize("name", ["20241206.tif", "20241213.png", "20241206.json"])
def test_one_byte_changed_in_an_original_is_found_and_named(made, flip, name):
    flip(made.originals / name)
    assert named(made.root) == {(name, "changed")}
    done = command(made.root)
    assert done.return_value == 1
    assert f"DIFFERS {name}: " in done.output
    assert "all that is said of 2024-12-" in done.output


def test_zones_that_were_drawn_anew_are_named(made):
    zones = made.root.parents[1] / "zones.geojson"
    zones.write_text(zones.read_text() + "\n")
    assert named(made.root) == {("zones.geojson", "changed")}


def test_a_missing_original_is_said(made, tmp_path):
    moved = tmp_path / "archive" / "deep"
    moved.parent.mkdir()
    shutil.move(made.originals, moved)
    assert ("20241206.tif", "missing") in named(made.root)
    assert "say with --originals where it is now" in command(made.root).output
    assert named(made.root, originals=tmp_path / "archive") == set()
    (moved / "20241206.tif").rename(moved / "renamed.tif")
    assert named(made.root, originals=tmp_path / "archive") == set()
    (site,) = sitedelta.verify(made.root, without_originals=True)
    assert site.whole
    assert "6 files that the run was given (originals and such) are not here and were not checked" in site.notes


@pytest.mark.parametrize("name", ["objects.parquet", "rasters", "report/index.html", "report/evidence.sha256"])
def test_what_is_missing_is_named(made, name):
    path = made.root / name
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    found = named(made.root)
    assert found
    assert {(f.split("/")[0] if name == "rasters" else f, k) for f, k in found} == {(name, "missing")}


def test_a_site_without_evidence_or_manifest_is_not_whole(made):
    (made.root / "manifest.json").unlink()
    found = named(made.root)
    assert ("manifest.json", "missing") in found
    (made.report / "evidence.json").write_text("{}")
    assert ("report/evidence.json", "damaged") in named(made.root)
    (made.root / "manifest.json").write_text("{}")
    (made.report / "evidence.json").unlink()
    assert named(made.root) == {("report/evidence.json", "missing")}


def test_decisions_added_after_the_report_are_told_from_changed_ones(made, decide):
    ledger = made.root / "review.jsonl"
    one = decide(made.root, "A")
    assert named(made.root) == {("review.jsonl", "longer")}
    build(open_site(made.root))
    assert named(made.root) == set()
    two = decide(made.root, "B")
    assert two.startswith(one)
    assert named(made.root) == {("review.jsonl", "longer")}
    ledger.write_bytes(two.replace(b'"A"', b'"C"'))
    assert named(made.root) == {("review.jsonl", "changed")}
    ledger.write_text("")
    assert named(made.root) == {("review.jsonl", "changed")}
    ledger.unlink()
    assert named(made.root) == {("review.jsonl", "missing")}


def reseal(made, change):
    """Change the evidence and all that is made from its bytes, as a careful forger would."""
    said = made.said()
    change(said)
    for name, data in sealed(said).items():
        (made.report / name).write_bytes(data)


def test_evidence_that_says_something_else_than_the_tables_is_named(made):
    def change(said):
        said["observations"][0]["count"] = 7
        said["sentences"][0]["text"] = "Nothing happened."

    reseal(made, change)
    (site,) = sitedelta.verify(made.root)
    said = [d.said for d in site.differences]
    assert {d.kind for d in site.differences} == {"contradicts"}
    assert any(s.startswith("observations[0] (site/") and "count 7 where the tables give 2" in s for s in said)
    assert any('text "Nothing happened."' in s for s in said)


def test_evidence_of_another_version_is_checked_by_its_bytes(made):
    reseal(made, lambda said: said.update(code="0" * 64))
    (site,) = sitedelta.verify(made.root)
    assert [(d.file, d.said) for d in site.differences] == []
    assert any("of another source wrote it" in n for n in site.notes)


def test_results_of_another_version_can_be_checked(made):
    path = made.root / "manifest.json"
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps(manifest | {"format": 999, "scenes": "otherwise", "code": "0" * 64}))

    def change(said):
        said["code"] = "0" * 64
        said["files"]["manifest.json"] = sha256_file(path)

    reseal(made, change)
    (site,) = sitedelta.verify(made.root)
    assert site.differences == ()
    assert site.originals == 6
    (site,) = sitedelta.verify(made.root, replay=True)
    assert ["cannot be recomputed" in d.said for d in site.differences] == [True]


@pytest.mark.parametrize("name", ["../../in/20241206.tif", "/etc/passwd", "a//b", "report/../../x", "a\\b", "C:/a"])
def test_names_that_lead_elsewhere_are_not_followed(made, name):
    reseal(made, lambda said: said["files"].update({name: "0" * 64}))
    assert named(made.root) == {(name, "outside")}


def test_links_that_lead_elsewhere_are_not_followed(made, tmp_path):
    (tmp_path / "secret").write_bytes((made.root / "objects.parquet").read_bytes())
    (made.root / "objects.parquet").unlink()
    (made.root / "objects.parquet").symlink_to(tmp_path / "secret")
    assert named(made.root) == {("objects.parquet", "outside")}


def test_names_cannot_steer_the_terminal(made):
    reseal(made, lambda said: said["files"].update({"a\x1b[2Jb\nc": "0" * 64}))
    assert "\x1b" not in command(made.root).output
    assert "a\\x1b[2Jb\\nc" in command(made.root).output


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"{" * 100_000, b"\xff\xfe", b'{"format": 1}'])
def test_evidence_that_is_none_is_damaged(made, data):
    (made.report / "evidence.json").write_bytes(data)
    assert ("report/evidence.json", "damaged") in named(made.root)


def test_files_that_are_not_ours_are_said(made):
    (made.report / "notes.txt").write_text("mine")
    (site,) = sitedelta.verify(made.root)
    assert site.whole
    assert "not part of the evidence: report/notes.txt" in site.notes


def test_what_is_no_site_is_bad_input(made, tmp_path):
    with pytest.raises(InputError, match="holds no site"):
        sitedelta.verify(made.originals)
    with pytest.raises(InputError, match="no such folder"):
        sitedelta.verify(tmp_path / "none")
    with pytest.raises(InputError, match="no such folder"):
        sitedelta.verify(made.root, originals=tmp_path / "none")
    with pytest.raises(InputError, match="choose one or the other"):
        sitedelta.verify(made.root, without_originals=True, replay=True)


def test_quiet_names_differences_on_stderr(made, flip):
    flip(made.root / "objects.parquet")
    done = command(made.root, "--quiet")
    assert (done.return_value, done.stdout) == (1, "")
    assert "DIFFERS objects.parquet" in done.stderr


def test_a_replay_gives_every_count_again(made):
    (site,) = sitedelta.verify(made.root, replay=True, jobs=1)
    assert site.differences == ()
    assert any("6 counts" in n or "8 counts" in n for n in site.notes), site.notes
    assert any(n.endswith("bit for bit") for n in site.notes)


def test_a_replay_needs_no_recorded_places(made, tmp_path):
    archive = tmp_path / "archive"
    archive.mkdir()
    for path in made.originals.iterdir():
        shutil.move(path, archive / f"{path.stem}-copy{path.suffix}")
    (site,) = sitedelta.verify(made.root, originals=archive, replay=True, jobs=1)
    assert site.differences == ()
    bundle = sitedelta.bundle(made.root, tmp_path / "b.zip").path
    with pytest.raises(InputError, match="cannot be recomputed, these are not here"):
        sitedelta.verify(bundle, replay=True)


def test_a_replay_names_what_the_originals_do_not_give(made):
    """A forger who rewrites a table, the manifest and the report leaves a site that is whole, but not true."""
    site = open_site(made.root)
    table = site.observations
    table.loc[0, "count"] = 9
    table.to_parquet(site.store.observations, index=False)
    objects = site.objects.iloc[1:]
    gone = site.objects.iloc[0]["id"]
    objects.to_parquet(site.store.objects, index=False)
    manifest = read_manifest(site.store.manifest)
    changed = {n: sha256_file(made.root / n) for n in manifest.files}
    site.store.manifest.write_text(to_json(replace(manifest, files=changed)))
    build(open_site(made.root))
    assert named(made.root) == set()

    (found,) = sitedelta.verify(made.root, replay=True, jobs=1)
    said = {d.file: d.said for d in found.differences}
    assert {d.kind for d in found.differences} == {"recomputed"}
    assert "count 9, recomputed 2" in said["observations.parquet"]
    assert said["objects.parquet"] == f"{gone}: is found, and is not in the table"


def test_a_replay_with_other_parameters_differs(made):
    store = open_site(made.root).store
    manifest = read_manifest(store.manifest)
    store.manifest.write_text(to_json(replace(manifest, parameters=manifest.parameters | {"count": ["vehicle"]})))
    build(open_site(made.root))
    (found,) = sitedelta.verify(made.root, replay=True, jobs=1)
    assert any("site/2024-12-06-20241206/aircraft: is not found again" in d.said for d in found.differences)
