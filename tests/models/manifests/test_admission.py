"""What admission makes of pods: LimitRanges, RuntimeClasses, priorities; and how quotas are read.

Facts and words: kubernetes-behaviour-2, section 3; kubernetes-behaviour, section 11.
"""

from typing import Any

import pytest
import yaml

from models.input.documents import Document
from models.input.problems import InputError
from models.labels import Operator
from models.manifests import ClusterInput, Manifest, build_cluster
from models.node import Resources, TaintEffect
from models.pod import Container, PodSpec, Toleration
from models.quota import Scope, ScopeRequirement, usage

MIB = 1024**2


def build(*objects: str | dict[str, Any]) -> ClusterInput:
    values = [yaml.safe_load(one) if isinstance(one, str) else one for one in objects]
    return build_cluster([Manifest(value, Document("f.yaml", value)) for value in values])


def pod(container: str = "", spec: str = "", namespace: str = "default") -> dict[str, Any]:
    made = {"name": "c", "image": "c:1", **yaml.safe_load(f"{{{container}}}")}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "namespace": namespace},
        "spec": {"containers": [made], **yaml.safe_load(f"{{{spec}}}")},
    }


def limit_range(limits: str, name: str = "limits") -> str:
    return f"{{apiVersion: v1, kind: LimitRange, metadata: {{name: {name}}}, spec: {{limits: [{limits}]}}}}"


def runtime_class(rest: str) -> str:
    return f"{{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {{name: kata}}, handler: kata, {rest}}}"


def made(*objects: str | dict[str, Any]) -> PodSpec:
    built = build(*objects)
    [found] = built.cluster.pods
    assert found.template.absences.refused == ""
    return found.template.spec


def refused(*objects: str | dict[str, Any]) -> str:
    [found] = build(*objects).cluster.pods
    before, _, words = found.template.absences.refused.partition(": ")
    assert before == 'pods "{}" is forbidden'
    return words


def container(spec: PodSpec) -> Container:
    return spec.containers[0]


# --- LimitRanges


def test_a_container_gets_what_it_does_not_say() -> None:
    limits = limit_range("{type: Container, default: {cpu: 500m, memory: 512Mi}, defaultRequest: {cpu: 250m}}")
    found = container(made(limits, pod()))
    assert found.limits == Resources(500, 512 * MIB)
    assert found.requests == Resources(250, 512 * MIB)
    assert (found.declared, found.limited) == ({"cpu", "memory"}, {"cpu", "memory"})


def test_a_limit_of_its_own_is_its_request_before_any_default() -> None:
    limits = limit_range("{type: Container, default: {cpu: 500m}, defaultRequest: {cpu: 250m}}")
    found = container(made(limits, pod("resources: {limits: {cpu: 300m}}")))
    assert (found.requests.cpu, found.limits.cpu) == (300, 300)


def test_the_defaults_of_a_limit_range_have_defaults() -> None:
    """Default is max, the default request is default, else min."""
    limits = limit_range("{type: Container, max: {cpu: 2}, min: {memory: 64Mi}}")
    found = container(made(limits, pod()))
    assert found.limits == Resources(2000)
    assert found.requests == Resources(2000, 64 * MIB)


def test_init_containers_get_them_too_and_other_namespaces_do_not() -> None:
    limits = limit_range("{type: Container, default: {cpu: 500m}}")
    spec = made(limits, pod(spec="initContainers: [{name: i, image: 'i:1'}]"))
    assert spec.init_containers[0].limits.cpu == 500
    assert container(made(limits, pod(namespace="other"))).limits.cpu == 0


