"""A report with a bit of everything, and a browser in which it is open."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from experiments.design.objective import Objective
from experiments.runner import run as runner
from experiments.timeline.timeline import Replays
from tests.experiments import fakes
from tests.experiments.fakes import Unit
from tests.experiments.report.browser import Browser
from tests.experiments.report.timelines import OUTAGE


@pytest.fixture(scope="package")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of six policies, the fourth of which is the best."""
    better = (2.0, 5.0, 1.0, 9.0, 3.0, 4.0)
    units = {f"policy-{number}": Unit(864000.0 * times, 1800.0) for number, times in enumerate(better)}
    asked = (Objective("frontend", 0.99), Objective("cart", 60.0, metric="outagesPerYear"))
    found = runner.run(fakes.plan(units, objectives=asked), replications=20, simulate=fakes.simulate)
    outage = replace(OUTAGE, service="cart")
    return found.to_html(tmp_path_factory.mktemp("report") / "report.html", Replays({"cart": [outage]}))


@pytest.fixture
def browser(report: Path, tmp_path: Path) -> Iterator[Browser]:
    browser = Browser(tmp_path)
    browser.open(report)
    yield browser
    browser.close()
