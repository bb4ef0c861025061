import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from experiments.design.goal import Capacity, ReadyEndpoints
from experiments.design.scenario import canonical
from experiments.experiment import Experiment
from models.distributions import Exponential, Fixed
from models.input.problems import InputError
from models.labels import LabelSelector
from models.node import ARCH_LABEL, HOSTNAME_LABEL, OS_LABEL, ZONE_LABEL, Taint, TaintEffect
from simulator.failures.node_crash import NodeCrash
from simulator.operations.rollout import Rollout

ROOT = Path(__file__).resolve().parents[3]

APP = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: server, image: "web:1", resources: {requests: {cpu: 100m}}}
      - {name: proxy, image: "proxy:1"}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: outside}
spec: {ports: [{port: 80}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
"""

HEAD = """\
apiVersion: kubenines/v1
kind: Experiment
metadata: {name: x}
spec:
  duration: 30d
  cluster: {pools: [{name: general, count: 3, zones: [a, b], allocatable: {cpu: "4", memory: 16Gi}}]}
  manifests: [app.yaml]
"""

BUDGET = """\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
"""


@pytest.fixture
def read(tmp_path: Path) -> Any:
    (tmp_path / "app.yaml").write_text(APP)
    (tmp_path / "budget.yaml").write_text(BUDGET)

    def read_with(spec: str = "", *settings: str, head: str = HEAD) -> Experiment:
        (tmp_path / "e.yaml").write_text(head + spec)
        return Experiment.from_yaml(tmp_path / "e.yaml", settings)

    return read_with


@pytest.fixture
def problems(read: Any, tmp_path: Path) -> Any:
    def problems_with(spec: str = "", *settings: str, head: str = HEAD) -> list[str]:
        with pytest.raises(InputError) as error:
            read(spec, *settings, head=head)
        return [str(problem).removeprefix(f"{tmp_path}/") for problem in error.value.problems]

    return problems_with


# --------------------------------------------------------------------------------------------------- one scenario


def test_without_policies_there_is_one_as_shipped(read: Any) -> None:
    (scenario,) = read().scenarios()
    assert scenario.policy == "as-shipped"
    assert (scenario.duration, scenario.warmup, scenario.seed) == (30 * 86_400.0, 0.0, 0)
    assert [d.name for d in scenario.cluster.deployments] == ["web"]


def test_by_default_every_service_with_a_workload_is_measured(read: Any) -> None:
    (goal,) = read().scenarios()[0].services
    assert (goal.name, goal.predicate) == ("web", ReadyEndpoints(1))


def test_a_service_without_a_workload_is_measured_if_it_gets_traffic(read: Any) -> None:
    goals = read("  traffic: [{service: outside, rate: {kind: constant, value: 1}}]\n").scenarios()[0].services
    assert [goal.name for goal in goals] == ["web", "outside"]


def test_traffic_to_pods_of_a_kind_without_a_model_is_a_problem(problems: Any, tmp_path: Path) -> None:
    more = "---".join(APP.split("---")[:2]).replace("web", "more")
    more = more.replace("apps/v1", "apps.kruise.io/v1alpha1").replace("kind: Deployment", "kind: CloneSet")
    (tmp_path / "more.yaml").write_text(more)
    head = HEAD.replace("[app.yaml]", "[app.yaml, more.yaml]")
    (message,) = problems("  traffic: [{service: more, rate: {kind: constant, value: 1}}]\n", head=head)
    assert message.startswith("e.yaml:8:23: spec.traffic[0].service: selects pods of CloneSet/more, which is not simul")


def test_services_say_when_they_are_available(read: Any) -> None:
    spec = "  services: [{name: web, available: {when: capacity, atLeast: 80%}}]\n"
    assert read(spec).scenarios()[0].services[0].predicate == Capacity(0.8)
    spec = "  services: [{name: web, available: {when: readyEndpoints, atLeast: 2}}]\n"
    assert read(spec).scenarios()[0].services[0].predicate == ReadyEndpoints(2)


def test_pool_nodes_are_dealt_over_the_zones(read: Any) -> None:
    head = HEAD.replace("zones: [a, b]", "zones: [a, b], labels: {disk: ssd}, taints: [{key: k, effect: NoSchedule}]")
    nodes = read(head=head).scenarios()[0].cluster.nodes
    assert [(node.name, node.zone) for node in nodes] == [("general-1", "a"), ("general-2", "b"), ("general-3", "a")]
    of_kubelet = {HOSTNAME_LABEL: "general-1", OS_LABEL: "linux", ARCH_LABEL: "amd64"}
    beta = {"beta.kubernetes.io/os": "linux", "beta.kubernetes.io/arch": "amd64"}
    assert nodes[0].labels == {**of_kubelet, **beta, ZONE_LABEL: "a", "pool": "general", "disk": "ssd"}
    assert nodes[0].allocatable.other == {"ephemeral-storage": 100 * 2**30}
    assert nodes[0].taints == (Taint("k", TaintEffect.NO_SCHEDULE),)
    assert (nodes[0].allocatable.cpu, nodes[0].allocatable.memory, nodes[0].pods) == (4000, 16 * 2**30, 110)


def test_a_pool_may_be_of_another_kind_of_machine(read: Any) -> None:
    arm = "labels: {kubernetes.io/arch: arm64}, allocatable: {ephemeral-storage: 10Gi, nvidia.com/gpu: 1, "
    [node, *_] = read(head=HEAD.replace("allocatable: {", arm)).scenarios()[0].cluster.nodes
    assert (node.labels[ARCH_LABEL], node.labels["beta.kubernetes.io/arch"]) == ("arm64", "arm64")
    assert node.allocatable.other == {"ephemeral-storage": 10 * 2**30, "nvidia.com/gpu": 1}


def test_nodes_may_come_as_manifests(read: Any, tmp_path: Path) -> None:
    node = (
        "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\nstatus: {allocatable: {cpu: '2', memory: 4Gi, pods: '20'}}\n"
    )
    (tmp_path / "nodes.yaml").write_text(node)
    head = HEAD.replace("{pools:", "{nodes: [nodes.yaml], pools:")
    cluster = read(head=head).scenarios()[0].cluster
    assert [n.name for n in cluster.nodes] == ["general-1", "general-2", "general-3", "n1"]


def test_what_is_not_read_is_named_under_any_policy(read: Any) -> None:
    assert read().named == ()


def test_failures_and_operations_become_values(read: Any) -> None:
    (scenario,) = read(
        "  failures: [{name: n, type: nodeCrash, timeToFailure: {kind: exponential, mean: 30d},"
        " timeToRepair: {kind: fixed, value: 5m}, select: {labels: 'pool=general'}}]\n"
        "  operations: [{name: r, type: rollout, target: Deployment/web, every: 7d}]\n"
    ).scenarios()
    selector = LabelSelector.of({"pool": "general"})
    assert scenario.failures == (NodeCrash("n", Exponential(30 * 86_400.0), Fixed(300.0), selector),)
    assert scenario.operations == (Rollout("r", "Deployment/web", every=7 * 86_400.0),)


def test_behaviour_overrides_change_only_what_they_give(read: Any) -> None:
    spec = (
        "  behaviour:\n"
        "    imagePull: {kind: fixed, value: 4s}\n"
        "    timing: {nodeMonitorGracePeriod: 40s, unreachableTolerationSeconds: 30}\n"
        "    overrides: [{match: {kind: Deployment, name: web}, startup: {kind: fixed, value: 25s}}]\n"
    )
    (scenario,) = read(spec).scenarios()
    found = scenario.behaviour.of("Deployment", "web", "default", {})
    assert (found.image_pull, found.startup) == (Fixed(4.0), Fixed(25.0))
    assert scenario.behaviour.timing.node_monitor_grace_period == 40.0
    tolerations = scenario.cluster.deployments[0].template.spec.tolerations
    assert {(t.key.rsplit("/", 1)[-1], t.seconds) for t in tolerations} == {("unreachable", 30.0), ("not-ready", 300.0)}


# -------------------------------------------------------------------------------------------------------- policies

POLICIES = """\
  policies:
  - {name: as-shipped}
  - {name: three, patches: [{target: {kind: Deployment}, set: {spec.replicas: 3}}]}
  - name: fast
    extends: [three]
    patches:
    - {target: {kind: Deployment, labels: app=web}, set: {'spec.template.spec.containers[server].image': "web:2"}}
    behaviour: {startup: {kind: fixed, value: 1s}, timing: {nodeMonitorGracePeriod: 20s}}
    add: [budget.yaml]
    operations: [{name: r, type: rollout, target: Deployment/web, every: 7d}]
  - name: inline
    extends: [fast, three]
    patches: [{target: {kind: Deployment, name: web}, merge: {spec: {replicas: 5}}}]
    add:
    - {apiVersion: v1, kind: Service, metadata: {name: more}, spec: {selector: {app: web}, ports: [{port: 80}]}}
"""


def test_policies_patch_and_extend(read: Any) -> None:
    scenarios = read(POLICIES).scenarios()
    assert [s.cluster.deployments[0].replicas for s in scenarios] == [1, 3, 3, 5]
    images = [s.cluster.deployments[0].template.spec.containers[0].image for s in scenarios]
    assert images == ["web:1", "web:1", "web:2", "web:2"]
    assert [len(s.cluster.budgets) for s in scenarios] == [0, 0, 1, 1]
    assert [len(s.operations) for s in scenarios] == [0, 0, 1, 1]
    assert [s.behaviour.timing.node_monitor_grace_period for s in scenarios] == [50.0, 50.0, 20.0, 20.0]
    assert scenarios[2].behaviour.pods.startup == Fixed(1.0)
    assert [service.name for service in scenarios[3].cluster.services] == ["web", "outside", "more"]
    assert {s.services for s in scenarios} == {scenarios[0].services}


def test_a_policy_leaves_the_manifests_as_they_are(read: Any, tmp_path: Path) -> None:
    read(POLICIES)
    assert (tmp_path / "app.yaml").read_text() == APP


def test_the_resolved_experiment_is_an_experiment_with_the_same_scenarios(read: Any, tmp_path: Path) -> None:
    from experiments.file.written import yaml_text

    experiment = read(POLICIES)
    (tmp_path / "resolved.yaml").write_text(yaml_text(experiment.resolved))
    again = Experiment.from_yaml(tmp_path / "resolved.yaml")
    assert [s.id for s in again.scenarios()] == [s.id for s in experiment.scenarios()]
    assert again.resolved == experiment.resolved
    assert "extends" not in str(experiment.resolved["spec"]["policies"])


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            "  policies: [{name: a, patches: [{target: {kind: Deployment, name: wbe}, set: {spec.replicas: 3}}]}]",
            "e.yaml:8:43: spec.policies[0].patches[0].target: no Deployment 'wbe' to patch; did you mean 'web'?",
        ),
        (
            "  policies: [{name: a, patches: [{target: {kind: Deploymnt}, set: {spec.replicas: 3}}]}]",
            "no object of kind 'Deploymnt' to patch; did you mean 'Deployment'?",
        ),
        (
            "  policies: [{name: a, patches: [{target: {kind: Deployment, labels: a=b}, set: {spec.replicas: 3}}]}]",
            "no Deployment with this namespace and labels to patch; there is 'web'",
        ),
        (
            "  policies: [{name: a, patches: [{target: {kind: Deployment}, set: {spec.replicas: lots}}]}]",
            'e.yaml:8:84: spec.policies[0].patches[0].set["spec.replicas"]: Deployment/web spec.replicas: expected a',
        ),
        (
            "  policies: [{name: a, patches: [{target: {kind: Deployment}, merge: {spec: {replcas: 3}}}]}]",
            "spec.policies[0].patches[0].merge.spec.replcas: Deployment/web spec.replcas: unknown field;",
        ),
        (
            "  policies: [{name: a, patches: [{target: {kind: Deployment},"
            " set: {'spec.template.spec.containers[x]': 3}}]}]",
            "cannot patch Deployment/web: spec.template.spec.containers[x]: no item 'x'; there is 'server', 'proxy'",
        ),
        (
            "  policies: [{name: a}, {name: b, extends: [c]}, {name: cc}]",
            "e.yaml:8:45: spec.policies[1].extends[0]: there is no policy 'c'; did you mean 'cc'?",
        ),
        (
            "  policies: [{name: a, extends: [b]}, {name: b, extends: [a]}]",
            "e.yaml:8:59: spec.policies[1].extends[0]: policies extend each other in a circle: a -> b -> a",
        ),
        ("  policies: [{name: a, extends: [a]}]", "policies extend each other in a circle: a -> a"),
        ("  policies: [{name: a}, {name: a}]", "e.yaml:8:32: spec.policies[1].name: the name 'a' is taken (line 8)"),
        ("  policies: [{name: a, add: [no.yaml]}]", "e.yaml:8:30: spec.policies[0].add[0]: no such file or directory"),
        ("  policies: [{name: a, add: [{kind: Service}]}]", "expected a Kubernetes object with apiVersion and kind"),
        (
            "  policies: [{name: a, add: [{apiVersion: v1, kind: Service, metadata: {name: w},"
            " spec: {clustrIP: None, ports: [{port: 80}]}}]}]",
            "e.yaml:8:90: Service/w spec.clustrIP: unknown field; did you mean 'clusterIP'?",
        ),
        (
            "  services: [{name: wbe}]",
            "e.yaml:8:21: spec.services[0].name: there is no Service 'wbe'; did you mean 'web'?",
        ),
        (
            "  services: [{name: frontend}]",
            "e.yaml:8:21: spec.services[0].name: there is no Service 'frontend'; there is: web",
        ),
        (
            "  traffic: [{service: frontend, rate: {kind: wave, mean: 1, peak: 2}}]",
            "e.yaml:8:23: spec.traffic[0].service: there is no Service 'frontend'; there is: web",
        ),
        (
            "  objectives: [{service: wbe, atLeast: 99%}]",
            "e.yaml:8:26: spec.objectives[0].service: there is no Service 'wbe'; did you mean 'web'?",
        ),
        (
            "  objectives: [{service: web, atLeast: 100.5%}]",
            "e.yaml:8:40: spec.objectives[0].atLeast: expected at most 100% (got 100.5%)",
        ),
        (
            "  services: [{name: web, available: {when: capacity, atLeast: 101%}}]",
            "spec.services[0].available.atLeast: expected at most 100% (got 101%)",
        ),
        (
            "  objectives: [{service: web, policy: as-shiped, atLeast: 99%}]",
            "there is no policy 'as-shiped'; did you mean 'as-shipped'?",
        ),
        (
            "  services: [{name: outside}]\n  objectives: [{service: web, atLeast: 99%}]",
            "the Service 'web' is not measured; add it to spec.services",
        ),
        (
            "  operations: [{name: r, type: rollout, target: Deployment/wbe, every: 7d}]",
            "e.yaml:8:49: spec.operations[0].target: there is no Deployment/wbe; did you mean 'Deployment/web'?",
        ),
        (
            "  operations: [{name: c, type: configChange, target: ConfigMap/settings, every: 7d}]",
            "e.yaml:8:54: spec.operations[0].target: no pod reads ConfigMap/settings; there is no ConfigMap",
        ),
        (
            "  failures: [{name: r, type: accessRefused, target: ConfigMap/a, timeToFailure: {kind: fixed, value: 1d},"
            " timeToRepair: {kind: fixed, value: 1d}}]",
            "e.yaml:8:53: spec.failures[0].target: no pod reads ConfigMap/a; there is no Secret",
        ),
        (
            "  failures: [{name: z, type: zoneOutage, zones: [q], timeToFailure: {kind: fixed, value: 1d},"
            " timeToRepair: {kind: fixed, value: 1d}}]",
            "e.yaml:8:50: spec.failures[0].zones[0]: there is no zone 'q'; there is 'a', 'b'",
        ),
        (
            "  operations: [{name: r, type: rollout, target: Deployment/web, every: 7d}]\n"
            "  failures: [{name: r, type: containerCrash, timeToFailure: {kind: fixed, value: 1d}}]",
            "e.yaml:8:23: spec.operations[0].name: the name 'r' is taken (line 9)",
        ),
        (
            "  failures: [{name: rack/1, type: containerCrash, timeToFailure: {kind: fixed, value: 1d}}]",
            "e.yaml:8:21: spec.failures[0].name: a name without '/' is expected (got 'rack/1')",
        ),
        (
            "  policies: [{name: a, behaviour: {timing: {leaseRenewPeriod: 0s}}}]",
            "e.yaml:8:44: spec.policies[0].behaviour.timing: lease_renew_period must be at least 0.001 s",
        ),
    ],
)
def test_a_name_of_something_that_is_not_there_is_one_problem(problems: Any, spec: str, message: str) -> None:
    (found,) = problems(spec + "\n")
    assert message in found


def test_a_manifest_that_is_not_there_is_reported_where_it_is_named(problems: Any) -> None:
    (found,) = problems(head=HEAD.replace("[app.yaml]", "[app.yaml, gone.yaml]"))
    assert found.startswith("e.yaml:7:25: spec.manifests[1]: no such file or directory: ")


def test_an_objective_with_an_unknown_policy_has_its_service_checked_too(problems: Any) -> None:
    service, policy = problems("  objectives: [{service: wbe, policy: as-shiped, atLeast: 99%}]\n")
    assert "there is no Service 'wbe'" in service
    assert "there is no policy 'as-shiped'" in policy


def test_a_pattern_of_missing_images_that_none_has_is_told(read: Any, tmp_path: Path) -> None:
    warnings = read('  images: {missing: ["pro?y:1", "docker.io/library/web:1"]}\n').warnings
    assert [told.removeprefix(f"{tmp_path}/") for told in warnings if "spec.images" in told] == [
        "e.yaml:8:33: spec.images.missing[1]: no container has the image 'docker.io/library/web:1'"
    ]


@pytest.mark.parametrize(
    ("pool", "rest", "told"),
    [
        ("max: 5, provisioning: {kind: fixed, value: 1m}", "", {"max", "provisioning"}),
        ("provisioning: {kind: fixed, value: 1m}", "  nodeAutoscaler: {type: clusterAutoscaler}\n", {"provisioning"}),
        ("max: 5, provisioning: {kind: fixed, value: 1m}", "  nodeAutoscaler: {type: clusterAutoscaler}\n", set()),
    ],
)
def test_what_a_pool_says_to_an_autoscaler_that_is_not_there_is_named(
    read: Any, pool: str, rest: str, told: set[str]
) -> None:
    head = HEAD.replace("{name: general,", f"{{name: general, {pool},")
    assert head != HEAD
    warnings = read(rest, head=head).warnings
    assert {w.split(": ")[1].rpartition(".")[2] for w in warnings if "changes nothing" in w} == told


def test_what_is_wrong_with_fields_is_told_by_the_names_that_they_have_in_the_file(problems: Any) -> None:
    (found,) = problems("  operations: [{name: p, type: drain, every: 7d, maxConcurrent: 0}]\n")
    assert found == "e.yaml:8:16: spec.operations[0]: `maxConcurrent` must be at least 1"


def test_an_override_of_the_behaviour_of_nothing_is_told(read: Any, tmp_path: Path) -> None:
    warnings = read(
        "  behaviour: {overrides: [{match: {kind: Deployment}, startup: {kind: fixed, value: 1s}},"
        " {match: {name: wbe}, startup: {kind: fixed, value: 1s}}]}\n"
    ).warnings
    assert [told.removeprefix(f"{tmp_path}/") for told in warnings if "overrides" in told] == [
        "e.yaml:8:99: spec.behaviour.overrides[1].match: no workload is like this, so nothing behaves so"
    ]


def test_no_manifests_are_a_problem(problems: Any) -> None:
    (found,) = problems(head=HEAD.replace("[app.yaml]", "[]"))
    assert found == "e.yaml:7:14: spec.manifests: expected at least one file or directory"


def test_a_patch_that_is_wrong_for_many_objects_is_one_problem(problems: Any, tmp_path: Path) -> None:
    found = problems("  policies: [{name: a, patches: [{target: {kind: Service}, set: {spec.prots: []}}]}]\n")
    assert len(found) == 1
    assert found[0].endswith("(and 1 more objects)")


def test_eight_mistakes_in_two_files_are_eight_problems(problems: Any, tmp_path: Path) -> None:
    app = APP.replace("cpu: 100m", "cpu: lots").replace(
        "  selector: {matchLabels", "  replcias: 2\n  selector: {matchLabels"
    )
    broken = tmp_path / "broken.yaml"
    broken.write_text(app)
    head = HEAD.replace("duration: 30d", "duration: -30d").replace("app.yaml", "broken.yaml")
    found = problems(
        "  seeed: 1\n"
        "  failures: [{name: n, type: containerCrash, timeToFailure: {kind: weibul, mean: 30d}}]\n"
        "  policies: [{name: a, extends: [b]}]\n"
        "  services: [{name: wbe}]\n"
        "  objectives: [{service: web, policy: x, atLeast: 99}]\n",
        head=head,
    )
    assert [problem.split(":")[0] + " " + problem.split(": ")[1] for problem in found] == [
        "broken.yaml Deployment/web spec.replcias",
        "broken.yaml Deployment/web spec.template.spec.containers[0].resources.requests.cpu",
        "e.yaml spec.duration",
        "e.yaml spec.seeed",
        "e.yaml spec.failures[0].timeToFailure",
        "e.yaml spec.policies[0].extends[0]",
        "e.yaml spec.services[0].name",
        "e.yaml spec.objectives[0].atLeast",
    ]


# ------------------------------------------------------------------------------------------------------ identities


def test_equal_content_has_an_equal_id_and_other_content_another(read: Any) -> None:
    first = read(POLICIES).scenarios()
    assert [s.id for s in first] == [s.id for s in read(POLICIES + "  replications: 7\n").scenarios()]
    ids = {s.id for s in first}
    assert len(ids) == len(first)
    for change in ("seed=1", "duration=31d", "warmup=1h", "cluster.pools[general].zones=[a]"):
        assert ids.isdisjoint(s.id for s in read(POLICIES, change).scenarios())


def test_an_id_is_the_same_in_every_process() -> None:
    code = (
        "from experiments.experiment import Experiment\n"
        "print([s.id for s in Experiment.from_yaml('experiments/configs/quickstart.yaml').scenarios()])"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_the_canonical_text_ignores_the_order_of_mappings_and_sets() -> None:
    assert canonical({"a": 1, "b": frozenset("xyz")}) == canonical({"b": frozenset("zyx"), "a": 1})
    assert canonical((1, 2)) != canonical((2, 1))
    assert canonical(Fixed(1.0)) != canonical(Exponential(1.0))


def test_a_scenario_survives_pickling(read: Any) -> None:
    for scenario in read(POLICIES).scenarios():
        assert pickle.loads(pickle.dumps(scenario)) == scenario


def test_sizes_that_no_memory_holds_are_refused_with_what_raises_the_bound() -> None:
    quickstart = Path(__file__).parents[3] / "experiments" / "configs" / "quickstart.yaml"
    with pytest.raises(
        InputError, match=r"1000000000 nodes are more than the 20000 .* KUBENINES_MOST_NODES raises that"
    ):
        Experiment.from_yaml(quickstart, ["cluster.pools[0].count=1000000000"])
    with pytest.raises(
        InputError, match=r"2147483647 pods are more than the 500000 .* KUBENINES_MOST_PODS raises that"
    ):
        Experiment.from_yaml(quickstart).policy("many", replicas=2147483647).scenarios()
