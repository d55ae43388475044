from datetime import UTC, date, datetime
from pathlib import Path
from typing import get_args

import pytest

from rasterdelta.difference.auto import INDICES, MethodChoice
from sitedelta.errors import ConfigError
from sitedelta.settings.config import Config, Imagery, Method, Site, load_config

GOOD = """\
output: out
sites:
  - id: base
    imagery:
      - {path: images/*.tif}
      - path: shot.png
        date: 2024-12-13
        gsd: 0.5
"""


@pytest.fixture
def load(tmp_path):
    def write_and_load(text: str) -> Config:
        path = tmp_path / "site.yaml"
        path.write_text(text, encoding="utf-8")
        return load_config(path)

    return write_and_load


def test_paths_are_relative_to_the_file(load, tmp_path):
    config = load(GOOD.replace("out\n", "../elsewhere\n"))
    assert config.output == tmp_path.parent / "elsewhere"
    assert config.sites[0].imagery[0].path == tmp_path / "images" / "*.tif"


def test_thousands_of_sites_are_read(load):
    sites = "".join(f"  - {{id: s{k}, count: [], imagery: [{{path: in/{k}}}]}}\n" for k in range(3000))
    assert len(load(f"output: out\nsites:\n{sites}").sites) == 3000


def test_rules_are_about_what_a_site_counts(load):
    own = "    count: [aircraft]\n    alerts: [{when: area, area_m2: 9}, {when: appears, of: %s}]\n"
    every = "alerts: [{when: appears, of: vehicle}, {when: below, of: aircraft, n: 2}, {when: area, area_m2: 5}]\n"
    found = load(every + GOOD + own % "aircraft")
    assert [a.when for a in found.alerts_of(found.sites[0])] == ["below", "area", "area", "appears"]
    with pytest.raises(ConfigError, match=r"alerts\[1\] is on vehicle, which `count:` leaves out"):
        load(GOOD + own % "vehicle")


def test_defaults(load):
    site = load(GOOD).sites[0]
    assert (site.name, site.aoi, site.zones, site.count) == ("base", None, None, ("aircraft", "vehicle"))
    assert (site.change.method, site.change.min_area_m2, dict(site.limits)) == ("auto", 20.0, {})
    assert site.imagery[1] == Imagery(path=site.imagery[1].path, date=date(2024, 12, 13), gsd=0.5)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2024-12-13", date(2024, 12, 13)),
        ("20241213", date(2024, 12, 13)),
        ('"2024-12-13"', date(2024, 12, 13)),
        ("2024-12-13T08:12Z", datetime(2024, 12, 13, 8, 12, tzinfo=UTC)),
        ("2024-12-13 08:12", datetime(2024, 12, 13, 8, 12, tzinfo=UTC)),
        ("2024-12-13T11:12:05+03:00", datetime(2024, 12, 13, 8, 12, 5, tzinfo=UTC)),
    ],
)
def test_dates(load, written, read):
    found = load(GOOD.replace("2024-12-13", written)).sites[0].imagery[1].date
    assert found == read
    assert type(found) is type(read)


