"""References of pods are resolved against the input; what is not there is named once, or acts."""

from typing import Any

import pytest

from models.input.documents import parse_documents
from models.input.problems import InputError
from models.manifests import ClusterInput, Manifest, Named, build_cluster
from models.manifests.references import FIELDS
from models.manifests.schema import schemas
from models.manifests.stage import Stage
from models.reference import Absences, References

POD = "spec: {{containers: [{{name: c, image: 'i:1', {container}}}], {pod}}}"
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    {spec}
"""
STATEFUL_SET = """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: db}}
spec:
  serviceName: db
  selector: {{matchLabels: {{app: web}}}}
  volumeClaimTemplates: [{{metadata: {{name: data}}, spec: {claim}}}]
  template:
    metadata: {{labels: {{app: web}}}}
    {spec}
"""


def spec(pod: str = "", container: str = "") -> str:
    return POD.format(pod=pod, container=container)


def deployment(pod: str = "", container: str = "", name: str = "web", namespace: str = "default") -> str:
    return DEPLOYMENT.format(name=name, namespace=namespace, spec=spec(pod, container))


def thing(kind: str, name: str, more: str = "", namespace: str = "default") -> str:
    groups = {"PriorityClass": "scheduling.k8s.io/v1", "RuntimeClass": "node.k8s.io/v1"}
    version = groups.get(kind, "storage.k8s.io/v1" if kind == "StorageClass" else "v1")
    return f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: {name}, namespace: {namespace}}}\n{more}\n"


def build(*texts: str, references: References = References.ASSUMED) -> ClusterInput:
    documents = parse_documents("---\n".join(texts), "f.yaml")
    return build_cluster([Manifest(document.value, document) for document in documents], references=references)


def absent(*texts: str) -> list[str]:
    return [one.field for one in build(*texts).named if one.why == "not among the input"]


def strict(*texts: str) -> Absences:
    [made] = build(*texts, references=References.STRICT).cluster.deployments
    return made.template.absences


ACCOUNT = "serviceAccountName: robot"
CLAIM = "volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]"
PROJECTED = "volumes: [{name: v, projected: {sources: [%s]}}]"

CASES = [
    (ACCOUNT, "", "ServiceAccount/robot"),
    ("serviceAccount: robot", "", "ServiceAccount/robot"),
    ("priorityClassName: gold", "", "PriorityClass/gold"),
    ("runtimeClassName: gvisor", "", "RuntimeClass/gvisor"),
    (CLAIM, "", "PersistentVolumeClaim/data"),
    ("volumes: [{name: v, configMap: {name: m}}]", "", "ConfigMap/m"),
    ("volumes: [{name: v, secret: {secretName: s}}]", "", "Secret/s"),
    (PROJECTED % "{configMap: {name: m}}", "", "ConfigMap/m"),
    (PROJECTED % "{secret: {name: s}}, {serviceAccountToken: {path: t}}, {downwardAPI: {}}", "", "Secret/s"),
    ("imagePullSecrets: [{name: s}]", "", "Secret/s"),
    ("", "envFrom: [{configMapRef: {name: m}}]", "ConfigMap/m"),
    ("", "envFrom: [{secretRef: {name: s}}]", "Secret/s"),
    ("", "env: [{name: A, valueFrom: {configMapKeyRef: {name: m, key: k}}}]", "ConfigMap/m"),
    ("", "env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}]", "Secret/s"),
    ("initContainers: [{name: i, image: i, envFrom: [{secretRef: {name: s}}]}]", "", "Secret/s"),
    (
        "volumes: [{name: v, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], "
        "storageClassName: fast, resources: {requests: {storage: 1Gi}}}}}}]",
        "",
        "StorageClass/fast",
    ),
]


@pytest.mark.parametrize(("pod", "container", "reference"), CASES)
def test_what_is_not_there_is_named(pod: str, container: str, reference: str) -> None:
    assert absent(deployment(pod, container)) == [reference]


@pytest.mark.parametrize(("pod", "container", "reference"), CASES)
def test_what_is_there_is_not(pod: str, container: str, reference: str) -> None:
    kind, _, name = reference.partition("/")
    more = {
        "ConfigMap": "data: {k: a}",
        "Secret": "stringData: {k: a}",
        "PriorityClass": "value: 7",
        "RuntimeClass": "handler: runsc",
        "StorageClass": "provisioner: a/b",
    }
    assert absent(deployment(pod, container), thing(kind, name, more.get(kind, ""))) == []


def test_every_kind_that_is_referred_to_is_tried() -> None:
    assert {field.kind for field in FIELDS} | {"StorageClass"} == {reference.split("/")[0] for *_, reference in CASES}


def test_every_field_of_the_list_is_one_of_a_pod() -> None:
    definitions = schemas()["definitions"]

    def at(path: str) -> dict[str, Any]:
        schema = definitions[next(name for name in definitions if name.endswith("core.v1.PodSpec"))]
        for step in path.split("."):
            schema = schema["properties"][step.removesuffix("[]")]
            while "$ref" in schema or "items" in schema:
                inner = schema.get("items", schema)
                schema = definitions[inner["$ref"].rsplit("/", 1)[-1]] if "$ref" in inner else inner
        return schema

    for field in FIELDS:
        assert at(".".join(filter(None, (field.path, field.name))))["type"] == "string"
        assert not field.keys or at(f"{field.path}.{field.keys}")["type"] == "string"


@pytest.mark.parametrize(
    ("pod", "container"),
    [
        ("serviceAccountName: default, priorityClassName: system-cluster-critical", ""),
        ("volumes: [{name: v, configMap: {name: kube-root-ca.crt, items: [{key: ca.crt, path: a}]}}]", ""),
        ("volumes: [{name: v, secret: {secretName: s, optional: true, items: [{key: a, path: a}]}}]", ""),
        (PROJECTED % "{configMap: {name: m, optional: true}}, {serviceAccountToken: {path: t}}", ""),
        ("", "envFrom: [{configMapRef: {name: m, optional: true}}, {secretRef: {name: s, optional: true}}]"),
        ("", "env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k, optional: true}}}]"),
        ("", "env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]"),
        ("serviceAccountName: default, serviceAccount: robot", ""),
    ],
)
def test_what_is_always_there_or_optional_does_not_matter(pod: str, container: str) -> None:
    assert absent(deployment(pod, container)) == []
    assert strict(deployment(pod, container)) == Absences()


@pytest.mark.parametrize(
    ("container", "given", "missing"),
    [
        ("secretKeyRef: {name: o, key: k}", thing("Secret", "o", "stringData: {k: a}"), []),
        ("secretKeyRef: {name: o, key: k}", thing("Secret", "o", "data: {other: YQ==}"), ["Secret/o[k]"]),
        ("configMapKeyRef: {name: o, key: k}", thing("ConfigMap", "o", "binaryData: {k: YQ==}"), []),
        ("configMapKeyRef: {name: o, key: k}", thing("ConfigMap", "o"), ["ConfigMap/o[k]"]),
        (
            "secretKeyRef: {name: o, key: token}",
            thing("Secret", "o", "type: kubernetes.io/service-account-token"),
            [],
        ),
    ],
)
def test_keys_are_looked_up_in_the_object(container: str, given: str, missing: list[str]) -> None:
    assert absent(deployment("", f"env: [{{name: A, valueFrom: {{{container}}}}}]"), given) == missing


def test_items_of_a_volume_are_keys() -> None:
    items = "items: [{key: a, path: a}, {key: b, path: b}]"
    pods = (
        f"volumes: [{{name: v, configMap: {{name: m, {items}}}}}]",
        PROJECTED % f"{{configMap: {{name: m, {items}}}}}",
    )
    for pod in pods:
        assert absent(deployment(pod), thing("ConfigMap", "m", "data: {a: x}")) == ["ConfigMap/m[b]"]


def test_an_object_is_looked_up_in_the_namespace_of_the_pod() -> None:
    pod, given = "", thing("ConfigMap", "m")
    assert absent(deployment(pod, "envFrom: [{configMapRef: {name: m}}]", namespace="shop"), given) == [
        "ConfigMap/shop/m"
    ]
    gold = thing("PriorityClass", "gold", "value: 7", namespace="any")
    assert absent(deployment("priorityClassName: gold", namespace="shop"), gold) == []


def test_a_reference_is_named_once_with_who_asks_for_it() -> None:
    env = "envFrom: [{secretRef: {name: s}}], env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}]"
    volume = "volumes: [{name: v, secret: {secretName: s}}]"
    [named] = build(deployment("", env), *(deployment(volume, "", f"w{i}") for i in range(4))).named
    assert (named.field, named.count, str(named.first)) == ("Secret/s", 6, "f.yaml:8:78")
    assert str(named) == (
        "too good: Secret/s (6 times, first at f.yaml:8:78): asked for by Deployment/web, Deployment/w0, Deployment/w1 "
        "and 2 more; it is taken to be there: without it the container does not start (CreateContainerConfigError: "
        'secret "s" not found); the pod does not start (FailedMount: MountVolume.SetUp failed for volume "v" : '
        'secret "s" not found)'
    )
    assert named.problem.message.startswith("not among the input (6 times): too good: asked for by ")
    assert Named.from_json(named.to_json()) == named


def test_what_makes_no_pods_asks_for_nothing() -> None:
    rollout = (
        "apiVersion: apps.kruise.io/v1alpha1\nkind: CloneSet\nmetadata: {name: web}\nspec:\n  template:\n"
        f"    {spec('serviceAccountName: robot')}\n"
    )
    assert absent(rollout) == []


@pytest.mark.parametrize(
    ("pod", "container", "expected"),
    [
        (
            *(ACCOUNT, ""),
            Absences(
                refused='pods "{}" is forbidden: error looking up service account default/robot: serviceaccount '
                '"robot" not found'
            ),
        ),
        (
            "priorityClassName: gold",
            "",
            Absences(refused='pods "{}" is forbidden: no PriorityClass with name gold was found'),
        ),
        (
            "runtimeClassName: gvisor",
            "",
            Absences(refused='pods "{}" is forbidden: pod rejected: RuntimeClass "gvisor" not found'),
        ),
        (
            "volumes: [{name: v, secret: {secretName: s}}]",
            "",
            Absences(
                unmounted='FailedMount: MountVolume.SetUp failed for volume "v" : secret "s" not found',
                lacks_configuration=True,
            ),
        ),
        (
            *("", "envFrom: [{configMapRef: {name: m}}]"),
            Absences(held_back={"c": 'CreateContainerConfigError: configmap "m" not found'}, lacks_configuration=True),
        ),
        ("imagePullSecrets: [{name: s}]", "", Absences()),
    ],
)
def test_strictly_it_acts_in_the_words_of_kubernetes(pod: str, container: str, expected: Absences) -> None:
    assert strict(deployment(pod, container)) == expected
    assert build(deployment(pod, container)).cluster.deployments[0].template.absences == Absences()


def test_the_first_admission_plug_in_that_refuses_speaks() -> None:
    refused = strict(deployment("runtimeClassName: a, priorityClassName: b, serviceAccountName: c")).refused
    assert refused.startswith('pods "{}" is forbidden: error looking up service account default/c: ')


def test_a_claim_keeps_the_pod_from_being_placed_and_then_from_starting() -> None:
    found = strict(deployment(CLAIM))
    assert found.unschedulable == 'persistentvolumeclaim "data" not found'
    assert found.unmounted == 'FailedMount: Unable to attach or mount volumes: persistentvolumeclaim "data" not found'


def test_keys_that_are_not_there_act_too() -> None:
    env = "env: [{name: A, valueFrom: {configMapKeyRef: {name: m, key: k}}}]"
    volume = "volumes: [{name: v, configMap: {name: m, items: [{key: k, path: p}]}}]"
    found = strict(deployment(volume, env, namespace="shop"), thing("ConfigMap", "m", namespace="shop"))
    assert found.held_back == {"c": "CreateContainerConfigError: couldn't find key k in ConfigMap shop/m"}
    assert found.unmounted == (
        'FailedMount: MountVolume.SetUp failed for volume "v" : references non-existent config key: k'
    )


def test_what_acts_is_a_warning_and_not_named() -> None:
    pod = f"{ACCOUNT}, imagePullSecrets: [{{name: s}}]"
    built = build(deployment(pod), references=References.STRICT)
    assert [one.field for one in built.named] == ["Secret/s"]
    assert [str(warning) for warning in built.warnings] == [
        "f.yaml:8:73: ServiceAccount/robot: not among the input: asked for by Deployment/web: no pod is made (error "
        'looking up service account default/robot: serviceaccount "robot" not found)'
    ]


@pytest.mark.parametrize(
    ("account", "pod", "named"),
    [
        ("robot", ACCOUNT, ["Secret/s"]),
        ("default", "", ["Secret/s"]),
        ("robot", "", []),
        ("robot", f"{ACCOUNT}, imagePullSecrets: [{{name: t}}]", ["Secret/t"]),
    ],
)
def test_pods_pull_with_the_secrets_of_their_account(account: str, pod: str, named: list[str]) -> None:
    """Unless they name some themselves (plugin/pkg/admission/serviceaccount)."""
    given = thing("ServiceAccount", account, "imagePullSecrets: [{name: s}]")
    assert absent(deployment(pod), given) == named
    assert absent(deployment(pod), given, thing("Secret", "s")) == [one for one in named if one != "Secret/s"]


def test_a_secret_that_acts_in_one_pod_and_not_in_another_is_a_warning_and_named() -> None:
    pulls = deployment("imagePullSecrets: [{name: s}]", name="a")
    reads = deployment("", "envFrom: [{secretRef: {name: s}}]", name="b")
    [both] = build(pulls, reads).named
    assert "every image is taken to be pulled and it is taken to be there: without it private images" in both.sentence
    strictly = build(pulls, reads, references=References.STRICT)
    [warning], [named] = strictly.warnings, strictly.named
    assert warning.message == (
        "not among the input: asked for by Deployment/b: the container does not start "
        '(CreateContainerConfigError: secret "s" not found)'
    )
    assert named.sentence.startswith("asked for by Deployment/a; every image is taken to be pulled: without it private")


def test_a_claim_of_a_class_that_is_not_there_stays_unbound() -> None:
    claim = "{accessModes: [ReadWriteOnce], %s, resources: {requests: {storage: 1Gi}}}"
    fast = thing("PersistentVolumeClaim", "data", f"spec: {claim % 'storageClassName: fast'}")
    found = strict(deployment(CLAIM), fast)
    assert found.unschedulable == "pod has unbound immediate PersistentVolumeClaims"
    assert absent(deployment(CLAIM), fast) == ["StorageClass/fast"]
    source = "accessModes: [ReadWriteOnce], nfs: {path: /, server: a}"
    volume = f"spec: {{storageClassName: fast, capacity: {{storage: 1Gi}}, {source}}}"
    given = thing("PersistentVolume", "p", volume)
    assert strict(deployment(CLAIM), fast, given) == Absences()
    classless = thing("PersistentVolumeClaim", "data", "spec: " + claim % "storageClassName: ''")
    assert absent(deployment(CLAIM), classless) == ["PersistentVolume/(of class (none))"]
    assert strict(deployment(CLAIM), classless, given.replace("storageClassName: fast, ", "")) == Absences()
    named = thing("PersistentVolumeClaim", "data", f"spec: {claim % 'storageClassName: fast, volumeName: p'}")
    assert strict(deployment(CLAIM), named, given) == Absences()
    assert strict(deployment(CLAIM), named).unschedulable == "pod has unbound immediate PersistentVolumeClaims"
    assert absent(deployment(CLAIM), named) == ["PersistentVolume/p"]


def test_a_claim_without_a_class_wants_the_default_class_or_a_volume_without_one() -> None:
    claim = thing("PersistentVolumeClaim", "data", "spec: {resources: {requests: {storage: 1Gi}}}")
    assert absent(deployment(CLAIM), claim) == ["StorageClass/(default)"]
    assert strict(deployment(CLAIM), claim).unschedulable == "pod has unbound immediate PersistentVolumeClaims"
    default = (
        "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nprovisioner: ebs.csi.aws.com\n"
        "metadata: {name: std, annotations: {storageclass.kubernetes.io/is-default-class: 'true'}}\n"
    )
    assert absent(deployment(CLAIM), claim, default) == []
    without_class = thing("PersistentVolume", "p", "spec: {capacity: {storage: 1Gi}, nfs: {path: /, server: a}}")
    assert absent(deployment(CLAIM), claim, without_class) == []


def test_a_volume_that_is_written_wrong_is_an_error_and_no_crash() -> None:
    with pytest.raises(InputError, match="storageClassName"):
        build(thing("PersistentVolume", "p", "spec: {storageClassName: {a: b}}"), deployment(CLAIM))


def test_claims_of_a_stateful_set_are_made_and_have_a_class() -> None:
    claim = "{accessModes: [ReadWriteOnce], storageClassName: fast, resources: {requests: {storage: 1Gi}}}"
    mounts = spec("", "volumeMounts: [{name: data, mountPath: /d}]")
    text = STATEFUL_SET.format(claim=claim, spec=mounts)
    assert absent(text) == ["StorageClass/fast"]
    assert absent(text, thing("StorageClass", "fast", "provisioner: a/b")) == []
    [made] = build(text, references=References.STRICT).cluster.stateful_sets
    assert made.template.absences.unschedulable == "pod has unbound immediate PersistentVolumeClaims"


@pytest.mark.parametrize(
    "field", ["volumeMounts: [{name: dta, mountPath: /}]", "volumeDevices: [{name: dta, devicePath: /}]"]
)
def test_a_volume_that_the_pod_does_not_have_is_an_error(field: str) -> None:
    with pytest.raises(InputError) as caught:
        build(deployment("volumes: [{name: data, emptyDir: {}}]", field))
    [problem] = caught.value.problems
    assert problem.path.endswith("[0].name")
    assert problem.message == "not found: \"dta\"; did you mean 'data'?"


def test_of_a_stateful_set_only_the_pods_are_refused() -> None:
    """Its template is not validated (pkg/apis/apps/validation, ValidatePodTemplateSpecForStatefulSet)."""
    text = STATEFUL_SET.format(
        claim="{storageClassName: ''}", spec=spec("", "volumeMounts: [{name: dta, mountPath: /}]")
    )
    for references in References:
        volume = thing("PersistentVolume", "p", "spec: {capacity: {storage: 1Gi}, nfs: {path: /, server: a}}")
        built = build(text, volume, references=references)
        [made] = built.cluster.stateful_sets
        assert made.template.absences.refused == (
            'Pod "{}" is invalid: spec.containers[0].volumeMounts[0].name: Not found: "dta"'
        )
        assert [warning.message for warning in built.warnings] == [
            "not found: \"dta\": the API server refuses its pods; did you mean 'data'?"
        ]


def test_every_stage_says_what_becomes_of_the_pod() -> None:
    assert len({stage.becomes for stage in Stage}) == len(Stage)
