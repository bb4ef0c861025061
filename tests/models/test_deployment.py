"""Fence posts of rolling updates."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.deployment import Deployment, IntOrPercent, Percent, scaled
from models.labels import LabelSelector
from models.pod import PodSpec, PodTemplate

SHOP = Deployment("shop", PodTemplate(PodSpec(containers=())), LabelSelector.of({"app": "shop"}))


@pytest.mark.parametrize(
    ("replicas", "surge", "unavailable"),
    [(1, 1, 0), (2, 1, 0), (3, 1, 0), (4, 1, 1), (5, 2, 1), (8, 2, 2), (10, 3, 2), (100, 25, 25), (0, 0, 0)],
)
def test_a_percentage_rounds_surge_up_and_unavailable_down(replicas: int, surge: int, unavailable: int) -> None:
    assert replace(SHOP, replicas=replicas).fence_posts() == (surge, unavailable)
    assert SHOP.fence_posts(replicas) == (surge, unavailable)


@pytest.mark.parametrize(
    ("max_surge", "max_unavailable", "replicas", "expected"),
    [
        (0, Percent(25), 3, (0, 1)),
        (0, Percent(0), 5, (0, 1)),
        (2, 0, 3, (2, 0)),
        (0, 5, 3, (0, 3)),
        (Percent(150), 0, 2, (3, 0)),
        (Percent(30), Percent(70), 10, (3, 7)),
        (0, Percent(100), 7, (0, 7)),
    ],
)
def test_both_zero_becomes_one_unavailable_and_the_rest_is_capped(
    max_surge: IntOrPercent, max_unavailable: IntOrPercent, replicas: int, expected: tuple[int, int]
) -> None:
    deployment = replace(SHOP, max_surge=max_surge, max_unavailable=max_unavailable)
    assert deployment.fence_posts(replicas) == expected


@given(st.integers(0, 200), st.integers(0, 10**5))
def test_rounding_up_and_down_differ_by_at_most_one(percent: int, replicas: int) -> None:
    up = scaled(Percent(percent), replicas, round_up=True)
    down = scaled(Percent(percent), replicas, round_up=False)
    assert 0 <= up - down <= 1
    assert down <= percent * replicas / 100 <= up


@given(st.integers(0, 10**6), st.integers(0, 1000))
def test_whole_numbers_are_taken_as_they_are(value: int, replicas: int) -> None:
    assert scaled(value, replicas, round_up=True) == scaled(value, replicas, round_up=False) == value


def test_a_percentage_prints_as_kubernetes_writes_it() -> None:
    assert str(Percent(25)) == "25%"
