"""The report for those who see little, hear it, or have no mouse, as a browser shows it; `audit.js` looks."""

from pathlib import Path

import pytest

from tests.experiments.report.browser import CHROMIUM, Browser

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")]

AUDIT = Path(__file__).with_name("audit.js").read_text("utf-8")
NAMED = {
    *("application", "button", "dialog", "DisclosureTriangle", "image", "img", "link", "navigation", "region"),
    *("table", "textbox", "toolbar"),
}
"""Roles in the accessibility tree of that which needs a name."""
HEAT = """document.querySelectorAll('table.fold').forEach(table => {
  table.classList.add('heat');
  table.querySelectorAll('td').forEach(cell => cell.style.setProperty('--share', '100%'));
})"""
"""Colours cells as those that are all of a downtime."""
REACHED = "audit.reachable().indexOf(document.activeElement)"


@pytest.fixture(autouse=True)
def audited(browser: Browser) -> None:
    """Have the script in the page."""
    browser.look(f"{AUDIT}; 0")


def places(browser: Browser) -> list[str]:
    """Where the navigation leads."""
    return list(browser.look("[...document.querySelectorAll('nav a')].map(a => a.hash)"))


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(browser: Browser, colours: str) -> None:
    browser.see(colours)
    browser.look("document.querySelectorAll('details').forEach(each => { each.open = true })")
    browser.look(HEAT)
    for place in places(browser):
        browser.go(place)
        browser.stretch()
        assert browser.look("audit.faint()") == [], place


def test_a_faint_text_is_found_wherever_it_is(browser: Browser) -> None:
    browser.see("light")
    browser.stretch()
    browser.look("document.querySelector('h1').style.color = '#aaa'")
    browser.look("document.querySelector('thead th').style.background = 'black'")
    browser.look("document.querySelector('figure svg text').style.fill = '#ccc'")
    found = browser.look("audit.faint()")
    assert len(found) == 3, found


def test_the_page_its_headings_tables_and_pictures_are_marked_up(browser: Browser) -> None:
    assert browser.look("audit.structure()") == []


def test_all_that_is_used_or_looked_at_has_a_name(browser: Browser) -> None:
    browser.look("document.querySelectorAll('details').forEach(each => { each.open = true })")
    for place in places(browser):
        browser.go(place)
        nodes = browser.ask("Accessibility.getFullAXTree")["nodes"]
        seen = [node for node in nodes if not node["ignored"] and node["role"]["value"] in NAMED]
        assert len(seen) > len(places(browser))
        nameless = [node for node in seen if not node.get("name", {}).get("value", "").strip()]
        assert [node["role"]["value"] for node in nameless] == [], place


def test_tab_goes_through_all_controls_in_order_and_out_again(browser: Browser) -> None:
    for place in places(browser):
        browser.go(place)
        browser.look("document.activeElement.blur(), getSelection().removeAllRanges(), scrollTo(0, 0)")
        count = browser.look("audit.reachable().length")
        for shift in (False, True):
            browser.look(f"audit.reachable().at({-shift}).focus({{focusVisible: true}})")
            for expected in reversed(range(count)) if shift else range(count):
                assert browser.look(REACHED) == expected, place
                assert browser.look("audit.lost()") == [], place
                browser.press("Tab", shift)
            assert browser.look(REACHED) in (-1, count - 1 if shift else 0), place


def test_an_enlarged_picture_keeps_the_focus_and_gives_it_back(browser: Browser) -> None:
    browser.look("document.querySelector('#overview figure button').focus()")
    before = browser.look(REACHED)
    browser.press("Enter")
    inside = browser.look("audit.reachable(document.getElementById('enlarged')).length")
    met = set()
    for _ in range(2 * inside):
        met.add(browser.look("audit.reachable(document.getElementById('enlarged')).indexOf(document.activeElement)"))
        assert browser.look("document.activeElement === document.body ? [] : audit.lost()") == []
        browser.press("Tab")
    assert met >= set(range(inside))
    browser.look("document.querySelector('#enlarged [value=close]').focus()")
    browser.press("Enter")
    assert browser.look(REACHED) == before
