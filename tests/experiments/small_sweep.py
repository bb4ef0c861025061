"""A small sweep of a real application: how often nodes crash by how many there are, under two policies."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from experiments.experiment import Experiment
from experiments.plots.sweep import SweepPlots
from experiments.sweep_results import SweepResults
from tests.experiments.small_results import APPLICATION, EXPERIMENT

AXES = """\
  sweep:
    axes:
    - {name: mttf, path: "failures[crash].timeToFailure.mean", values: [1d, 3d]}
    - {name: nodes, path: "cluster.pools[a].count", values: [2, 3]}
"""


def small_sweep(folder: Path, axes: str = AXES, settings: tuple[str, ...] = ()) -> Experiment:
    """Four points, two policies, two replications of five days."""
    (folder / "app.yaml").write_text(APPLICATION)
    text = EXPERIMENT.replace("20d", "5d").replace("name: small", "name: swept")
    (folder / "swept.yaml").write_text(text + axes)
    return Experiment.from_yaml(folder / "swept.yaml", settings)


@contextmanager
def without_pictures() -> Iterator[None]:
    """Sweeps that end in this context draw and report nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SweepPlots, "save", lambda *arguments: [])
        patch.setattr(SweepResults, "to_html", lambda results, path: Path(path).write_text(""))
        yield
