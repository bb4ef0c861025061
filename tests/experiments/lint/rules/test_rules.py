"""Every rule: a sound application that is spoilt in one way shows a finding of it; what is sound shows none."""

from pathlib import Path
from typing import NamedTuple

import pytest

from experiments.lint.rule import rules
from tests.experiments.lint.app import BUDGET, DEPLOYMENT, EXPERIMENT, SERVICE, SOUND, found, report


class Case(NamedTuple):
    rule: str
    severity: str
    text: str
    """A part of the message."""
    edits: tuple[tuple[str, str], ...] = ()
    """What is written instead, in the sound application and in the experiment."""
    further: tuple[str, ...] = ()
    """Documents beside them."""
    without: tuple[str, ...] = ()
    on: str = ""
    """An experiment whose nodes it runs on."""


def hpa(name: str = "web", least: int = 3, most: int = 6, target: str = "web", metric: str = "cpu") -> str:
    return f"""\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{name: {name}}}
spec:
  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: {target}}}
  minReplicas: {least}
  maxReplicas: {most}
  metrics: [{{type: Resource, resource: {{name: {metric}, target: {{type: Utilization, averageUtilization: 60}}}}}}]
"""


STATEFUL = """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  replicas: 3
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      topologySpreadConstraints:
      - maxSkew: 1
        topologyKey: topology.kubernetes.io/zone
        whenUnsatisfiable: DoNotSchedule
        labelSelector: {matchLabels: {app: db}}
      containers:
      - name: db
        image: example.com/db:1
        resources: {requests: {cpu: 1, memory: 1Gi}, limits: {memory: 1Gi}}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], storageClassName: fast, resources: {requests: {storage: 1Gi}}}
"""
CLASS = """\
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: fast}
provisioner: ebs.csi.aws.com
volumeBindingMode: Immediate
"""
CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], storageClassName: fast, resources: {requests: {storage: 1Gi}}}
"""
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: alone}
spec: {containers: [{name: app, image: "app:1", resources: {requests: {cpu: 1, memory: 1Gi}, limits: {memory: 1Gi}}}]}
"""
INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  rules:
  - http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 8080}}}}]}
"""
SPEC = "    spec:\n      terminationGracePeriodSeconds: 60\n"
APART = """\
    spec:
      terminationGracePeriodSeconds: 60
      affinity:
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
          - {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: web}}}
"""
SPREAD = """\
    spec:
      terminationGracePeriodSeconds: 60
      topologySpreadConstraints:
      - {maxSkew: 1, topologyKey: rack, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}
"""
WITH_CLAIM = """\
    spec:
      terminationGracePeriodSeconds: 60
      volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
