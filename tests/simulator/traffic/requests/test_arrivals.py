"""When requests come, how much work they bring, and how their latencies are kept."""

import math

import numpy as np
import pytest

from models.distributions import Empirical, Exponential, Fixed, Gamma, LogNormal, Uniform, Weibull
from models.request_level import Batches, Bursts, Poisson, RecordedTimes
from models.traffic import RequestRate
from simulator.traffic.requests.arrivals import CHUNK, times
from simulator.traffic.requests.latencies import Latencies, edges
from simulator.traffic.requests.server import bucket
from simulator.traffic.samples import samples

DAY = RequestRate(((0.0, 10.0), (50.0, 0.0), (100.0, 30.0)))


def rng() -> np.random.Generator:
    return np.random.default_rng(3)


@pytest.mark.parametrize("law", [Poisson(), Bursts(0.2, 0.3), Batches(3.0)], ids=repr)
def test_requests_come_in_order_at_the_rate_of_the_moment(law: Poisson | Bursts | Batches) -> None:
    chunks = list(times(law, DAY, 0.0, 2000.0, rng()))
    found = np.concatenate(chunks)
    assert (np.diff(found) >= 0).all()
    assert 0 <= found[0] <= found[-1] < 2000
    assert not ((found >= 50) & (found < 100)).any()
    assert len(found) == pytest.approx(500 + 1900 * 30, rel=0.05)


def test_memory_does_not_grow_with_the_number_of_requests() -> None:
    assert max(len(chunk) for chunk in times(Poisson(), RequestRate.constant(1e5), 0.0, 5.0, rng())) <= CHUNK


def test_recorded_times_are_kept_as_they_are() -> None:
    recorded = RecordedTimes((1.0, 2.0, 2.0, 9.0))
    assert np.concatenate(list(times(recorded, DAY, 1.5, 9.0, rng()))).tolist() == [2.0, 2.0]


@pytest.mark.parametrize(
    "law",
    [
        Fixed(0.2),
        Exponential(0.2),
        Weibull(0.8, 0.2),
        LogNormal(0.2, 0.5),
        Gamma(2.0, 0.1),
        Uniform(0.1, 0.3),
        Empirical((0.1, 0.2, 0.6)),
    ],
    ids=repr,
)
def test_work_has_the_mean_of_its_law(law: Fixed) -> None:
    found = samples(law, 40_000, rng())
    assert found.mean() == pytest.approx(law.mean, abs=4 * found.std() / 200 + 1e-12)


@pytest.mark.parametrize("latency", [0.0, 1e-12, 1e-6, 0.1, 0.25, 1.0, 1.015625, 3.7, 86400.0, 1e12])
def test_a_latency_is_in_the_bucket_that_holds_it(latency: float) -> None:
    place, bounds = bucket(latency), edges()
    if bounds[0] <= latency < bounds[-1]:
        assert bounds[place] <= latency < bounds[place + 1]
    assert 0 <= place < len(bounds) - 1


def test_quantiles_are_known_to_a_sixty_fourth() -> None:
    found = np.sort(rng().exponential(0.1, 20_000))
    counts = np.zeros(len(edges()) - 1, dtype=np.int64)
    for latency in found.tolist():
        counts[bucket(latency)] += 1
    latencies = Latencies(counts, float(found.sum()), float(found[-1]))
    for q in (0.5, 0.9, 0.99, 0.999):
        assert latencies.quantile(q) == pytest.approx(np.quantile(found, q), rel=1 / 64)
    assert latencies.mean == pytest.approx(found.mean())
    assert latencies.quantile(1.0) <= found[-1]


def test_without_answers_there_are_no_latencies() -> None:
    nothing = Latencies(np.zeros(4096, dtype=np.int64), 0.0, 0.0)
    assert math.isnan(nothing.mean)
    assert math.isnan(nothing.quantile(0.5))
