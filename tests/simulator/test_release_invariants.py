"""Bad releases in the middle of node outages, under any strategy: once the last is good, nothing is left of them."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.distributions import Fixed
from models.pod import Probe
from models.release import Shows
from models.rollout import Analysis, BlueGreen, Canary, Metric, Pause, SetWeight
from simulator.operations.rollout import Rollout
from simulator.rare.settled import settled
from simulator.stories.configurations import Rollback
from simulator.stories.releases import BadRelease, DetectedBy
from tests.simulator.clusters import DAY, HOUR, Lab, behaviour, cluster, container, deployment, down, nodes, template

ANALYSES = st.none() | st.builds(
    lambda delay, limit: Analysis((Metric(delay, 60.0, 5, limit),)),
    st.sampled_from([0.0, 20.0, 300.0]),
    st.integers(0, 2),
)


def canary(weights: list[int], pause: float, step: Analysis | None, background: Analysis | None) -> Canary:
    steps = [each for weight in weights for each in (SetWeight(weight), Pause(pause))]
    return Canary((*steps, *([step] if step else [])), background)


CANARIES = st.builds(
    canary,
    st.lists(st.integers(0, 100), max_size=3).map(sorted),
    st.sampled_from([0.0, 5.0, 400.0]),
    ANALYSES,
    ANALYSES,
)
BLUE_GREENS = st.builds(
    lambda delay, promotion, preview, before, after: BlueGreen(
        auto_promotion_after=promotion, scale_down_delay=delay, preview_replicas=preview, before=before, after=after
    ),
    st.sampled_from([0.0, 30.0, 900.0]),
    st.sampled_from([0.0, 60.0]),
    st.none() | st.integers(1, 3),
    ANALYSES,
    ANALYSES,
)


@st.composite
def bad_releases(draw: st.DrawFn) -> BadRelease:
    shows = draw(st.sampled_from(Shows))
    given: dict[str, Any] = {"detected_by": draw(st.sampled_from(DetectedBy))}
    if given["detected_by"] is DetectedBy.PEOPLE:
        given["detection"] = Fixed(draw(st.sampled_from([1.0, 4.0, 40.0, 1000.0])))
    if shows in (Shows.ERRORS, Shows.SLOW):
        given["share"] = draw(st.sampled_from([0.05, 0.5, 1.0]))
    if draw(st.booleans()):
        given |= {"rollback": Rollback.MANUAL, "reaction": Fixed(draw(st.sampled_from([3.0, 600.0])))}
    return BadRelease(draw(st.sampled_from([0.5, 1.0])), shows, **given)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.none() | CANARIES | BLUE_GREENS,
    bad_releases(),
    st.lists(st.tuples(st.floats(0.0, 5 * HOUR), st.floats(1.0, 2 * HOUR), st.integers(0, 3)), max_size=4),
    st.none() | st.sampled_from([20.0, 300.0]),
    st.integers(0, 9),
)
def test_after_a_good_release_nothing_is_left_of_bad_ones(
    progression: Canary | BlueGreen | None,
    bad: BadRelease,
    outages: list[tuple[float, float, int]],
    helm: float | None,
    seed: int,
) -> None:
    kind = "Deployment" if progression is None else "Rollout"
    pods = template("web", container(readiness=Probe(period=1.0)))
    web = deployment("web", 3, pods=pods, kind=kind, progression=progression)
    releases = [
        Rollout(f"release-{hour}", f"{kind}/web", at=100.0 + hour * HOUR, bad=bad, rollback_on_failure=helm)
        for hour in range(4)
    ]
    last = Rollout("last", f"{kind}/web", at=6 * HOUR)
    failures = [down(node, at=round(at, 1), lasting=round(lasting, 1)) for at, lasting, node in outages]
    found = Lab(cluster(nodes(4), web), behaviour(), failures, (*releases, last), seed=seed, end=DAY).run(10 * HOUR)
    alive = found.pods("web")
    assert len(alive) == 3
    for pod in alive:
        assert (pod.ready, pod.answering, pod.selected, pod.failing) == (True, True, True, 0)
        assert pod.pod_class.template.defect is None
    assert found.state.services[0].answering == len(found.state.services[0].endpoints) == 3
    assert found.simulation.control_plane.kubelet.contents.faults == {}
    assert found.simulation.world.alerts.are_quiet
    assert settled(found.simulation) is not None
