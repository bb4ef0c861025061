"""Files to manifests: lists, directories, eight mistakes at once."""

import copy
import io
import sys
from pathlib import Path

import pytest

from models.input.problems import InputError
from models.manifests import Manifest, build_cluster, read_manifests
from models.node import Node, Resources

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  creationTimestamp: null
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: shop/web:1.2
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80}]
"""


def refusal(*paths: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_manifests(paths)
    return str(caught.value)


EIGHT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replcias: 3
  replicas: -1
  selector:
    matchLabels: {app: web}
  strategy:
    type: RollingUpdates
  template:
    metadata: {labels: {app: wep}}
    spec:
      terminationGracePeriodSeconds: soon
      containers:
      - name: web
        image: shop/web:1.2
        resources:
          requests: {cpu: lots, memory: 2Gi}
          limits: {memory: 1Gi}
---
apiVersion: policy/v1beta1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 1}
"""


def test_eight_mistakes_give_eight_located_messages(tmp_path: Path) -> None:
    path = tmp_path / "eight.yaml"
    path.write_text(EIGHT)
    assert refusal(path).replace(f"{path}:", "") == "\n".join(
        [
            "6:3: Deployment/web spec.replcias: unknown field; did you mean 'replicas'?",
            "7:13: Deployment/web spec.replicas: must be greater than or equal to 0 (got -1)",
            '11:11: Deployment/web spec.strategy.type: unsupported value: "RollingUpdates": supported values: '
            '"RollingUpdate", "Recreate"; did you mean \'RollingUpdate\'?',
            "13:24: Deployment/web spec.template.metadata.labels: "
            "`selector` does not match template `labels` (app=wep)",
            "15:38: Deployment/web spec.template.spec.terminationGracePeriodSeconds: "
            "expected a whole number (got 'soon')",
            "20:27: Deployment/web spec.template.spec.containers[0].resources.requests.cpu: "
            "expected a quantity like 250m, 0.5, 4Gi or 500M (got 'lots')",
            "20:41: Deployment/web spec.template.spec.containers[0].resources.requests.memory: "
            "must be less than or equal to memory limit of 1Gi (got 2Gi)",
            "23:13: PodDisruptionBudget/web apiVersion: policy/v1beta1 PodDisruptionBudget was removed in "
            "Kubernetes 1.25; use policy/v1",
        ]
    )


def test_all_files_are_read_before_anything_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: [1\n")
    (tmp_path / "b.yaml").write_text(DEPLOYMENT.replace("containers", "contaniers"))
    problems = refusal(tmp_path / "missing.yaml", tmp_path)
    assert "a.yaml:2:1: not valid YAML" in problems
    assert "b.yaml:11:7: Deployment/web spec.template.spec.contaniers: unknown field" in problems
    assert "did you mean 'containers'?" in problems
    assert "b.yaml:10:5: Deployment/web spec.template.spec.containers: required value is missing" in problems
    assert "missing.yaml: no such file or directory" in problems


def test_a_directory_is_read_in_order_and_other_files_in_it_are_named(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "web.yml").write_text(DEPLOYMENT)
    (tmp_path / "a.json").write_text('{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}')
    (tmp_path / "values.yaml").write_text("replicas: 3\n")
    (tmp_path / "empty.yaml").write_text("# nothing\n")
    (tmp_path / "README.md").write_text("# hello")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "x.yaml").write_text("a: [")
    manifests = read_manifests([tmp_path])
    assert [m.key for m in manifests.objects] == ["Namespace/shop", "Deployment/web"]
    assert [Path(f).name for f in manifests.files] == ["a.json", "web.yml", "empty.yaml", "values.yaml"]
    assert [str(w).removeprefix(f"{tmp_path}/") for w in manifests.warnings] == [
        "values.yaml:1:1: not a Kubernetes object (it has neither apiVersion nor kind): left out"
    ]


@pytest.mark.parametrize("head", ["", "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"])
def test_a_kustomization_beside_manifests_is_named_with_what_applies_it(tmp_path: Path, head: str) -> None:
    (tmp_path / "web.yaml").write_text(DEPLOYMENT)
    (tmp_path / "kustomization.yaml").write_text(head + "resources: [web.yaml]\nnamePrefix: my-\n")
    [warning] = map(str, read_manifests([tmp_path]).warnings)
    assert "kustomization.yaml:1:1: " in warning
    assert f"not applied here: run `kubectl kustomize {tmp_path} > app.yaml` and give app.yaml instead" in warning


