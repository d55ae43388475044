"""A web server on this machine that serves files by ranges and counts what it gives; scenes that stand on it."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from numpy.typing import NDArray
from pyproj import Transformer

CRS = "EPSG:32636"
CORNER = (766_000.0, 3_923_000.0)
GSD = 2.0
SITE = (766_450.0, 3_922_050.0, 766_950.0, 3_922_550.0)
"""Left, bottom, right, top of the site, metres."""


def lonlat(left: float, bottom: float, right: float, top: float) -> list[float]:
    """Give west, south, east, north of a rectangle in metres."""
    return [
        round(v, 9) for v in Transformer.from_crs(CRS, 4326, always_xy=True).transform_bounds(left, bottom, right, top)
    ]


AOI = lonlat(*SITE)


@dataclass
class Server:
    """Files of a folder over HTTP."""

    folder: Path
    port: int = 0
    served: dict[str, int] = field(default_factory=dict)
    """Bytes of bodies by path."""
    asked: list[str] = field(default_factory=list)
    """Method and path of each request."""
    failing: dict[str, list[int]] = field(default_factory=dict)
    """Statuses to answer next, by path; 0 cuts the connection."""
    cut: dict[str, list[int]] = field(default_factory=dict)
    """Bytes after which the next answers break off, by path."""
    ranges: list[str] = field(default_factory=list)
    """Ranges that were asked for."""
    moved: dict[str, str] = field(default_factory=dict)
    """Where a path was moved to."""
    by_parts: bool = True
    """Whether it gives ranges of bytes, or whole files alone."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def bytes_of(self, ending: str) -> int:
        return sum(n for path, n in self.served.items() if path.split("?")[0].endswith(ending))


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, server: Server, *args: Any) -> None:
        self.state = server
        super().__init__(*args, directory=str(server.folder))

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        state = self.state
        state.asked.append(f"{self.command} {self.path}")
        plain = self.path.split("?")[0]
        if state.failing.get(plain):
            status = state.failing[plain].pop(0)
            if status == 0:
                self.close_connection = True
                return
            self._head(status, {"Content-Length": "0"})
            return
        if plain in state.moved:
            self._head(302, {"Location": state.moved[plain], "Content-Length": "0"})
            return
        file = Path(self.translate_path(self.path))
        if file.is_dir() and plain.endswith("/"):
            names = sorted(p.name + "/" * p.is_dir() for p in file.iterdir())
            page = "".join(f'<a href="{n}">{n}</a>' for n in ["../", "?C=N;O=D", *names]).encode()
            self._head(200, {"Content-Length": str(len(page)), "Content-Type": "text/html"})
            self.wfile.write(page)
            return
        if not file.is_file():
            self._head(404, {"Content-Length": "0"})
            return
        first, last, size = self._range(file.stat().st_size)
        whole = "Range" not in self.headers or not state.by_parts
        told = {"Content-Length": str(last - first), "ETag": f'"{size}-of-{file.name}"'}
        told |= {"Accept-Ranges": "bytes"} if state.by_parts else {}
        told |= {"Last-Modified": "Fri, 13 Dec 2024 10:00:00 GMT"}
        self._head(
            200 if whole else 206, told if whole else {**told, "Content-Range": f"bytes {first}-{last - 1}/{size}"}
        )
        if body:
            with file.open("rb") as opened:
                opened.seek(first)
                data = opened.read(last - first)
            state.ranges += [self.headers["Range"]] if not whole else []
            if len(data) > 1 and state.cut.get(plain):
                data = data[: state.cut[plain].pop(0)]
                self.close_connection = True
            try:
                self.wfile.write(data)
            except OSError:
                return
            state.served[self.path] = state.served.get(self.path, 0) + len(data)

    def _range(self, size: int) -> tuple[int, int, int]:
        said = self.headers.get("Range", "").removeprefix("bytes=") if self.state.by_parts else ""
        if not said:
            return 0, size, size
        first, _, last = said.partition("-")
        return int(first), min(int(last) + 1 if last else size, size), size

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


@pytest.fixture
def serve() -> Iterator[Callable[[Path], Server]]:
    """Serve a folder on a port of this machine."""
    running: list[ThreadingHTTPServer] = []

    def start(folder: Path) -> Server:
        state = Server(folder)
        http = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, state))
        http.daemon_threads = True
        state.port = http.server_port
        threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        running.append(http)
        return state

    yield start
    for http in running:
        http.shutdown()
        http.server_close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for nothing between attempts."""
    monkeypatch.setattr("sitedelta.remote.web._WAITS_S", (0.0, 0.0, 0.0))
    monkeypatch.setattr("sitedelta.remote.vsi._OPTIONS", {**_options(), "GDAL_HTTP_RETRY_DELAY": 0.01})


def _options() -> dict[str, Any]:
    from sitedelta.remote.vsi import _OPTIONS

    return dict(_OPTIONS)


def write_cog(path: Path, pixels: NDArray[Any], *, gsd: float = GSD, **profile: Any) -> Path:
    """Write (band, row, column) as a tiled GeoTIFF from the common corner."""
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {"crs": CRS, "transform": Affine(gsd, 0, CORNER[0], 0, -gsd, CORNER[1])} | profile
    with rasterio.open(
        path, "w", driver="GTiff", count=len(pixels), height=pixels.shape[1], width=pixels.shape[2],
        dtype=pixels.dtype, tiled=True, blockxsize=256, blockysize=256, **told,
    ) as out:  # fmt: skip
        out.write(pixels)
    return path


def item(name: str, day: str, assets: dict[str, dict[str, Any]], **properties: Any) -> dict[str, Any]:
    """Make a STAC item whose footprint holds the site."""
    west, south, east, north = AOI[0] - 0.01, AOI[1] - 0.01, AOI[2] + 0.01, AOI[3] + 0.01
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": [],
        "id": name,
        "collection": "scenes",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "bbox": [west, south, east, north],
        "properties": {"datetime": f"{day}T08:12:00Z", "platform": "ExampleSat-1", **properties},
        "links": [{"rel": "collection", "href": "./collection.json"}],
        "assets": assets,
    }


def image(href: str, *bands: str, **more: Any) -> dict[str, Any]:
    """Make an asset that is an image."""
    named = [{"name": b, "common_name": b} for b in bands]
    kind = "image/tiff; application=geotiff; profile=cloud-optimized"
    return {"href": href, "type": kind, "roles": ["data"], **({"eo:bands": named} if named else {}), **more}


def put(path: Path, content: object) -> Path:
    """Write JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


@pytest.fixture(scope="session")
def big() -> NDArray[np.uint8]:
    """Give 3072 x 3072 pixels in three bands that no compression makes smaller."""
    return np.random.default_rng(0).integers(1, 250, (3, 3072, 3072), np.uint8)


@dataclass(frozen=True)
class World:
    """What tests of STAC build with."""

    aoi = tuple(AOI)
    write_cog = staticmethod(write_cog)
    item = staticmethod(item)
    image = staticmethod(image)
    put = staticmethod(put)


@pytest.fixture(scope="session")
def world() -> World:
    return World()