"""
PROBE = "        readinessProbe: {httpGet: {path: /ready, port: http}}\n"
SLOW = "  behaviour: {startup: {kind: fixed, value: 90s}}\n"

CASES = [
    Case(
        "service-selects-nothing",
        "error",
        "no pod has app=webb; those of Deployment/web have app=web",
        (("  selector: {app: web}", "  selector: {app: webb}"),),
    ),
    Case("service-selects-nothing", "warning", "no pod of the given objects has app=web", without=(DEPLOYMENT,)),
    Case("budget-selects-nothing", "warning", "covers no pod", without=(DEPLOYMENT, SERVICE)),
    Case(
        "target-port-unknown",
        "error",
        "no container of Deployment/web has a port named htp",
        (("t: http}]", "t: htp}]"),),
    ),
    Case("probe-port-unknown", "error", "container web has no port named htp", (("port: http}}", "port: htp}}"),)),
    Case("ingress-leads-nowhere", "error", "Service web has no port 8080", further=(INGRESS,)),
    Case("ingress-leads-nowhere", "warning", "no Service web", further=(INGRESS,), without=(SERVICE,)),
    Case("stateful-set-without-service", "warning", "no Service db", further=(STATEFUL,)),
    Case(
        "reference-not-given",
        "info",
        "Secret/db is not among the input, asked for by Deployment/web",
        (("        ports:", "        envFrom: [{secretRef: {name: db}}]\n        ports:"),),
    ),
    Case(
        "budget-blocks-drains",
        "error",
        "maxUnavailable: 0 allows no eviction of 3 pods",
        (("Unavailable: 1", "Unavailable: 0"),),
    ),
    Case("budget-blocks-drains", "error", "minAvailable: 3 allows", (("maxUnavailable: 1", "minAvailable: 3"),)),
    Case("budget-blocks-drains", "error", "minAvailable: 67% allows", (("maxUnavailable: 1", "minAvailable: 67%"),)),
    Case("budget-blocks-drains", "error", "no limit allows", (("  maxUnavailable: 1\n", ""),)),
    Case(
        "budget-blocks-drains",
        "warning",
        "the fewest that the autoscaler leaves",
        (("maxUnavailable: 1", "minAvailable: 3"), ("  replicas: 3\n", "")),
        (hpa(),),
    ),
    Case(
        "budget-protects-nothing", "warning", "lets all 3 pods be evicted", (("maxUnavailable: 1", "minAvailable: 0"),)
    ),
    Case(
        "several-budgets", "error", "covered by web as well", further=(BUDGET.replace("name: web}", "name: other}", 1),)
    ),
    Case("replicas-without-budget", "info", "covers its 3 replicas", without=(BUDGET,)),
    Case("unhealthy-pods-hold-drains", "info", "not ready", (("  unhealthyPodEvictionPolicy: AlwaysAllow\n", ""),)),
    Case(
        "drain-is-stuck",
        "error",
        "The disruption budget web needs 2 healthy pods and has 2 currently.",
        (("maxUnavailable: 1", "minAvailable: 2"), (SPEC, APART), ("count: 3", "count: 2"), ("[a, b, c]", "[a, b]")),
        on=EXPERIMENT,
    ),
    Case("single-replica", "warning", "it has one replica", (("replicas: 3", "replicas: 1"),)),
    Case("single-replica", "warning", "may leave Deployment/web with one", (("  replicas: 3\n", ""),), (hpa(least=1),)),
    Case("pod-of-no-controller", "warning", "no controller keeps", further=(POD,)),
    Case("makes-no-pods", "warning", "it has no replicas", (("replicas: 3", "replicas: 0"),)),
    Case("stays-on-dead-nodes", "warning", "for ever", ((SPEC, SPEC + "      tolerations: [{operator: Exists}]\n"),)),
    Case("no-readiness-probe", "warning", "Service web sends requests", ((PROBE, ""),)),
    Case(
        "liveness-is-readiness",
        "warning",
        "killed 30 s after it ceases to answer, for what takes it out of the Service after 30 s",
        ((PROBE, PROBE + PROBE.replace("readiness", "liveness")),),
    ),
    Case(
        "killed-while-starting",
        "warning",
        "killed after about 30 s, and one start in 20 takes 90 s",
        (
            (PROBE, PROBE + PROBE.replace("readiness", "liveness").replace("/ready", "/live")),
            ("  cluster:", SLOW + "  cluster:"),
        ),
        on=EXPERIMENT,
    ),
    Case(
        "grace-shorter-than-pre-stop",
        "error",
        "takes 1m of 60 s of grace",
        (("{sleep: {seconds: 5}}", '{exec: {command: [sleep, "60"]}}'),),
    ),
    Case("pre-stop-shorter-than-endpoint-lag", "warning", "waits 1s", (("seconds: 5", "seconds: 1"),)),
    Case(
        "pre-stop-shorter-than-endpoint-lag",
        "info",
        "no preStop",
        (("        lifecycle: {preStop: {sleep: {seconds: 5}}}\n", ""),),
    ),
    Case(
        "no-grace",
        "warning",
        "no grace period",
        (("Seconds: 60", "Seconds: 0"), ("sleep: {seconds: 5}", "sleep: {seconds: 0}")),
    ),
    Case(
        "no-requests",
        "warning",
        "requests no memory and no cpu",
        (("requests: {cpu: 100m, memory: 128Mi}\n", "requests: {}\n"), ("          limits: {memory: 256Mi}\n", "")),
    ),
    Case("no-requests", "info", "web requests no cpu", (("{cpu: 100m, memory: 128Mi}", "{memory: 128Mi}"),)),
    Case(
        "memory-limit-without-request",
        "info",
        "becomes its limit, 256Mi",
        (("{cpu: 100m, memory: 128Mi}", "{cpu: 100m}"),),
    ),
    Case("memory-without-limit", "info", "any amount", (("          limits: {memory: 256Mi}\n", ""),)),
    Case("latest-tag", "warning", "web:latest with imagePullPolicy Always", (("web:1.2.3", "web:latest"),)),
    Case(
        "latest-tag",
        "warning",
        "replicas may run different versions",
        (("image: example.com/web:1.2.3", "image: example.com/web\n        imagePullPolicy: IfNotPresent"),),
    ),
    Case(
        "always-pulls",
        "info",
        "asks the registry at each start",
        (("        ports:", "        imagePullPolicy: Always\n        ports:"),),
    ),
    Case("autoscaler-and-replicas", "warning", "replicas: 3 is written, and web scales it", further=(hpa(),)),
    Case(
        "autoscaler-without-requests",
        "error",
        "utilization of cpu, which web requests none of",
        (("{cpu: 100m, memory: 128Mi}", "{memory: 128Mi}"), ("  replicas: 3\n", "")),
        (hpa(),),
    ),
    Case("autoscaler-without-target", "warning", "no Deployment wob", further=(hpa("wob", target="wob"),)),
    Case("several-autoscalers", "error", "scaled by web as well", (("  replicas: 3\n", ""),), (hpa(), hpa("other"))),
    Case("autoscaler-without-room", "info", "are both 3", (("  replicas: 3\n", ""),), (hpa(most=3),)),
    Case(
        "autoscaler-beyond-cluster",
        "warning",
        "4 pods of 10 find no place: 0/3 nodes are available: 3 Insufficient memory.",
        (("  replicas: 3\n", ""), ("memory: 128Mi}", "memory: 6Gi}"), ("memory: 256Mi}", "memory: 6Gi}")),
        (hpa(most=10),),
        on=EXPERIMENT,
    ),
    Case(
        "recreate-strategy",
        "warning",
        "strategy Recreate ends",
        (("  replicas: 3\n", "  replicas: 3\n  strategy: {type: Recreate}\n"),),
    ),
    Case(
        "rollout-takes-all",
        "warning",
        "maxUnavailable 100% lets 3 of 3 pods",
        (("  replicas: 3\n", "  replicas: 3\n  strategy: {rollingUpdate: {maxUnavailable: 100%}}\n"),),
    ),
    Case(
        "no-history",
        "warning",
        "no old ReplicaSet",
        (("  replicas: 3\n", "  replicas: 3\n  revisionHistoryLimit: 0\n"),),
    ),
    Case(
        "rollout-cannot-surge",
        "error",
        "anti-affinity by kubernetes.io/hostname keeps its pods apart, there are as many places as pods, 3",
        ((SPEC, APART),),
        on=EXPERIMENT,
    ),
    Case(
        "rollout-cannot-surge",
        "error",
        "a port of the node keeps its pods apart",
        (("containerPort: 8080", "containerPort: 8080, hostPort: 8080"),),
        on=EXPERIMENT,
    ),
    Case(
        "volume-holds-rollout",
        "warning",
        "claim data is for one node",
        ((SPEC, WITH_CLAIM), ("replicas: 3", "replicas: 1")),
        (CLAIM, CLASS),
    ),
    Case("one-volume-for-replicas", "warning", "3 replicas share claim data", ((SPEC, WITH_CLAIM),), (CLAIM, CLASS)),
    Case(
        "zone-bound-volume-with-spread", "warning", "class fast makes volumes of data before", further=(STATEFUL, CLASS)
    ),
    Case(
        "zone-bound-volume-with-spread",
        "info",
        "stays in the zone",
        (("Immediate", "WaitForFirstConsumer"),),
        (STATEFUL, CLASS),
    ),
    Case(
        "not-placed",
        "error",
        "3 pods of 3 cannot run: 0/3 nodes are available: 3 Insufficient cpu.",
        (("cpu: 100m", "cpu: 9"),),
        on=EXPERIMENT,
    ),
    Case(
        "anti-affinity-cannot-be-met",
        "error",
        "3 replicas, and 2 places",
        ((SPEC, APART), ("count: 3", "count: 2")),
        on=EXPERIMENT,
    ),
    Case("spread-cannot-be-met", "error", "no node for its pods has the label rack", ((SPEC, SPREAD),), on=EXPERIMENT),
    Case(
        "spread-cannot-be-met",
        "error",
        "there are 3 of minDomains 4 by topology.kubernetes.io/zone: 3 of 5 pods find a place",
        (
            (SPEC, SPREAD.replace("rack,", "topology.kubernetes.io/zone, minDomains: 4,")),
            ("replicas: 3", "replicas: 5"),
        ),
        on=EXPERIMENT,
    ),
    Case(
        "replicas-share-a-domain",
        "warning",
        "all 3 pods are on node large-1, of 4 that would do",
        (
            (
                "    - {name: general",
                "    - {name: large, count: 1, zones: [a], allocatable: {cpu: 64, memory: 1Ti}}\n    - {name: general",
            ),
            (
                SPEC,
                SPREAD.replace("DoNotSchedule", "ScheduleAnyway"),
            ),
            ("cpu: 100m, memory: 128Mi", "cpu: 2, memory: 8Gi"),
            ("limits: {memory: 256Mi}", "limits: {memory: 8Gi}"),
        ),
        on=EXPERIMENT,
    ),
    Case(
        "keeps-nothing-apart",
        "warning",
        "no node has the label failure-domain.beta.kubernetes.io/zone",
        ((SPEC, APART.replace("kubernetes.io/hostname", "failure-domain.beta.kubernetes.io/zone")),),
        on=EXPERIMENT,
    ),
    Case(
        "keeps-nothing-apart",
        "warning",
        "no node has the label rack",
        ((SPEC, SPREAD.replace("DoNotSchedule", "ScheduleAnyway")),),
        on=EXPERIMENT,
    ),
    Case(
        "pinned-to-one-node",
        "warning",
        "node general-1 alone",
        ((SPEC, SPEC + "      nodeSelector: {kubernetes.io/hostname: general-1}\n"),),
    ),
    Case(
        "ignores-nothing",
        "warning",
        "there is no rule 'no-readines-probe'; did you mean 'no-readiness-probe'?",
        (
            (
                "{name: web}\nspec:\n  replicas",
                "{name: web, annotations: {kubenines.io/lint-ignore: no-readines-probe}}\nspec:\n  replicas",
            ),
        ),
    ),
]


def edited(text: str, edits: tuple[tuple[str, str], ...]) -> str:
    for old, new in edits:
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize("case", CASES, ids=[f"{case.rule}-{number}" for number, case in enumerate(CASES)])
def test_a_smell_is_found(tmp_path: Path, case: Case) -> None:
    documents = [edited(one, case.edits) for one in (*SOUND, *case.further) if one not in case.without]
    if case.edits:
        whole = "".join((*SOUND, *case.further, case.on))
        assert [old for old, _ in case.edits if old not in whole] == []
    experiment = edited(case.on, case.edits) if case.on else None
    finding = found(tmp_path, *documents, experiment=experiment)[case.rule]
    assert (finding.severity, case.text in finding.message) == (case.severity, True), finding.message
    assert finding.location.line > 0
    assert finding.effect
    assert finding.mend


def test_every_rule_has_a_case() -> None:
    assert {case.rule for case in CASES} == set(rules())


@pytest.mark.parametrize("experiment", [None, EXPERIMENT])
def test_nothing_is_found_in_what_is_sound(tmp_path: Path, experiment: str | None) -> None:
    seen = report(tmp_path, *SOUND, experiment=experiment)
    # Three replicas on three nodes are drained one by one, each with a place to go.
    assert [f"{one.rule}: {one.message}" for one in seen.findings] == []
    assert bool(seen.not_judged) == (experiment is None)


def test_anti_affinity_by_a_label_that_nodes_lack_has_no_limit(tmp_path: Path) -> None:
    """A node without the label is in no domain, so it takes any number of the pods."""
    apart = APART.replace("kubernetes.io/hostname", "rack")
    seen = found(tmp_path, DEPLOYMENT.replace(SPEC, apart), SERVICE, BUDGET, experiment=EXPERIMENT)
    assert set(seen) == {"keeps-nothing-apart"}


def test_nodes_that_may_be_added_are_places_too(tmp_path: Path) -> None:
    growing = EXPERIMENT.replace("count: 3", "count: 3, max: 9") + "  nodeAutoscaler: {type: clusterAutoscaler}\n"
    four = [DEPLOYMENT.replace(SPEC, APART).replace("replicas: 3", "replicas: 4"), SERVICE, BUDGET]
    assert "anti-affinity-cannot-be-met" in found(tmp_path, *four, experiment=EXPERIMENT)
    assert set(found(tmp_path, *four, experiment=growing)) == set()


def test_a_liveness_probe_that_waits_longer_may_ask_the_same(tmp_path: Path) -> None:
    same = PROBE.replace("readiness", "liveness").replace("port: http}", "port: http}, failureThreshold: 6")
    assert found(tmp_path, DEPLOYMENT.replace(PROBE, PROBE + same), SERVICE, BUDGET) == {}


def test_starts_of_which_nobody_says_how_long_they_take_are_not_judged(tmp_path: Path) -> None:
    hasty = (
        PROBE.replace("readiness", "liveness").replace("/ready", "/live").replace("http}", "http}, periodSeconds: 1")
    )
    documents = [DEPLOYMENT.replace(PROBE, PROBE + hasty), SERVICE, BUDGET]
    assert found(tmp_path, *documents, experiment=EXPERIMENT) == {}


DAEMONS = """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      tolerations: [{operator: Exists}]
      containers:
      - {name: agent, image: "agent:1", resources: {requests: {cpu: 1m, memory: 1Mi}, limits: {memory: 1Mi}}}