def test_every_directory_with_a_kustomization_is_named_once(tmp_path: Path) -> None:
    for name in ("base", "overlays/my prod"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "kustomization.yaml").write_text("resources: [web.yaml]\n")
    (tmp_path / "base" / "web.yaml").write_text(DEPLOYMENT)
    warnings = [str(warning).replace(str(tmp_path), "") for warning in read_manifests([tmp_path]).warnings]
    assert [warning.partition("run ")[2] for warning in warnings] == [
        "`kubectl kustomize /base > app.yaml` and give app.yaml instead",
        "`kubectl kustomize '/overlays/my prod' > app.yaml` and give app.yaml instead",
    ]


def test_a_kustomization_that_is_named_itself_is_refused_with_what_applies_it(tmp_path: Path) -> None:
    path = tmp_path / "kustomization.yaml"
    path.write_text("resources: [web.yaml]\n")
    assert f"run `kubectl kustomize {tmp_path} > app.yaml`" in refusal(path)


def test_the_same_file_is_refused_when_it_is_named(tmp_path: Path) -> None:
    path = tmp_path / "values.yaml"
    path.write_text("replicas: 3\n")
    assert refusal(path) == f"{path}:1:1: not a Kubernetes object: apiVersion and kind are missing"
    path.write_text("just words\n")
    assert "expected a Kubernetes object (a mapping with apiVersion and kind), got 'just words'" in refusal(path)
    path.write_text("apiVersion: v1\nKind: Pod\n")
    assert f"{path}:1:1: kind: required value is missing; misspelt as 'Kind'?" in refusal(path)


def test_a_file_of_many_things_that_are_no_objects_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_text("---\nx\n" * 1000)
    lines = refusal(path).splitlines()
    assert len(lines) == 101
    assert lines[-1].endswith("too many problems: giving up on this file")


def test_a_name_of_the_wrong_type_is_one_problem(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: 5}\n")
    assert refusal(path) == f'{path}:3:18: ConfigMap metadata.name: expected text (got 5; put it in quotes: "5")'


def test_a_directory_without_manifests_is_refused(tmp_path: Path) -> None:
    assert "no Kubernetes object in the files below it" in refusal(tmp_path)


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(DEPLOYMENT.encode())))
    manifests = read_manifests(["-"])
    assert str(manifests.objects[0].where(("spec",))) == "<stdin>:6:1"


def test_the_items_of_a_list_keep_their_places(tmp_path: Path) -> None:
    path = tmp_path / "list.yaml"
    path.write_text(
        "apiVersion: v1\nkind: List\nmetadata: {resourceVersion: ''}\nitems:\n"
        "- apiVersion: v1\n  kind: Service\n  metadata:\n    name: web\n"
        "    managedFields: [{manager: kubectl, operation: Update, fieldsV1: {'f:spec': {}}}]\n"
        "  spec: {selector: {app: web}, ports: [{port: 80}]}\n  status: {loadBalancer: {}}\n"
        "- apiVersion: v1\n  kind: Service\n  metadata: {name: db}\n  spec: {prots: []}\n"
    )
    assert f"{path}:15:10: Service/db spec.prots: unknown field; did you mean 'ports'?" in refusal(path)


def test_the_items_of_a_typed_list_may_leave_out_their_type(tmp_path: Path) -> None:
    path = tmp_path / "nodes.yaml"
    path.write_text(
        "apiVersion: v1\nkind: NodeList\nitems:\n- metadata: {name: n1}\n  status: {capacity: {cpu: 4, memory: 1Gi}}\n"
    )
    (node,) = build_cluster(read_manifests([path]).objects).cluster.nodes
    assert (node.name, node.allocatable) == ("n1", Resources(4000, 2**30))


