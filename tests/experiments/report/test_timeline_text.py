"""The timeline of an outage as text: the columns of `kubectl get events`, fitted to the terminal."""

import io

import pytest

from experiments.findings.outages import Outage
from experiments.report.timeline_text import outage_table, show, since
from tests.experiments.report.timelines import OUTAGE


def shown(width: int | None = None) -> list[str]:
    file = io.StringIO()
    show(OUTAGE, file, width)
    return file.getvalue().splitlines()


def test_an_event_is_a_line_with_the_endpoints_of_its_time() -> None:
    assert shown()[:6] == [
        "web under as-shipped: down for 2h39m on day 2.5 of replication 3, most of it due to node-crash",
        "TIME       UP     TYPE     REASON      OBJECT        MESSAGE",
        "-12.3s     1/1/1  Normal   Scheduled   Pod/web-r0-0  Successfully assigned web-r0-0 to a-1",
        "0s         0/1/1  Fact     NodeDown    Node/a-1      The node is down, and all that runs on it: node-crash",
        "+52.3s     0/0/1  Warning  BackOff     Pod/web-r0-0  Back-off restarting failed container (x7 over 5m)",
        "+2h39m00s  1/1/1  Fact     OutageEnds  Service/web   web is up again after 2h39m: 1 of 1 answer",
    ]


def test_what_is_left_out_is_said_and_the_columns_are_explained() -> None:
    assert "note: Not shown: 2 further pods" in shown()[6]
    assert "TIME counts from the beginning of the outage" in shown()[7]


@pytest.mark.parametrize("width", [60, 80, 100])
def test_it_fits_the_terminal(width: int) -> None:
    lines = shown(width)
    assert max(map(len, lines)) <= width
    words = " ".join(" ".join(lines).split())
    assert "The node is down, and all that runs on it: node-crash" in words
    assert "Back-off restarting failed container (x7 over 5m)" in words


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (0.0, "0s"),
        (-0.04, "0s"),
        (0.1, "+0.1s"),
        (-59.9, "-59.9s"),
        (59.96, "+1m00s"),
        (3599.6, "+1h00m00s"),
        (-90061.0, "-1d01h01m01s"),
    ],
)
def test_a_time_is_relative_to_the_beginning(time: float, text: str) -> None:
    assert since(time) == text


def test_the_outages_are_listed_with_the_longest_first() -> None:
    some = [
        Outage(n, "web", "one", 4, 86400.0 * n, 86400.0 * n + 60 * n, cause) for n, cause in ((1, "crash"), (2, ""))
    ]
    assert outage_table(some).lines() == [
        "NUMBER  SERVICE  POLICY  REPLICATION    START  LENGTH  CAUSE",
        "     2  web      one               4  day 2.0      2m  nothing broke",
        "     1  web      one               4  day 1.0      1m  crash",
    ]
