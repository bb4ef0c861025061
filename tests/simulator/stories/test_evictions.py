"""Drains ask again every 5 s as kubectl does, but make only the tries whose answer may be another."""

import math
from collections.abc import Callable
from dataclasses import replace
from heapq import heapify, heappop, heappush

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.cluster import Cluster
from models.deployment import Percent
from models.disruption import PodDisruptionBudget
from models.labels import LabelSelector
from models.timing import Timing
from simulator.component import Component
from simulator.controllers.disruption import CONFLICT_JITTER, CONFLICT_RETRY, Verdict
from simulator.kernel import Story
from simulator.state.objects import PodState
from simulator.stories.evictions import RETRY, Evictions
from tests.simulator.clusters import HOUR, Lab, behaviour, cluster, deployment, nodes

Answer = tuple[float, str, int, str]
"""When, which pod, the status, the reason."""
WEB = LabelSelector.of({"app": "web"})
START = 10.0


def lab_of(replicas: int, budgets: tuple[PodDisruptionBudget, ...], end: float) -> Lab:
    load: Cluster = cluster(nodes(3), deployment(replicas=replicas))
    # Latencies that no 5 s are a multiple of, so that nothing happens at the very instant of a try.
    late = Timing(controller_latency=0.0513, scheduler_latency=0.0211, creation_latency=0.1517)
    return Lab(replace(load, budgets=budgets), behaviour(late), end=end)


def polled(lab: Lab, pods: list[PodState], deadline: float, answers: list[Answer]) -> Story:
    """Every try is made, one after the other."""
    kernel, rng = lab.kernel, np.random.default_rng(1)
    due = [(kernel.now, number) for number in range(len(pods))]
    heapify(due)
    while due:
        time, number = due[0]
        if time >= deadline:
            return
        if time > kernel.now:
            yield kernel.sleep(time - kernel.now)
        heappop(due)
        verdict = lab.simulation.control_plane.disruption.evict(pods[number], 0)
        if verdict.collided:
            heappush(due, (kernel.now + CONFLICT_RETRY * (1.0 + CONFLICT_JITTER * rng.random()), number))
            continue
        answers.append((round(kernel.now, 6), pods[number].name, verdict.status, verdict.reason))
        if verdict.try_again:
            heappush(due, (kernel.now + RETRY, number))


def foreseen(lab: Lab, pods: list[PodState], deadline: float, answers: list[Answer]) -> Story:
    def told(pod: PodState, verdict: Verdict, tries: int, last: float) -> None:
        answers.extend((round(last - i * RETRY, 6), pod.name, verdict.status, verdict.reason) for i in range(tries))

    disruption = lab.simulation.control_plane.disruption
    yield Evictions(Component(lab.kernel), disruption, told, pods, deadline, 0, np.random.default_rng(1)).over


Way = Callable[[Lab, list[PodState], float, list[Answer]], Story]


def disturb(lab: Lab, what: str, number: int) -> None:
    pods = lab.pods("web")
    pod = pods[number % len(pods)] if pods else None
    match what:
        case "unready" | "ready" if pod is not None and not pod.deleting:
            lab.state.pods.set_ready(pod, what == "ready", 0)
        case "delete" if pod is not None and not pod.deleting:
            lab.state.pods.mark_deleting(pod, 0)
        case "label" if pod is not None and not pod.deleting:
            lab.simulation.api.label(pod, {**pod.pod_class.labels, "app": "aside"})
        case "scale":
            lab.simulation.api.apply(deployment(replicas=1 + number))
        case "budget":
            lab.simulation.api.apply(PodDisruptionBudget("web", WEB, min_available=number))


def drained(way: Way, budgets: tuple[PodDisruptionBudget, ...], events: list[tuple[float, str, int]], deadline: float):  # type: ignore[no-untyped-def]
    lab = lab_of(4, budgets, end=300.0)
    answers: list[Answer] = []
    for time, what, number in events:
        lab.at(time, lambda what=what, number=number: disturb(lab, what, number))  # type: ignore[misc]
    lab.run(START)
    lab.kernel.tell(way(lab, lab.pods("web")[:3], deadline, answers))
    lab.run(300.0)
    return sorted(answers), [pod.name for pod in lab.pods()]


BUDGETS = st.sampled_from(
    [
        {"min_available": 4},
        {"min_available": 3},
        {"max_unavailable": 0},
        {"max_unavailable": Percent(25)},
        {"min_available": Percent(100)},
        {"min_available": 4, "always_allow_unhealthy": True},
    ]
)
EVENTS = st.lists(
    st.tuples(
        st.floats(START + 1, 250.0).map(lambda time: math.floor(time) + 0.377),
        st.sampled_from(["unready", "ready", "delete", "label", "scale", "budget"]),
        st.integers(0, 5),
    ),
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@example({"min_available": 4}, [(11.377, "unready", 1), (11.377, "budget", 0)], math.inf)
@given(budget=BUDGETS, events=EVENTS, deadline=st.sampled_from([math.inf, 87.0, START + 6 * RETRY, 300.0]))
def test_the_answers_are_those_of_asking_every_time(
    budget: dict[str, object], events: list[tuple[float, str, int]], deadline: float
) -> None:
    budgets = (PodDisruptionBudget("web", WEB, **budget),)  # type: ignore[arg-type]
    assert drained(foreseen, budgets, events, deadline) == drained(polled, budgets, events, deadline)


def test_a_drain_that_is_blocked_for_ever_costs_nothing() -> None:
    """Counted in events: a year of tries every 5 s would be millions."""
    lab = lab_of(4, (PodDisruptionBudget("web", WEB, max_unavailable=0),), end=8760 * HOUR)
    answers = 0

    def told(pod: PodState, verdict: Verdict, tries: int, last: float) -> None:
        nonlocal answers
        answers += tries

    disruption = lab.simulation.control_plane.disruption
    lab.run(START)
    Evictions(Component(lab.kernel), disruption, told, lab.pods("web"), math.inf, 0, np.random.default_rng(1))
    steps = 0
    while lab.kernel.peek() <= 8760 * HOUR:
        lab.kernel.step()
        steps += 1
    assert steps < 100
    assert answers == 4 * (1 + math.floor((8760 * HOUR - START) / RETRY))


def test_nothing_to_ask_for_is_over_at_once() -> None:
    lab = lab_of(1, (), end=HOUR)
    over = Evictions(
        Component(lab.kernel), lab.simulation.control_plane.disruption, pytest.fail, [], math.inf, 0, None
    ).over  # type: ignore[arg-type]
    assert over.triggered
    assert over.value is True
