"""What the page over all sites shows of one."""

from dataclasses import dataclass

from sitedelta.words.sentences import Sentence

WIDE, HIGH = 150, 40
"""Of a drawing of counts over time, pixels."""


@dataclass(frozen=True, slots=True)
class Spark:
    """Counts over time in a few pixels."""

    band: str
    """SVG points of the outline of the intervals."""
    line: str
    dots: tuple[tuple[float, float], ...]
    gaps: tuple[float, ...]
    """Where nothing was observable."""
    width: int = WIDE
    height: int = HIGH


@dataclass(frozen=True, slots=True)
class CountView:
    """One class at one site."""

    what: str
    sentence: Sentence
    last: str
    """The last count that can be compared with others, with its interval and date."""
    spark: Spark | None


@dataclass(frozen=True, slots=True)
class SiteView:
    """One site."""

    id: str
    name: str
    href: str
    images: int
    last_look: str
    lon: float | None
    lat: float | None
    counts: tuple[CountView, ...]
    alerts: str = ""
    """How its rules stand; empty where it has none."""
