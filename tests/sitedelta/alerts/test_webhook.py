"""Messages are signed, kept until they are taken, and go to nobody else."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Event, Thread

import pytest

from sitedelta.alerts.entry import Entry
from sitedelta.alerts.outbox import FIRST_S, Outbox
from sitedelta.alerts.webhook import KEY, Webhook, signature, webhook

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Heard:
    """A server that answers with one status after the other, then with the last."""

    statuses: list[int]
    address: str = ""
    messages: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    goes_to: str = ""


@contextmanager
def server(*statuses: int) -> Iterator[Heard]:
    heard = Heard(list(statuses))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.messages.append((dict(self.headers), body))
            status = heard.statuses.pop(0) if len(heard.statuses) > 1 else heard.statuses[0]
            self.send_response(status)
            if status in (301, 302, 307, 308):
                self.send_header("Location", heard.goes_to)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as one:
        heard.address = f"http://127.0.0.1:{one.server_port}/hook?token=geheim"
        thread = Thread(target=one.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield heard
        finally:
            one.shutdown()
            thread.join()


def entry(alert="a1", text="Many: 20 aircraft."):
    return Entry(
        NOW, "fired", "base", "r", alert, "Many", "site", "aircraft", "", NOW, NOW, None, "s1", 20, 19, 23, text,
        late=False, false_alarms="about one false alert in 7 months", per_month=1 / 7,
    )  # fmt: skip


def test_a_message_is_signed_and_names_itself():
    with server(200) as heard:
        assert Webhook(heard.address, "key", clock=lambda: 1700.9).send("k1", b'{"a": 1}') is None
    ((headers, body),) = heard.messages
    assert body == b'{"a": 1}'
    assert headers["Idempotency-Key"] == "k1"
    assert headers["Content-Type"].startswith("application/json")
    assert headers["X-Sitedelta-Signature"] == f"t=1700,v1={signature('key', 1700, body)}"


def test_the_signature_is_hmac_sha256():
    want = "b29bdd9dbbcba7cc4d2b0a5a1b3a6d9e"
    found = signature("key", 1, b"body")
    assert len(found) == 64
    assert found != want
    assert found != signature("other", 1, b"body")
    assert found != signature("key", 2, b"body")


def test_without_a_key_a_message_is_not_signed(monkeypatch):
    monkeypatch.delenv(KEY, raising=False)
    with server(204) as heard:
        assert webhook(heard.address).send("k1", b"{}") is None
    assert "X-Sitedelta-Signature" not in heard.messages[0][0]
    monkeypatch.setenv(KEY, "s")
    assert webhook("https://example.org/h").secret == "s"
    assert webhook(None) is None


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(status):
    with server(200) as other, server(status) as heard:
        heard.goes_to = other.address
        said = Webhook(heard.address, "key").send("k1", b"{}")
    assert said == f"127.0.0.1 answers with status {status}"
    assert other.messages == []


def test_trouble_is_said_without_what_may_be_secret():
    with server(500) as heard:
        said = Webhook(heard.address, "key").send("k1", b"{}")
    assert said == "127.0.0.1 answers with status 500"
    gone = Webhook(heard.address, "key", patience_s=2).send("k1", b"{}")
    assert gone == "127.0.0.1 does not answer (ConnectionRefusedError)"
    assert "geheim" not in said + gone


def test_a_host_that_answers_by_drops_holds_nobody_up():
    with socket.create_server(("127.0.0.1", 0)) as one:

        def drip() -> None:
            caller, _ = one.accept()
            with caller, suppress(OSError):
                while not done.wait(0.05):
                    caller.sendall(b"H")

        done = Event()
        thread = Thread(target=drip, daemon=True)
        thread.start()
        began = time.monotonic()
        why = Webhook(f"http://127.0.0.1:{one.getsockname()[1]}/hook", None, patience_s=0.3).send("k1", b"{}")
        took = time.monotonic() - began
        done.set()
        thread.join()
    assert why == "127.0.0.1 did not answer within 0.3 s"
    assert took < 5


def test_messages_wait_until_they_are_taken(tmp_path):
    box = Outbox(tmp_path / "outbox")
    box.put([entry("a1"), entry("a2")])
    box.put([entry("a1")])  # written again after a crash
    assert len(box.waiting()) == 2
    with server(503, 500, 200) as heard:
        hook = Webhook(heard.address, "key")
        first = box.send(hook.send, now=1000.0)
        assert (first.sent, first.waiting, first.trouble) == (0, 2, "127.0.0.1 answers with status 503")
        assert len(heard.messages) == 1
        second = box.send(hook.send, now=1001.0)  # the first waits; the other is due and fails too
        assert (second.sent, second.waiting) == (0, 2)
        assert box.send(hook.send, now=1000.0 + FIRST_S - 1).trouble is None
        assert len(heard.messages) == 2
        last = box.send(hook.send, now=1001.0 + FIRST_S)
        assert (last.sent, last.waiting, last.trouble) == (2, 0, None)
    keys = [h["Idempotency-Key"] for h, _ in heard.messages]
    assert len(keys) == 4
    assert sorted(keys[2:]) == sorted(keys[:2])
    said = json.loads(heard.messages[-1][1])
    assert said["text"] == "Many: 20 aircraft."
    assert said["key"] in keys


def test_waits_double_up_to_hours(tmp_path):
    box = Outbox(tmp_path / "outbox")
    box.put([entry()])
    now, waits = 0.0, []
    for _ in range(14):
        box.send(lambda *_: "no", now=now)
        (message,) = box.waiting()
        waits.append(message.due - now)
        now = message.due
    assert waits[:3] == [30, 60, 120]
    assert waits[-1] == 6 * 3600


def test_a_damaged_message_is_left_alone(tmp_path):
    box = Outbox(tmp_path)
    (tmp_path / "x.json").write_text("{")
    box.put([entry()])
    assert box.send(lambda *_: None, now=0.0).sent == 1
    assert (tmp_path / "x.json").exists()