---
apiVersion: v1
kind: Service
metadata: {name: agent}
spec: {clusterIP: None, selector: {app: agent}, ports: [{port: 1}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: agent}
spec: {minAvailable: 100%, unhealthyPodEvictionPolicy: AlwaysAllow, selector: {matchLabels: {app: agent}}}
"""
JOB = """\
apiVersion: batch/v1
kind: Job
metadata: {name: job}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: job, image: job}]}}}
"""
DATABASE = """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  replicas: 1
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      containers:
      - name: db
        image: example.com/db:1
        ports: [{containerPort: 5432}]
        resources: {requests: {cpu: 1, memory: 1Gi}, limits: {memory: 1Gi}}
        readinessProbe: {tcpSocket: {port: 5432}}
---
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {clusterIP: None, selector: {app: db}, ports: [{port: 5432}]}
"""


@pytest.mark.parametrize("document", [DAEMONS, JOB, DATABASE], ids=["DaemonSet", "Job", "headless database"])
def test_what_is_no_web_application_is_not_judged_as_one(tmp_path: Path, document: str) -> None:
    assert [f"{one.rule}: {one.message}" for one in report(tmp_path, document).findings] == []


def test_a_budget_is_found_out_by_the_nodes_that_its_pods_need(tmp_path: Path) -> None:
    """With a node more the replacement has a place, and the drain of each node ends."""
    documents = [
        edited(one, (("maxUnavailable: 1", "minAvailable: 2"), (SPEC, APART), ("replicas: 3", "replicas: 2")))
        for one in SOUND
    ]
    assert "budget-blocks-drains" in found(tmp_path, *documents, experiment=EXPERIMENT)
    documents = [edited(one, (("maxUnavailable: 1", "minAvailable: 2"), (SPEC, APART))) for one in SOUND]
    four = EXPERIMENT.replace("count: 3", "count: 4")
    assert "drain-is-stuck" not in found(tmp_path, *documents, experiment=four)
    # On three nodes two may be drained, one after the other: each time the evicted pod comes back to its own node.
    assert "drain-is-stuck" not in found(tmp_path, *documents, experiment=EXPERIMENT)


def test_a_process_that_goes_on_to_answer_needs_no_hook(tmp_path: Path) -> None:
    documents = [one.replace("        lifecycle: {preStop: {sleep: {seconds: 5}}}\n", "") for one in SOUND]
    assert set(found(tmp_path, *documents, experiment=EXPERIMENT)) == {"pre-stop-shorter-than-endpoint-lag"}
    answering = EXPERIMENT.replace("  cluster:", "  behaviour: {answersWhileStopping: true}\n  cluster:")
    assert set(found(tmp_path, *documents, experiment=answering)) == set()


def test_clients_are_as_late_as_the_experiment_says(tmp_path: Path) -> None:
    slow = "  traffic: [{service: web, rate: {kind: constant, value: 10}, endpointLag: {kind: fixed, value: 8s}}]\n"
    finding = found(tmp_path, *SOUND, experiment=EXPERIMENT + slow)["pre-stop-shorter-than-endpoint-lag"]
    assert "waits 5s, and 1 of 20 changes of the endpoints takes 8 s or more" in finding.message
    assert finding.patch is not None
    assert finding.patch.value == 8
