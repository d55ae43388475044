"""How large a report's page is and how soon it shows: a site of ten dates of real 2560 x 2560 images.

    python -m tests.benchmarks.bench_page AIRBUS          # make the page of ten dates (page_site.py) and measure it
    python -m tests.benchmarks.bench_page --page FILE     # measure a page that is there

AIRBUS is a folder with `images/`, `annotations.csv` and `sites.json` (site to names of images).
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.benchmarks.machine import machine
from tests.benchmarks.page_site import write_page
from tests.sitedelta.report.browser.conftest import Tab, browser

DATES = 10
RUNS = 7


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured of one page."""

    megabytes: float
    first_paint_ms: float
    """Median over fresh starts of the page; the browser's own figure."""
    slowest_ms: float
    loaded_ms: float
    """Until the load event, median."""
    review_ms: float
    """From the click on the button to the list of findings, median."""
    complaints: int
    """Console messages and errors."""
    requests: int
    """Beyond the page itself."""


@contextmanager
def opened() -> Iterator[Tab]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, browser(Path(folder)) as tab:
        yield tab


def measure(page: Path) -> Figures:
    """Open a page again and again, each time in a browser that has never seen it."""
    paints, loads, reviews = [], [], []
    complaints = requests = 0
    for _ in range(RUNS):
        with opened() as tab:
            tab.open(page)
            tab.until(lambda tab=tab: tab.js(_PAINT) is not None, seconds=60)
            paints.append(float(tab.js(_PAINT)))
            loads.append(float(tab.js("performance.getEntriesByType('navigation')[0].loadEventEnd")))
            reviews.append(float(tab.js(_REVIEW)))
            complaints += len(tab.complaints)
            requests += len(set(tab.requests) - {page.as_uri()})
    return Figures(
        page.stat().st_size / 1e6, median(paints), max(paints), median(loads), median(reviews), complaints, requests
    )


_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
_REVIEW = """new Promise((done) => {
  const start = performance.now();
  document.querySelector('[data-part=open]').click();
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
})"""


def told(figures: Figures) -> str:
    """Give the figures as a table."""
    rows = [
        ("size", f"{figures.megabytes:.1f} MB"),
        ("first paint, median of 7 fresh browsers", f"{figures.first_paint_ms:.0f} ms"),
        ("slowest of them", f"{figures.slowest_ms:.0f} ms"),
        ("loaded", f"{figures.loaded_ms:.0f} ms"),
        ("review opened", f"{figures.review_ms:.0f} ms"),
        ("messages on the console", str(figures.complaints)),
        ("requests beyond the page", str(figures.requests)),
    ]
    return "\n".join(["| page | measured |", "|---|---|", *(f"| {a} | {b} |" for a, b in rows)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path)
    parser.add_argument("--page", type=Path)
    parser.add_argument("--dates", type=int, default=DATES)
    args = parser.parse_args()
    if args.page is None and args.data is None:
        parser.error("give AIRBUS, or --page")
    with tempfile.TemporaryDirectory() as folder:
        page = args.page or write_page(args.data, Path(folder), args.dates)
        found = measure(page.resolve())
    sys.stdout.write(f"{machine()}\n{told(found)}\n")


if __name__ == "__main__":
    main()
