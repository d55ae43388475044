"""Send a message to the address that the configuration names, signed; no other host ever hears of it."""

import hashlib
import hmac
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from threading import Thread
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

KEY = "SITEDELTA_WEBHOOK_KEY"
"""Environment variable that holds the secret with which messages are signed."""
PATIENCE_S = 10.0
"""How long a host may take for all of its answer, from the look-up of its name to the last byte."""
TAKEN = range(200, 300)


class _Stay(HTTPRedirectHandler):
    """Follows no redirect: it might lead to another host."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that takes messages."""

    address: str
    secret: str | None
    """None: messages are not signed."""
    patience_s: float = PATIENCE_S
    clock: Callable[[], float] = time.time

    def send(self, key: str, body: bytes) -> str | None:
        """Send one message; give why it could not be sent, in words that hold no secret, or None.

        Parameters
        ----------
        key
            Equal for a message that is sent again.
        """
        said: list[str | None] = []
        thread = Thread(target=lambda: said.append(self._exchange(key, body)), daemon=True)
        thread.start()
        thread.join(self.patience_s)
        return said[0] if said else f"{self.host} did not answer within {self.patience_s:g} s"

    def _exchange(self, key: str, body: bytes) -> str | None:
        request = Request(self.address, data=body, headers=self._headers(key, body), method="POST")  # noqa: S310 - checked
        try:
            with build_opener(_Stay).open(request, timeout=self.patience_s) as answer:
                status = answer.status
        except HTTPError as error:
            error.close()
            status = error.code
        except (URLError, OSError, HTTPException, ValueError) as error:
            reason = getattr(error, "reason", error)
            return f"{self.host} does not answer ({type(reason).__name__})"
        return None if status in TAKEN else f"{self.host} answers with status {status}"

    @property
    def host(self) -> str:
        """What may be said of the address: paths and queries often hold secrets."""
        return urlsplit(self.address).hostname or ""

    def _headers(self, key: str, body: bytes) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Idempotency-Key": key,
            "User-Agent": "sitedelta",
        }
        if self.secret is None:
            return headers
        now = int(self.clock())
        return headers | {"X-Sitedelta-Signature": f"t={now},v1={signature(self.secret, now, body)}"}


def signature(secret: str, when: int, body: bytes) -> str:
    """Give the HMAC-SHA256 of `<when>.<body>` as hexadecimal digits; `when` is in seconds since 1970."""
    return hmac.new(secret.encode(), f"{when}.".encode() + body, hashlib.sha256).hexdigest()


def webhook(address: str | None) -> Webhook | None:
    """Give the webhook of a configuration, with the secret that the environment holds."""
    if address is None:
        return None
    return Webhook(address, os.environ.get(KEY) or None)
