"""Sending what waits in the outboxes of sites: after the work, for a moment only, and never in its way."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sitedelta.alerts.outbox import folders
from sitedelta.alerts.webhook import webhook


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of messages."""

    sent: int = 0
    waiting: int = 0
    trouble: str | None = None
    """Why one could not be sent; it is tried again later."""


def deliver(address: str | None, sites: Sequence[Path]) -> Delivery:
    """Send what is due; the first failure ends it, as the others would go the same way.

    Parameters
    ----------
    address
        The webhook of the configuration; None sends nothing, and messages wait.
    sites
        Folders of sites.
    """
    hook, boxes = webhook(address), folders(sites)
    sent, trouble = 0, None
    for box in boxes if hook else ():
        if trouble is None and hook is not None:
            told = box.send(hook.send, now=time.time())
            sent, trouble = sent + told.sent, told.trouble
    return Delivery(sent, sum(len(b.waiting()) for b in boxes), trouble)


class Courier:
    """Sends what sites have to tell as soon as each is done; after a failure all waits for the next look."""

    def __init__(self, address: str | None) -> None:
        self._address, self._sent = address, 0
        self._trouble: str | None = None

    def carry(self, sites: Sequence[Path]) -> Delivery:
        """Send what these sites have to tell; give what became of all messages so far, and how many wait of these."""
        if self._trouble is None:
            done = deliver(self._address, sites)
            self._sent, self._trouble = self._sent + done.sent, done.trouble
        return Delivery(self._sent, sum(len(b.waiting()) for b in folders(sites)), self._trouble)
