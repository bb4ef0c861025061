"""Why endpoints do not answer."""

from simulator.traffic.attempts import DEAD, TIMEOUT
from simulator.traffic.conditions import Conditions
from simulator.traffic.endpoints import Condition
from tests.simulator.traffic.histories import DEAD as LISTED
from tests.simulator.traffic.histories import UP, history

LATE = Condition.LISTED | Condition.LATE


def test_an_endpoint_that_is_late_and_then_dies_is_dead_from_then_on() -> None:
    changes = (
        (0.0, 0, UP),
        (10.0, 0, LATE, "overload/web"),
        (20.0, 0, LISTED, "cut/node"),
        (30.0, 0, LATE, "overload/b"),
    )
    found = Conditions(history(*changes))
    assert found.times.tolist() == [0.0, 10.0, 20.0, 30.0]
    expected = [(TIMEOUT, "overload/web"), (DEAD, "cut/node"), (TIMEOUT, "overload/b")]
    assert [found.stopped(0, entry) for entry in (1, 2, 3)] == expected
