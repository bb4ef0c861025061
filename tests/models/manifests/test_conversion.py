"""Objects to values: defaults as the API server fills them, refusals in its words."""

import contextlib
import copy
import math
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from models.behaviour import Behaviour
from models.cluster import Cluster
from models.deployment import Percent, StrategyType
from models.input.documents import Document
from models.input.problems import InputError
from models.labels import LabelSelector, Operator, Requirement
from models.manifests import ClusterInput, Manifest, build_cluster
from models.namespace import Namespace
from models.node import Resources, Taint, TaintEffect
from models.pod import (
    Container,
    NodeSelectorTerm,
    PodResources,
    PodSpec,
    PreferredNode,
    Probe,
    Toleration,
    WhenUnsatisfiable,
)
from models.timing import Timing


def build(*objects: dict[str, Any], behaviour: Behaviour | None = None) -> ClusterInput:
    return build_cluster([Manifest(value, Document("f.yaml", value)) for value in objects], behaviour=behaviour)


def cluster(*objects: dict[str, Any]) -> Cluster:
    return build(*objects).cluster


def problems(*objects: dict[str, Any]) -> list[str]:
    with pytest.raises(InputError) as caught:
        build(*objects)
    return [f"{p.path.partition(' ')[2]}: {p.message}" for p in caught.value.problems]


def deployment(spec: str = "", pod: str = "", container: str = "", name: str = "web") -> dict[str, Any]:
    """A Deployment; the arguments are YAML in flow style that is added to the three levels."""
    added = [yaml.safe_load(f"{{{text}}}") for text in (spec, pod, container)]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "web", "image": "web:1", **added[2]}], **added[1]},
            },
            **added[0],
        },
    }


def pod_spec(pod: str = "", container: str = "", *others: dict[str, Any]) -> PodSpec:
    return cluster(*others, deployment("", pod, container)).deployments[0].template.spec


def first_container(text: str = "", pod: str = "") -> Container:
    return pod_spec(pod, text).containers[0]


def test_a_bare_deployment_gets_the_defaults_of_the_api_server() -> None:
    made = cluster(deployment()).deployments[0]
    assert (made.name, made.namespace, made.replicas, made.paused) == ("web", "default", 1, False)
    assert (made.strategy, made.max_surge, made.max_unavailable) == (
        StrategyType.ROLLING_UPDATE,
        Percent(25),
        Percent(25),
    )
    assert (made.min_ready_seconds, made.revision_history_limit, made.progress_deadline_seconds) == (0, 10, 600)
    assert made.selector == LabelSelector.of({"app": "web"})
    spec = made.template.spec
    assert (spec.termination_grace_period, spec.restart_policy, spec.host_network) == (30, "Always", False)
    assert (spec.priority, spec.preempts, spec.node_name) == (0, True, None)
    assert spec.tolerations == (
        Toleration("node.kubernetes.io/not-ready", None, TaintEffect.NO_EXECUTE, 300),
        Toleration("node.kubernetes.io/unreachable", None, TaintEffect.NO_EXECUTE, 300),
    )
    container = spec.containers[0]
    assert (container.requests, container.limits, container.declared) == (Resources(), Resources(), frozenset())
    assert (container.readiness, container.liveness, container.startup, container.pre_stop) == (None, None, None, 0)


def test_surge_and_unavailable_are_filled_separately() -> None:
    made = cluster(deployment("strategy: {rollingUpdate: {maxSurge: 0}}")).deployments[0]
    assert (made.max_surge, made.max_unavailable) == (0, Percent(25))


def test_a_request_that_is_missing_is_the_limit() -> None:
    both = first_container("resources: {limits: {cpu: 1, memory: 1Gi, gpu: 2}, requests: {cpu: 200m}}")
    assert both.requests == Resources(200, 2**30, {"gpu": 2})
    assert both.limits == Resources(1000, 2**30, {"gpu": 2})
    assert both.declared == {"cpu", "memory"}
    assert first_container("resources: {requests: {cpu: 0}}").declared == {"cpu"}


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("web", "Always"),
        ("web:latest", "Always"),
        ("web:1.2", "IfNotPresent"),
        ("registry.example:5000/web", "Always"),
        ("registry.example:5000/web:1", "IfNotPresent"),
        ("web@sha256:abc", "IfNotPresent"),
        ("web:latest@sha256:abc", "IfNotPresent"),
    ],
)
def test_the_pull_policy_follows_the_tag(image: str, policy: str) -> None:
    assert first_container(f"image: '{image}'").image_pull_policy == policy


def test_a_written_pull_policy_stands() -> None:
    assert first_container("image: web, imagePullPolicy: Never").image_pull_policy == "Never"