@pytest.mark.parametrize(
    ("old", "new", "line", "place", "words"),
    [
        ("gsd: 0.5", "gsd: -1", 8, "sites[0].imagery[1].gsd", "greater than 0, not -1"),
        ("gsd: 0.5", "gsd: 0", 8, "sites[0].imagery[1].gsd", "greater than 0"),
        ("gsd: 0.5", "gsd: 1001", 8, "sites[0].imagery[1].gsd", "at most 1000"),
        ("gsd: 0.5", "gsd: .nan", 8, "sites[0].imagery[1].gsd", "finite"),
        ("gsd: 0.5", "gsd: .inf", 8, "sites[0].imagery[1].gsd", ""),
        ("gsd: 0.5", "gsd: true", 8, "sites[0].imagery[1].gsd", "must be a number"),
        ("gsd: 0.5", "gsd: 0.5 m", 8, "sites[0].imagery[1].gsd", "without unit"),
        ("gsd: 0.5", "gds: 0.5", 8, "sites[0].imagery[1].gds", "unknown key; did you mean 'gsd'?"),
        ("gsd: 0.5", "kind: radar", 8, "sites[0].imagery[1].kind", "'optical' or 'sar'"),
        ("gsd: 0.5", "bands: []", 8, "sites[0].imagery[1].bands", "must not be empty"),
        ("gsd: 0.5", "bands: [red, red]", 6, "sites[0].imagery[1]", "same name"),
        ("2024-12-13", "2024-02-30", 7, "sites[0].imagery[1].date", "day is out of range for month"),
        ("2024-12-13", "yesterday", 7, "sites[0].imagery[1].date", "not a date; write 2024-12-13"),
        ("2024-12-13", "1.5", 7, "sites[0].imagery[1].date", "not a date"),
        ("shot.png", "ftp://example.org/a.tif", 6, "sites[0].imagery[1].path", "no address"),
        ("shot.png", '"a\\0b"', 6, "sites[0].imagery[1].path", "must be a path"),
        ("shot.png", '""', 6, "sites[0].imagery[1].path", "empty"),
        ("output: out", "output: ftp://host/x", 1, "output", "no address that can be read"),
        ("output: out\n", "", 1, "output", "is missing"),
        ("id: base", "id: ../base", 3, "sites[0].id", "lower-case letters"),
        ("id: base", "id: Base", 3, "sites[0].id", "lower-case letters"),
        ("id: base", "id: '-'", 3, "sites[0].id", "lower-case letters"),
        ("id: base", "id: 7", 3, "sites[0].id", "put it in quotes"),
        ("id: base", f"id: {'a' * 61}", 3, "sites[0].id", "60 characters"),
        ("id: base", "id: base\n    count: [tank]", 4, "sites[0].count[0]", "'aircraft' or 'vehicle', not 'tank'"),
        ("id: base", "id: base\n    aoi: [36, 35, 35, 36]", 4, "sites[0].aoi", "out of order"),
        ("id: base", "id: base\n    aoi: [35, 36, 36, 35]", 4, "sites[0].aoi", "out of order"),
        ("id: base", "id: base\n    aoi: [35, 36, 361, 37]", 4, "sites[0].aoi", "out of range"),
        ("id: base", "id: base\n    aoi: [.nan, 36, 36, 37]", 4, "sites[0].aoi", "out of range"),
        ("id: base", "id: base\n    aoi: [35, 36]", 4, "sites[0].aoi", "four numbers"),
        ("id: base", "id: base\n    change: {metod: auto}", 4, "sites[0].change.metod", "did you mean 'method'?"),
        ("id: base", "id: base\n    change: {method: x}", 4, "sites[0].change.method", "'auto', 'cva'"),
        ("id: base", "id: base\n    change: {false_alarm_rate: 0}", 4, "sites[0].change.false_alarm_rate", ""),
        ("id: base", "id: base\n    change: fast", 4, "sites[0].change", "group of keys"),
        ("id: base", "id: base\n    limits: {tank: 1.0}", 4, "sites[0].limits.tank", "'aircraft' or 'vehicle'"),
        ("id: base", "id: base\n    limits: {vehicle: 0}", 4, "sites[0].limits.vehicle", "greater than 0"),
        ("id: base", "id: base\n    modl: m.yaml", 4, "sites[0].modl", "unknown key"),
        ("sites:", "sites: []\nsite:", 3, "site", "did you mean 'sites'?"),
    ],
)
def test_mistakes_are_one_line_with_file_line_and_place(load, tmp_path, old, new, line, place, words):
    with pytest.raises(ConfigError) as caught:
        load(GOOD.replace(old, new, 1))
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'site.yaml'}, line {line}, {place}: ")
    assert words in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no keys"),
        ("- a\n", "holds no keys"),
        ("output: a\x07b\n", "is not allowed"),
        ("output: out\n\tsites: []\n", "line 2, column 1: not valid YAML"),
        ("output: [out\n", "not valid YAML"),
        ("output: out\noutput: out\n", "line 2: key 'output' stands twice (first in line 1)"),
        ("output: &a out\nsites: *a\n", "line 2: aliases"),
        ("? [a, b]\n: c\n", "a key must be a single word"),
        ("output: !!python/object/apply:os.system [ls]\n", "not valid YAML"),
        ("output: out\n---\noutput: out\n", "not valid YAML"),
        ("a: " + "[" * 3000, "20 levels"),
        ("a: [" + "1," * 210_000 + "]", "more than 200000 values"),
        ("a: " + "x" * 1_000_001, "larger than 1 MB"),
        (GOOD + GOOD.partition("sites:\n")[2], "line 2, sites: two sites have the id 'base'"),
        (GOOD.partition("imagery")[0] + "imagery: []\n", "sites[0].imagery: must not be empty"),
    ],
)
def test_unusable_files(load, tmp_path, text, words):
    with pytest.raises(ConfigError) as caught:
        load(text)
    assert words in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "site.yaml"))
    assert "\n" not in str(caught.value)


def test_absent_and_binary_files(tmp_path):
    (tmp_path / "b.yaml").write_bytes(b"\xff\xfe\x00")
    for path, words in [(tmp_path / "a.yaml", "no such file"), (tmp_path / "b.yaml", "UTF-8"), (tmp_path, "folder")]:
        with pytest.raises(ConfigError, match=words):
            load_config(path)


def test_the_first_of_several_mistakes_is_named_and_the_others_counted(load):
    with pytest.raises(
        ConfigError, match=r"line 4, sites\[0\]\.change\.min_area_m2: must be at least 0.*\(and 1 more\)"
    ):
        load(GOOD.replace("0.5", "-1").replace("id: base", "id: base\n    change: {min_area_m2: -1}"))


def test_models_are_frozen_and_made_without_a_file():
    site = Site(id="a", imagery=(Imagery(path=Path("/x.tif")),))
    with pytest.raises(ValueError, match="frozen"):
        site.id = "b"
    assert site.name == "a"


def test_every_key_is_described():
    for model in (Config, Site, Imagery):
        assert all(len(field.description or "") > 10 for field in model.model_fields.values())


def test_methods_are_those_of_the_kernels():
    assert get_args(Method) == (*get_args(MethodChoice), *INDICES)
