"""A shorter toleration takes the place of the longer one, and of nothing else."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pandas as pd
import pytest

from experiments.advice.loss import Yardstick
from experiments.advice.mends.toleration import toleration
from experiments.advice.situation import Situation
from experiments.lint.linting import applications
from tests.experiments.advice.problems import Problem, web

NOTHING_LOST: Any = SimpleNamespace(
    parts=lambda service, policy: [], requests=pd.DataFrame({"service": [], "lost": []})
)


@pytest.mark.parametrize("effect", [{"effect": "NoSchedule"}, {}])
def test_what_is_tolerated_by_the_scheduler_stays_tolerated(tmp_path: Path, effect: dict[str, str]) -> None:
    """Also by a toleration of all effects."""
    scheduled = {"key": "node.kubernetes.io/not-ready", "operator": "Exists"}
    manifests = cast("list[Any]", web(1))
    manifests[0]["spec"]["template"]["spec"]["tolerations"] = [scheduled | effect]
    of = Problem("scheduled", "", manifests).experiment(tmp_path)
    yardstick = Yardstick({"web": 1.0}, frozenset(), of.duration)
    (candidate,) = toleration(Situation(of, applications(of.design)["as-shipped"], NOTHING_LOST, yardstick))
    (change,) = candidate.changes
    kept, *shorter = change.merge["spec"]["template"]["spec"]["tolerations"]
    assert kept == scheduled | {"effect": "NoSchedule"}
    assert [one["tolerationSeconds"] for one in shorter] == [30, 30]