def test_probes_are_filled() -> None:
    assert first_container("readinessProbe: {httpGet: {port: 80}}").readiness == Probe(0, 10, 1, 1, 3)
    written = "periodSeconds: 5, timeoutSeconds: 2, successThreshold: 2, failureThreshold: 4, initialDelaySeconds: 7"
    assert first_container(f"readinessProbe: {{tcpSocket: {{port: 80}}, {written}}}").readiness == Probe(7, 5, 2, 2, 4)
    assert first_container("startupProbe: {grpc: {port: 80}, periodSeconds: 0}").startup == Probe()


@pytest.mark.parametrize(
    ("hook", "seconds"),
    [
        ("sleep: {seconds: 15}", 15),
        ("exec: {command: [sleep, '15']}", 15),
        ("exec: {command: [/bin/sleep, '15']}", 15),
        ("exec: {command: [/bin/sh, -c, sleep 15]}", 15),
        ("exec: {command: [sh, -ec, 'sleep 15; nginx -s quit']}", 15),
        ("exec: {command: [bash, -c, 'sleep 0.5m && stop']}", 30),
        ("exec: {command: [sh, -c, 'nginx -s quit; sleep 15']}", 15),
        ("exec: {command: [sh, -c, 'sleep 5 && nginx -s quit && sleep 10']}", 15),
        ("exec: {command: [sh, -c, 'echo bye >&2; sleep 15 >/dev/null 2>&1']}", 15),
        ("exec: {command: [/usr/bin/env, bash, -o, pipefail, -c, '/bin/sleep 15']}", 15),
        ("exec: {command: [sh, -c, 'exec sleep 5 10']}", 15),
        ("exec: {command: [sh, -c, 'sh -c \"sleep 10\"; { sleep 5; }']}", 15),
        ('exec: {command: [sh, -c, "# drain\\ncurl -X POST localhost/drain ||\\n true\\nsleep 15 # s"]}', 15),
        ("exec: {command: [sh, -c, 'sleep $DRAIN']}", 15),
        ("exec: {command: [sh, -c, 'sleep ${WAIT:-15}']}", 15),
        ("exec: {command: [sh, -c, 'sleep infinity']}", math.inf),
        ("exec: {command: [sh, -c, 'sleep 99 & sleep 15']}", 15),
        ("exec: {command: [/bin/sh, -c, 'trap : TERM; sleep 15 & wait']}", 15),
        ("exec: {command: [sh, -c, 'sleep 5; sleep 10 & sleep 3; wait']}", 15),
        ("exec: {command: [sh, -c, 'sleep 99 & sleep 15 & wait $!']}", 15),
        ("exec: {command: [sh, -c, 'sleep 10 & sleep 15; wait']}", 15),
        ("exec: {command: [sh, -c, 'timeout 15 sleep 60']}", 15),
        ("exec: {command: [timeout, 60s, sh, -c, 'drain; sleep 15']}", 15),
        ("exec: {command: [timeout, '15', drain]}", None),
        ("exec: {command: [sh, -c, 'sleep 15 &']}", None),
        ("exec: {command: [sh, -c, 'drain & wait']}", None),
        ("exec: {command: [sh, -c, 'sleep $UNKNOWN']}", None),
        ("exec: {command: [sh, -c, 'while pgrep x; do sleep 1; done']}", None),
        ("exec: {command: [sh, -c, 'if busy; then sleep 5; fi']}", None),
        ("exec: {command: [sh, -c, 'echo \"sleep 5']}", None),
        ("exec: {command: [sh, -c, 'echo sleep 5']}", None),
        ("exec: {command: [/bin/sh, -c, 'nginx -s quit']}", None),
        ("exec: {command: [/drain.sh]}", None),
        ("exec: {command: [python, -c, 'sleep 15']}", None),
        ("httpGet: {port: 80}", None),
        ("tcpSocket: {port: 80}", None),
    ],
)
def test_a_hook_takes_as_long_as_it_sleeps(hook: str, seconds: float | None) -> None:
    env = "env: [{name: DRAIN, value: '15'}]"
    assert first_container(f"{env}, lifecycle: {{preStop: {{{hook}}}}}").pre_stop == seconds
    assert first_container(f"{env}, lifecycle: {{postStart: {{{hook}}}}}").post_start == seconds


def test_host_ports_are_the_container_ports_on_the_host_network() -> None:
    ports = "ports: [{containerPort: 80}, {containerPort: 53, protocol: UDP, hostPort: 53, hostIP: 10.0.0.1}]"
    assert first_container(ports).host_ports == ((53, "UDP", "10.0.0.1"),)
    assert first_container(ports, "hostNetwork: true").host_ports == ((80, "TCP", "0.0.0.0"), (53, "UDP", "10.0.0.1"))


def test_an_init_container_that_restarts_is_a_sidecar() -> None:
    sidecar = "{name: s, image: 'i:1', restartPolicy: Always, resources: {requests: {cpu: 50m}}}"
    spec = pod_spec(f"initContainers: [{sidecar}, {{name: i, image: 'i:1'}}]")
    assert [c.restart_policy for c in spec.init_containers] == ["Always", None]
    assert spec.requests.cpu == 50


