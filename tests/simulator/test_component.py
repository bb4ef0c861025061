"""Components: what becomes of the timers of a process while it is down."""

from simulator.component import Component
from simulator.kernel import Kernel


def test_what_falls_due_while_a_component_is_down_happens_in_order_when_it_is_back() -> None:
    clock = Kernel(0.0, 100.0)
    log: list[object] = []
    component = Component(clock)
    for delay in (2.0, 1.0, 7.0):
        component.timer(delay, lambda delay=delay: log.append((clock.now, delay)))
    clock.timer(1.5, lambda: log.append((clock.now, "the clock's own")))
    component.on_restart(lambda: log.append((clock.now, "restarted")))
    component.stop("crash")
    clock.timer(5.0, lambda: component.start("crash", restarts=True))
    clock.run_until(10)
    assert log == [(1.5, "the clock's own"), (5.0, "restarted"), (5.0, 1.0), (5.0, 2.0), (7.0, 7.0)]


def test_a_timer_that_is_cancelled_while_its_component_is_down_does_nothing() -> None:
    clock = Kernel(0.0, 100.0)
    log: list[object] = []
    component = Component(clock)
    timer = component.timer(1.0, lambda: log.append("never"))
    component.stop("crash")
    clock.run_until(2)
    timer.cancel()
    component.start("crash", restarts=False)
    assert log == []


def test_a_component_that_goes_down_again_as_it_comes_back_holds_what_is_left() -> None:
    clock = Kernel(0.0, 100.0)
    log: list[object] = []
    component = Component(clock)
    component.timer(1.0, lambda: component.stop("again"))
    component.timer(2.0, lambda: log.append(clock.now))
    component.stop("crash")
    clock.run_until(3)
    component.start("crash", restarts=False)
    assert log == []
    clock.run_until(4)
    component.start("again", restarts=False)
    assert log == [4.0]
