"""Nodes that are provisioned for pods, and machines that are taken back: as worked out."""

import pytest

from experiments import closed_form as exact
from experiments.verify import Study
from experiments.verify.nodes_come_and_go import STUDIES


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_waits_and_losses_are_those_of_the_closed_form(study: Study) -> None:
    checks = study.run(3, study.effort(0.1))
    assert checks
    assert [check for check in checks if not check.holds] == []


def test_a_batch_ends_when_no_pod_comes_or_after_the_longest_time() -> None:
    assert exact.batch_length((), 1.0, 10.0) == 1.0
    assert exact.batch_length((0.4, 0.4, 3.0, 0.4), 1.0, 10.0) == pytest.approx(1.8)
    assert exact.batch_length([0.9] * 99, 1.0, 10.0) == 10.0


def test_what_is_lost_by_a_reclaim_is_what_the_replica_needs_more_than_it_has() -> None:
    """One in a thousand seconds: 2 s, 3 s, and 70 s for the garbage collector besides."""
    assert exact.reclaimed_drained(1000.0, 3.0, 1.0)[0] == pytest.approx(2 / 1000)
    assert exact.reclaimed_shut_down(1000.0, 3.0, 1.0)[0] == pytest.approx(3 / 1001)
    assert exact.reclaimed_unheard(1000.0, 120.0, 3.0)[0] == pytest.approx(73 / 1190)
    assert exact.reclaimed_drained(1000.0, 3.0, 1.0)[1] == pytest.approx(2.0**2 / 1000)  # of a Poisson process