@pytest.mark.parametrize(
    ("own", "keys"),
    [
        (
            "[{key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 30}]",
            ["not-ready"],
        ),
        ("[{operator: Exists}]", []),
        ("[{key: node.kubernetes.io/not-ready, operator: Exists}]", ["unreachable"]),
        ("[{key: node.kubernetes.io/not-ready, operator: Exists, effect: NoSchedule}]", ["not-ready", "unreachable"]),
    ],
)
def test_admission_adds_the_tolerations_that_the_pod_lacks(own: str, keys: list[str]) -> None:
    added = pod_spec(f"tolerations: {own}").tolerations[1:]
    assert [t.key.removeprefix("node.kubernetes.io/") for t in added] == keys
    assert all(t.seconds == 300 for t in added)


def test_the_tolerations_that_admission_adds_follow_the_control_planes_flags() -> None:
    timing = Timing(not_ready_toleration_seconds=30.0, unreachable_toleration_seconds=60.0)
    built = build(deployment(), behaviour=Behaviour(timing=timing))
    assert [t.seconds for t in built.cluster.deployments[0].template.spec.tolerations] == [30, 60]


def test_a_negative_toleration_time_means_at_once() -> None:
    own = "[{key: a, value: b, effect: NoExecute, tolerationSeconds: -5}]"
    assert pod_spec(f"tolerations: {own}").tolerations[0] == Toleration("a", "b", TaintEffect.NO_EXECUTE, 0.0)


def priority_class(name: str, value: int, **fields: object) -> dict[str, Any]:
    return {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": name},
        "value": value,
        **fields,
    }


def test_priority_comes_from_the_class_the_default_class_or_the_system() -> None:
    high = priority_class("high", 1000, preemptionPolicy="Never")
    usual, rare = priority_class("usual", 10, globalDefault=True), priority_class("rare", 20, globalDefault=True)
    named = pod_spec("priorityClassName: high", "", high, usual)
    assert (named.priority, named.preempts) == (1000, False)
    assert pod_spec("", "", high, usual, rare).priority == 10
    assert pod_spec("priorityClassName: system-node-critical").priority == 2_000_001_000
    assert pod_spec("priorityClassName: high, preemptionPolicy: PreemptLowerPriority", "", high).preempts


def test_a_class_that_is_not_in_the_input_is_taken_to_be_worth_what_is_written() -> None:
    built = build(deployment("", "priorityClassName: gold"))
    assert built.cluster.deployments[0].template.spec.priority == 0
    assert [n.field for n in built.named] == ["PriorityClass/gold"]
    exported = build(deployment("", "priorityClassName: gold, priority: 77"))
    assert exported.cluster.deployments[0].template.spec.priority == 77


def test_affinity_is_read() -> None:
    affinity = pod_spec("""affinity: {
        nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [
                {matchExpressions: [{key: cpus, operator: Gt, values: ['4']}],
                 matchFields: [{key: metadata.name, operator: In, values: [n1]}]}]},
            preferredDuringSchedulingIgnoredDuringExecution: [
                {weight: 7, preference: {matchExpressions: [{key: ssd, operator: Exists}]}}]},
        podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [
            {topologyKey: zone, labelSelector: {matchLabels: {app: web}}, namespaceSelector: {}}]}}""").affinity
    assert affinity.node_required == (
        NodeSelectorTerm(
            (Requirement("cpus", Operator.GT, ("4",)),), (Requirement("metadata.name", Operator.IN, ("n1",)),)
        ),
    )
    assert affinity.node_preferred == (PreferredNode(7, NodeSelectorTerm((Requirement("ssd", Operator.EXISTS),))),)
    (term,) = affinity.pod_anti_required
    assert (term.topology_key, term.selector, term.namespace_selector) == (
        "zone",
        LabelSelector.of({"app": "web"}),
        LabelSelector(),
    )
    assert pod_spec().affinity.node_required is None


def test_topology_spread_is_read_with_its_defaults() -> None:
    plain = "{maxSkew: 2, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway}"
    full = (
        "{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, minDomains: 3, nodeTaintsPolicy: Honor, "
        "nodeAffinityPolicy: Ignore, labelSelector: {matchLabels: {app: web}}, matchLabelKeys: [pod-template-hash]}"
    )
    first, second = pod_spec(f"topologySpreadConstraints: [{plain}, {full}]").topology_spread_constraints
    assert (first.max_skew, first.when_unsatisfiable, first.selector) == (2, WhenUnsatisfiable.SCHEDULE_ANYWAY, None)
    assert (first.min_domains, first.honor_node_affinity, first.honor_node_taints) == (1, True, False)
    assert (second.min_domains, second.honor_node_affinity, second.honor_node_taints) == (3, False, True)
    assert second.match_label_keys == ("pod-template-hash",)


