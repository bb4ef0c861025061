"""One pod whose container crashes: its unavailability is known exactly, with both of its times uncertain."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from experiments import closed_form as exact
from experiments.experiment import Experiment
from models.arrays import Floats
from models.units import DAY, HOUR, YEAR
from tests.experiments.small_results import APPLICATION

EXPERIMENT = """
apiVersion: kubenines/v1
kind: Experiment
metadata: {name: unit}
spec:
  duration: 100d
  warmup: 1d
  replications: 10
  seed: 5
  manifests: [app.yaml]
  cluster: {pools: [{name: a, count: 1, allocatable: {cpu: 4, memory: 8Gi}}]}
  behaviour:
    imagePull: {kind: fixed, value: 0s}
    startup: {kind: fixed, value: 0s}
    restart: {kind: exponential, mean: 1h}
    timing: {plegRelistPeriod: 0s, crashLoopInitial: 0s}
  failures: [{name: crash, type: containerCrash, timeToFailure: {kind: exponential, mean: 2d}}]
  uncertain:
  - {name: mttf, path: "failures[crash].timeToFailure.mean", between: [1d, 4d], scale: log}
  - {name: mttr, path: behaviour.restart.mean, between: [1h, 2h], scale: linear}
"""
DURATION = 100 * DAY


def experiment(folder: Path) -> Experiment:
    """The experiment about the unit, in a folder."""
    (folder / "app.yaml").write_text(APPLICATION)
    (folder / "unit.yaml").write_text(EXPERIMENT)
    return Experiment.from_yaml(folder / "unit.yaml")


@dataclass(frozen=True)
class Truth:
    """What the study is to find, by quadrature over both inputs; downtimes in seconds a year."""

    points: int = 40

    def inputs(self, shares: Floats) -> tuple[Floats, Floats]:
        """MTTF and MTTR at shares of the unit square."""
        return DAY * 4.0 ** shares[..., 0], HOUR * (1 + shares[..., 1])

    def downtime(self, shares: Floats) -> Floats:
        """Seconds a year, in the long run."""
        mttf, mttr = self.inputs(shares)
        return YEAR * mttr / (mttf + mttr)

    @cached_property
    def _grid(self) -> tuple[Floats, Floats]:
        at, weights = np.polynomial.legendre.leggauss(self.points)
        shares = (at + 1) / 2
        return np.stack(np.meshgrid(shares, shares, indexing="ij"), axis=-1), weights / 2

    @cached_property
    def moments(self) -> dict[str, float]:
        """mean, variance, the part of each input alone, and the mean variance of a replication (`luck`)."""
        grid, w = self._grid
        f = self.downtime(grid)
        mean = float(w @ f @ w)
        mttf, mttr = self.inputs(grid)
        rate = np.vectorize(exact.downtime_variance_rate)(mttf, mttf**2, mttr, mttr**2)
        return {
            "mean": mean,
            "variance": float(w @ (f - mean) ** 2 @ w),
            "mttf": float(w @ (f @ w - mean) ** 2),
            "mttr": float(w @ (w @ f - mean) ** 2),
            "luck": float(w @ rate @ w) * YEAR**2 / DURATION,
        }

    @property
    def first(self) -> list[float]:
        """First-order indices of MTTF and MTTR."""
        of = self.moments
        return [of["mttf"] / of["variance"], of["mttr"] / of["variance"]]

    @property
    def total(self) -> list[float]:
        """Total indices of MTTF and MTTR."""
        first = self.first
        return [1 - first[1], 1 - first[0]]
