"""On public manifests: nothing is an error that does not fail as it is written."""

import shutil
from pathlib import Path

import pytest

from experiments.lint.finding import Finding, Severity
from experiments.lint.fixing import fix
from experiments.lint.linting import lint

MANIFESTS = Path(__file__).parents[4] / "shared" / "data" / "manifests"
pytestmark = pytest.mark.skipif(not MANIFESTS.is_dir(), reason="no data beside the repository")

ERRORS = {  # set: (rule, object) of each error; why it is one
    "argo-rollouts": set(),
    "bank-of-anthos": set(),
    "bookinfo": set(),
    "cassandra": set(),
    "chaos-mesh-experiments": set(),
    "dsb-social-network": set(),
    "guestbook": set(),
    "istio-helloworld": set(),
    "istio-hpa-pdb": set(),
    "kourier": set(),
    "kube-prometheus": set(),
    # Two examples of an autoscaler for one Deployment: together neither scales it.
    "kubernetes-examples-stateful": {("several-autoscalers", "HorizontalPodAutoscaler/gemma-server-hpa")},
    # Its one node has no region, by which the Deployment is to be spread.
    "kwok-examples": {("spread-cannot-be-met", "Deployment/fake-app")},
    "linkerd-demos": set(),
    "online-boutique": set(),
    # One node for 28 pods: too little CPU, no label that a pod asks for, one place for eight that exclude each other.
    "open-simulator/application/complicate": {
        ("not-placed", "Deployment/busybox-deploy"),
        ("not-placed", "Deployment/nginx-deploy"),
        ("not-placed", "Pod/single-pod"),
        ("not-placed", "StatefulSet/nginx-sts"),
        ("anti-affinity-cannot-be-met", "Deployment/webapp-deploy"),
        ("anti-affinity-cannot-be-met", "StatefulSet/database-sts"),
    },
    "open-simulator/application/gpushare": set(),
    "open-simulator/application/more_pods": set(),
    "open-simulator/application/open_local": set(),
    "open-simulator/cluster": set(),
    # The autoscaler of the frontend names the backend.
    "podinfo": {("several-autoscalers", "HorizontalPodAutoscaler/webapp/frontend")},
    "sock-shop": set(),
}


@pytest.mark.parametrize(("name", "errors"), ERRORS.items(), ids=list(ERRORS))
def test_errors_are_few_and_justified(name: str, errors: set[tuple[str, str]]) -> None:
    findings = lint([str(MANIFESTS / name)]).findings
    assert {(one.rule, one.object) for one in findings if one.severity is Severity.ERROR} == errors


@pytest.mark.parametrize("name", ["bookinfo", "kourier", "online-boutique", "podinfo"])
def test_what_is_fixed_is_read_as_before_and_not_found_again(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    shutil.copytree(MANIFESTS / name, folder)
    lines = sum(len(path.read_text().splitlines()) for path in folder.rglob("*.yaml"))

    def fixable() -> list[Finding]:
        return [one for one in lint([str(folder)]).findings if one.patch is not None and one.patch.document is not None]

    before, rounds = len(fixable()), 0
    while findings := fixable():
        assert fix(findings).refused == []
        rounds += 1
    assert 0 < rounds <= 2 <= before
    assert sum(len(path.read_text().splitlines()) for path in folder.rglob("*.yaml")) > lines