SELECT = "labelSelector: {matchLabels: {app: web}}"
ANTI = "requiredDuringSchedulingIgnoredDuringExecution"

REFUSED = [
    (deployment("replicas: -1"), "spec.replicas: must be greater than or equal to 0 (got -1)"),
    (deployment("replicas: 3000000000"), "spec.replicas: 3000000000 is greater than the maximum of 2147483647"),
    (deployment("replicas: '3'"), "spec.replicas: expected a whole number (got '3'; remove the quotes)"),
    (deployment("selector: {}"), "spec.selector: empty selector is invalid for Deployment"),
    (
        deployment("selector: {matchLabels: {app: other}}"),
        "spec.template.metadata.labels: `selector` does not match template `labels` (app=web)",
    ),
    (
        deployment("strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: '0%'}}"),
        "spec.strategy.rollingUpdate.maxUnavailable: may not be 0 when `maxSurge` is 0",
    ),
    (
        deployment("strategy: {rollingUpdate: {maxUnavailable: '101%'}}"),
        "spec.strategy.rollingUpdate.maxUnavailable: must not be greater than 100%",
    ),
    (
        deployment("strategy: {rollingUpdate: {maxSurge: '25'}}"),
        "spec.strategy.rollingUpdate.maxSurge: expected a whole number, or a percentage: a valid percent string must "
        "be a numeric value followed by an ending '%' (got '25')",
    ),
    (
        deployment("strategy: {type: Recreate, rollingUpdate: {maxSurge: 1}}"),
        "spec.strategy.rollingUpdate: may not be specified when strategy `type` is 'Recreate'",
    ),
    (
        deployment("minReadySeconds: 700"),
        "spec.minReadySeconds: progressDeadlineSeconds (600) must be greater than minReadySeconds (700)",
    ),
    (
        deployment("", "restartPolicy: Never"),
        'spec.template.spec.restartPolicy: unsupported value: "Never": supported values: "Always"',
    ),
    (
        deployment("", "terminationGracePeriodSeconds: -1"),
        "spec.template.spec.terminationGracePeriodSeconds: must be greater than or equal to 0 (got -1)",
    ),
    (deployment("", "containers: []"), "spec.template.spec.containers: required value is missing"),
    (
        deployment("", "initContainers: [{name: web, image: i:1}]"),
        'spec.template.spec.containers[0].name: duplicate value: "web"',
    ),
    (
        deployment("", "", "resources: {requests: {cpu: 2}, limits: {cpu: 1}}"),
        "spec.template.spec.containers[0].resources.requests.cpu: must be less than or equal to cpu limit of 1 (got 2)",
    ),
    (
        deployment("", "", "resources: {requests: {memory: -1Gi}}"),
        "spec.template.spec.containers[0].resources.requests.memory: must be greater than or equal to 0 (got -1Gi)",
    ),
    (
        deployment("", "", "resources: {requests: {cpu: 9E}}"),
        "spec.template.spec.containers[0].resources.requests.cpu: more than any machine has: expected at most "
        "9007199254740992 (got '9E')",
    ),
    (
        deployment("", "", "readinessProbe: {periodSeconds: 5}"),
        "spec.template.spec.containers[0].readinessProbe: must specify a handler type",
    ),
    (
        deployment("", "", "livenessProbe: {grpc: {port: 1}, successThreshold: 2}"),
        "spec.template.spec.containers[0].livenessProbe.successThreshold: "
        "must be 1 for liveness and startup probes (got 2)",
    ),
    (
        deployment("", "", "lifecycle: {preStop: {sleep: {seconds: 31}}}"),
        "spec.template.spec.containers[0].lifecycle.preStop.sleep.seconds: "
        "must be non-negative and less than terminationGracePeriodSeconds (30) (got 31)",
    ),
    (
        deployment("", "", "ports: [{containerPort: 70000}]"),
        "spec.template.spec.containers[0].ports[0].containerPort: must be less than or equal to 65535 (got 70000)",
    ),
    (
        deployment("", "tolerations: [{key: a, operator: Exists, value: b}]"),
        "spec.template.spec.tolerations[0].value: value must be empty when `operator` is 'Exists'",
    ),
    (
        deployment("", "tolerations: [{key: a, operator: Exists, tolerationSeconds: 5}]"),
        "spec.template.spec.tolerations[0].effect: effect must be 'NoExecute' when `tolerationSeconds` is set",
    ),
    (
        deployment("", "tolerations: [{effect: NoExecute}]"),
        "spec.template.spec.tolerations[0].operator: operator must be Exists when `key` is empty, "
        'which means "match all values and all keys"',
    ),
    (
        deployment("", "topologySpreadConstraints: [{maxSkew: 0, topologyKey: z, whenUnsatisfiable: DoNotSchedule}]"),
        "spec.template.spec.topologySpreadConstraints[0].maxSkew: must be greater than zero",
    ),
    (
        deployment("", f"affinity: {{podAntiAffinity: {{{ANTI}: [{{topologyKey: '', {SELECT}}}]}}}}"),
        f"spec.template.spec.affinity.podAntiAffinity.{ANTI}[0].topologyKey: required value is missing",
    ),
    (
        deployment("", f"affinity: {{nodeAffinity: {{{ANTI}: {{nodeSelectorTerms: []}}}}}}"),
        f"spec.template.spec.affinity.nodeAffinity.{ANTI}.nodeSelectorTerms: required value is missing",
    ),
    (
        deployment("selector: {matchExpressions: [{key: app, operator: In}]}"),
        "spec.selector.matchExpressions[0].values: must be specified when `operator` is 'In' or 'NotIn' (it is In)",
    ),
    (
        deployment("", "nodeSelector: {disk: true}"),
        'spec.template.spec.nodeSelector.disk: expected text (got true; put it in quotes: "true")',
    ),
    (
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "s"},
            "spec": {"type": "Loadbalancer", "ports": [{"port": 1}]},
        },
        'spec.type: unsupported value: "Loadbalancer": supported values: "ClusterIP", "NodePort", "LoadBalancer", '
        "\"ExternalName\"; did you mean 'LoadBalancer'?",
    ),
    (
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"selector": {"a": "b"}}},
        "spec.ports: required value is missing",
    ),
    (
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": "b"},
            "spec": {"minAvailable": 1, "maxUnavailable": 1},
        },
        "spec: minAvailable and maxUnavailable cannot be both set",
    ),
    (
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": "b"},
            "spec": {"minAvailable": "150%"},
        },
        "spec.minAvailable: must not be greater than 100%",
    ),
    (priority_class("p", 2_000_000_000), "value: maximum allowed value of a user defined priority is 1000000000"),
    (priority_class("system-x", 1), "metadata.name: priority class names with the prefix 'system-' are reserved"),
    (
        {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}},
        "status.allocatable: required value is missing: neither allocatable nor capacity is given",
    ),
    (
        deployment(name="My_App"),
        "metadata.name: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric "
        "characters, '-' or '.', and must start and end with an alphanumeric character (got 'My_App')",
    ),
    (
        deployment(name="{{ .Release.Name }}"),
        "metadata.name: this is a Helm template; run `helm template` first and give its output",
    ),
    ({"apiVersion": "apps/v1", "kind": "Deployment"}, "metadata.name: required value is missing"),
]


