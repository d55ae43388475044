"""Results in an object store, and imagery from one: an S3 server (moto) on this machine."""

import json
import os

import pytest
import yaml

import sitedelta
from sitedelta.errors import InputError, RunFailed
from sitedelta.files.store import SiteStore
from sitedelta.remote import sync
from sitedelta.settings.config import load_config
from sitedelta.stac import Query
from sitedelta.stac.gather import gather


def published(bucket) -> dict[str, bytes]:
    return {name.removeprefix("results/out/"): bucket.cat_file(name) for name in bucket.find("results/out")}


def make(folder, **files: str) -> SiteStore:
    store = SiteStore(folder)
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_json", ".json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return store


@pytest.mark.slow
@pytest.mark.usefixtures("spotter")
def test_a_site_is_made_here_and_stands_in_the_store(bucket, configure, place, ground, monkeypatch, tmp_path, capfd):
    place.write("2024-12-06-a.tif", ground(120, 120, seed=1))
    place.write("2024-12-13-b.tif", ground(120, 120, seed=1))
    config = configure({"path": "*.tif"}, out="s3://results/out", count=["aircraft"])
    secret = os.environ["AWS_SECRET_ACCESS_KEY"]
    (first,) = sitedelta.run(config, jobs=1)
    assert first.folder.is_relative_to(tmp_path / "here")
    found = published(bucket)
    index = json.loads(found["base/files.json"])["files"]
    assert {"catalog.json", "manifest.json", "observations.parquet", "report/index.html"} <= index.keys()
    assert {f"base/{n}" for n in index} | {"base/files.json", "index.html"} == found.keys()
    assert not any("work/" in name for name in found)
    assert not any(secret.encode() in data for data in found.values())

    monkeypatch.setenv("SITEDELTA_STAGING", str(tmp_path / "elsewhere"))
    (again,) = sitedelta.run(config, jobs=1)
    assert again.nothing_new
    assert again.folder.is_relative_to(tmp_path / "elsewhere")
    assert published(bucket) == found
    assert sitedelta.verify(again.folder).whole
    assert secret not in "".join(capfd.readouterr())
    assert not any(secret.encode() in p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())


def test_publishing_that_was_cut_off_is_finished_by_the_next_run(bucket, tmp_path, monkeypatch):
    url, store = "s3://results/out/base", make(tmp_path / "here", observations="1", manifest_json="1", report__page="1")
    sync.push(url, store)
    before = published(bucket)["base/files.json"]
    make(tmp_path / "here", observations="two", manifest_json="two", report__page="two")
    monkeypatch.setattr(sync, "_send", lambda *_: (_ for _ in ()).throw(OSError("cut")))
    with pytest.raises(RunFailed, match=r"s3://results/out/base: the store cannot be reached or fails"):
        sync.push(url, store)
    assert published(bucket)["base/files.json"] == before
    monkeypatch.undo()


def test_a_torn_site_comes_without_its_manifest(bucket, tmp_path):
    url, store = "s3://results/out/base", make(tmp_path / "here", observations="1", manifest_json="1", rasters__a="1")
    sync.push(url, store)
    bucket.pipe_file("results/out/base/observations", b"torn")
    other = SiteStore(tmp_path / "other")
    sync.pull(url, other)
    assert (other.root / "rasters" / "a").read_text() == "1"
    assert not (other.root / "observations").exists()
    assert not other.manifest.exists()


def test_another_machine_that_published_meanwhile_is_not_overwritten(bucket, tmp_path):
    url = "s3://results/out/base"
    here, there = make(tmp_path / "here", manifest_json="1"), SiteStore(tmp_path / "there")
    sync.push(url, here)
    sync.pull(url, there)
    make(tmp_path / "there", manifest_json="2", old="x")
    sync.push(url, there)
    make(tmp_path / "here", manifest_json="3")
    with pytest.raises(RunFailed, match=r"another run has published this site meanwhile"):
        sync.push(url, here)
    sync.pull(url, here)
    assert here.manifest.read_text() == "2"
    (here.root / "old").unlink()
    sync.push(url, here)
    assert set(published(bucket)) == {"base/files.json", "base/manifest.json"}


@pytest.mark.usefixtures("bucket")
def test_decisions_of_people_are_never_lost(tmp_path):
    url, name = "s3://results/out/base", "review.jsonl"
    here, there = SiteStore(tmp_path / "here"), SiteStore(tmp_path / "there")
    make(here.root, manifest_json="1")
    here.review.write_text("a\n")
    sync.push(url, here)
    there.root.mkdir()
    there.review.write_text("a\nb\n")
    sync.pull(url, there)
    assert there.review.read_text() == "a\nb\n"
    sync.push(url, there)
    sync.pull(url, here)
    assert here.review.read_text() == "a\nb\n"
    here.review.write_text("other, and longer\n")
    (here.root / "work" / "published.json").unlink()
    with pytest.raises(InputError, match=rf"{name}: has gone apart"):
        sync.pull(url, here)


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil", "work/evil", ".hidden", "a\\b", ""])
def test_an_index_does_not_lead_out_of_the_folder(bucket, tmp_path, name):
    index = {"format": 1, "files": {name: {"bytes": 1, "sha256": "0" * 64}}}
    bucket.pipe_file("results/out/base/files.json", json.dumps(index).encode())
    with pytest.raises(InputError, match=r"is no index that sitedelta wrote"):
        sync.pull("s3://results/out/base", SiteStore(tmp_path / "a"))


@pytest.mark.usefixtures("bucket")
def test_what_the_store_refuses_is_one_line(tmp_path):
    with pytest.raises((InputError, RunFailed), match=r"s3://nowhere/base") as caught:
        sync.push("s3://nowhere/base", make(tmp_path, manifest_json="1"))
    assert "\n" not in str(caught.value)


def test_imagery_is_read_from_the_store_by_window(bucket, world, big, tmp_path):
    world.write_cog(tmp_path / "a.tif", big[:, :1024, :1024])
    item = world.item("one", "2024-12-06", {"visual": world.image("./data/a.tif", "red", "green", "blue")})
    links = [{"rel": "item", "href": "./one.json"}]
    catalogue = {"type": "Catalog", "id": "c", "description": "d", "stac_version": "1.0.0", "links": links}
    bucket.put_file(str(tmp_path / "a.tif"), "results/stac/data/a.tif")
    bucket.pipe_file("results/stac/one.json", json.dumps(item).encode())
    bucket.pipe_file("results/stac/catalog.json", json.dumps(catalogue).encode())
    (path,) = gather(Query("s3://results/stac/catalog.json", world.aoi), tmp_path / "copies")
    said = path.with_suffix(".json").read_text()
    assert json.loads(said)["properties"]["sitedelta:cut_from"][0]["href"] == "s3://results/stac/data/a.tif"
    assert os.environ["AWS_SECRET_ACCESS_KEY"] not in said


@pytest.mark.parametrize(
    ("output", "why"),
    [
        ("https://example.org/a", "cannot be written to"),
        ("s3://k:hush@bucket/a", "take it out"),
        ("file:///a", "is no address"),
    ],
)
def test_outputs_that_are_none(tmp_path, output, why):
    path = tmp_path / "sites.yaml"
    path.write_text(yaml.safe_dump({"output": output, "sites": [{"id": "a", "imagery": [{"path": "a.tif"}]}]}))
    with pytest.raises(InputError, match=why) as caught:
        load_config(path)
    assert "hush" not in str(caught.value)
