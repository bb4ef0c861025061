"""When probes find out (kubernetes-behaviour: probes, exact timing)."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.pod import Probe
from simulator.kubelet.probes import timeline
from tests.simulator.clusters import container

EVERY_10 = Probe()
BRIEF = Probe(period=5.0, failure_threshold=1)
GENEROUS = Probe(period=10.0, failure_threshold=30)
# Binary fractions: what falls on a tick falls on it exactly.
phases = st.integers(0, 63).map(lambda n: n / 64)
startups = st.integers(0, 3200).map(lambda n: n / 8)
probes = st.builds(
    Probe,
    initial_delay=st.integers(0, 60).map(float),
    period=st.integers(1, 30).map(float),
    success_threshold=st.integers(1, 3),
    failure_threshold=st.integers(1, 5),
)
gates = probes.map(lambda probe: Probe(probe.initial_delay, probe.period, 1.0, 1, probe.failure_threshold))
"""Start-up and liveness probes must have successThreshold 1."""


@pytest.mark.parametrize(
    ("probed", "startup", "phase", "ready", "killed"),
    [
        # Without probes a running container is ready, whether the application is up or not.
        ({}, 7.0, 0.0, 0.0, None),
        # A readiness probe is asked at once and then every period.
        ({"readiness": EVERY_10}, 0.0, 0.7, 0.0, None),
        ({"readiness": EVERY_10}, 7.0, 0.7, 10.0, None),
        ({"readiness": EVERY_10}, 10.0, 0.7, 10.0, None),
        ({"readiness": EVERY_10}, 10.5, 0.7, 20.0, None),
        ({"readiness": Probe(success_threshold=3)}, 7.0, 0.0, 30.0, None),
        ({"readiness": Probe(initial_delay=15.0)}, 2.0, 0.0, 20.0, None),
        ({"readiness": Probe(initial_delay=15.0, period=5.0)}, 22.0, 0.0, 25.0, None),
        # A start-up probe ticks in a phase of its own; readiness is asked at once after its success.
        ({"startup": EVERY_10}, 12.0, 0.5, 15.0, None),
        ({"startup": EVERY_10, "readiness": EVERY_10}, 12.0, 0.5, 15.0, None),
        ({"startup": EVERY_10, "readiness": Probe(success_threshold=2)}, 12.0, 0.5, 25.0, None),
        ({"startup": Probe(initial_delay=20.0)}, 1.0, 0.5, 25.0, None),
        # The budget of a start-up probe: up to initialDelay + failureThreshold x period.
        ({"startup": GENEROUS}, 289.9, 0.0, 290.0, None),
        ({"startup": GENEROUS}, 290.1, 0.0, None, 290.0),
        ({"startup": GENEROUS}, 299.0, 0.9, 299.0, None),
        ({"startup": Probe(initial_delay=20.0, failure_threshold=2)}, 60.0, 0.5, None, 35.0),
        # Liveness waits for the start-up probe, and kills without one. Until then it does not concern readiness.
        ({"startup": GENEROUS, "liveness": BRIEF}, 100.0, 0.0, 100.0, None),
        ({"liveness": BRIEF}, 4.0, 0.9, 0.0, None),
        ({"liveness": BRIEF}, 5.0, 0.9, 0.0, 4.5),
        ({"liveness": EVERY_10}, 25.0, 0.4, 0.0, 24.0),
        ({"liveness": EVERY_10, "readiness": EVERY_10}, 25.0, 0.4, None, 24.0),
        ({"liveness": EVERY_10, "readiness": EVERY_10}, 23.0, 0.4, 30.0, None),
        ({"liveness": Probe(initial_delay=30.0)}, 45.0, 0.0, 0.0, None),
    ],
)
def test_timeline(
    probed: dict[str, Probe], startup: float, phase: float, ready: float | None, killed: float | None
) -> None:
    found = timeline(container(**probed), startup, phase)  # type: ignore[arg-type]
    assert (found.ready_after, found.killed_after) == pytest.approx((ready, killed))


@given(probes, startups)
def test_readiness_comes_at_the_first_attempt_that_can_succeed(probe: Probe, startup: float) -> None:
    ready = timeline(container(readiness=probe), startup, 0.0).ready_after
    assert ready is not None
    attempts = [i * probe.period for i in range(600)]
    good = [t for t in attempts if t >= startup and t >= probe.initial_delay]
    assert ready == pytest.approx(good[probe.success_threshold - 1])


@given(gates, startups, phases)
def test_a_container_is_killed_if_it_is_not_up_within_the_budget(probe: Probe, startup: float, phase: float) -> None:
    ticks = [(phase + i) * probe.period for i in range(1000)]
    counted = [tick for tick in ticks if tick >= probe.initial_delay]
    last = counted[probe.failure_threshold - 1]
    expected = last if last < startup else None
    for kind in ("startup", "liveness"):
        killed = timeline(container(**{kind: probe}), startup, phase).killed_after  # type: ignore[arg-type]
        assert killed == (None if expected is None else pytest.approx(expected))


@given(gates, startups, phases)
def test_a_start_up_probe_succeeds_at_most_a_period_after_the_application_is_up(
    probe: Probe, startup: float, phase: float
) -> None:
    found = timeline(container(startup=probe), startup, phase)
    if found.ready_after is not None:
        earliest = max(startup, probe.initial_delay)
        assert earliest <= found.ready_after * (1 + 1e-12) + 1e-9
        assert found.ready_after < earliest + probe.period + 1e-9


@given(gates, gates, probes, startups, phases)
def test_nothing_is_ready_before_it_has_started_up(
    startup_probe: Probe, liveness: Probe, readiness: Probe, startup: float, phase: float
) -> None:
    found = timeline(container(startup=startup_probe, liveness=liveness, readiness=readiness), startup, phase)
    assert (found.ready_after is None) is not (found.killed_after is None)
    assert found.ready_after is None or found.ready_after >= startup or math.isclose(found.ready_after, startup)