@pytest.mark.parametrize(("value", "message"), REFUSED, ids=[message[:60] for _, message in REFUSED])
def test_what_the_api_server_refuses_is_refused(value: dict[str, Any], message: str) -> None:
    assert any(problem.endswith(message) for problem in problems(value))


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet", "Job"])
def test_templates_of_all_workloads_are_checked(kind: str) -> None:
    api_version = "batch/v1" if kind == "Job" else "apps/v1"
    value = deployment("", "restartPolicy: Never", "resources: {requests: {cpu: lots}}")
    assert any(
        "expected a quantity" in problem for problem in problems(value | {"kind": kind, "apiVersion": api_version})
    )


def test_a_job_needs_a_restart_policy() -> None:
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "j"},
        "spec": {"template": {"spec": {"containers": [{"name": "c", "image": "i:1"}]}}},
    }
    assert problems(job) == ['spec.template.spec.restartPolicy: required value: valid values: "OnFailure", "Never"']


def test_services_are_read() -> None:
    base: dict[str, Any] = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "shop"}}
    headless = {**base, "spec": {"clusterIP": "None", "selector": {"app": "web"}, "publishNotReadyAddresses": True}}
    made = cluster(headless).services[0]
    assert (made.namespace, made.headless, made.publish_not_ready_addresses) == ("shop", True, True)
    assert made.selector == {"app": "web"}
    sticky = {**base, "spec": {"ports": [{"port": 80}], "sessionAffinity": "ClientIP"}}
    made = cluster(sticky).services[0]
    assert (made.selector, made.session_affinity_seconds) == (None, 10_800)
    alias = {**base, "spec": {"type": "ExternalName", "externalName": "x.example", "selector": {"app": "web"}}}
    assert cluster(alias).services[0].selector is None


def test_budgets_are_read() -> None:
    base = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "b"}}
    spec = {"minAvailable": "80%", "maxUnavailable": None, "selector": {}, "unhealthyPodEvictionPolicy": "AlwaysAllow"}
    made = cluster({**base, "spec": spec}).budgets[0]
    assert (made.min_available, made.max_unavailable) == (Percent(80), None)
    assert (made.selector, made.always_allow_unhealthy) == (LabelSelector(), True)
    assert cluster({**base, "spec": {"maxUnavailable": 1}}).budgets[0].selector is None


