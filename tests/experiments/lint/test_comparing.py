"""The mends of each rule are a policy beside what there is now, so that a run tells what a smell costs."""

from pathlib import Path

import pytest

from experiments.cli import main
from experiments.experiment import Experiment
from experiments.lint.comparing import with_mends
from experiments.lint.linting import lint
from tests.experiments.lint.app import BUDGET, DEPLOYMENT, EXPERIMENT, SERVICE, write


@pytest.mark.parametrize("has_policies", [True, False])
def test_each_rule_with_patches_is_a_policy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], has_policies: bool
) -> None:
    write(tmp_path, DEPLOYMENT.replace("replicas: 3", "replicas: 1").replace("1.2.3", "latest"), SERVICE)
    written = "  policies: [{name: as-shipped}, {name: two, replicas: 2}]\n" if has_policies else ""
    experiment = write(tmp_path, EXPERIMENT + written, name="e.yaml")
    mends = tmp_path / "mends.yaml"
    assert main(["lint", str(experiment), "--compare", str(mends)]) == 0
    assert capsys.readouterr().err == f"what the smells cost: kubenines run {mends}\n"
    compared = Experiment.from_yaml(mends)
    assert compared.policies == ("as-shipped", "mended-single-replica")
    replicas = [scenario.cluster.deployments[0].replicas for scenario in compared.scenarios()]
    assert replicas == [1, 2]


def test_a_mend_that_would_be_refused_alone_is_no_policy(tmp_path: Path) -> None:
    write(tmp_path, DEPLOYMENT, SERVICE, BUDGET.replace("Unavailable: 1", "Unavailable: 0"))
    experiment = Experiment.from_yaml(write(tmp_path, EXPERIMENT, name="e.yaml"))
    [finding] = lint([str(tmp_path / "e.yaml")]).findings
    whole, refused = with_mends(experiment, [finding])
    assert (len(whole.policies), refused) == (2, {})
    assert finding.patch is not None
    object.__setattr__(finding.patch, "value", -1)
    whole, refused = with_mends(experiment, [finding])
    assert (len(whole.policies), list(refused)) == (1, ["budget-blocks-drains"])


def test_only_one_experiment_can_be_compared(tmp_path: Path) -> None:
    app = write(tmp_path, DEPLOYMENT)
    assert main(["lint", str(app), "--compare", "mends.yaml"]) == 2
