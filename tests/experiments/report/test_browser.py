"""The report in a browser: it asks nobody for anything, sorts, enlarges, fits and prints."""

import base64
import re
from pathlib import Path

import pytest

from tests.experiments.report.browser import CHROMIUM, Browser

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")]

TABLE = "document.querySelector('#overview table.sortable:not(.judged)')"
HEADS = f"[...{TABLE}.tHead.rows[0].cells]"
DOWNTIME = f"{HEADS}.find(head => head.textContent.startsWith('Downtime'))"
FIGURE = "document.querySelector('#overview figure')"
MOST_SHEETS = 8


def policies(browser: Browser) -> list[str]:
    """The policies of the summary, from top to bottom."""
    return list(browser.look(f"[...{TABLE}.querySelectorAll('tbody th')].map(cell => cell.textContent)"))


def places(browser: Browser) -> list[str]:
    """Where the navigation leads."""
    return list(browser.look("[...document.querySelectorAll('nav a')].map(a => a.hash)"))


def shown(browser: Browser) -> list[str]:
    """The pages that are seen."""
    visible = "[...document.querySelectorAll('main > section')].filter(s => s.checkVisibility())"
    return list(browser.look(f"{visible}.map(s => s.getAttribute('aria-labelledby') ?? s.id)"))


def test_nothing_is_asked_of_anybody_and_nothing_goes_wrong(browser: Browser, report: Path) -> None:
    for place in places(browser):
        browser.go(place)
    told = [(event.get("method"), event.get("params", {})) for event in browser.events]
    asked = {of["request"]["url"] for method, of in told if method == "Network.requestWillBeSent"}
    assert asked == {report.as_uri()}
    wrong = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")
    assert [of for method, of in told if method in wrong] == []


def test_a_click_on_a_heading_sorts_up_then_down_then_not_at_all(browser: Browser) -> None:
    before = policies(browser)
    browser.click(f"{DOWNTIME}.querySelector('button')")
    assert browser.look(f"{DOWNTIME}.ariaSort") == "ascending"
    assert browser.look(f"{HEADS}.map(head => head.ariaSort).filter(sort => sort != 'none').length") == 1
    assert policies(browser)[0] == "policy-3"
    assert sorted(policies(browser)) == sorted(before)
    browser.look(f"{DOWNTIME}.querySelector('button').focus()")
    browser.press("Enter")
    assert browser.look(f"{DOWNTIME}.ariaSort") == "descending"
    assert policies(browser)[0] == "policy-2"
    browser.press("Enter")
    assert browser.look(f"{DOWNTIME}.ariaSort") == "none"
    assert policies(browser) == before


def test_a_plot_opens_large_and_escape_closes_it(browser: Browser) -> None:
    opened = "document.getElementById('enlarged').open"
    wide = f"{FIGURE}.querySelector('svg').getBoundingClientRect().width"
    before = browser.look(wide)
    browser.look(f"{FIGURE}.querySelector('button').focus()")
    for open_it in (lambda: browser.click(f"{FIGURE}.querySelector('svg')"), lambda: browser.press("Enter")):
        open_it()
        assert browser.look(opened)
        assert browser.look("document.querySelector('#enlarged svg').getBoundingClientRect().width") > 0
        browser.press("Escape")
        assert not browser.look(opened)
        assert browser.look(wide) == before
        assert browser.look(f"document.activeElement.closest('figure') === {FIGURE}")


def test_one_page_is_shown_at_a_time(browser: Browser) -> None:
    assert shown(browser) == ["overview"]
    browser.click("[...document.querySelectorAll('nav a')].find(a => a.textContent === 'cart')")
    assert shown(browser) == ["service-cart"]
    assert browser.look("document.querySelector('[aria-current=page]').textContent") == "cart"
    browser.go("#comparison")
    assert shown(browser) == ["overview"]
    assert browser.look("document.getElementById('comparison').getBoundingClientRect().top") >= 0


def test_an_address_that_leads_nowhere_shows_the_first_page(browser: Browser) -> None:
    browser.go("#service-cart")
    for place in ("#nowhere", "#100%"):
        browser.go(place)
        assert shown(browser) == ["overview"]
        browser.go("#service-cart")
    assert not [event for event in browser.events if event.get("method") == "Runtime.exceptionThrown"]


def test_every_page_fits_on_a_phone(browser: Browser) -> None:
    browser.narrow(390)
    for place in places(browser):
        browser.go(place)
        assert browser.look("document.scrollingElement.scrollWidth") == 390, place


def test_the_timeline_of_an_outage_is_drawn_as_wide_as_its_page(browser: Browser) -> None:
    browser.go("#service-cart")
    drawn = "document.querySelector('.timeline .drawing svg')"
    assert browser.look(f"{drawn}.querySelectorAll('.bar').length") > 4
    wide = browser.look(f"{drawn}.viewBox.baseVal.width / {drawn}.getBoundingClientRect().width")
    assert wide == pytest.approx(1, abs=0.05)


def test_the_button_turns_the_colours(browser: Browser) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    before = browser.look(paper)
    browser.click("document.getElementById('colours')")
    after = browser.look(paper)
    assert after != before
    browser.click("document.getElementById('colours')")
    assert browser.look(paper) == before


def test_it_prints_on_few_sheets(browser: Browser) -> None:
    printed = base64.b64decode(browser.ask("Page.printToPDF", preferCSSPageSize=True)["data"])
    assert 2 < len(re.findall(rb"/Type /Page\b", printed)) <= MOST_SHEETS