def test_nodes_are_read() -> None:
    value = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "n1", "labels": {"topology.kubernetes.io/zone": "a"}},
        "spec": {
            "unschedulable": True,
            "taints": [
                {"key": "dedicated", "value": "gpu", "effect": "NoSchedule"},
                {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"},
                {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"},
            ],
        },
        "status": {"capacity": {"cpu": 8}, "allocatable": {"cpu": "3920m", "memory": "15Gi", "pods": "58", "gpu": 1}},
    }
    built = build(value)
    (node,) = built.cluster.nodes
    assert (node.allocatable, node.pods) == (Resources(3920, 15 * 2**30, {"gpu": 1}), 58)
    assert (node.zone, node.labels["kubernetes.io/hostname"], node.unschedulable) == ("a", "n1", True)
    assert node.taints == (Taint("dedicated", TaintEffect.NO_SCHEDULE, "gpu"),)
    assert built.warnings == ()
    assert [(n.field, n.count, n.effect) for n in built.named] == [("Node spec.taints[]", 1, "too good")]


def test_pods_and_replica_sets_are_read() -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "labels": {"a": "b"}},
        "spec": {"nodeName": "n1", "restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]},
    }
    made = cluster(pod, deployment("replicas: 2") | {"kind": "ReplicaSet"})
    assert (made.pods[0].name, made.pods[0].template.labels) == ("p", {"a": "b"})
    assert (made.pods[0].template.spec.node_name, made.pods[0].template.spec.restart_policy) == ("n1", "Never")
    assert made.replica_sets[0].replicas == 2


def controller(spec: dict[str, Any]) -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}}
    spec = {"template": template, **spec}
    return {"apiVersion": "v1", "kind": "ReplicationController", "metadata": {"name": "web"}, "spec": spec}


def test_a_replication_controller_selects_by_default_what_it_makes() -> None:
    [made] = cluster(controller({"replicas": 2, "minReadySeconds": 5})).replica_sets
    assert (made.kind, made.replicas, made.min_ready_seconds) == ("ReplicationController", 2, 5.0)
    assert made.selector == LabelSelector.of({"app": "web"})
    assert cluster(controller({})).replica_sets[0].replicas == 1
    assert problems(controller({"selector": {"app": "other"}})) == [
        "spec.template.metadata.labels: `selector` does not match template `labels`"
    ]


def test_a_replication_controller_makes_its_pods_itself() -> None:
    owner = {"apiVersion": "v1", "kind": "ReplicationController", "name": "web", "uid": "1", "controller": True}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web-x7k2p", "labels": {"app": "web"}, "ownerReferences": [owner]},
        "spec": {"containers": [{"name": "c", "image": "i:1"}]},
    }
    built = build(controller({}), pod)
    assert (len(built.cluster.pods), built.made_by_others) == (0, {"Pod": 1})


