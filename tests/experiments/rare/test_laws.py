"""Unavailabilities that are known: through the real control plane, by what independence of the replicas says."""

import math

import numpy as np
import pytest

from experiments.rare.study import study
from tests.experiments.rare.systems import kubernetes
from tests.simulator.clusters import DAY


@pytest.mark.rare
@pytest.mark.parametrize(("replicas", "life", "days"), [(2, 13, 300), (3, 4, 100)], ids=["1e-7", "1e-9"])
def test_replicas_that_kubernetes_moves_are_down_together_as_if_they_were_independent(
    replicas: int, life: int, days: int
) -> None:
    """Nodes are roomy and fail by themselves; a replica is missing for the same time wherever it is.

    Its share is measured in the same replications, by what they saw without any failure that was begun on purpose.
    """
    found = study(kubernetes(replicas, 8, life * DAY, days), "web", 0.2)
    lost = found.unavailability
    assert lost is not None
    missing = np.array([row["missing"] for row in found.rows["rare"]])
    share, error = float(missing.mean()), float(missing.std(ddof=1)) / math.sqrt(len(missing))
    independent = share**replicas
    spread = math.hypot(lost.error, replicas * error / share * independent)
    assert abs(lost.value - independent) <= 4 * spread
