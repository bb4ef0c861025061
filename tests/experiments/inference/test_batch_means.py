"""One long run, cut into batches."""

import numpy as np
import pytest

from experiments.inference import batch_means
from experiments.inference.sample import Sample
from experiments.runner import run as runner
from tests.experiments import fakes
from tests.experiments.fakes import Unit


def sample(*spans: tuple[int, float, float], windows: tuple[float, ...] = (100.0,)) -> Sample:
    """(replication, start, end) of outages."""
    owners = np.array([owner for owner, _, _ in spans], dtype=np.int64)
    ends = np.array([(start, end) for _, start, end in spans]).reshape(-1, 2)
    numbers = np.arange(len(windows))
    downtimes = np.array([(ends[owners == number, 1] - ends[owners == number, 0]).sum() for number in numbers])
    counts = np.bincount(owners, minlength=len(windows)).astype(float)
    return Sample(numbers, np.array(windows), downtimes, counts, owners, ends)


def test_an_outage_is_shared_by_the_batches_that_it_touches() -> None:
    of = sample((0, 0.0, 5.0), (0, 15.0, 45.0), (1, 90.0, 100.0), windows=(100.0, 100.0))
    assert batch_means.cut(of, 5).tolist() == [[10, 20, 5, 0, 0], [0, 0, 0, 0, 10]]
    assert batch_means.cut(of, 1).tolist() == [[35], [10]]


def test_a_window_without_outages_loses_nothing() -> None:
    assert batch_means.cut(sample(), 4).tolist() == [[0, 0, 0, 0]]


@pytest.mark.parametrize(
    ("replications", "entries", "name"), [(1, 20, "batches"), (3, 21, "batches"), (10, 10, "replications")]
)
def test_few_replications_are_cut_and_enough_are_not(replications: int, entries: int, name: str) -> None:
    of = sample((0, 10.0, 20.0), windows=(100.0,) * replications)
    downtimes, windows, pieces = batch_means.observed(of)
    assert (len(downtimes), len(windows), pieces) == (entries, entries, name)
    assert (downtimes.sum(), windows.sum()) == pytest.approx((10.0, 100.0 * replications))


@pytest.mark.parametrize(
    ("unit", "method"),
    [(Unit(14400.0, 100.0), "t, 20 batches"), (Unit(864000.0, 100.0), "compound Poisson, 39 outages in 20 batches")],
)
def test_one_long_run_has_an_interval_from_its_batches(unit: Unit, method: str) -> None:
    one = fakes.plan({"unit": unit})
    found = runner.run(one, replications=1, simulate=fakes.simulate).availability("frontend", "unit")
    assert (found.n, found.method) == (1, method)
    assert found.low < unit.mttf / (unit.mttf + unit.mttr) < found.high