def test_a_namespace_has_its_labels_and_its_name_as_one() -> None:
    metadata = {"name": "shop", "labels": {"team": "a", "kubernetes.io/metadata.name": "other"}}
    built = build({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    assert built.cluster.of_kind(Namespace) == (
        Namespace("shop", {"team": "a", "kubernetes.io/metadata.name": "shop"}),
    )
    assert built.not_modelled == {}


def test_scheduling_gates_are_read_from_pods_and_templates() -> None:
    spec = pod_spec("schedulingGates: [{name: x.io/a}, {name: x.io/b}]")
    assert spec.scheduling_gates == ("x.io/a", "x.io/b")
    assert problems(deployment("", "schedulingGates: [{name: x.io/a}, {name: x.io/a}], nodeName: n")) == [
        "spec.template.spec.nodeName: cannot be set until all schedulingGates have been cleared",
        'spec.template.spec.schedulingGates[1].name: duplicate value: "x.io/a"',
    ]


def test_what_is_legal_but_not_simulated_is_named() -> None:
    built = build(deployment("", "schedulerName: mine"))
    assert built.warnings == ()
    assert [n.field for n in built.named] == ["Pod spec.schedulerName"]


@pytest.mark.parametrize(
    ("pod", "container", "requests", "limits"),
    [
        ("resources: {requests: {cpu: 1}}", "resources: {requests: {memory: 1Gi}}", {"cpu": 1000}, {}),
        ("resources: {limits: {cpu: 2}}", "resources: {requests: {cpu: 1}}", {"cpu": 1000}, {"cpu": 2000}),
        ("resources: {limits: {cpu: 2}}", "", {"cpu": 2000}, {"cpu": 2000}),
        (
            "resources: {limits: {cpu: 2}, requests: {cpu: 1}}",
            "resources: {limits: {memory: 1Ki}}",
            {"cpu": 1000, "memory": 1024},
            {"cpu": 2000},
        ),
    ],
)
def test_resources_of_the_pod_as_a_whole_are_filled_in(
    pod: str, container: str, requests: dict[str, int], limits: dict[str, int]
) -> None:
    assert pod_spec(pod, container).resources == PodResources(requests, limits)


def test_resources_of_the_pod_as_a_whole_agree_with_those_of_its_containers() -> None:
    found = problems(
        deployment(
            "",
            "resources: {requests: {cpu: 1, gpu: 1}, limits: {cpu: 500m, memory: 1Ki}}",
            "resources: {requests: {cpu: 2, memory: 2Ki}, limits: {cpu: 3}}",
        )
    )
    assert [problem.removeprefix("spec.template.spec.") for problem in sorted(found)] == [
        "containers[0].resources.limits.cpu: must be less than or equal to pod limits of 500m",
        "resources.requests.cpu: must be greater than or equal to aggregate container requests of 2 (got 1)",
        "resources.requests.cpu: must be less than or equal to cpu limit of 500m (got 1)",
        'resources.requests.gpu: unsupported value: "gpu": supported values: "cpu", "memory", "hugepages-<size>"',
        "resources.requests.memory: must be less than or equal to memory limit of 1Ki (got 2Ki)",
    ]


BAD = "{key: app, operator: In, values: [good, '{{bad}}']}"


@pytest.mark.parametrize(
    ("pod", "place"),
    [
        (
            f"affinity: {{podAffinity: {{{ANTI}: [{{labelSelector: {{matchExpressions: [{BAD}]}}, "
            "topologyKey: z}]}}",
            f"affinity.podAffinity.{ANTI}[0].labelSelector.matchExpressions[0].values[1]",
        ),
        (
            f"affinity: {{nodeAffinity: {{{ANTI}: {{nodeSelectorTerms: [{{matchExpressions: [{BAD}]}}]}}}}}}",
            f"affinity.nodeAffinity.{ANTI}.nodeSelectorTerms[0].matchExpressions[0].values[1]",
        ),
        (
            "topologySpreadConstraints: [{maxSkew: 1, topologyKey: z, whenUnsatisfiable: DoNotSchedule, "
            f"labelSelector: {{matchExpressions: [{BAD}]}}}}]",
            "topologySpreadConstraints[0].labelSelector.matchExpressions[0].values[1]",
        ),
        ("tolerations: [{key: app, value: '{{bad}}'}]", "tolerations[0].value"),
    ],
)
def test_values_that_no_label_can_have_are_refused_where_they_stand(pod: str, place: str) -> None:
    [problem] = problems(deployment("", pod))
    assert problem.startswith(f"spec.template.spec.{place}: '{{{{bad}}}}' is not a valid label: ")


def test_keys_that_no_label_can_have_are_refused_where_they_stand() -> None:
    terms = "nodeSelectorTerms: [{matchExpressions: [{key: a b, operator: Exists}]}]"
    [problem] = problems(deployment("", f"affinity: {{nodeAffinity: {{{ANTI}: {{{terms}}}}}}}"))
    assert "nodeSelectorTerms[0].matchExpressions[0].key: 'a b' is not a valid label key" in problem


def test_tolerations_may_compare_whole_numbers() -> None:
    written = deployment("", "tolerations: [{key: level, operator: Gt, value: '10'}]")
    built = build(written)
    assert built.cluster.deployments[0].template.spec.tolerations[0] == Toleration("level", "10", operator=Operator.GT)
    assert [warning.message for warning in built.warnings] == [
        "Gt acts only where the feature gate TaintTolerationComparisonOperators is on"
    ]
    assert problems(deployment("", "tolerations: [{key: level, operator: Lt, value: '010'}]")) == [
        "spec.template.spec.tolerations[0].value: must be a 64-bit integer without leading zeros "
        "when `operator` is 'Lt'"
    ]


RICH = [
    deployment(
        "strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1}}, replicas: 3, minReadySeconds: 5",
        "tolerations: [{key: a, operator: Exists}], priorityClassName: p, nodeSelector: {a: b}, "
        f"affinity: {{podAntiAffinity: {{{ANTI}: [{{topologyKey: z, {SELECT}}}]}}, nodeAffinity: {{{ANTI}: "
        "{nodeSelectorTerms: [{matchExpressions: [{key: a, operator: In, values: [b]}]}]}}}, "
        "topologySpreadConstraints: [{maxSkew: 1, topologyKey: z, whenUnsatisfiable: DoNotSchedule}]",
        "resources: {requests: {cpu: 1}, limits: {cpu: 1, memory: 1Gi}}, ports: [{containerPort: 80}], "
        "readinessProbe: {httpGet: {port: 80}}, lifecycle: {preStop: {exec: {command: [sleep, '5']}}}",
    ),
    {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "s", "labels": {"a": "b"}},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
    },
    {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "b"},
        "spec": {"minAvailable": 1, "selector": {"matchExpressions": [{"key": "a", "operator": "Exists"}]}},
    },
    {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "n"},
        "spec": {"taints": [{"key": "a", "effect": "NoSchedule"}]},
        "status": {"capacity": {"cpu": 1}, "allocatable": {"cpu": 1}},
    },
    {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "p",
            "ownerReferences": [
                {"kind": "ReplicaSet", "name": "r", "uid": "1", "apiVersion": "apps/v1", "controller": True}
            ],
        },
        "spec": {"containers": [{"name": "c", "image": "i:1"}]},
    },
    priority_class("p", 5),
]


