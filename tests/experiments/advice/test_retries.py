"""Retries are proposed with the traffic of the policy that is to be mended."""

from pathlib import Path
from typing import Any

import pytest

from experiments.advice.loss import Yardstick
from experiments.advice.mends.retries import retries
from experiments.advice.situation import Situation
from experiments.lint.linting import applications
from tests.experiments.advice.problems import BY_NAME, TRAFFIC

NOT_ASKED: Any = None
"""The findings: nothing is run."""


def rate(value: float) -> dict[str, Any]:
    return {**TRAFFIC, "rate": {"kind": "constant", "value": value}}


@pytest.mark.parametrize(("policy", "rate_of_it"), [("quiet", 1.0), ("busy", 99.0), ("as-shipped", 10.0)])
def test_the_traffic_is_that_of_the_policy_that_is_mended(policy: str, rate_of_it: float, tmp_path: Path) -> None:
    policies = [
        {"name": "quiet", "traffic": [rate(1)]},
        {"name": "busy", "traffic": [rate(99)]},
        {"name": "as-shipped"},
    ]
    whole = BY_NAME["stops-before-clients-know"].experiment(tmp_path, policies=policies)
    by_requests = Yardstick({"web": 1.0}, frozenset({"web"}), whole.duration)
    of_it = whole.only(policy)
    situation = Situation(of_it, applications(of_it.design)[policy], NOT_ASKED, by_requests)
    (candidate,) = retries(situation)
    (traffic,) = candidate.fields["traffic"]
    assert (traffic["service"], traffic["rate"]["value"]) == ("web", rate_of_it)
    assert traffic["retries"]["attempts"] > 0
