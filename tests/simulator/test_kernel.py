"""The clock: order of events, timers that can be taken back, stories."""

from simulator.kernel import Kernel, Order, Story


def kernel(end: float = 100.0) -> tuple[Kernel, list[object]]:
    return Kernel(0.0, end), []


def test_timers_go_off_in_order_of_time_whatever_the_order_of_setting() -> None:
    clock, log = kernel()
    for delay in (3.0, 1.0, 2.0):
        clock.timer(delay, lambda delay=delay: log.append((clock.now, delay)))
    clock.run_until(10)
    assert log == [(1.0, 1.0), (2.0, 2.0), (3.0, 3.0)]
    assert clock.now == 10


def test_at_one_time_repairs_go_before_failures_before_kubelets_before_control_loops() -> None:
    clock, log = kernel()
    for name in ("CONTROL", "KUBELET", "FAILURE", "REPAIR"):
        clock.timer(5.0, lambda name=name: log.append(name), getattr(Order, name))
    clock.run_until(5)
    assert log == ["REPAIR", "FAILURE", "KUBELET", "CONTROL"]


def test_of_one_kind_the_first_scheduled_goes_first() -> None:
    clock, log = kernel()
    for name in "abc":
        clock.timer(5.0, lambda name=name: log.append(name))
    clock.run_until(5)
    assert log == ["a", "b", "c"]


def test_a_timer_of_no_delay_waits_for_what_is_going_on() -> None:
    clock, log = kernel()

    def first() -> None:
        clock.timer(0.0, lambda: log.append("afterwards"))
        log.append("first")

    clock.timer(1.0, first)
    clock.timer(1.0, lambda: log.append("second"))
    clock.run_until(1)
    assert log == ["first", "second", "afterwards"]


def test_a_cancelled_timer_does_nothing() -> None:
    clock, log = kernel()
    timer = clock.timer(1.0, lambda: log.append("never"))
    clock.timer(0.5, timer.cancel)
    clock.run_until(2)
    timer.cancel()
    assert log == []


def test_a_timer_may_cancel_itself_and_set_others() -> None:
    clock, log = kernel()

    def tick() -> None:
        log.append(clock.now)
        timer.cancel()
        if clock.now < 3:
            clock.timer(1.0, tick)

    timer = clock.timer(1.0, tick)
    clock.run_until(10)
    assert log == [1.0, 2.0, 3.0]


def test_running_until_a_time_includes_it_and_nothing_later() -> None:
    clock, log = kernel()
    for delay in (5.0, 5.0 + 1e-9):
        clock.timer(delay, lambda delay=delay: log.append(delay))
    clock.run_until(5)
    assert (log, clock.now) == ([5.0], 5)
    clock.run_until(6)
    assert log == [5.0, 5.0 + 1e-9]


def test_running_on_without_events_only_moves_the_clock() -> None:
    clock, _ = kernel()
    clock.run_until(7)
    assert clock.now == 7


def test_a_story_sleeps_and_goes_on() -> None:
    clock, log = kernel()

    def story(name: str, seconds: float) -> Story:
        for _ in range(2):
            yield clock.sleep(seconds)
            log.append((clock.now, name))

    clock.tell(story("slow", 3.0))
    clock.tell(story("quick", 2.0))
    clock.run_until(100)
    assert log == [(2.0, "quick"), (3.0, "slow"), (4.0, "quick"), (6.0, "slow")]


def test_a_repair_is_told_before_the_failure_of_the_same_moment() -> None:
    clock, log = kernel()

    def failure() -> Story:
        event = clock.event()
        clock.timer(5.0, event.succeed, Order.FAILURE)
        yield event
        log.append("failure")

    def repair() -> Story:
        yield clock.sleep(5.0)
        log.append("repair")

    clock.tell(failure())
    clock.tell(repair())
    clock.run_until(5)
    assert log == ["repair", "failure"]


def test_a_story_that_is_still_waiting_at_the_end_is_silent() -> None:
    clock, log = kernel()

    def story(clock: Kernel) -> Story:
        yield clock.sleep(50.0)
        log.append("too late")

    clock.tell(story(clock))
    clock.run_until(20)
    del clock
    assert log == []


def test_it_waits_only_for_some_timers_when_nothing_else_is_due() -> None:
    clock, log = kernel()
    first, second = clock.timer(5.0, lambda: log.append(1)), clock.timer(7.0, lambda: log.append(2))
    assert clock.waits_only_for({first, second})
    assert not clock.waits_only_for({first})
    second.cancel()
    assert clock.waits_only_for({first})
    clock.run_until(6.0)
    assert log == [1]
    assert clock.waits_only_for(())


def test_a_story_that_sleeps_is_something_to_wait_for() -> None:
    clock, _ = kernel()

    def story() -> Story:
        yield clock.sleep(5.0)

    clock.tell(story())
    assert not clock.waits_only_for(())
    clock.run_until(1.0)
    assert not clock.waits_only_for(())
    clock.run_until(6.0)
    assert clock.waits_only_for(())


def test_what_is_still_to_come_is_known_without_what_was_taken_back_or_is_left_out() -> None:
    clock, _ = kernel()
    first, second, third = (clock.timer(delay, lambda: None) for delay in (3.0, 1.0, 2.0))
    assert sorted(clock.pending()) == [1.0, 2.0, 3.0]
    second.cancel()
    assert sorted(clock.pending()) == [2.0, 3.0]
    assert clock.pending({first}) == [2.0]
    clock.run_until(2.5)
    assert clock.pending() == [3.0]
    assert third.call is None