def _paths(value: object) -> list[list[str | int]]:
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return [[], *([key, *rest] for key, inner in items for rest in _paths(inner))]
    return [[]]


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.data())
def test_whatever_is_written_somewhere_is_read_or_refused_with_problems(data: st.DataObject) -> None:
    objects = copy.deepcopy(RICH)
    path = data.draw(st.sampled_from([path for path in _paths(objects) if len(path) > 1]))
    place: Any = objects
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = data.draw(_ANYTHING)
    with contextlib.suppress(InputError):
        build(*objects)


def test_a_probe_that_kills_may_have_a_grace_period() -> None:
    written = "{tcpSocket: {port: 80}, terminationGracePeriodSeconds: 7}"
    assert first_container(f"livenessProbe: {written}").liveness == Probe(grace_period=7.0)
    with pytest.raises(InputError, match="must not be set for readinessProbes"):
        first_container(f"readinessProbe: {written}")


def test_pods_of_controllers_must_not_have_an_active_deadline() -> None:
    with pytest.raises(InputError, match="activeDeadlineSeconds in ReplicaSet is not Supported"):
        cluster(deployment(pod="activeDeadlineSeconds: 600"))


def test_a_container_may_have_a_restart_policy_of_its_own() -> None:
    assert first_container("restartPolicy: Never").restart_policy == "Never"
    assert first_container("").restart_policy is None
    with pytest.raises(InputError, match='unsupported value: "Sometimes"'):
        first_container("restartPolicy: Sometimes")


# -------------------------------------------------------------------------------------------------------- odd names


@pytest.mark.parametrize("template", [{}, {"metadata": {"labels": {"app": "web"}}}, {"spec": {}}])
def test_pods_without_containers_are_refused(template: dict[str, Any]) -> None:
    value = deployment()
    value["spec"]["template"] = template
    assert "spec.template.spec.containers: required value is missing" in problems(value)


@pytest.mark.parametrize("name", ["Shop", "a.b", "-a", "a\x1b[31m", "a" * 64])
def test_a_namespace_and_a_container_have_dns_labels_for_names(name: str) -> None:
    value = deployment()
    value["metadata"]["namespace"] = name
    value["spec"]["template"]["spec"]["containers"][0]["name"] = name
    wrong = "a lowercase RFC 1123 label must consist of at most 63 lower case alphanumeric characters or '-', and must "
    found = [line.partition(": ") for line in problems(value)]
    assert [path for path, _, message in found if message.startswith(wrong)] == [
        "metadata.namespace",
        "spec.template.spec.containers[0].name",
    ]


@pytest.mark.parametrize(
    ("version", "kind", "message"),
    [
        ("example.com/v1", "\x1b[31m", r"'\x1b[31m' is no kind: a kind is a word of letters and digits"),
        ("example.com/v1", "a b", "'a b' is no kind: a kind is a word of letters and digits"),
        ("exa mple.com/v1", "Thing", "'exa mple.com/v1' is no API version: it is one like v1 or apps/v1"),
    ],
)
def test_a_custom_resource_too_has_a_kind_and_a_version(version: str, kind: str, message: str) -> None:
    (found,) = problems({"apiVersion": version, "kind": kind, "metadata": {"name": "a"}})
    assert found.endswith(message)


def test_taints_of_nodes_are_made_of_labels() -> None:
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "n1"},
        "spec": {"taints": [{"key": "a\x07", "value": "b c", "effect": "NoSchedule"}]},
        "status": {"allocatable": {"cpu": "1", "memory": "1Gi"}},
    }
    key, value = problems(node)
    assert key.startswith(r"spec.taints[0].key: 'a\x07' is not a valid label key")
    assert value.startswith("spec.taints[0].value: 'b c' is not a valid label")


def test_a_whole_number_has_at_most_64_bits() -> None:
    (found,) = problems(deployment(pod=f"terminationGracePeriodSeconds: {10**30}"))
    assert found == (
        "spec.template.spec.terminationGracePeriodSeconds: must be less than or equal to 9223372036854775807 "
        f"(got {10**30})"
    )