@pytest.mark.parametrize(
    ("api_version", "kind", "reason"),
    [
        ("extensions/v1beta1", "Deployment", "was removed in Kubernetes 1.16; use apps/v1"),
        ("extensions/v1beta1", "Ingress", "was removed in Kubernetes 1.22; use networking.k8s.io/v1"),
        ("apps/v1beta2", "StatefulSet", "was removed in Kubernetes 1.16; use apps/v1"),
        ("autoscaling/v2beta2", "HorizontalPodAutoscaler", "was removed in Kubernetes 1.26; use autoscaling/v2"),
        ("batch/v1beta1", "CronJob", "was removed in Kubernetes 1.25; use batch/v1"),
        ("storage.k8s.io/v1beta1", "StorageClass", "was removed in Kubernetes 1.22; use storage.k8s.io/v1"),
        ("v1", "Deployment", 'no matches for kind "Deployment" in version "v1"; Deployment is in apps/v1'),
        ("apps/v1", "Deploymnt", 'no matches for kind "Deploymnt" in version "apps/v1"; did you mean \'Deployment\'?'),
        ("apps/v2", "Deployment", "Deployment is in apps/v1"),
        ("app/v1", "Deployment", "Deployment is in apps/v1"),
    ],
)
def test_a_type_that_kubernetes_lacks_is_refused(tmp_path: Path, api_version: str, kind: str, reason: str) -> None:
    path = tmp_path / "f.yaml"
    path.write_text(f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: x}}\n")
    assert reason in refusal(path)


def test_kinds_without_a_model_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_text(
        "---\n".join(
            [
                DEPLOYMENT,
                *(f"apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: c{i}}}\n" for i in range(3)),
                "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: web}\nspec: {anything: [1]}\n",
                "apiVersion: apps.kruise.io/v1alpha1\nkind: CloneSet\nmetadata: {name: web}\n",
                "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n",
            ]
        )
    )
    built = build_cluster(read_manifests([path]).objects)
    assert built.not_modelled == {"CloneSet": 1, "Service.serving.knative.dev": 1, "ServiceAccount": 3}
    assert [(n.field, n.count, n.effect) for n in built.named] == [
        ("CloneSet", 1, "unknown"),
        ("Service.serving.knative.dev", 1, "unknown"),
    ]
    assert (built.named[0].first.line, built.named[0].first.column) == (32, 1)


def manifests(tmp_path: Path, *texts: str) -> tuple[Manifest, ...]:
    path = tmp_path / "f.yaml"
    path.write_text("---\n".join(texts))
    return read_manifests([path]).objects


