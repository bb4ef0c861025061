"""What is written and not read is named, with its number, its first place, and what the answer is for want of it."""

import pytest

from models.behaviour import Behaviour, BehaviourOverride, PodBehaviour
from models.distributions import Fixed
from models.input.documents import parse_documents
from models.manifests import ClusterInput, Manifest, Named, build_cluster
from models.manifests.account import in_words, together

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec: {{containers: [{{name: c, image: "i:1", {container}}}], {pod}}}
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {{name: web}}
spec: {{selector: {{app: web}}, ports: [{{port: 80, {port}}}], {spec}}}
"""


def deployment(pod: str = "", container: str = "", name: str = "web") -> str:
    return DEPLOYMENT.format(pod=pod, container=container, name=name)


def service(spec: str = "", port: str = "") -> str:
    return SERVICE.format(spec=spec, port=port)


def build(*texts: str, behaviour: Behaviour | None = None) -> ClusterInput:
    documents = parse_documents("---\n".join(texts), "f.yaml")
    return build_cluster([Manifest(document.value, document) for document in documents], behaviour=behaviour)


def fields(*texts: str) -> dict[str, str]:
    return {named.field: str(named.effect) for named in build(*texts).named}


def thing(kind: str, api_version: str = "v1", name: str = "x") -> str:
    return f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: {name}}}\n"


@pytest.mark.parametrize(
    ("pod", "container", "field", "effect"),
    [
        ("readinessGates: [{conditionType: a/b}]", "", "readinessGates", "too good"),
        ("schedulerName: mine", "", "schedulerName", "unknown"),
        ("resources: {limits: {memory: 1Gi}}", "", "resources.limits.memory", "too good"),
        ("hostUsers: false", "", "hostUsers", "too good"),
        ("os: {name: windows}", "", "os", "too good"),
        ("volumes: [{name: d, nfs: {path: /, server: a}}]", "", "volumes[].nfs", "too good"),
        ("volumes: [{name: d, hostPath: {path: /a, type: Socket}}]", "", "volumes[].hostPath.type", "too good"),
        ("volumes: [{name: d, emptyDir: {sizeLimit: 1Gi}}]", "", "volumes[].emptyDir.sizeLimit", "too good"),
        ("securityContext: {runAsNonRoot: true}", "", "securityContext.runAsNonRoot", "too good"),
        ("", "imagePullPolicy: Never", "containers[].imagePullPolicy", "too good"),
        ("", "resources: {limits: {memory: 1Gi}}", "containers[].resources.limits.memory", "too good"),
        (
            *("", "lifecycle: {postStart: {exec: {command: [migrate]}}}"),
            *("containers[].lifecycle.postStart.exec.command", "too good"),
        ),
        (
            *("", "lifecycle: {preStop: {exec: {command: [nginx, -s, quit]}}}"),
            *("containers[].lifecycle.preStop.exec.command", "unknown"),
        ),
        (
            *("", "readinessProbe: {failureThreshold: 5, tcpSocket: {port: 1}}"),
            *("containers[].readinessProbe.failureThreshold", "too good"),
        ),
        ("", "securityContext: {runAsNonRoot: true}", "containers[].securityContext.runAsNonRoot", "too good"),
    ],
)
def test_what_may_matter_in_a_pod_is_named(pod: str, container: str, field: str, effect: str) -> None:
    found = fields(deployment(pod, container))
    assert {name: word for name, word in found.items() if name.startswith("Pod ")} == {f"Pod spec.{field}": effect}


@pytest.mark.parametrize(
    ("pod", "container"),
    [
        ("hostPID: false, shareProcessNamespace: true, dnsPolicy: Default, automountServiceAccountToken: false", ""),
        ("schedulerName: default-scheduler, serviceAccountName: default, os: {name: linux}, hostUsers: true", ""),
        ("securityContext: {runAsNonRoot: true, runAsUser: 1000}", ""),
        ("readinessGates: [], resources: {}, volumes: [{name: a, emptyDir: {}}, {name: b, hostPath: {path: /x}}]", ""),
        ("volumes: [{name: d, configMap: {name: m, optional: true}}]", ""),
        ("", "env: [{name: A, value: b}], args: [a], command: [b], workingDir: /, tty: true, stdin: true"),
        ("", "envFrom: [{secretRef: {name: s, optional: true}}], imagePullPolicy: IfNotPresent"),
        ("", "lifecycle: {preStop: {exec: {command: [sleep, '5']}}, postStart: {sleep: {seconds: 5}}}"),
        ("", "livenessProbe: {terminationGracePeriodSeconds: 1, tcpSocket: {port: 1}}"),
        ("", "livenessProbe: {failureThreshold: 5, httpGet: {port: 80, path: /}}"),
        ("", "resources: {requests: {cpu: 1, memory: 1Gi}, limits: {gpu: 1}}"),
        ("resources: {requests: {cpu: 1}}", ""),
        ("initContainers: [{name: i, image: i, ports: [{containerPort: 1, hostPort: 1, protocol: UDP}]}]", ""),
    ],
)
def test_what_has_no_effect_is_not_named(pod: str, container: str) -> None:
    assert fields(deployment(pod, container)) == {}


@pytest.mark.parametrize("hook", ["exec: {command: [nginx, -s, quit]}", "httpGet: {port: 80, path: /drain}"])
@pytest.mark.parametrize("when", ["preStop", "postStart"])
def test_a_hook_is_named_unless_the_experiment_says_how_long_it_takes(when: str, hook: str) -> None:
    text = deployment("", f"lifecycle: {{{when}: {{{hook}}}}}")
    known = PodBehaviour(**{"preStop": {"pre_stop": Fixed(5.0)}, "postStart": {"post_start": Fixed(5.0)}}[when])
    of_others = Behaviour(overrides=(BehaviourOverride(known, name="other"),))
    assert len(build(text, behaviour=of_others).named) == len(build(text).named) > 0
    assert build(text, behaviour=Behaviour(known)).named == ()
    assert build(text, behaviour=Behaviour(overrides=(BehaviourOverride(known, name="web"),))).named == ()


def test_readiness_gates_are_named_unless_the_experiment_says_when_they_open() -> None:
    text = deployment("readinessGates: [{conditionType: a/b}]")
    built = build(text, behaviour=Behaviour(PodBehaviour(readiness_gate=Fixed(5.0))))
    assert built.named == ()
    assert built.cluster.deployments[0].template.spec.readiness_gates == ("a/b",)


def test_the_number_and_the_first_place_are_told() -> None:
    mounts = "volumes: [{name: d, nfs: {path: /, server: a}}, {name: e, nfs: {path: /, server: a}}]"
    [named] = build(deployment(), deployment(mounts, name="b"), deployment(mounts, name="c")).named
    assert (named.count, str(named.first)) == (4, "f.yaml:17:78")
    assert str(named).startswith("too good: Pod spec.volumes[].nfs (4 times, first at f.yaml:17:78): the pod does not")
    assert named.problem.location == named.first
    assert Named.from_json(named.to_json()) == named


def test_what_is_most_too_good_comes_first_and_what_is_too_much_is_counted() -> None:
    pod = "setHostnameAsFQDN: true, schedulerName: a, hostUsers: false"
    two = build(deployment(pod), deployment("setHostnameAsFQDN: true", name="other")).named
    assert [(n.field.removeprefix("Pod spec."), n.count) for n in two] == [
        ("setHostnameAsFQDN", 2),
        ("hostUsers", 1),
        ("schedulerName", 1),
    ]
    lines = in_words(two, most=2)
    assert len(lines) == 3
    assert lines[0].startswith("not read, too good: Pod spec.setHostnameAsFQDN (2 times, first at f.yaml:8:")
    assert lines[2] == "and 1 more like these: kubenines validate --fields lists them"
    assert together([two[1:], two]) == two


@pytest.mark.parametrize(
    ("spec", "field", "effect"),
    [
        ("externalTrafficPolicy: Local", "externalTrafficPolicy", "too good"),
        ("clusterIP: None", "clusterIP", "too good"),
        ("ipFamilyPolicy: RequireDualStack", "ipFamilyPolicy", "too good"),
    ],
)
def test_what_may_matter_in_a_service_is_named(spec: str, field: str, effect: str) -> None:
    assert fields(deployment(), service(spec)) == {f"Service spec.{field}": effect}


def test_defaults_of_a_service_are_not_named() -> None:
    spec = "internalTrafficPolicy: Cluster, externalTrafficPolicy: Cluster, sessionAffinity: None, type: NodePort"
    spec += ", ipFamilyPolicy: PreferDualStack"
    assert fields(deployment(), service(spec, "targetPort: 8080, nodePort: 30000, name: http")) == {}


def test_a_port_by_name_is_named_where_pods_have_other_ports_of_the_service() -> None:
    named = {"Service spec.ports[].targetPort": "too good"}
    has = "ports: [{name: http, containerPort: 80}]"
    alone, beside = service("", "targetPort: http"), service("", "targetPort: http}, {port: 81")
    assert fields(deployment(), alone) == fields(deployment("", has), alone) == {}
    assert fields(deployment("", has), deployment(name="b"), alone) == {}
    assert fields(deployment("", has), beside) == {}
    assert fields(deployment(), beside) == fields(deployment("", has), deployment(name="b"), beside) == named


def test_a_cluster_ip_of_its_own_is_not_named() -> None:
    assert fields(deployment(), service("clusterIP: 10.0.0.7")) == {}


def test_kinds_that_are_not_read_are_named_if_they_may_matter() -> None:
    found = fields(
        thing("NetworkPolicy", "networking.k8s.io/v1") + "spec: {podSelector: {}}\n",
        thing("CloneSet", "apps.kruise.io/v1alpha1"),
        thing("PodChaos", "chaos-mesh.org/v1alpha1"),
        thing("Kustomization", "kustomize.config.k8s.io/v1beta1"),
        thing("ConfigMap"),
        thing("ServiceAccount"),
        thing("Namespace"),
    )
    assert found == {
        "NetworkPolicy": "too good",
        "PodChaos": "too good",
        "CloneSet": "unknown",
    }


def test_a_field_of_which_some_is_read_is_reviewed_as_a_whole() -> None:
    owned = "metadata: {name: web, labels: {a: b, pod-template-hash: c}, ownerReferences: [{controller: true, "
    owned += "apiVersion: apps/v1, kind: Deployment, name: gone, uid: u, blockOwnerDeletion: true}]}"
    replica_set = deployment().replace("kind: Deployment", "kind: ReplicaSet").replace("metadata: {name: web}", owned)
    assert fields(replica_set) == {}


def test_labels_of_a_namespace_are_reviewed_one_by_one() -> None:
    labels = "labels: {team: a, istio-injection: enabled, pod-security.kubernetes.io/enforce: privileged}"
    assert fields(f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: x, {labels}}}\n") == {
        "Namespace metadata.labels.istio-injection": "unknown"
    }


def test_a_service_whose_pods_are_of_a_kind_that_is_not_read_is_told_apart() -> None:
    controller = (
        "apiVersion: apps.kruise.io/v1alpha1\nkind: CloneSet\nmetadata: {name: once}\nspec:\n  template:\n"
        "    metadata: {labels: {app: web}}\n    spec: {containers: [{name: c, image: i}]}\n"
    )
    [(key, podless)] = build(controller, service()).podless.items()
    assert (key, podless.maker) == (("default", "web"), "CloneSet/once")
    [(_, podless)] = build(service()).podless.items()
    assert podless.maker == ""
    assert build(deployment(), service()).podless == {}
