"""The transition log: what goes in comes out, as it was and in its order."""

import copy

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simulator.log import COLUMNS, Kind, TransitionLog, packed

numbers = st.integers(0, 2**31 - 1)
values = st.integers(-(2**53), 2**53)
rows = st.lists(st.tuples(st.floats(0, 1e12), st.sampled_from(Kind), numbers, values, values, numbers), max_size=20)


def logged(found: list[tuple[float, Kind, int, int, int, int]]) -> TransitionLog:
    log = TransitionLog()
    for time, kind, subject, old, new, cause in found:
        log.add(packed(time, old, new, subject, cause, kind))
    return log


@given(rows)
def test_a_log_gives_back_its_rows_and_its_columns(found: list[tuple[float, Kind, int, int, int, int]]) -> None:
    log = logged(found)
    assert len(log) == len(found)
    assert log.columns().tolist() == [list(row) for row in found]
    assert [log.column(name).tolist() for name in COLUMNS] == [[row[i] for row in found] for i in range(len(COLUMNS))]


@given(rows)
def test_a_log_of_the_columns_of_another_is_the_same(found: list[tuple[float, Kind, int, int, int, int]]) -> None:
    columns = logged(found).columns()
    assert TransitionLog.of_columns(columns).columns().tobytes() == columns.tobytes()


@given(rows, st.sets(st.sampled_from(Kind), max_size=4))
def test_rows_of_some_kinds_are_those_and_in_their_order(
    found: list[tuple[float, Kind, int, int, int, int]], kinds: set[Kind]
) -> None:
    log = logged(found)
    assert log.of_kind(*kinds).tolist() == [list(row) for row in found if row[1] in kinds]


def test_a_log_goes_on_after_it_was_read() -> None:
    log = logged([(1.0, Kind.POD_NODE, 3, -1, 2, 0)])
    before = log.columns()
    log.add(packed(2.0, 0, 1, 3, 0, Kind.POD_READY))
    assert len(log) == 2
    assert np.array_equal(log.columns()[:1], before)


def test_a_copy_goes_on_by_itself() -> None:
    log = logged([(1.0, Kind.POD_NODE, 3, -1, 2, 0)])
    other = copy.deepcopy(log)
    other.add(packed(2.0, 0, 1, 3, 0, Kind.POD_READY))
    assert (len(log), len(other)) == (1, 2)
