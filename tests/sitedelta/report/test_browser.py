"""The page in a real browser, driven through its debugging protocol."""

import asyncio
import base64
import json
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from tornado.websocket import websocket_connect

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")


class Tab:
    """One page."""

    def __init__(self, port: int) -> None:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=30) as answer:
            target = next(t for t in json.load(answer) if t["type"] == "page")
        self.loop = asyncio.new_event_loop()
        self.socket = self._wait(lambda: websocket_connect(target["webSocketDebuggerUrl"], max_message_size=2**28))
        self.events: list[dict[str, Any]] = []
        self.number = 0
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def _wait(self, begin: Callable[[], Any]) -> Any:
        async def work() -> Any:
            return await asyncio.wait_for(begin(), 60)

        return self.loop.run_until_complete(work())

    def _read(self) -> dict[str, Any]:
        return json.loads(self._wait(self.socket.read_message))

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        self.number += 1
        text = json.dumps({"id": self.number, "method": method, "params": params})
        self._wait(lambda: self.socket.write_message(text))
        while (message := self._read()).get("id") != self.number:
            self.events.append(message)
        assert "error" not in message, message
        return message["result"]

    def open(self, page: Path, *, width: int = 1280, height: int = 900, dark: bool = False) -> None:
        self.events.clear()
        phone = width < 600
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[scheme])
        self.send("Page.navigate", url=page.as_uri())
        while not any(e["method"] == "Page.loadEventFired" for e in self.events):
            self.events.append(self._read())

    def js(self, expression: str) -> Any:
        result = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def key(self, name: str) -> None:
        code = {"ArrowRight": 39, "ArrowLeft": 37, "Tab": 9, " ": 32}[name]
        for kind in ("keyDown", "keyUp"):
            self.send("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code)

    def shot(self, *, whole: bool = False) -> np.ndarray:
        data = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        return cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)

    @property
    def complaints(self) -> list[dict[str, Any]]:
        bad = ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled")
        return [e for e in self.events if e["method"] in bad]

    @property
    def requests(self) -> list[str]:
        urls = [e["params"]["request"]["url"] for e in self.events if e["method"] == "Network.requestWillBeSent"]
        return [u for u in urls if not u.startswith("data:")]


