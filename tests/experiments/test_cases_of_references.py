"""Pods that refer to what is not among the manifests: it is named, or acts as in Kubernetes.

The files are in tests/data/cases. One replica on three nodes that fail every 10 days for 2 hours: 99.950 %.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from experiments.cli import main
from experiments.experiment import Experiment
from experiments.report.remarks import notes
from experiments.results import Results
from models.manifests import build_cluster, read_manifests

CASES = Path(__file__).parents[1] / "data" / "cases"
BASE = {"cm-envfrom-missing": 0.9995, "sa-missing": 0.9995, "pvc-missing": 1.0}
"""What comes out if the object is there; in the last only a zone may be lost, and the pod is in another."""

NAMED = {
    "cm-envfrom-missing": "ConfigMap/nope",
    "sa-missing": "ServiceAccount/nope",
    "pvc-missing": "PersistentVolumeClaim/data",
}
HELD_UP = {
    "cm-envfrom-missing": (
        'not started under as-shipped: up to 1 pod in 4 replications: CreateContainerConfigError: configmap "nope" '
        "not found"
    ),
    "sa-missing": (
        'not made under as-shipped: up to 1 pod in 4 replications: FailedCreate: pods "web-r0-" is forbidden: error '
        'looking up service account default/nope: serviceaccount "nope" not found'
    ),
    "pvc-missing": (
        "not placed under as-shipped: up to 1 pod in 4 replications: 0/3 nodes are available: persistentvolumeclaim "
        '"data" not found.'
    ),
}


@pytest.fixture
def kubenines(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str, str]]:
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(arguments)
        return (code, *capsys.readouterr())

    return run


def experiment(case: str, *settings: str) -> Experiment:
    return Experiment.from_yaml(CASES / case / "e.yaml", settings)


def availability(found: Results) -> float:
    return float(found.runs["availability"].mean())


@pytest.mark.parametrize("case", sorted(NAMED))
def test_what_is_not_there_is_taken_to_be_there_and_named(case: str) -> None:
    found = experiment(case).run()
    assert availability(found) == pytest.approx(BASE[case], abs=0.0003)
    fields = found.fields.set_index("field")
    assert fields.loc[NAMED[case], "why"] == "not among the input"
    assert fields.loc[NAMED[case], "effect"] == "too good"
    assert not any("under as-shipped" in note for note in notes(found))


@pytest.mark.parametrize("case", sorted(NAMED))
def test_strictly_the_service_never_comes_up(case: str) -> None:
    found = experiment(case, "references=strict").run()
    assert availability(found) == 0.0
    assert HELD_UP[case] in notes(found)
    assert NAMED[case] not in set(found.fields["field"])


def test_strictly_what_is_given_is_there() -> None:
    given = {
        "cm-envfrom-missing": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "nope"}},
        "sa-missing": {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "nope"}},
    }
    for case, value in given.items():
        policies = [{"name": "without"}, {"name": "with", "add": [value]}]
        found = experiment(case, "references=strict").set("policies", policies).run(replications=1)
        by_policy = found.runs.groupby("policy")["availability"].mean()
        assert (by_policy["without"], by_policy["with"]) == (0.0, pytest.approx(0.9995, abs=0.001))


@pytest.mark.parametrize("command", ["validate", "plan", "run"])
def test_strict_on_the_command_line_refuses_what_is_not_there(kubenines: Any, command: str) -> None:
    file = str(CASES / "sa-missing" / "e.yaml")
    code, _, err = kubenines(command, file, "--strict")
    assert code == 2
    [line] = err.splitlines()
    assert line.endswith(
        "m.yaml:29:27: ServiceAccount/nope: not among the input (once): too good: asked for by Deployment/web; it is "
        "taken to be there: without it no pod is made (error looking up service account default/nope: serviceaccount "
        '"nope" not found)'
    )


def test_plan_and_report_say_what_is_held_up(kubenines: Any, tmp_path: Path) -> None:
    file, strictly = str(CASES / "cm-envfrom-missing" / "e.yaml"), ("--set", "references=strict")
    _, out, err = kubenines("plan", file, *strictly)
    assert re.search(
        r'^not started under as-shipped: web-r0-\d+: CreateContainerConfigError: configmap "nope" not found$', out, re.M
    )
    assert "ConfigMap/nope: not among the input: asked for by Deployment/web" in err
    assert kubenines("run", file, "-o", "out", *strictly, "--strict")[0] == 0
    assert "not started under as-shipped" in kubenines("show", "out")[1]
    assert kubenines("report", "out")[0] == 0
    assert "not started under as-shipped" in (tmp_path / "out" / "report.html").read_text()


def test_validate_names_references_as_text_and_as_values(kubenines: Any) -> None:
    file = str(CASES / "cm-envfrom-missing" / "m.yaml")
    code, out, _ = kubenines("validate", file)
    assert code == 0
    assert "not among the input, too good: ConfigMap/nope (once at " in out
    [one] = json.loads(kubenines("validate", file, "--format", "json")[1])["notRead"]
    assert (one["field"], one["why"], one["line"]) == ("ConfigMap/nope", "not among the input", 31)
    page = kubenines("validate", "--fields", file)[1]
    _, _, absent = page.partition("## Referred to and not among the input")
    assert "| `ConfigMap/nope` | 1 | asked for by Deployment/web; it is taken to be there: without it" in absent
    assert re.search(r"m\.yaml \| \d+ \| \d+ \| 1 \|", page)


def test_another_word_than_assumed_or_strict_is_a_mistake() -> None:
    from models.input.problems import InputError

    with pytest.raises(InputError, match="references"):
        experiment("sa-missing", "references=lax")


def test_an_image_that_is_declared_missing_is_never_pulled() -> None:
    """Images are taken to exist; what is known not to can be said."""
    there, missing = (
        experiment("missing-image", *settings).run() for settings in ((), ('images.missing=["*/nope:*"]',))
    )
    assert (there.runs["availability"] == 1.0).all()
    assert (missing.runs["availability"] == 0.0).all()
    assert (
        "not started under as-shipped: up to 1 pod in 4 replications: ImagePullBackOff: Back-off pulling image "
        '"registry.invalid/nope:doesnotexist"'
    ) in notes(missing)


def test_an_image_that_cannot_exist_is_named_unless_it_is_declared_missing() -> None:
    """No host has a name that ends in .invalid (RFC 2606)."""
    file = str(CASES / "missing-image" / "m.yaml")
    [named] = build_cluster(read_manifests([file]).objects).named
    assert str(named) == (
        f"too good: Image/registry.invalid/nope:doesnotexist (once at {file}:17:16): asked for by Deployment/web; "
        "it is taken to exist, as every image is that spec.images.missing does not list: without it the image is never "
        'pulled (ImagePullBackOff: Back-off pulling image "registry.invalid/nope:doesnotexist")'
    )
    assert build_cluster(read_manifests([file]).objects, missing_images=["registry.invalid/*"]).named == ()


def test_a_container_of_a_missing_image_is_held_back_whatever_references_are_taken_for() -> None:
    broken = build_cluster(
        read_manifests([str(CASES / "missing-image" / "m.yaml")]).objects, missing_images=["registry.invalid/*"]
    )
    [deployment] = broken.cluster.deployments
    assert deployment.template.absences.held_back == {
        "c": 'ImagePullBackOff: Back-off pulling image "registry.invalid/nope:doesnotexist"'
    }