@pytest.mark.parametrize(
    ("limits", "resources", "words"),
    [
        ("max: {cpu: 2}", "limits: {cpu: 3}", "maximum cpu usage per Container is 2, but limit is 3"),
        (
            "min: {memory: 64Mi}",
            "requests: {memory: 32Mi}",
            "minimum memory usage per Container is 64Mi, but request is 32Mi",
        ),
        (
            "min: {cpu: 1}, default: {cpu: 2}",
            "requests: {cpu: 500m}, limits: {cpu: 800m}",
            "minimum cpu usage per Container is 1, but request is 500m",
        ),
        (
            "maxLimitRequestRatio: {cpu: 2}",
            "requests: {cpu: 250m}, limits: {cpu: 1}",
            "cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000",
        ),
        (
            "maxLimitRequestRatio: {cpu: 2}",
            "limits: {memory: 1Mi}",
            "cpu max limit to request ratio per Container is 2, but no request is specified or request is 0",
        ),
        (
            "maxLimitRequestRatio: {cpu: 1500m}",
            "requests: {cpu: 1}",
            "cpu max limit to request ratio per Container is 1.5, but no limit is specified or limit is 0",
        ),
        (
            "max: {cpu: 1, memory: 1Gi}",
            "limits: {cpu: 2, memory: 2Gi}",
            "[maximum cpu usage per Container is 1, but limit is 2, maximum memory usage per Container is 1Gi, but "
            "limit is 2Gi]",
        ),
    ],
)
def test_what_breaks_a_limit_is_refused_in_kubernetes_words(limits: str, resources: str, words: str) -> None:
    ranges = limit_range(f"{{type: Container, {limits}}}")
    assert refused(ranges, pod(f"resources: {{{resources}}}")) == words


def test_a_pod_is_summed() -> None:
    second = "initContainers: [{name: i, image: 'i:1', resources: {limits: {cpu: 3}}}]"
    found = refused(limit_range("{type: Pod, max: {cpu: 2}}"), pod("resources: {limits: {cpu: 1}}", second))
    assert found == "maximum cpu usage per Pod is 2, but limit is 3"
    assert refused(limit_range("{type: Pod, max: {cpu: 2}}"), pod()) == (
        "maximum cpu usage per Pod is 2.  No limit is specified"
    )
    assert refused(limit_range("{type: Pod, min: {cpu: 2}}"), pod()) == (
        "minimum cpu usage per Pod is 2.  No request is specified"
    )


def test_what_is_refused_is_warned_of_where_it_is_written() -> None:
    [warning] = build(limit_range("{type: Container, max: {cpu: 1}}"), pod("resources: {limits: {cpu: 2}}")).warnings
    assert warning.message == "the API server refuses its pods: maximum cpu usage per Container is 1, but limit is 2"


def test_a_limit_range_that_contradicts_itself_is_a_problem() -> None:
    with pytest.raises(InputError, match="is greater than max of cpu"):
        build(limit_range("{type: Container, min: {cpu: 2}, max: {cpu: 1}}"))
    with pytest.raises(InputError, match="may not be specified when `type` is 'Pod'"):
        build(limit_range("{type: Pod, default: {cpu: 2}}"))


def test_limits_on_claims_are_named() -> None:
    [named] = build(limit_range("{type: PersistentVolumeClaim, max: {storage: 1Gi}}")).named
    assert (named.field, named.effect) == ("LimitRange spec.limits[].max", "too good")


# --- RuntimeClasses


def test_a_runtime_class_brings_overhead_nodes_and_tolerations() -> None:
    scheduling = "scheduling: {nodeSelector: {kata: 'yes'}, tolerations: [{key: kata, operator: Exists}]}"
    runtime = runtime_class(f"overhead: {{podFixed: {{cpu: 250m, memory: 120Mi}}}}, {scheduling}")
    spec = made(runtime, pod("resources: {requests: {cpu: 1}}", "runtimeClassName: kata, nodeSelector: {disk: ssd}"))
    assert spec.requests == Resources(1250, 120 * MIB)
    assert spec.node_selector == {"disk": "ssd", "kata": "yes"}
    assert Toleration("kata") in spec.tolerations
    assert [t.effect for t in spec.tolerations] == [TaintEffect.NO_EXECUTE, TaintEffect.NO_EXECUTE, None]