@pytest.fixture(scope="module")
def tab(tmp_path_factory):
    command = [CHROMIUM, *QUIET, f"--user-data-dir={tmp_path_factory.mktemp('profile')}", "about:blank"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            port = next(m[1] for line in process.stderr if (m := re.search(r"listening on ws://[^:]+:(\d+)", line)))
            yield Tab(int(port))
        finally:
            process.terminate()


@pytest.fixture
def page(site) -> Path:
    return site.store.report / "index.html"


@pytest.mark.parametrize("which", ["site", "pixel_site", "hostile_site"])
def test_page_runs_under_its_own_policy_and_asks_for_nothing(which, request, tab):
    page = request.getfixturevalue(which).store.report / "index.html"
    tab.open(page)
    assert tab.js("document.querySelectorAll('.stage.slider').length") == 3
    assert tab.complaints == []
    assert tab.requests == [page.as_uri()]


def test_slider_moves_by_keyboard(page, tab):
    tab.open(page)
    clip = "getComputedStyle(document.querySelector('.after .frame')).clipPath"
    assert "50%" in tab.js(clip)
    tab.js("document.querySelector('.cut').focus()")
    tab.key("ArrowRight")
    tab.key("ArrowRight")
    assert tab.js("document.querySelector('.cut').value") == "52"
    assert "52%" in tab.js(clip)


def test_slider_shows_before_on_the_left_and_after_on_the_right(page, tab):
    tab.open(page)
    tab.js("document.documentElement.style.scrollBehavior = 'auto'")
    tab.js("document.querySelector('.stage').scrollIntoView()")
    for value, differs in (("0", True), ("100", False)):
        tab.js(f"c=document.querySelector('.cut');c.value={value};c.dispatchEvent(new Event('input'))")
        shown = "document.querySelector('.after .frame').getBoundingClientRect()"
        at = tab.js(f"(r => [r.x + r.width * 0.47, r.y + r.height * 0.2])({shown})")
        hit = tab.js(f"document.elementsFromPoint({at[0]}, {at[1]}).some(e => e.closest('.after .frame'))")
        assert hit == differs


@pytest.mark.parametrize("layer", ["regions", "arrived-aircraft", "departed-aircraft", "stayed-aircraft"])
def test_layers_switch_off_and_on(page, tab, layer):
    tab.open(page)
    seen = f"getComputedStyle(document.querySelector('.layer.key-{layer}')).display"
    assert tab.js(seen) != "none"
    tab.js(f"document.querySelector('[data-layer={layer}]').click()")
    assert tab.js(seen) == "none"
    tab.js(f"document.querySelector('[data-layer={layer}]').click()")
    assert tab.js(seen) != "none"


def test_modes_and_zoom(page, tab):
    tab.open(page)
    tab.js("document.querySelector('[data-mode=side]').click()")
    assert tab.js("document.querySelector('.stage').className") == "stage side"
    boxes = tab.js(
        "[...document.querySelectorAll('.pair')[0].querySelectorAll('.stage .frame')].map(f => f.offsetLeft)"
    )
    assert boxes[1] > boxes[0] + 300
    box = "[...document.querySelectorAll('.pair')[0].querySelectorAll('.image')].map(i => i.getAttribute('viewBox'))"
    tab.js("document.querySelector('[data-zoom=in]').click()")
    assert tab.js(box) == ["120 90 240 180"] * 2
    assert tab.js("document.querySelector('.stage .furniture text').textContent") == "20 m"
    tab.js("document.querySelector('[data-zoom=whole]').click()")
    assert tab.js(box) == ["0 0 480 360"] * 2
    tab.js("document.querySelector('.show').click()")
    assert float(tab.js(box)[0].split()[2]) < 480


def test_show_centres_both_images_on_the_place(page, tab):
    tab.open(page)
    row, col = tab.js("(b => [b.dataset.row, b.dataset.col])(document.querySelector('.chip.arrived .show'))")
    tab.js("document.querySelector('.chip.arrived .show').click()")
    x, y, w, h = map(float, tab.js("document.querySelector('.stage .image').getAttribute('viewBox')").split())
    assert x <= float(col) <= x + w
    assert y <= float(row) <= y + h


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_sticks_out(page, tab, width):
    tab.open(page, width=width)
    assert tab.js("document.documentElement.scrollWidth") <= width


def test_dark_and_light(page, tab):
    tab.open(page, dark=True)
    dark = tab.shot()
    tab.open(page)
    assert dark[5, 5].mean() < 60 < 200 < tab.shot()[5, 5].mean()


def test_controls_have_names(page, tab):
    tab.open(page)
    nodes = tab.send("Accessibility.getFullAXTree")["nodes"]
    roles = {"button", "checkbox", "slider", "link", "image"}
    found = [n for n in nodes if n.get("role", {}).get("value") in roles and not n.get("ignored")]
    assert len(found) > 40
    assert [n for n in found if not n.get("name", {}).get("value")] == []


def test_page_prints_both_images_beside_each_other(page, tab):
    tab.open(page)
    paper = base64.b64decode(tab.send("Page.printToPDF", printBackground=True)["data"])
    assert paper.startswith(b"%PDF")
    tab.send("Emulation.setEmulatedMedia", media="print")
    assert tab.js("getComputedStyle(document.querySelector('.after .frame')).clipPath") == "none"
    assert tab.js("getComputedStyle(document.querySelector('nav')).display") == "none"


def test_slider_follows_the_pointer(page, tab):
    tab.open(page)
    tab.js("document.documentElement.style.scrollBehavior = 'auto'")
    tab.js("document.querySelector('.stage').scrollIntoView()")
    frame = "document.querySelector('.stage .frame').getBoundingClientRect()"
    x, y, width = tab.js(f"(r => [r.x, r.y + r.height / 3, r.width])({frame})")
    for kind, share in (("mousePressed", 0.5), ("mouseMoved", 0.7), ("mouseReleased", 0.7)):
        at = {"x": x + share * width, "y": y}
        tab.send("Input.dispatchMouseEvent", type=kind, button="left", buttons=1, clickCount=1, **at)
    assert 68 <= float(tab.js("document.querySelector('.cut').value")) <= 72
