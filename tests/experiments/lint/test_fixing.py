"""Patches are written into the files: of each all or none, and a second time there is nothing to write."""

from pathlib import Path

import pytest

from experiments.lint.finding import Finding
from experiments.lint.fixing import fix
from experiments.lint.linting import lint
from models.manifests import read_manifests
from tests.experiments.lint.app import BUDGET, DEPLOYMENT, EXPERIMENT, SERVICE, write

SPOILT = (
    DEPLOYMENT.replace("        lifecycle: {preStop: {sleep: {seconds: 5}}}\n", "")
    .replace("Seconds: 60", "Seconds: 4 # short")
    .replace("cpu: 100m, memory: 128Mi}", "cpu: 100m} # no memory"),
    SERVICE,
    BUDGET.replace("Unavailable: 1\n", "Unavailable: 0 # never\n").replace(
        "  unhealthyPodEvictionPolicy: AlwaysAllow\n", ""
    ),
)


def fixable(path: Path) -> list[Finding]:
    return [one for one in lint([str(path)]).findings if one.patch is not None and one.patch.document is not None]


def test_what_is_fixed_is_not_found_again_and_everything_else_stands(tmp_path: Path) -> None:
    app = write(tmp_path, *SPOILT)
    rounds = 0
    while (findings := fixable(app)) and rounds < 5:
        assert fix(findings).refused == []
        rounds += 1
    # The hook needs a longer grace period first, without which the API server refuses it.
    assert rounds == 2
    assert app.read_text() == "---\n".join(
        (
            SPOILT[0]
            .replace("Seconds: 4 # short", "Seconds: 35 # short")
            .replace("cpu: 100m} # no memory", "cpu: 100m, memory: 256Mi} # no memory")
            + "        lifecycle:\n          preStop:\n            sleep:\n              seconds: 5\n",
            SERVICE,
            BUDGET.replace("  unhealthyPodEvictionPolicy: AlwaysAllow\n", "").replace("able: 1\n", "able: 1 # never\n")
            + "  unhealthyPodEvictionPolicy: AlwaysAllow\n",
        )
    )
    assert len(read_manifests([str(app)]).objects) == 3


def test_a_file_of_which_one_patch_cannot_be_written_stays_as_it_is(tmp_path: Path) -> None:
    shared = "spec: &spec\n  maxUnavailable: 0\n  selector: {matchLabels: {app: web}}\n"
    first, second = (
        f"apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: {name}}}\n" for name in ("web", "api")
    )
    items = [*(first + shared).splitlines(), *(second + "spec: *spec\n").splitlines()]
    listed = "".join(f"{'- ' if line.startswith('apiVersion') else '  '}{line}\n" for line in items)
    app = write(tmp_path, DEPLOYMENT, f"apiVersion: v1\nkind: List\nitems:\n{listed}")
    before = app.read_bytes()
    fixed = fix(fixable(app))
    assert fixed.findings == []
    assert "an alias or a merge key" in str(fixed.refused[0])
    assert app.read_bytes() == before


def test_a_file_that_has_changed_since_is_not_written(tmp_path: Path) -> None:
    app = write(tmp_path, *SPOILT)
    findings = fixable(app)
    app.write_text("# new\n" + app.read_text())
    before = app.read_bytes()
    assert "changed since it was read" in str(fix(findings).refused[0])
    assert app.read_bytes() == before


def test_marks_and_permissions_and_links_stay(tmp_path: Path) -> None:
    app = write(tmp_path, *SPOILT, name="real.yaml")
    app.write_bytes(b"\xef\xbb\xbf" + app.read_bytes().replace(b"\n", b"\r\n"))
    app.chmod(0o640)
    link = tmp_path / "app.yaml"
    link.symlink_to(app)
    assert fix(fixable(link)).refused == []
    written = app.read_bytes()
    assert written.startswith(b"\xef\xbb\xbfapiVersion")
    assert written.count(b"\n") == written.count(b"\r\n")
    assert link.is_symlink()
    assert app.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["app.yaml", "real.yaml"]


def test_what_a_policy_has_changed_is_not_written_into_the_manifest(tmp_path: Path) -> None:
    write(tmp_path, DEPLOYMENT, SERVICE, BUDGET)
    policies = """\
  policies:
  - {name: as-shipped}
  - {name: strict, patches: [{target: {kind: PodDisruptionBudget, name: web}, set: {spec.maxUnavailable: 0}}]}
"""
    experiment = write(tmp_path, EXPERIMENT + policies, name="e.yaml")
    [finding] = [one for one in lint([str(experiment)]).findings if one.rule == "budget-blocks-drains"]
    assert finding.policies == ("strict",)
    assert finding.patch is not None
    assert finding.patch.document is None
    assert finding.patch.as_policy()["set"] == {"spec.maxUnavailable": 1}


@pytest.mark.parametrize("policy", [True, False])
def test_a_patch_is_also_a_policy_of_an_experiment(tmp_path: Path, policy: bool) -> None:
    app = write(tmp_path, *SPOILT)
    patches = [one.patch.as_policy() for one in fixable(app) if one.patch is not None]
    experiment = write(
        tmp_path,
        f"{EXPERIMENT}  policies:\n  - name: mended\n    patches: {patches if policy else []}\n",
        name="e.yaml",
    )
    rules = {one.rule for one in lint([str(experiment)]).findings}
    assert ("budget-blocks-drains" in rules) is not policy
