"""What --within holds to: no path, link or address leads a command elsewhere."""

from pathlib import Path

import pytest
from tests.robust import corpus

import sitedelta
from sitedelta import within
from sitedelta.cli import status_of
from sitedelta.engine.crews import packed
from sitedelta.errors import InputError
from sitedelta.raster import describe
from sitedelta.settings.config import load_config
from sitedelta.within import carried, refuse_beside, refuse_host, refuse_outside, refuse_writing

SITE = "output: %s\nsites:\n- {id: a, count: [], imagery: [{path: %s, date: 2024-12-06}]%s}\n"


@pytest.fixture
def place(tmp_path, tmp_path_factory, monkeypatch):
    """A folder that is named, one that is not, and scratch files elsewhere than both."""
    for name in ("own", "other"):
        (tmp_path / name).mkdir()
        corpus.image("strips.tif", corpus.WORLD)(tmp_path / name)
        (tmp_path / name / "zones.geojson").write_text(corpus.ZONES)
        (tmp_path / name / "item.json").write_text(corpus.ITEM)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path_factory.mktemp("scratch")))
    monkeypatch.chdir(tmp_path / "own")
    return tmp_path / "own"


def configured(place, *, output="out", path="strips.tif", more=""):
    (place / "sites.yaml").write_text(SITE % (output, path, more))
    return ["run", "sites.yaml", "--jobs", "1", "--quiet", "--within", "."]


def names(folder):
    return sorted(p.name for p in folder.iterdir())


def refused(command, capsys, *words):
    assert status_of(command) == 2
    (line,) = capsys.readouterr().err.splitlines()
    for word in ("--within", *words):
        assert word in line
    return line


@pytest.mark.parametrize(
    "said",
    [
        {"path": "../other/strips.tif"},
        {"path": "../other"},
        {"path": "../*/strips.tif"},
        {"path": "/etc/passwd"},
        {"path": "in/../../other/strips.tif"},
        {"output": "../out"},
        {"output": "/var/out"},
        {"output": "s3://bucket/out"},
        {"path": "https://example.org/a.tif"},
        {"more": ", zones: ../other/zones.geojson"},
        {"more": ", aoi: ../other/zones.geojson"},
        {"more": ", model: ../other/model.yaml"},
        {"more": ", dem: ../other/strips.tif"},
    ],
)
def test_no_path_in_a_configuration_leads_elsewhere(place, capsys, said):
    line = refused(configured(place, **said), capsys, "sites.yaml, line", "leads")
    assert ", not '" not in line
    assert names(place.parent) == ["other", "own"]


@pytest.mark.parametrize("where", ["https://127.0.0.1:1/stac", "../other/item.json"])
def test_a_catalogue_is_asked_only_where_it_is_named(place, capsys, where):
    box = str(corpus.BOX)
    (place / "sites.yaml").write_text(
        f"output: out\nsites:\n- {{id: a, count: [], aoi: {box}, imagery: [{{stac: '{where}'}}]}}\n"
    )
    refused(["run", "sites.yaml", "--jobs", "1", "--quiet", "--within", "."], capsys, "sites.yaml, line")


def test_a_webhook_is_told_only_where_it_is_named(place, capsys):
    command = configured(place)
    with (place / "sites.yaml").open("a") as file:
        file.write("webhook: https://elsewhere.example/x\n")
    refused(command, capsys, "elsewhere.example")
    with within(".", "https://*.example"):
        assert load_config(place / "sites.yaml").webhook


@pytest.mark.parametrize(
    "name", ["strips.tif", "strips.tif.aux.xml", "strips.tif.msk", "strips.tfw", "zones.geojson", "zones.geojson-wal"]
)
def test_no_link_leads_elsewhere(place, capsys, name):
    (place / name).unlink(missing_ok=True)
    other = {"zones.geojson": "zones.geojson"}.get(name, "strips.tif")
    (place / name).symlink_to(place.parent / "other" / other)
    refused(configured(place, more=", zones: zones.geojson"), capsys, name)
    assert not (place / "out").exists()


