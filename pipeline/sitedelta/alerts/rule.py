"""A rule of the configuration, for one zone of one site."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sitedelta.errors import ConfigError
from sitedelta.words.wording import area, counted, many

if TYPE_CHECKING:
    from sitedelta.alerts.setting import Alert
    from sitedelta.settings.config import Site

SITE = "site"
EACH = "*"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule in one zone."""

    alert: "Alert"
    zone: str
    place: str
    """The zone's name for a reader."""

    @property
    def key(self) -> str:
        """Name the rule by all that decides when it is met; its own name is not part of that."""
        said = self.alert.model_dump(mode="json", exclude={"name", "zone"}) | {"zone": self.zone}
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:12]

    @property
    def label(self) -> str:
        return self.alert.of or ""

    @property
    def words(self) -> str:
        """Say what the rule waits for."""
        return f"{self._what()} at {self.place}{self._looks()}"

    def _what(self) -> str:
        a = self.alert
        if a.when == "area":
            return f"more than {area(a.area_m2 or 0)} of changed ground"
        if a.when == "appears":
            return f"{many(self.label)} where there were none"
        if a.when == "drift":
            return f"a usual number of {many(self.label)} that rises or falls {a.factor:g} times"
        if a.when == "change":
            sizes = [counted(a.n, self.label)] if a.n is not None else []
            sizes += [f"{a.percent:g} %"] if a.percent is not None else []
            of = "" if a.n is not None else f" of the {many(self.label)}"
            return f"a change of more than {' and '.join(sizes)}{of}"
        than = "more" if a.when == "above" else "fewer"
        return f"{than} than {a.n} {many(self.label)}"

    def _looks(self) -> str:
        return f", on {self.alert.looks} images in a row" if self.alert.looks > 1 else ""


def rules_of(alerts: Sequence["Alert"], names: dict[str, str]) -> tuple[Rule, ...]:
    """Give the rules of a site, each once; those of zones that it does not have are left out.

    Parameters
    ----------
    names
        Reader's name of each zone by its id, the site's own first.
    """
    found = [Rule(a, zone, names[zone]) for a in alerts for zone in _zones(a, names) if zone in names]
    return tuple({r.key: r for r in found}.values())


def _zones(alert: "Alert", names: dict[str, str]) -> Sequence[str]:
    return tuple(names) if alert.zone == EACH else (alert.zone,)


def check_zones(site: "Site", zones: Sequence[str]) -> None:
    """Refuse a rule for a zone that the site does not have.

    Rules of the whole file are for those sites that have their zone, and are not looked at.

    Raises
    ------
    ConfigError
        Which rule, which zone, and which zones there are.
    """
    known = {SITE, EACH, *zones}
    for alert in site.alerts:
        if alert.zone not in known:
            has = f"its zones are {', '.join(zones)}" if zones else "it has none"
            raise ConfigError(f"site {site.id}: an alert is for the zone {alert.zone!r}: {has}; or leave `zone:` out")
