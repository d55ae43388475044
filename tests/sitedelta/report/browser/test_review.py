"""Review in the page, in a real browser: decide by keyboard and pointer, keep, undo, export, and take the file in."""

import base64
import json
import shutil
from pathlib import Path

import pytest

from sitedelta.cli import status_of
from sitedelta.report.build import build
from sitedelta.review.apply import apply_review
from sitedelta.review.verbs import review_list
from sitedelta.site import Site, open_site

STATE = "[...document.querySelectorAll('[role=option]')].map(o => o.textContent)"
CHOSEN = "document.querySelector('[aria-selected=true]').textContent"
KEPT = "document.querySelector('[data-part=kept]').textContent"
SAID = "document.querySelector('[data-part=say]').textContent"
TEXT = "document.querySelector('[data-part=text]').value"


def click(tab, selector: str) -> None:
    tab.js(f"document.querySelector({json.dumps(selector)}).click()")


def choose(tab, name: str, value: str) -> None:
    field = f"document.querySelector('[data-filter={name}]')"
    tab.js(f"f={field}; f.value={json.dumps(value)}; f.dispatchEvent(new Event('input', {{bubbles: true}}))")


def start(tab, page: Path, *, name: str = "A. Analyst", clean: bool = True) -> None:
    tab.open(page)
    if clean:
        tab.js("localStorage.clear()")
        tab.open(page)
    click(tab, "[data-part=open]")
    if name:
        tab.js("document.querySelector('[data-part=who]').select()")
        tab.type(name)
    tab.js("document.querySelector('[role=listbox]').focus()")


def export(tab) -> dict:
    click(tab, "[data-part=export]")
    return json.loads(tab.js(TEXT))


