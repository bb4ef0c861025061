"""What engines share, without processes: what came back is handed over, whatever becomes of the engine."""

from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import pytest

from experiments.runner.engines import EngineLost
from experiments.runner.engines.chunks import Worked, failed, in_chunks


def handed_over(submit: "Callable[[list[int]], Future[Worked[int]]]", room: Callable[[], int]) -> list[Any]:
    """What comes of five numbers until the engine is lost."""
    found: list[Any] = []
    numbers = ((f"n{i}", i) for i in range(5))
    with pytest.raises(EngineLost, match="gone"):
        found.extend(in_chunks(submit, numbers, room, BrokenProcessPool))
    return found


def worked(numbers: list[int]) -> "Future[Worked[int]]":
    future: Future[Worked[int]] = Future()
    future.set_result(([-number for number in numbers], 1.0))
    return future


@pytest.mark.parametrize("lost", range(4))
def test_what_had_come_back_is_handed_over_when_the_engine_is_lost(lost: int) -> None:
    def submit(numbers: list[int]) -> "Future[Worked[int]]":
        return failed(EngineLost("gone")) if numbers == [lost] else worked(numbers)

    assert sorted(handed_over(submit, lambda: 4)) == [(f"n{i}", -i) for i in range(4) if i != lost]


def test_what_had_come_back_is_handed_over_when_the_engine_has_no_room_any_more() -> None:
    submitted = 0

    def submit(numbers: list[int]) -> "Future[Worked[int]]":
        nonlocal submitted
        submitted += 1
        return worked(numbers)

    def room() -> int:
        if submitted == 3:
            raise EngineLost("gone")
        return 4

    assert sorted(handed_over(submit, room)) == [("n0", 0), ("n1", -1), ("n2", -2)]


def test_what_is_under_way_when_the_engine_is_lost_is_not_waited_for() -> None:
    def submit(numbers: list[int]) -> "Future[Worked[int]]":
        return failed(EngineLost("gone")) if numbers == [1] else Future()

    assert handed_over(submit, lambda: 4) == []