@pytest.mark.parametrize(
    ("runtime", "spec", "words"),
    [
        (
            "overhead: {podFixed: {cpu: 250m}}",
            "runtimeClassName: kata, overhead: {cpu: 100m}",
            "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
        ),
        (
            "",
            "runtimeClassName: kata, overhead: {cpu: 100m}",
            "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
        ),
        (
            "",
            "overhead: {cpu: 100m}",
            "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
        ),
        (
            "scheduling: {nodeSelector: {disk: hdd}}",
            "runtimeClassName: kata, nodeSelector: {disk: ssd}",
            "conflict: runtimeClass.scheduling.nodeSelector[disk] = hdd; pod.spec.nodeSelector[disk] = ssd",
        ),
    ],
)
def test_a_pod_that_contradicts_its_runtime_class_is_refused(runtime: str, spec: str, words: str) -> None:
    assert refused(runtime_class(runtime), pod(spec=spec)) == words


def test_a_pod_read_back_from_a_cluster_agrees_with_its_class() -> None:
    runtime = runtime_class("overhead: {podFixed: {cpu: 250m}}")
    assert made(runtime, pod(spec="runtimeClassName: kata, overhead: {cpu: 250m}")).requests.cpu == 250


def test_the_overhead_of_a_class_that_is_not_given_is_what_the_pod_says() -> None:
    assert made(pod(spec="runtimeClassName: kata, overhead: {cpu: 250m}")).requests.cpu == 250


# --- priorities


def test_a_priority_that_is_not_that_of_the_class_is_refused() -> None:
    gold = "{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: gold}, value: 7}"
    words = (
        "the integer value of priority ({}) must not be provided in pod spec; priority admission controller computed "
        "{} from the given PriorityClass name"
    )
    assert refused(gold, pod(spec="priorityClassName: gold, priority: 8")) == words.format(8, 7)
    assert refused(pod(spec="priority: 8")) == words.format(8, 0)
    assert made(gold, pod(spec="priorityClassName: gold, priority: 7")).priority == 7
    assert made(pod(spec="priority: 0")).priority == 0


# --- ResourceQuotas


def quota(spec: str) -> str:
    return f"{{apiVersion: v1, kind: ResourceQuota, metadata: {{name: q}}, spec: {{{spec}}}}}"


def test_a_quota_is_read_in_the_units_of_its_resources() -> None:
    hard = "pods: 4, cpu: 1, requests.memory: 1Gi, limits.cpu: 500m, requests.nvidia.com/gpu: 2, count/pods: 9"
    [found] = build(quota(f"hard: {{{hard}}}")).cluster.quotas
    assert found.hard == {
        "pods": 4,
        "cpu": 1000,
        "requests.memory": 1024 * MIB,
        "limits.cpu": 500,
        "requests.nvidia.com/gpu": 2,
        "count/pods": 9,
    }


def test_what_a_quota_says_of_other_objects_is_named() -> None:
    built = build(quota("hard: {services: 2, requests.storage: 1Gi, pods: 1}"))
    assert {one.field: one.effect for one in built.named} == {
        "ResourceQuota spec.hard.services": "too good",
        'ResourceQuota spec.hard["requests.storage"]': "too good",
    }


