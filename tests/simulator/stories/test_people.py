"""People who mend: in the order of their pages, at their hours, and as likely as they are when repairs are biased."""

import math
from collections.abc import Mapping

import numpy as np
import pytest

from models.distributions import Distribution, Exponential, Fixed, LogNormal
from models.people import Crew, Hours, Response
from models.people import People as Declared
from models.units import DAY, HOUR
from simulator.kernel import Kernel
from simulator.repairs import Repairs
from simulator.stories.people import People

MINUTE = 60.0


class Office:
    """Some people, and when they had mended what."""

    def __init__(self, *responses: Response, crews: Mapping[str, int] = {}, began: float = 0.0) -> None:
        self.kernel = Kernel(0.0, 1e12)
        self.repairs = Repairs(self.kernel)
        declared = Declared(tuple(Crew(name, size) for name, size in crews.items()), responses)
        self.people = People(self.kernel, self.repairs, lambda: began + self.kernel.now, declared)
        self.mended: dict[str, float] = {}
        self.rng = np.random.default_rng(7)

    def breaks(self, subject: str, at: float, response: str = "on-call", mode: str = "crash") -> None:
        def strike() -> None:
            mended = self.people.mend(response, mode, subject, self.rng)
            assert mended.callbacks is not None
            mended.callbacks.append(lambda _: self.mended.update({subject: self.kernel.now}))

        self.kernel.timer(at, strike)

    def after(self, time: float = 1e9) -> dict[str, float]:
        self.kernel.run_until(time)
        return self.mended


def on_call(mend: float, crew: str | None = None, name: str = "on-call", **other: float | Hours) -> Response:
    laws: dict[str, Distribution | Hours] = {k: Fixed(v) if isinstance(v, float) else v for k, v in other.items()}
    return Response(name, Fixed(mend), crew=crew, **laws)  # type: ignore[arg-type]


def test_a_repair_takes_the_page_the_acknowledgement_and_the_mend() -> None:
    office = Office(on_call(600.0, page=60.0, acknowledge=300.0))
    office.breaks("a", 100.0)
    assert office.after() == {"a": 100.0 + 60.0 + 300.0 + 600.0}


def test_a_crew_of_one_mends_in_the_order_of_the_pages_and_one_of_two_both() -> None:
    for size, ends in ((1, {"a": 600.0, "b": 1200.0, "c": 1800.0}), (2, {"a": 600.0, "b": 700.0, "c": 1200.0})):
        office = Office(on_call(600.0, "ops"), crews={"ops": size})
        for subject, at in (("a", 0.0), ("b", 100.0), ("c", 200.0)):
            office.breaks(subject, at)
        assert office.after() == ends


def test_several_responses_share_a_crew() -> None:
    office = Office(on_call(600.0, "ops"), on_call(60.0, "ops", "quick"), crews={"ops": 1})
    office.breaks("a", 0.0)
    office.breaks("b", 1.0, "quick", "other")
    assert office.after() == {"a": 600.0, "b": 660.0}


def test_outside_of_business_hours_a_page_waits_or_is_acknowledged_by_another_law() -> None:
    waits = on_call(600.0, hours=Hours())
    slower = on_call(600.0, name="slower", hours=Hours(), acknowledge=60.0, outside=HOUR)
    for began, plain, slow in ((0.0, 9 * HOUR + 600, HOUR + 600), (10 * HOUR, 600.0, 660.0)):
        office = Office(waits, slower, began=began)
        office.breaks("a", 0.0)
        office.breaks("b", 0.0, "slower")
        assert office.after() == {"a": plain, "b": slow}


def test_who_is_free_only_after_hours_begins_the_next_morning_and_what_was_begun_is_finished() -> None:
    office = Office(on_call(2 * HOUR, "ops", hours=Hours()), crews={"ops": 1})
    office.breaks("a", 16 * HOUR)
    office.breaks("b", 16.5 * HOUR)
    office.breaks("c", 16.6 * HOUR)
    assert office.after() == {"a": 18 * HOUR, "b": DAY + 11 * HOUR, "c": DAY + 13 * HOUR}


def test_names_that_nobody_has_are_refused() -> None:
    office = Office()
    with pytest.raises(ValueError, match="there is no response 'on-call'"):
        office.people.mend("on-call", "crash", "a", office.rng)
    with pytest.raises(ValueError, match="there is no crew 'ops'"):
        office.people.crew("ops")


def test_failures_at_random_times_wait_as_long_as_the_week_says() -> None:
    office = Office(on_call(0.0, hours=Hours()))
    gaps, week = [16 * HOUR] * 4 + [64 * HOUR], 7 * DAY
    times = [(i + place) * week for i, place in enumerate(np.random.default_rng(2).random(2000))]  # one in each week
    for i, time in enumerate(times):
        office.breaks(str(i), time)
    mended = office.after(3000 * week)
    waits = [mended[str(i)] - time for i, time in enumerate(times)]
    mean = sum(gap**2 for gap in gaps) / 2 / week
    variance = sum(gap**3 for gap in gaps) / 3 / week - mean**2
    assert abs(float(np.mean(waits)) - mean) < 4 * math.sqrt(variance / len(waits))


def test_what_waits_for_a_crew_counts_as_long_as_it_takes_once_begun() -> None:
    office = Office(on_call(600.0, "ops", acknowledge=100.0), crews={"ops": 1})
    office.breaks("a", 0.0)
    office.breaks("b", 650.0)
    office.kernel.run_until(680.0)
    assert office.repairs.longest_left({"crash"}) == 700.0  # b, not begun
    office.kernel.run_until(800.0)
    assert office.repairs.longest_left({"crash"}) == 600.0


def test_biased_repairs_of_people_are_their_repairs_once_they_are_weighed() -> None:
    response = Response("on-call", LogNormal.from_mean(100.0, 1.0), Fixed(5.0), Exponential(50.0), "ops")
    weighted, plain = [], []
    for number in range(800):
        for biased, found in ((("crash",), weighted), ((), plain)):
            office = Office(response, crews={"ops": 1})
            office.repairs.biased = biased
            office.rng = np.random.default_rng(number)
            office.breaks("a", 0.0)
            office.breaks("b", 0.0)
            late = office.after()["b"] > 600.0  # after a
            found.append(late * math.exp(office.repairs.log_likelihood_ratio))
    error = math.sqrt((np.var(weighted) + np.var(plain)) / len(plain))
    assert abs(float(np.mean(weighted)) - float(np.mean(plain))) < 4 * float(error)
    assert np.mean(np.array(weighted) > 0) > 1.5 * np.mean(plain)  # so it was biased
