"""Reading the page in a real browser: pictures, layers, charts, width, colours, paper."""

import base64

import pytest


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


@pytest.mark.parametrize("layer", ["objects", "zones"])
def test_layers_that_begin_hidden(page, tab, layer):
    tab.open(page)
    seen = f"[...document.querySelectorAll('#pair-2 .layer.key-{layer}')].map(g => getComputedStyle(g).display)"
    assert tab.js(seen) == ["none", "none"]
    tab.js(f"document.querySelector('#pair-2 [data-layer={layer}]').click()")
    assert tab.js(seen) == ["inline", "inline"]


def test_each_date_shows_its_own_objects(page, tab):
    tab.open(page)
    own = "[...document.querySelectorAll('#pair-2 .key-objects .line')].map(u => u.getAttribute('href'))"
    assert tab.js(own) == ["#objects-0", "#objects-3"]
    boxes = "document.querySelectorAll('#objects-3 path')[0].getAttribute('d').split('M').length - 1"
    assert tab.js(boxes) == 6


def test_blink_shows_one_date_and_then_the_other(page, tab):
    tab.open(page)
    tab.js("document.querySelector('#pair-2 [data-mode=blink]').click()")
    seen = "getComputedStyle(document.querySelector('#pair-2 .after .frame')).visibility"
    first = tab.js(seen)
    tab.until(lambda: tab.js(seen) != first)


def test_pictures_zoom_and_move_by_keyboard_wheel_and_pointer(page, tab):
    tab.open(page)
    tab.js("document.documentElement.style.scrollBehavior = 'auto'")
    box = "document.querySelector('#pair-2 .image').getAttribute('viewBox').split(' ').map(Number)"
    tab.js(
        "document.querySelector('#pair-2 .stage').scrollIntoView(); document.querySelector('#pair-2 .stage').focus()"
    )
    tab.keys("+", "+", "ArrowRight", "ArrowDown")
    assert tab.js(box) == [198, 148.5, 120, 90]
    tab.key("0")
    assert tab.js(box) == [0, 0, 480, 360]
    frame = "document.querySelector('#pair-2 .frame').getBoundingClientRect()"
    x, y, w, h = tab.js(f"(r => [r.x, r.y, r.width, r.height])({frame})")
    at = {"x": x + w / 4, "y": y + h / 4}
    tab.send("Input.dispatchMouseEvent", type="mouseWheel", deltaX=0, deltaY=-300, modifiers=2, **at)
    tab.until(lambda: tab.js(box)[2] < 400)
    wide = tab.js(box)
    assert wide[0] + wide[2] / 4 == pytest.approx(120, abs=2)
    for kind, dx in (("mousePressed", 0), ("mouseMoved", -40), ("mouseReleased", -40)):
        tab.send(
            "Input.dispatchMouseEvent", type=kind, button="left", buttons=1, clickCount=1, x=at["x"] + dx, y=at["y"]
        )
    assert tab.js(box)[0] == pytest.approx(wide[0] + 40 * wide[2] / w, abs=1)
    assert tab.complaints == []


def test_a_chart_is_read_date_by_date_and_zoomed(page, tab):
    tab.open(page)
    plot = "document.querySelector('.plot')"
    said = f"{plot}.querySelector('.readout').textContent"
    tab.js(f"{plot}.focus()")
    tab.key("ArrowRight")
    assert tab.js(said).startswith("6 December 2024: 4 aircraft (90 % interval 4")
    tab.key("ArrowRight")
    assert tab.js(said) == "9 December 2024: not observable (cloud over 98 % of the zone)"
    ticks = f"[...{plot}.querySelectorAll('.dates text')].map(t => t.textContent)"
    before = tab.js(ticks)
    tab.keys("+", "+")
    assert tab.js(ticks) != before
    assert len(tab.js(f"[...{plot}.querySelectorAll('.mark[hidden]')].map(m => 1)")) > 0
    tab.key("0")
    assert tab.js(ticks) == before
    assert tab.complaints == []
