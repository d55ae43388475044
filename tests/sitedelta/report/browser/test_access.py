"""No serious fault of accessibility, by axe-core in a real browser."""

import importlib.util
import json
from pathlib import Path

import pytest

from sitedelta.report.sitespage import write_sites_page


@pytest.fixture(scope="module")
def axe() -> str:
    """Give axe-core, which a Python package carries; only tests use it."""
    found = importlib.util.find_spec("axe_playwright_python")
    if found is None or not found.submodule_search_locations:
        pytest.skip("axe-core is not installed: pip install --no-deps axe-playwright-python")
    return (Path(found.submodule_search_locations[0]) / "axe.min.js").read_text(encoding="utf-8")


def faults(tab, axe: str) -> list[str]:
    """Give what axe finds serious or critical, with the places."""
    tab.send("Runtime.evaluate", expression=axe)
    tab.send("Runtime.evaluate", expression="axe.configure({allowedOrigins: ['<unsafe_all_origins>']})")
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    passed, found = json.loads(
        tab.js(f"axe.run({json.dumps(rules)}).then(r => JSON.stringify([r.passes.length, r.violations]))")
    )
    assert passed > 20
    bad = [v for v in found if v["impact"] in ("serious", "critical", "moderate")]
    return [f"{v['id']} ({v['impact']}): {n['target']} {n.get('failureSummary', '')}" for v in bad for n in v["nodes"]]


@pytest.mark.parametrize("dark", [False, True])
def test_the_page_of_a_site(site, tab, axe, dark):
    tab.open(site.store.report / "index.html", dark=dark)
    tab.js("document.querySelector('[data-part=open]').click(); document.querySelector('.keys').open = true")
    assert faults(tab, axe) == []


def test_the_page_of_a_site_on_a_phone(hostile_site, tab, axe):
    tab.open(hostile_site.store.report / "index.html", width=390)
    tab.js("document.querySelector('[data-part=open]').click()")
    assert faults(tab, axe) == []


def test_the_page_over_all_sites(site, pixel_site, tab, axe):
    tab.open(write_sites_page(site.store.root.parent, [site, pixel_site]))
    assert faults(tab, axe) == []
