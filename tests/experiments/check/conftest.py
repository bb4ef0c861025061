"""What was checked of a small experiment without a cluster: one threshold met, one missed, one open."""

import pytest

from experiments.check.checking import Checked, check
from experiments.design.objective import Objective
from experiments.plots import Plots
from experiments.runner import run as runner
from tests.experiments import fakes
from tests.experiments.fakes import Unit

EXPERIMENT = """\
kind: Experiment
spec:
  objectives:
  - {service: frontend, atLeast: 99%}
  - {service: frontend, atLeast: 99.9999%}
"""


@pytest.fixture(scope="session")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Checked:
    path = tmp_path_factory.mktemp("results") / "shop"
    wanted = (Objective("frontend", 0.99), Objective("frontend", 0.999999))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Plots, "drawings", {"comparison": "<svg></svg>"})
        plan = fakes.plan({"as-shipped": Unit(864000.0, 1800.0)}, objectives=wanted)
        results = runner.run(plan, out=path, simulate=fakes.simulate)
    (path / "experiment.yaml").write_text(EXPERIMENT)
    return check(results, [Objective("cart", results.availability("cart", "as-shipped").value)])
