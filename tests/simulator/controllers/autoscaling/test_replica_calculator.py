"""What a metric asks for, and what the autoscaler dares: the worked values of Kubernetes' own calculator."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.autoscaling import (
    SCALE_DOWN,
    SCALE_UP,
    PolicyType,
    ScalingBehavior,
    ScalingPolicy,
    ScalingRules,
    SelectPolicy,
)
from models.timing import Timing
from simulator.controllers.autoscaling.replica_calculator import (
    History,
    MetricError,
    ObservedPod,
    PodGroups,
    Sample,
    Tolerance,
    average_replicas,
    average_value_replicas,
    capped,
    group_pods,
    highest,
    rate_limited,
    stabilized,
    stabilized_by_behavior,
    utilization_replicas,
    value_replicas,
    windows,
)

NOW = 1000.0
TOLERANCE = Tolerance()
REQUEST = 100


def pods(count: int, usage: int) -> list[ObservedPod]:
    """Old, ready pods that use so much of their request of 100m."""
    return [ObservedPod(Sample(usage, NOW, 60.0), REQUEST) for _ in range(count)]


def without_sample(count: int) -> list[ObservedPod]:
    return [ObservedPod(None, REQUEST) for _ in range(count)]


def pending(count: int) -> list[ObservedPod]:
    return [ObservedPod(None, REQUEST, pending=True) for _ in range(count)]


def replicas(*groups: list[ObservedPod], current: int | None = None, percent: int = 50) -> int:
    observed = [pod for group in groups for pod in group]
    grouped = group_pods(observed, NOW, Timing(), cpu=True)
    return utilization_replicas(len(observed) if current is None else current, percent, grouped, TOLERANCE)


@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        (pods(4, 90), 8),
        (pods(4, 55), 4),
        (pods(4, 56), 5),
        (pods(3, 9), 1),
        (pods(3, 90) + pending(2), 5),
        (pods(3, 20) + without_sample(2), 5),
        (pods(4, 10) + without_sample(1), 3),
        (pods(8, 90) + without_sample(2), 15),
        (pods(8, 42) + pending(2), 7),
        (pods(8, 90) + pending(2), 15),
        (pods(2, 90) + pods(2, 0), 4),
        (pods(2, 90), 4),
    ],
)
def test_the_utilisation_of_the_pods_that_count_decides(observed: list[ObservedPod], expected: int) -> None:
    assert replicas(observed) == expected


def test_pods_that_do_not_exist_make_an_overloaded_target_smaller() -> None:
    assert replicas(pods(4, 90), current=10) == 8


def test_pods_that_were_ready_once_count_whatever_became_of_them() -> None:
    failed = ObservedPod(Sample(0, NOW, 60.0), REQUEST, ready=False, ready_since=900.0, started=0.0)
    never = ObservedPod(Sample(0, NOW, 60.0), REQUEST, ready=False, ready_since=10.0, started=0.0)
    assert replicas(pods(2, 90), [failed] * 2) == 4
    assert replicas(pods(2, 90), [never] * 2) == 4
    grouped = group_pods([failed, never], NOW, Timing(), cpu=True)
    assert (len(grouped.ready), len(grouped.unready)) == (1, 1)


@pytest.mark.parametrize(("sampled", "expected"), [(NOW, 4), (NOW + 40.0, 8)])
def test_cpu_of_a_new_pod_counts_one_window_after_it_became_ready(sampled: float, expected: int) -> None:
    new = ObservedPod(Sample(90, sampled, 60.0), REQUEST, ready_since=NOW - 20.0, started=NOW - 60.0)
    assert replicas(pods(2, 90), [new] * 2) == expected


def test_times_of_the_api_have_whole_seconds() -> None:
    new = ObservedPod(Sample(90, NOW + 0.1, 10.0), REQUEST, ready_since=NOW - 9.1, started=NOW - 20.0)
    [alone] = [group_pods([new], NOW + 1, Timing(), cpu=True)]
    assert len(alone.ready) == 1


def test_only_cpu_looks_at_readiness() -> None:
    unready = ObservedPod(Sample(90, NOW, 60.0), REQUEST, ready=False, started=NOW - 60.0)
    assert len(group_pods([unready], NOW, Timing(), cpu=False).ready) == 1


def test_pods_being_deleted_do_not_count_at_all() -> None:
    leaving = ObservedPod(Sample(0, NOW, 60.0), REQUEST, ignored=True)
    assert replicas(pods(4, 90), [leaving] * 4, current=4) == 8


@pytest.mark.parametrize("observed", [pending(3), without_sample(3), []])
def test_without_a_ready_pod_there_is_nothing_to_go_by(observed: list[ObservedPod]) -> None:
    with pytest.raises(MetricError):
        replicas(observed)


@pytest.mark.parametrize(
    ("usages", "missing", "unready", "expected"),
    [
        ([900] * 4, 0, 0, 8),
        ([550] * 4, 0, 0, 4),
        ([900] * 3, 0, 2, 5),
        ([200] * 3, 2, 0, 4),
        ([900] * 8, 2, 0, 15),
    ],
)
def test_a_target_per_pod_takes_missing_pods_to_be_on_target(
    usages: list[int], missing: int, unready: int, expected: int
) -> None:
    groups = PodGroups([(usage, 0) for usage in usages], [0] * unready, [0] * missing)
    assert average_replicas(len(usages) + missing + unready, 500, groups, TOLERANCE) == expected


def test_object_and_external_metrics_multiply_ready_pods_or_divide_by_the_target() -> None:
    assert value_replicas(5, 2000, 1000, ready_pods=4, tolerance=TOLERANCE) == 8
    assert value_replicas(5, 1100, 1000, ready_pods=4, tolerance=TOLERANCE) == 5
    assert average_value_replicas(5001, 1000, status_replicas=3, tolerance=TOLERANCE) == 6
    assert average_value_replicas(3200, 1000, status_replicas=3, tolerance=TOLERANCE) == 3
    assert average_value_replicas(3200, 1000, status_replicas=0, tolerance=TOLERANCE) == 4


def test_a_failed_metric_forbids_scaling_down_but_not_up() -> None:
    failed = MetricError("FailedGetResourceMetric")
    assert highest(4, [8, 5]) == 8
    assert highest(4, [failed, 8]) == 8
    lower: list[list[int | MetricError]] = [[failed, 3], [failed], [failed, failed]]
    for proposals in lower:
        with pytest.raises(MetricError):
            highest(4, proposals)


def test_tolerance_may_differ_up_and_down() -> None:
    tolerance = Tolerance(up=0.0, down=0.5)
    groups = PodGroups([(51, 100)] * 10)
    assert utilization_replicas(10, 50, groups, tolerance) == 11
    assert utilization_replicas(10, 50, PodGroups([(25, 100)] * 10), tolerance) == 10


# ----------------------------------------------------------------------------------------- stabilization and rates


def history(*entries: tuple[float, int]) -> History:
    made = History()
    for time, value in entries:
        made.add(time, value, math.inf)
    return made


def climb(current: int, wanted: int, behavior: ScalingBehavior | None, most: int = 100) -> list[int]:
    """The replicas at ticks 15 s apart until they are what is wanted."""
    seen, now, added, removed = [current], 0.0, History(), History()
    while seen[-1] != wanted and len(seen) < 50:
        here = seen[-1]
        limited = capped(here, wanted, 1, most)
        if behavior is not None:
            limited = rate_limited(here, wanted, 1, most, behavior, added, removed, now)
        if limited.replicas != here:
            (added if limited.replicas > here else removed).add(now, abs(limited.replicas - here), math.inf)
        seen.append(limited.replicas)
        now += 15.0
    return seen


def test_without_a_behavior_replicas_double_at_most() -> None:
    assert climb(1, 20, None) == [1, 4, 8, 16, 20]
    assert capped(1, 20, 1, 100).reason == "ScaleUpLimit"
    assert capped(1, 20, 1, 3) == (3, "TooManyReplicas")
    assert capped(5, 1, 2, 10) == (2, "TooFewReplicas")


def test_an_empty_behavior_adds_4_pods_or_doubles() -> None:
    assert climb(1, 20, ScalingBehavior()) == [1, 5, 10, 20]
    assert climb(20, 1, ScalingBehavior()) == [20, 1]


def test_ten_percent_a_minute_counts_from_the_start_of_the_minute() -> None:
    down = ScalingRules((ScalingPolicy(PolicyType.PERCENT, 10, 60.0),))
    assert climb(100, 1, ScalingBehavior(scale_down=down))[:11] == [100, 90, 90, 90, 90, 81, 81, 81, 81, 72, 72]


def test_what_was_removed_may_be_added_again_at_once() -> None:
    up = ScalingRules((ScalingPolicy(PolicyType.PODS, 1, 60.0),))
    behavior = ScalingBehavior(scale_up=up)
    limited = rate_limited(5, 20, 1, 100, behavior, history(), history((0.0, 3)), 15.0)
    assert limited == (9, "ScaleUpLimit")


@pytest.mark.parametrize(
    ("select", "up", "down"),
    [(SelectPolicy.MAX, 20, 5), (SelectPolicy.MIN, 12, 8), (SelectPolicy.DISABLED, 10, 10)],
)
def test_one_of_several_policies_is_selected(select: SelectPolicy, up: int, down: int) -> None:
    rules = ScalingRules(
        (ScalingPolicy(PolicyType.PODS, 2, 60.0), ScalingPolicy(PolicyType.PERCENT, 100, 60.0)), select
    )
    halved = ScalingRules(
        (ScalingPolicy(PolicyType.PODS, 2, 60.0), ScalingPolicy(PolicyType.PERCENT, 50, 60.0)), select
    )
    behavior = ScalingBehavior(rules, halved)
    assert rate_limited(10, 99, 1, 99, behavior, History(), History(), 0.0).replicas == up
    assert rate_limited(10, 1, 1, 99, behavior, History(), History(), 0.0).replicas == down


def test_a_behavior_keeps_within_the_bounds() -> None:
    nothing = (History(), History(), 0.0)
    assert rate_limited(10, 30, 2, 12, ScalingBehavior(), *nothing) == (12, "TooManyReplicas")
    assert rate_limited(10, 0, 2, 12, ScalingBehavior(), *nothing) == (2, "TooFewReplicas")


def test_scale_down_waits_until_higher_proposals_are_as_old_as_the_window() -> None:
    proposals = history((0.0, 10), (15.0, 2))
    assert stabilized(2, proposals, 285.0, 300.0) == (10, "ScaleDownStabilized")
    assert stabilized(2, proposals, 300.0, 300.0) == (2, "ReadyForNewScale")
    assert stabilized(12, proposals, 285.0, 300.0).replicas == 12


def test_a_behavior_stabilizes_both_ways() -> None:
    proposals = history((0.0, 4), (30.0, 9))
    assert stabilized_by_behavior(5, 9, proposals, 45.0, 60.0, 300.0) == (5, "ScaleUpStabilized")
    assert stabilized_by_behavior(5, 9, proposals, 75.0, 60.0, 300.0) == (9, "ReadyForNewScale")
    assert stabilized_by_behavior(5, 2, proposals, 75.0, 60.0, 300.0) == (5, "ScaleDownStabilized")
    assert stabilized_by_behavior(5, 2, proposals, 75.0, 60.0, 0.0) == (2, "ReadyForNewScale")


def test_a_missing_scale_down_window_is_that_of_the_controller() -> None:
    assert windows(ScalingBehavior(SCALE_UP, SCALE_DOWN), Timing(autoscaler_downscale_stabilization=120.0)) == (
        0.0,
        120.0,
    )


def test_a_history_knows_when_it_loses_a_value() -> None:
    proposals = history((0.0, 10), (15.0, 2), (30.0, 2))
    assert proposals.next_loss(30.0, 300.0) == 300.0
    assert proposals.next_loss(30.0, 300.0, but=10) == 315.0
    assert history((0.0, 2)).next_loss(30.0, 300.0, but=2) == math.inf
    proposals.repeat(60.0)
    assert proposals.within(340.0, 300.0) == [2]


counts = st.integers(1, 60)
usages = st.integers(0, 400)


@given(counts, st.lists(usages, min_size=1, max_size=12), st.integers(1, 6), st.integers(0, 6), st.integers(10, 150))
def test_with_missing_pods_a_proposal_never_turns_against_what_was_measured(
    current: int, used: list[int], missing: int, unready: int, percent: int
) -> None:
    groups = PodGroups([(usage, REQUEST) for usage in used], [REQUEST] * unready, [REQUEST] * missing)
    proposal = utilization_replicas(current, percent, groups, TOLERANCE)
    utilization = 100 * sum(used) // (REQUEST * len(used))
    assert (proposal - current) * (utilization - percent) >= 0


@given(counts, counts, st.integers(1, 5), st.integers(5, 60))
def test_whatever_is_wanted_the_result_is_within_the_bounds_on_the_same_side(
    current: int, desired: int, least: int, most: int
) -> None:
    current = min(max(current, least), most)
    for limited in (
        capped(current, desired, least, most),
        rate_limited(current, desired, least, most, ScalingBehavior(), History(), History(), 0.0),
    ):
        assert least <= limited.replicas <= most
        assert (limited.replicas - current) * (desired - current) >= 0


def test_replicas_are_as_many_as_an_int32_can_say() -> None:
    most, usage = 2**31 - 1, 2**63 - 1
    assert value_replicas(3, usage, 1, 3, TOLERANCE) == most
    assert average_value_replicas(usage, 1, 1, TOLERANCE) == most
    groups = PodGroups(ready=[(usage, REQUEST)])
    assert average_replicas(1, 1, groups, TOLERANCE) == most
    assert utilization_replicas(1, 1, groups, TOLERANCE) == most
    assert utilization_replicas(1, 1, PodGroups(ready=[(usage, REQUEST)], missing=[REQUEST]), TOLERANCE) == most
