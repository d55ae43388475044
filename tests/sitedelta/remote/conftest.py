"""What tests of remote things share with those of STAC."""

import importlib.util
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location("stac_conftest", Path(__file__).parents[1] / "stac" / "conftest.py")
_stac = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_stac)

serve, quick, big, world = _stac.serve, _stac.quick, _stac.big, _stac.world


@pytest.fixture(scope="session")
def s3_server():
    """Give the address of an S3 server (moto) on this machine."""
    moto = pytest.importorskip("moto.server", reason="moto is not installed")
    running = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def bucket(s3_server, monkeypatch, tmp_path):
    """Give the file system of an empty bucket `results`; its key lives as long as a test."""
    s3fs = pytest.importorskip("s3fs", reason="s3fs is not installed")
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "hush-never-written",
        "AWS_ENDPOINT_URL": s3_server, "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1", "SITEDELTA_STAGING": str(tmp_path / "here"),
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    fs = s3fs.S3FileSystem(use_listings_cache=False)
    if fs.exists("results"):
        fs.rm("results", recursive=True)
    fs.mkdir("results")
    yield fs
    s3fs.S3FileSystem.clear_instance_cache()
