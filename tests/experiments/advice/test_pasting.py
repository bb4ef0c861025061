"""What is pasted is called what it is, whatever runs the containers."""

from pathlib import Path
from typing import Any

import pytest

from experiments.advice.advice import Advice
from experiments.advice.candidate import Candidate
from experiments.advice.change import Change
from experiments.advice.loss import Yardstick
from experiments.advice.pasting import as_manifests
from tests.experiments.advice.problems import BY_NAME

NOT_ASKED: Any = None
"""The findings: nothing is run."""


def pasted(folder: Path, **settings: Any) -> str:
    experiment = BY_NAME["single-replica"].experiment(folder, **settings)
    web = next(of for of in experiment.design.objects["as-shipped"] if of.kind == "Deployment")
    mend = Candidate("two", ("Deployment/web",), "", "", (Change(web, {"spec": {"replicas": 2}}),), ({"kind": "Made"},))
    yardstick = Yardstick({"web": 1.0}, frozenset(), 1.0)
    return as_manifests(mend, Advice(experiment, NOT_ASKED, yardstick, 0.0, []).control_plane)


def test_kubectl_takes_it_under_kubernetes(tmp_path: Path) -> None:
    patch, new = pasted(tmp_path).split("---\n")
    assert patch.startswith("# a strategic-merge patch: kubectl patch --patch-file, or kustomize\n")
    assert new.startswith("# new\n")
    assert pasted(tmp_path, controlPlane={"type": "kubernetes"}) == pasted(tmp_path)


@pytest.mark.parametrize("other", ["swarm", "nomad", "plainHosts"])
def test_under_another_control_plane_it_is_a_change_of_the_experiments_manifests(other: str, tmp_path: Path) -> None:
    patch, new = pasted(tmp_path, controlPlane={"type": other}).split("---\n")
    assert "kubectl" not in patch + new
    assert patch.startswith("# a change of the experiment's manifests (a strategic-merge patch), which stand for")
    assert f"what {other} runs\n" in patch
    assert new.startswith("# a new object for the experiment's manifests")
