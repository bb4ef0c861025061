import numpy as np

from experiments.fitting.bursts import bursts


def independent(seed: int, count: int = 200, span: float = 1e7) -> list[tuple[float, str]]:
    rng = np.random.default_rng(seed)
    return [(float(time), f"n{rng.integers(40)}") for time in rng.uniform(0, span, count)]


def test_independent_failures_are_no_bursts() -> None:
    """Of 200 logs about 1 % are taken for bursts."""
    found = [bursts(independent(seed), 0.0, 1e7) for seed in range(200)]
    assert sum(one is not None and one.is_sure for one in found) <= 6


def test_a_rack_that_fails_now_and_then_is_seen() -> None:
    together = [(1e6 * k + 10.0 * i, f"n{i}") for k in range(1, 9) for i in range(5)]
    found = bursts([*independent(1), *together], 0.0, 1e7)
    assert found is not None
    assert found.is_sure
    assert (found.largest, round(found.mean_size)) >= (5, 4)
    assert found.share > 2 * found.expected


def test_a_rate_that_changes_is_dispersion_and_no_burst() -> None:
    rng = np.random.default_rng(3)
    failures = [(float(time), f"n{i}") for i, time in enumerate(rng.uniform(0, 1e6, 100))]
    found = bursts(failures, 0.0, 1e8, within=0.5)
    assert found is not None
    assert found.dispersion > 10
    assert found.p_of_dispersion < 1e-6


def test_of_few_failures_nothing_is_said() -> None:
    assert bursts([(1.0, "a"), (2.0, "b")], 0.0, 10.0) is None