def test_a_link_that_stays_within_is_followed(place):
    (place / "link.tif").symlink_to("strips.tif")
    with within(place):
        assert describe(place / "link.tif").width == corpus.SIDE


def test_a_folder_of_results_that_is_a_link_is_not_written_to(place, capsys):
    (place / "out").mkdir()
    (place / "out/a").symlink_to(place.parent / "other")
    refused(configured(place), capsys)
    assert names(place.parent / "other") == ["item.json", "strips.tif", "zones.geojson"]


@pytest.mark.parametrize(
    "command",
    [
        ["count", "../other/strips.tif", "--out", "o.csv"],
        ["count", "strips.tif", "--out", "../o.csv"],
        ["change", "strips.tif", "../other/strips.tif", "--out", "out"],
        ["change", "strips.tif", "strips.tif", "--out", "../out"],
        ["register", "../other/strips.tif", "strips.tif", "--out", "o.tif"],
        ["evaluate", "../other", "--gsd", "0.5"],
        ["count", "strips.tif", "--out", "o.csv", "--model", "../other/m.yaml"],
    ],
)
def test_no_argument_leads_elsewhere(place, capsys, command):
    (place.parent / "other/labels.csv").write_text("image,class,col,row,length_px\nstrips.tif,aircraft,3,3,9\n")
    refused([*command, "--within", "."], capsys)
    assert names(place.parent) == ["other", "own"]


def test_an_image_that_a_table_of_labels_names_elsewhere_is_refused(place, capsys):
    (place / "labels.csv").write_text("image,class,col,row,length_px\n../other/strips.tif,aircraft,3,3,9\n")
    refused(["evaluate", ".", "--jobs", "1", "--within", "."], capsys, "strips.tif")


def test_a_model_leads_to_no_network_elsewhere(place, capsys):
    (place.parent / "other/net.onnx").write_bytes(b"x")
    (place / "m.yaml").write_text(corpus.MODEL.replace("net.onnx", "../other/net.onnx"))
    refused(["count", "strips.tif", "--out", "o.csv", "--model", "m.yaml", "--within", "."], capsys, "net.onnx")


@pytest.mark.parametrize("text", [corpus.VRT, *corpus.POINTERS])
def test_what_only_points_to_an_image_is_refused_with_or_without(place, text):
    (place / "points.tif").write_text(text.replace("strips.tif", "../other/strips.tif"))
    for places in ((), (place,)):
        with within(*places), pytest.raises(InputError):
            describe(place / "points.tif")


def test_a_run_that_stays_within_is_as_any_other(place):
    assert status_of(configured(place, more=", zones: zones.geojson")) == 0
    assert (place / "out/a/report/index.html").exists()


def test_the_fence_is_for_the_block_only(place):
    outside = place.parent / "other"
    with within(place, "s3://bucket", "https://example.org"):
        refuse_host("s3://bucket/a.tif")
        refuse_host("https://example.org/a")
        for url in ("s3://others/a", "http://example.org:8080/a", "https://a.example.org"):
            with pytest.raises(InputError, match="--within allows"):
                refuse_host(url)
        with pytest.raises(InputError):
            refuse_outside(outside)
        with within():
            refuse_outside(outside)
        with pytest.raises(InputError):
            refuse_writing(Path(sitedelta.__file__).parent)
    refuse_outside(outside)
    refuse_beside(outside / "strips.tif")
    refuse_host("https://nowhere.example")


@pytest.mark.parametrize("odd", ["strips.tif", "https://"])
@pytest.mark.usefixtures("place")
def test_what_is_no_folder_and_no_host_is_refused(odd):
    with pytest.raises(InputError, match="--within"), within(odd):
        pass


class _Reads:
    def __init__(self, path):
        self.path = path

    def run(self):
        return describe(self.path)


def test_the_fence_goes_with_work_to_other_processes(place):
    work = _Reads(place.parent / "other/strips.tif")
    assert carried(work) is work
    with within(place):
        sent = carried(work)
    assert isinstance(packed(carried), bytes)
    with pytest.raises(InputError, match="--within"):
        sent.run()