@pytest.mark.parametrize(
    ("scopes", "spec", "covered"),
    [
        ("scopes: [Terminating]", "activeDeadlineSeconds: 9", True),
        ("scopes: [Terminating]", "", False),
        ("scopes: [NotTerminating]", "", True),
        ("scopes: [BestEffort]", "", True),
        ("scopes: [NotBestEffort]", "", False),
        ("scopes: [BestEffort, Terminating]", "", False),
        ("{scopeName: PriorityClass, operator: In, values: [gold]}", "priorityClassName: gold", True),
        ("{scopeName: PriorityClass, operator: NotIn, values: [gold]}", "priorityClassName: gold", False),
        ("{scopeName: PriorityClass, operator: NotIn, values: [gold]}", "", True),
        ("{scopeName: PriorityClass, operator: Exists}", "", False),
        ("{scopeName: PriorityClass, operator: DoesNotExist}", "", True),
        ("scopes: [CrossNamespacePodAffinity]", "", False),
        (
            "scopes: [CrossNamespacePodAffinity]",
            "affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
            "[{topologyKey: zone, namespaces: [other], labelSelector: {}}]}}",
            True,
        ),
    ],
)
def test_scopes_pick_the_pods_that_count(scopes: str, spec: str, covered: bool) -> None:
    written = scopes if scopes.startswith("scopes") else f"scopeSelector: {{matchExpressions: [{scopes}]}}"
    cluster = build(quota(f"hard: {{pods: 1}}, {written}"), pod(spec=spec)).cluster
    [found] = cluster.quotas
    assert found.covers(cluster.pods[0].template.spec) is covered


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ("scopeName: Terminating, operator: In, values: [a]", "must be 'Exists' for scope Terminating"),
        ("scopeName: PriorityClass, operator: In", "must be at least one value"),
    ],
)
def test_only_priority_classes_have_values(scope: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        build(quota(f"hard: {{pods: 1}}, scopeSelector: {{matchExpressions: [{{{scope}}}]}}"))
    assert ScopeRequirement(Scope.PRIORITY_CLASS).operator is Operator.EXISTS


def test_a_pod_is_charged_what_it_asks_for() -> None:
    resources = (
        "resources: {requests: {cpu: 1, memory: 1Mi, example.com/disk: 2}, limits: {cpu: 2, example.com/disk: 2}}"
    )
    assert usage(made(pod(resources))) == {
        "count/pods": 1,
        "pods": 1,
        "cpu": 1000,
        "requests.cpu": 1000,
        "memory": MIB,
        "requests.memory": MIB,
        "requests.example.com/disk": 2,
        "limits.cpu": 2000,
    }


def test_the_overhead_is_charged_where_there_is_a_limit() -> None:
    runtime = runtime_class("overhead: {podFixed: {cpu: 250m}}")
    charged = usage(made(runtime, pod("resources: {limits: {cpu: 1}}", "runtimeClassName: kata")))
    assert (charged["requests.cpu"], charged["limits.cpu"]) == (1250, 1250)


@pytest.mark.parametrize("hard", ["[{pods: 9}]", "1.5", "pods"])
def test_what_is_no_mapping_of_amounts_is_named(hard: str) -> None:
    with pytest.raises(InputError, match=r"spec\.hard"):
        build(quota(f"hard: {hard}"))


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("hard: {pods: 2.5}", "must be an integer"),
        ("hard: {count/pods: 500m}", "must be an integer"),
        ("hard: {pods: 1}, scopes: [Terminating, NotTerminating]", "conflicting scopes"),
        ("hard: {pods: 1}, scopes: [BestEffort, NotBestEffort]", "conflicting scopes"),
    ],
)
def test_quotas_that_the_api_server_refuses_are_refused(spec: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        build(quota(spec))


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ("default: {cpu: 3}, max: {cpu: 2}", r"default\.cpu: is greater than max of cpu"),
        ("defaultRequest: {cpu: 3}, default: {cpu: 3}, max: {cpu: 2}", r"defaultRequest\.cpu: is greater than max"),
        ("min: {cpu: 2}, default: {cpu: 1}", r"min\.cpu: is greater than default of cpu"),
        ("min: {cpu: 2}, defaultRequest: {cpu: 1}", r"min\.cpu: is greater than defaultRequest of cpu"),
        ("maxLimitRequestRatio: {cpu: 500m}", r"maxLimitRequestRatio\.cpu: ratio 500m is less than 1"),
    ],
)
def test_limits_that_the_api_server_refuses_are_refused(limits: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        build(limit_range(f"{{type: Container, {limits}}}"))
