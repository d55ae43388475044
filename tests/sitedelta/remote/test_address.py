"""Addresses: which may stand in a configuration, what is written down of them, and what they may lead to."""

import pytest

from sitedelta.errors import ConfigError, InputError
from sitedelta.remote.address import checked, host_of, joined, plain
from sitedelta.remote.reach import reach_of
from sitedelta.remote.web import parsed
from sitedelta.settings.config import load_config


@pytest.mark.parametrize(
    "url",
    ["https://user:hush@example.org/stac", "https://user@example.org", "https://example.org/a?sig=hush",
     "https://example.org/a?X-Amz-Signature=hush", "https://example.org/a?api_key=hush", "s3://hush:hush@bucket/a"],
)  # fmt: skip
def test_secrets_are_refused_and_not_repeated(url, tmp_path):
    with pytest.raises(ValueError, match=r"take it out") as caught:
        checked(url)
    assert "hush" not in str(caught.value)
    path = tmp_path / "sites.yaml"
    path.write_text(f"output: out\nsites:\n  - id: a\n    aoi: [1, 2, 3, 4]\n    imagery:\n      - stac: '{url}'\n")
    with pytest.raises(ConfigError, match=r"line 6, sites\[0\]\.imagery\[0\]\.stac: .*take it out") as told:
        load_config(path)
    assert "hush" not in str(told.value)


@pytest.mark.parametrize(
    "url", ["ftp://example.org/a", "file:///etc/passwd", "https://", "https://a b/", "https://x:99999/"]
)
def test_other_addresses_are_refused(url):
    with pytest.raises(ValueError, match=r"address"):
        checked(url)


def test_what_is_written_down_has_no_secret():
    assert plain("https://user:hush@example.org:8080/a/b.tif?sig=hush#hush") == "https://example.org:8080/a/b.tif"
    assert plain("/a/b?c") == "/a/b?c"
    assert plain("https://[hush") == "https://..."


def test_hosts_and_references():
    assert host_of("https://Example.org:443/a") == "example.org"
    assert host_of("http://example.org:8080/a") == "example.org:8080"
    assert host_of("s3://Bucket/key") == "s3://bucket"
    assert joined("s3://bucket/a/catalog.json", "./b/item.json") == "s3://bucket/a/b/item.json"
    assert joined("https://example.org/a/c.json", "/b.tif") == "https://example.org/b.tif"


def test_a_catalogue_on_the_web_leads_to_its_host_and_to_named_ones():
    reach = reach_of("https://example.org/stac", ["*.store.example", "s3://bucket"])
    base = "https://example.org/stac/item.json"
    assert reach.follow("a.tif", base) == "https://example.org/stac/a.tif"
    assert reach.follow("https://eu.store.example/a.tif", base) == "https://eu.store.example/a.tif"
    assert reach.follow("s3://bucket/a.tif", base) == "s3://bucket/a.tif"
    odd = ("https://store.example/a.tif", "//evil.example/a", "https://example.org.evil/a", "https://example.org:22/")
    odd += (
        "s3://other/a",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
        "/vsicurl/x",
        "ftp://example.org/a",
        "",
    )
    for href in odd:
        with pytest.raises(InputError):
            reach.follow(href, base)


def test_a_catalogue_in_a_folder_leads_to_files_below_it(tmp_path):
    (tmp_path / "stac").mkdir()
    (tmp_path / "secret").write_text("x")
    (tmp_path / "stac" / "link").symlink_to(tmp_path / "secret")
    base = str(tmp_path / "stac" / "catalog.json")
    reach = reach_of(base, [])
    assert reach.follow("./a/b.tif", base) == str(tmp_path / "stac" / "a" / "b.tif")
    assert reach.follow(f"file://{tmp_path}/stac/a.tif", base) == str(tmp_path / "stac" / "a.tif")
    for href in ("../secret", str(tmp_path / "secret"), "link", "https://example.org/a.tif", "a/../../secret"):
        with pytest.raises(InputError, match=r"leads to"):
            reach.follow(href, base)


@pytest.mark.parametrize("text", ["", "<html>", "[" * 100_000, '{"a": '])
def test_what_is_no_json_is_one_line(text):
    with pytest.raises(InputError, match=r"is not JSON that can be read"):
        parsed(text, "https://example.org/a")


def test_documents_are_bounded(serve, tmp_path, monkeypatch):
    from sitedelta.remote.web import Web

    (tmp_path / "big.json").write_text("[" + "1," * 100_000 + "1]")
    server = serve(tmp_path)
    monkeypatch.setattr("sitedelta.remote.web.MOST_BYTES", 10_000)
    with pytest.raises(InputError, match=r"big\.json: is larger than"):
        Web(reach_of(server.url, [])).document(f"{server.url}/big.json")
