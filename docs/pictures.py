"""Make the pictures of the README from the rendered tiles: `python docs/pictures.py`. Needs Chromium or Chrome."""

import asyncio
import base64
import json
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
from PIL import Image
from tornado.websocket import websocket_connect

import sitedelta

HERE = Path(__file__).parent
TILES = HERE.parent / "sample_tiles" / "hmeimim"
BEFORE, AFTER = TILES / "hmeimim-20241210T0831Z-50cm.tif", TILES / "hmeimim-20241213T0754Z-50cm.tif"
QUIET = ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-port=0")
PANEL = 700, 960
"""Width and height of one part of the report, in pixels."""
GAP = 16
COLOURS = 120
MARKS = (
    (255, 176, 0),
    (94, 200, 255),
    (255, 240, 77),
    (255, 255, 255),
    (0, 0, 0),
    (29, 90, 150),
    (20, 110, 70),
    (160, 70, 20),
)


class Browser:
    """A browser with one page open, driven through its debugging protocol."""

    def __init__(self, port: int) -> None:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=30) as answer:
            pages = [t for t in json.load(answer) if t["type"] == "page"]
        self.loop = asyncio.new_event_loop()
        url = pages[0]["webSocketDebuggerUrl"]
        self.socket = self._done(lambda: websocket_connect(url, max_message_size=2**28))
        self.number = 0

    def _done(self, begin: Callable[[], Awaitable[Any]]) -> Any:
        async def work() -> Any:
            return await asyncio.wait_for(begin(), 60)

        return self.loop.run_until_complete(work())

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method and wait for what it says."""
        self.number += 1
        text = json.dumps({"id": self.number, "method": method, "params": params})
        self._done(lambda: self.socket.write_message(text))
        while True:
            said = json.loads(self._done(self.socket.read_message))
            if said.get("id") == self.number:
                return dict(said["result"])

    def shot(self, page: Path, place: str) -> np.ndarray:
        """Show a page and take a picture of the part that begins with the element of a CSS selector."""
        width, height = PANEL
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.send("Page.navigate", url=page.as_uri())
        wait = "new Promise(r => document.readyState == 'complete' ? r() : addEventListener('load', () => r()))"
        self.send("Runtime.evaluate", expression=wait, awaitPromise=True)
        where = f"document.querySelector({json.dumps(place)}).getBoundingClientRect().top + scrollY"
        top = self.send("Runtime.evaluate", expression=where)["result"]["value"]
        clip = {"x": 0, "y": top, "width": width, "height": height, "scale": 1}
        data = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)["data"]
        return cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)[..., ::-1]


def report(folder: Path) -> np.ndarray:
    """Run the sample site and show the beginning of its report beside one of its pairs."""
    (result,) = sitedelta.run(HERE.parent / "configs" / "sample.yaml", site="hmeimim", out=folder)
    return shown(result.report, folder)


def shown(page: Path, folder: Path) -> np.ndarray:
    """Show parts of a page beside each other."""
    programs = filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))
    command = [next(programs), *QUIET, f"--user-data-dir={folder / 'profile'}", "about:blank"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - the browser just found
        try:
            said = (re.search(r"listening on ws://[^:]+:(\d+)", line) for line in process.stderr or ())
            browser = Browser(int(next(m[1] for m in said if m)))
            parts = [browser.shot(page, place) for place in ("body", "#pairs")]
        finally:
            process.terminate()
    gap = np.full((PANEL[1], GAP, 3), 200, np.uint8)
    return np.hstack([parts[0], gap, parts[1]])


def compared(folder: Path) -> np.ndarray:
    """Compare two plain pictures, as screenshots are: no place, no date, another zoom and another cut."""
    shots = folder / "before.png", folder / "after.png"
    for path, tile, box in zip(shots, (BEFORE, AFTER), ((200, 30, 980, 820), (230, 60, 990, 810)), strict=True):
        left, top, right, bottom = box
        Image.open(tile).convert("RGB").crop((left, top, right, bottom)).save(path)
    sitedelta.compare(*shots, gsd=0.5, out=folder / "compared")
    drawn = np.asarray(Image.open(folder / "compared" / "compare.png").convert("RGB"))
    return cv2.resize(drawn, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)


def save(picture: np.ndarray, name: str) -> None:
    """Write a small PNG: few colours are enough to see what there is, those of the marks among them."""
    image = Image.fromarray(picture)
    few = image.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    palette = Image.new("P", (1, 1))
    palette.putpalette([*(few.getpalette() or [])[: 3 * COLOURS], *np.ravel(MARKS).tolist()])
    image.quantize(palette=palette, dither=Image.Dither.NONE).save(HERE / name, optimize=True)


if __name__ == "__main__":
    with TemporaryDirectory() as made:
        save(compared(Path(made)), "compare.png")
        save(report(Path(made) / "sites"), "report.png")
