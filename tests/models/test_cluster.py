"""A cluster knows where its values belong, and in which order they are made."""

from dataclasses import dataclass, replace

from models.behaviour import Behaviour, BehaviourOverride, PodBehaviour
from models.cluster import (
    Cluster,
    services_by_name,
    under_several_budgets,
    without_known_end,
    without_pods,
    without_their_node,
)
from models.deployment import Deployment, ReplicaSet
from models.disruption import PodDisruptionBudget
from models.distributions import Fixed
from models.job import Job
from models.labels import LabelSelector
from models.node import Node, Resources
from models.pod import Container, Pod, PodSpec, PodTemplate
from models.service import Service

TEMPLATE = PodTemplate(PodSpec(()), {"app": "web"})
WEB = Deployment("web", TEMPLATE, LabelSelector.of({"app": "web"}))
ALONE, FRONT = Pod("alone", TEMPLATE), Service("front")
BUDGET = PodDisruptionBudget("web", None)
NODE = Node("node", Resources(1000, 1 << 30))


@dataclass(frozen=True)
class Settings:
    """Of a kind that no controller looks after."""

    name: str


def test_values_are_sorted_into_the_fields_of_their_types() -> None:
    made = Cluster.of([ALONE, WEB, FRONT, BUDGET, NODE, Settings("a")])
    fields = {"deployments": (WEB,), "pods": (ALONE,), "services": (FRONT,), "budgets": (BUDGET,), "nodes": (NODE,)}
    assert made == Cluster(**fields, others=(Settings("a"),))


def test_values_of_a_kind_are_found_whether_or_not_it_has_a_field() -> None:
    made = Cluster.of([Settings("b"), WEB, Settings("a")])
    assert made.of_kind(Deployment) == (WEB,)
    assert made.of_kind(Settings) == (Settings("b"), Settings("a"))
    assert made.of_kind(Pod) == ()


def test_budgets_come_before_what_they_protect() -> None:
    made = Cluster.of([ALONE, WEB, FRONT, BUDGET, NODE, Settings("a")])
    assert list(made.controlled()) == [BUDGET, WEB, ALONE]


def test_pods_come_from_what_has_a_template() -> None:
    made = Cluster.of([ALONE, WEB, FRONT, BUDGET, NODE, Settings("a")])
    assert list(made.pod_makers()) == [WEB, ALONE]


def test_pods_that_name_a_node_which_is_not_there_are_told() -> None:
    def on(node: str) -> PodTemplate:
        return PodTemplate(PodSpec((), node_name=node), {"app": "web"})

    made = Cluster.of(
        [NODE, Pod("here", on("node")), Pod("lost", on("gone"), "shop"), replace(WEB, template=on("gone"))]
    )
    assert without_their_node(made) == (
        'Deployment/web: spec.nodeName: there is no node "gone": the pods never run',
        'Pod/shop/lost: spec.nodeName: there is no node "gone": the pods never run',
    )


def test_workloads_that_make_no_pods_are_told() -> None:
    counted = ReplicaSet("c", WEB.template, WEB.selector, "shop", replicas=0, kind="ReplicationController")
    made = Cluster.of([WEB, replace(WEB, name="held", paused=True), replace(WEB, name="none", replicas=0), counted])
    assert without_pods(made) == (
        "Deployment/held: spec.paused: it makes no pods until it is resumed, which nothing here does",
        "Deployment/none: spec.replicas is 0: it makes no pods",
        "ReplicationController/shop/c: spec.replicas is 0: it makes no pods",
    )


def test_what_ends_nobody_knows_when_is_told() -> None:
    def pod(name: str, restart_policy: str) -> Pod:
        return Pod(name, PodTemplate(PodSpec((Container("c"),), restart_policy=restart_policy)), "shop")

    pods = pod("ever", "Always"), pod("once", "Never"), pod("till-done", "OnFailure")
    made = Cluster.of([WEB, *pods, Job("j", TEMPLATE)])
    forever = "nothing says how long it runs (behaviour.run): it is taken to run for ever"
    once, till_done, job = without_known_end(made, Behaviour())
    assert once == f"Pod/shop/once: restartPolicy Never, and {forever}"
    assert till_done == f"Pod/shop/till-done: restartPolicy OnFailure, and {forever}"
    assert job.startswith("Job/j: nothing says how long its pods run (behaviour.run): a minute is assumed")
    told = BehaviourOverride(PodBehaviour(run=Fixed(60.0)), kind="Pod")
    assert without_known_end(made, Behaviour(overrides=(told,))) == (job,)


def test_workloads_that_several_budgets_cover_are_told() -> None:
    covering = [PodDisruptionBudget(name, LabelSelector.of({"app": "web"})) for name in ("one", "other")]
    elsewhere = PodDisruptionBudget("web", LabelSelector(), "shop")
    assert under_several_budgets(Cluster.of([WEB, BUDGET, covering[0], elsewhere])) == ()
    assert under_several_budgets(Cluster.of([WEB, *covering])) == (
        "Deployment/web: more than one PodDisruptionBudget covers its pods (one, other): every eviction fails",
    )


def test_services_are_named_with_their_namespace_if_there_are_several() -> None:
    here, there = Service("front", "shop"), Service("front", "blog")
    assert services_by_name(Cluster(services=(here,))) == {"front": here}
    assert services_by_name(Cluster(services=(here, there))) == {"shop/front": here, "blog/front": there}