def taken(site: Site, file: Path, capsys) -> tuple[int, int]:
    """Import a file on the command line; give how many decisions were new and known."""
    assert status_of(["review", "import", str(site.store.root), str(file), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    return told["taken"], told["known"]


def page_of(site: Site) -> Path:
    return site.store.report / "index.html"


def test_nothing_is_drawn_until_it_is_asked_for(site, tab):
    tab.open(page_of(site))
    assert tab.js("getComputedStyle(document.querySelector('.desk')).display") == "none"
    assert tab.js("document.querySelectorAll('[role=option], .desk .mark').length") == 0


def test_decisions_by_keyboard_reach_the_ledger_and_the_next_report(site, tab, tmp_path, capsys):
    site = open_site(shutil.copytree(site.store.root, tmp_path / "copy"))
    tab.send("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path), eventsEnabled=True)
    start(tab, page_of(site))
    choose(tab, "class", "aircraft")
    choose(tab, "order", "score")
    assert len(tab.js(STATE)) == 6
    assert tab.js("document.activeElement.getAttribute('role')") == "listbox"
    tab.keys("a", "r", "2", "u")
    assert [s.rsplit("score ", 1)[1][4:] for s in tab.js(STATE)[:4]] == [
        "accepted", "rejected", "re-classed", "cannot be told",
    ]  # fmt: skip
    tab.keys("m", "ArrowRight", "ArrowRight", "ArrowDown", "Enter")
    tab.key("z")
    assert tab.js(SAID).startswith("Undone.")
    tab.keys("m", "ArrowRight", "ArrowRight", "ArrowUp", "Enter")
    tab.keys("V", "ArrowLeft", "Enter")
    assert "vehicle added" in tab.js(SAID).lower()
    click(tab, "[data-part=searches] button")
    assert tab.js(KEPT) == "7 decisions, kept in this browser; 7 not exported yet."
    assert tab.complaints == []
    assert tab.requests == [page_of(site).as_uri()]

    shown = export(tab)
    file = tmp_path / "test-base-review.json"
    tab.until(lambda: file.is_file() and file.read_text() == tab.js(TEXT))
    said = {(d["review"], d.get("id")): d for d in shown["decisions"]}
    assert shown["format"] == "sitedelta-review-1"
    assert [r for r, _ in said] == ["accept", "reject", "reclass", "unsure", "move", "add", "complete"]
    assert {d["reviewer"] for d in shown["decisions"]} == {"A. Analyst"}
    assert said["reclass", "s13-aircraft-2"]["new_class"] == "vehicle"
    moved = said["move", "s13-aircraft-4"]
    assert (moved["new_row"] - moved["site_row"], moved["new_col"] - moved["site_col"]) == (-1, 2)

    assert taken(site, file, capsys) == (7, 0)
    listed = review_list(site.store.root).set_index("finding")
    assert listed.loc["s13-aircraft-1", "standing"] == "reject by A. Analyst"
    assert listed.loc["s13-aircraft-2", "standing"] == "reclass as vehicle by A. Analyst"
    assert taken(site, file, capsys) == (0, 7)

    apply_review(site.store)
    build(open_site(site.store.root))
    start(tab, page_of(site))
    choose(tab, "class", "aircraft")
    choose(tab, "order", "score")
    tab.js("document.querySelectorAll('[role=option]')[1].click()")
    facts = tab.js("document.querySelector('[data-part=what]').textContent")
    assert "In the report: reject by A. Analyst" in facts
    assert "looked at by A. Analyst" in tab.js("document.querySelector('#observations').textContent")


def test_a_pointer_places_what_the_machine_missed(site, tab):
    start(tab, page_of(site))
    tab.js("document.documentElement.style.scrollBehavior = 'auto'")
    click(tab, ".sight [data-zoom=whole]")
    click(tab, "[data-add=vehicle]")
    tab.js("document.querySelector('.sight .frame').scrollIntoView({block: 'center'})")
    tab.js("new Promise(requestAnimationFrame).then(() => 1)")
    x, y, w, h = tab.js(
        "(r => [r.x, r.y, r.width, r.height])(document.querySelector('.sight .frame').getBoundingClientRect())"
    )
    tab.click(x + w * (200.5 / 480), y + h * (300.5 / 360))
    click(tab, "[data-part=confirm]")
    (added,) = export(tab)["decisions"]
    assert (added["review"], added["class"], added["scene"]) == ("add", "vehicle", "s13")
    assert (added["site_row"], added["site_col"]) == pytest.approx((300, 200), abs=2.5)
    assert tab.js("document.querySelectorAll('.mark.add').length") == 1
    tab.js("document.querySelector('[role=listbox]').focus()")
    tab.key("t")
    assert tab.js("document.querySelectorAll('.mark.add').length") == 0


def test_a_mark_in_the_picture_chooses_its_finding(site, tab):
    start(tab, page_of(site))
    choose(tab, "class", "vehicle")
    tab.js(
        "document.querySelectorAll('.marks .mark rect.halo')[3].dispatchEvent(new MouseEvent('click', {bubbles: true}))"
    )
    box = tab.js("document.querySelector('.mark.chosen').getAttribute('transform')")
    assert box == tab.js("document.querySelectorAll('.marks .mark')[3].getAttribute('transform')")


def test_decisions_stay_when_the_page_is_closed_and_go_on_from_a_file(site, tab):
    start(tab, page_of(site))
    tab.keys("a", "r")
    first = export(tab)
    start(tab, page_of(site), name="", clean=False)
    assert tab.js("document.querySelector('[data-part=who]').value") == "A. Analyst"
    assert tab.js(KEPT) == "2 decisions, kept in this browser; all exported."
    assert export(tab)["decisions"] == first["decisions"]
    start(tab, page_of(site), name="B")
    assert tab.js(KEPT) == "You have decided nothing yet."
    give(tab, json.dumps(first))
    tab.until(lambda: "2 decisions" in tab.js(SAID))
    assert export(tab)["decisions"] == first["decisions"]
    give(tab, json.dumps(first | {"site": "another"}))
    tab.until(lambda: "another" in tab.js(SAID))
    give(tab, "{")
    tab.until(lambda: "cannot be used" in tab.js(SAID))
    assert tab.complaints == []


def give(tab, text: str) -> None:
    """Hand a file to the page."""
    data = base64.b64encode(text.encode()).decode()
    tab.js(
        f"t = new DataTransfer(); t.items.add(new File([atob('{data}')], 'given.json'));"
        "f = document.querySelector('[data-part=file]'); f.files = t.files; f.dispatchEvent(new Event('change'))"
    )


def test_where_nothing_can_be_kept_the_page_says_so_and_still_exports(site, tab):
    deny = "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError'); }})"
    script = tab.send("Page.addScriptToEvaluateOnNewDocument", source=deny)["identifier"]
    try:
        start(tab, page_of(site), clean=False)
        tab.keys("a", "a", "z")
        assert tab.js(KEPT).startswith("1 decision, kept only until this page is closed")
        assert len(export(tab)["decisions"]) == 1
    finally:
        tab.send("Page.removeScriptToEvaluateOnNewDocument", identifier=script)
    assert tab.complaints == []


def test_a_decision_waits_for_a_name(site, tab):
    start(tab, page_of(site), name="")
    tab.key("r")
    assert "Give your name first" in tab.js(SAID)
    assert tab.js("document.activeElement.dataset.part") == "who"
    tab.type("C")
    tab.js("document.querySelector('[data-part=who]').blur()")
    assert [d["review"] for d in export(tab)["decisions"]] == ["reject"]


def test_keys_do_nothing_while_somebody_writes(site, tab):
    start(tab, page_of(site))
    tab.key("n")
    tab.type("a rather small one")
    tab.keys("a", "r")
    assert tab.js(KEPT) == "You have decided nothing yet."
    tab.js("document.querySelector('[data-part=note]').blur()")
    click(tab, "[data-verdict=accept]")
    (said,) = export(tab)["decisions"]
    assert said["note"] == "a rather small onear"


def test_filters_narrow_the_list(site, tab):
    start(tab, page_of(site))
    whole = len(tab.js(STATE))
    assert whole == 6 + 5 + 2
    choose(tab, "class", "vehicle")
    assert len(tab.js(STATE)) == 5
    choose(tab, "zone", "apron")
    assert tab.js("document.querySelector('.tally').textContent") == "No finding is left by this choice."
    choose(tab, "zone", "")
    choose(tab, "low", "0.85")
    assert len(tab.js(STATE)) == 3
    choose(tab, "low", "0")
    tab.js("document.querySelector('[role=listbox]').focus()")
    tab.key("a")
    choose(tab, "state", "open")
    assert len(tab.js(STATE)) == 4
    choose(tab, "scene", "s06")
    assert len(tab.js(STATE)) == 3


def test_hostile_text_stays_text_in_the_review(hostile_site, tab):
    start(tab, page_of(hostile_site), name="<img src=x onerror=alert(1)>")
    tab.key("n")
    tab.type("</textarea><script>alert(1)</script>")
    tab.js("document.querySelector('[data-part=note]').blur(); document.querySelector('[role=listbox]').focus()")
    tab.keys("a", "k")
    assert tab.js("document.querySelectorAll('#review img, #review b, #review script:not([type])').length") == 0
    assert "<img src=x" in tab.js("document.querySelector('[data-part=what]').textContent")
    (said,) = export(tab)["decisions"]
    assert said["reviewer"] == "<img src=x onerror=alert(1)>"
    assert tab.complaints == []
    assert tab.requests == [page_of(hostile_site).as_uri()]
