"""A real browser, driven through its debugging protocol."""

import asyncio
import base64
import json
import re
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
        """Press a key: a named one, or a character (a capital comes with Shift)."""
        known = {"ArrowRight": 39, "ArrowLeft": 37, "ArrowUp": 38, "ArrowDown": 40, "Tab": 9, "Enter": 13, "Escape": 27}
        shift = 8 if len(name) == 1 and name.isupper() else 0
        code = known.get(name) or ord(name.upper())
        text = {} if name in known else {"text": name}
        self.send(
            "Input.dispatchKeyEvent", type="keyDown", key=name, windowsVirtualKeyCode=code, modifiers=shift, **text
        )
        self.send("Input.dispatchKeyEvent", type="keyUp", key=name, windowsVirtualKeyCode=code, modifiers=shift)

    def keys(self, *names: str) -> None:
        for name in names:
            self.key(name)

    def type(self, text: str) -> None:
        self.send("Input.insertText", text=text)

    def click(self, x: float, y: float) -> None:
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, button="left", buttons=1, clickCount=1, x=x, y=y)

    def until(self, holds: Callable[[], Any], *, seconds: float = 10) -> None:
        """Wait until something holds in the page."""
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, "it never came to hold"
            time.sleep(0.02)

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


@contextmanager
def browser(profile: Path) -> Iterator[Tab]:
    """Start a browser of its own and give its page."""
    command = [str(CHROMIUM), *QUIET, f"--user-data-dir={profile}", "about:blank"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            port = next(m[1] for line in process.stderr if (m := re.search(r"listening on ws://[^:]+:(\d+)", line)))
            yield Tab(int(port))
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def tab(tmp_path_factory):
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture
def page(site) -> Path:
    return site.store.report / "index.html"