def test_a_patched_object_is_checked_again_and_points_to_the_original(tmp_path: Path) -> None:
    (original,) = manifests(tmp_path, DEPLOYMENT)
    value = copy.deepcopy(original.value)
    value["spec"]["replicas"] = "three"  # type: ignore[index]
    value["spec"]["template"]["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "lots"}}  # type: ignore[index]
    with pytest.raises(InputError) as caught:
        build_cluster([original.with_value(value)])
    assert [str(p).removeprefix(f"{tmp_path}/") for p in caught.value.problems] == [
        "f.yaml:6:1: Deployment/web spec.replicas: expected a whole number (got 'three')",
        "f.yaml:12:9: Deployment/web spec.template.spec.containers[0].resources.requests.cpu: "
        "expected a quantity like 250m, 0.5, 4Gi or 500M (got 'lots')",
    ]


def test_patching_one_object_does_not_change_another_that_shares_a_yaml_anchor(tmp_path: Path) -> None:
    text = DEPLOYMENT.replace("{matchLabels: {app: web}}", "{matchLabels: &l {app: web}}").replace(
        "{labels: {app: web}}", "{labels: *l}"
    )
    (original,) = manifests(tmp_path, text)
    value = copy.deepcopy(original.value)
    value["spec"]["template"]["metadata"]["labels"]["more"] = "x"  # type: ignore[index]
    assert value["spec"]["selector"]["matchLabels"] == {"app": "web"}  # type: ignore[index]


def test_what_is_defined_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_text(f"{SERVICE}---\n{DEPLOYMENT}---\n{DEPLOYMENT}")
    assert refusal(path) == f"{path}:25:9: Deployment/web metadata.name: defined twice (first at {path}:11:9)"


def test_a_node_may_not_have_the_name_of_a_given_one(tmp_path: Path) -> None:
    objects = manifests(tmp_path, "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\nstatus: {capacity: {cpu: 4}}\n")
    with pytest.raises(InputError, match="a node of this name is in the cluster already"):
        build_cluster(objects, [Node("n1", Resources(1000, 1000))])
    built = build_cluster(objects, [Node("n0", Resources(1000, 1000))])
    assert [n.name for n in built.cluster.nodes] == ["n0", "n1"]


def test_objects_that_their_controller_makes_are_left_to_it(tmp_path: Path) -> None:
    def owned(kind: str, name: str, owner: str, extra: str = "") -> str:
        owner_kind, owner_name = owner.split("/")
        return (
            f"apiVersion: {'v1' if kind == 'Pod' else 'apps/v1'}\nkind: {kind}\nmetadata:\n  name: {name}\n"
            "  labels: {app: web, pod-template-hash: abc12}\n  ownerReferences:\n"
            f"  - {{apiVersion: apps/v1, kind: {owner_kind}, name: {owner_name}, uid: '1', controller: true}}\n{extra}"
        )

    pod_spec = "spec:\n  containers: [{name: c, image: i:1}]\n"
    replica_set_spec = (
        "spec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n"
        "    spec: {containers: [{name: c, image: 'i:1'}]}\n"
    )
    built = build_cluster(
        manifests(
            tmp_path,
            DEPLOYMENT,
            owned("ReplicaSet", "web-abc12", "Deployment/web", replica_set_spec),
            owned("Pod", "web-abc12-x1", "ReplicaSet/web-abc12", pod_spec),
            owned("Pod", "web-abc12-x2", "ReplicaSet/web-abc12", pod_spec),
            owned("Pod", "lost", "ReplicaSet/other", pod_spec),
            owned("Pod", "done", "ReplicaSet/other", pod_spec + "status: {phase: Succeeded}\n"),
        )
    )
    assert built.made_by_others == {"Pod": 2, "ReplicaSet": 1}
    assert [p.name for p in built.cluster.pods] == ["lost"]
    assert [w.message for w in built.warnings] == [
        "its controller ReplicaSet/other is not among the given objects: nobody would make it again",
        "the pod has finished (Succeeded): left out",
    ]
    without_the_replica_set = manifests(tmp_path, DEPLOYMENT, owned("Pod", "p", "ReplicaSet/web-abc12", pod_spec))
    assert build_cluster(without_the_replica_set).made_by_others == {"Pod": 1}


def test_what_selects_nothing_is_a_warning(tmp_path: Path) -> None:
    budget = (
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: b}\n"
        "spec: {minAvailable: 1, selector: {matchLabels: {app: other}}}\n"
    )
    rollout = (
        "apiVersion: apps.kruise.io/v1alpha1\nkind: CloneSet\nmetadata: {name: web}\nspec:\n"
        "  template: {metadata: {labels: {app: agent}}, spec: {containers: [{name: c, image: i}]}}\n"
    )
    objects = manifests(
        tmp_path,
        DEPLOYMENT,
        SERVICE,
        budget,
        rollout,
        SERVICE.replace("name: web", "name: agent").replace("app: web", "app: agent"),
        SERVICE.replace("name: web", "name: web, namespace: other"),
        SERVICE.replace("name: web", "name: bare").replace("  selector: {app: web}\n", ""),
    )
    messages = {w.path.split()[0]: w.message for w in build_cluster(objects).warnings}
    assert messages == {
        "PodDisruptionBudget/b": "selects no pod of the given objects: it protects nothing",
        "Service/agent": "selects pods of CloneSet/web, which is not simulated yet: it has no endpoints",
        "Service/other/web": "selects no pod of the given objects: it has no endpoints",
        "Service/bare": "no selector: no endpoints are made for it",
    }


def test_a_chart_is_refused_with_what_renders_it(tmp_path: Path) -> None:
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: shop\nversion: 1.0.0\n")
    (tmp_path / "values.yaml").write_text("replicas: 2\n")
    with pytest.raises(InputError) as error:
        read_manifests([tmp_path])
    assert f"Chart.yaml:1:1: this is a Helm chart, which is not rendered here: run `helm template {tmp_path}" in str(
        error.value
    )


HELM = """\
---
# Source: shop/templates/empty.yaml
---
# Source: shop/crds/widget.yaml
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
---
# Source: shop/templates/services.yaml
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80}]}}
---
# Source: shop/templates/tests/test.yaml
apiVersion: v1
kind: Pod
metadata: {name: test, annotations: {helm.sh/hook: test}}
spec: {containers: [{name: test, image: "test:1"}]}
---
# Source: shop/templates/off.yaml

---
"""


def test_what_helm_prints_is_read_as_it_comes_and_its_hooks_are_named(tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text(HELM)
    found = read_manifests([tmp_path / "app.yaml"])
    assert [manifest.kind for manifest in found.objects] == ["CustomResourceDefinition", "Service", "Pod"]
    assert [str(warning).partition("app.yaml")[2] for warning in found.warnings if "Helm" in str(warning)] == [
        ':18:52: metadata.annotations["helm.sh/hook"]: a hook of Helm (test): here it is there like all else; '
        "`helm template --no-hooks` leaves them out"
    ]
