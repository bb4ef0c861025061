"""Components: the processes of the control plane, and what becomes of their loops while they are away."""

from collections.abc import Callable
from dataclasses import dataclass

from simulator.kernel import Event, Kernel, Order, Story, Timer


class Component:
    """The kernel as the loops of one process see it: while the process is down, nothing that they wait for happens.

    What fell due meanwhile happens when it is back, in the order in which it fell due: loops are level-triggered, so
    they find the world as it is by then. What they only kept in memory a new process has lost; `on_restart` says so to
    those whom it matters to. A component that never fails costs nothing: its timers are the kernel's own.
    """

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self._owners: dict[object, None] = {}
        """Why it is down."""
        self.is_down = False
        """Whether it does nothing now."""
        self._due: list[Timer] = []
        """What fell due while it is down, in order."""
        self._restarts = False
        """Whether the process that comes back is a new one."""
        self._on_restart: list[Callable[[], object]] = []
        self._on_return: list[Callable[[], object]] = []

    @property
    def now(self) -> float:
        """Seconds since time 0."""
        return self.kernel.now

    @property
    def end(self) -> float:
        """When the run ends."""
        return self.kernel.end

    def timer(self, delay: float, call: Callable[[], object], order: int = Order.CONTROL) -> Timer:
        """Calls `call()` after `delay` seconds (>= 0), or when the component is back, if it is down then."""
        return self.kernel.timer(delay, call, order, self)

    def event(self) -> Event:
        """An event that somebody makes succeed."""
        return self.kernel.event()

    def sleep(self, seconds: float, order: int = Order.REPAIR) -> Event:
        """An event for a story of the component to yield: succeeds after `seconds`, or when it is back."""
        event = self.event()
        self.timer(seconds, event.succeed, order)
        return event

    def tell(self, story: Story) -> None:
        """Starts a story of the component; it runs from the current time on."""
        self.kernel.tell(story)

    # While it is away

    def on_restart(self, call: Callable[[], object]) -> None:
        """Calls `call()` when a new process has taken the place of the old one, before it does anything else."""
        self._on_restart.append(call)

    def on_return(self, call: Callable[[], object]) -> None:
        """Calls `call()` whenever the component is back, after what `on_restart` says and before what fell due."""
        self._on_return.append(call)

    def hold(self, timer: Timer) -> None:
        """Keeps a timer that fell due while the component is down: it fires when the component is back."""
        self._due.append(timer)

    def stop(self, owner: object) -> None:
        """Gives the component a reason to be down."""
        self._owners[owner] = None
        self.is_down = True

    def start(self, owner: object, restarts: bool) -> None:
        """Takes that reason away; with the last one the component is back, as another process if it `restarts`."""
        del self._owners[owner]
        self._restarts = self._restarts or restarts
        if self._owners:
            return
        calls = [*(self._on_restart if self._restarts else ()), *self._on_return]
        self._restarts = False
        self.is_down = False
        due, self._due = self._due, []
        for call in calls:
            call()
        for timer in due:
            timer.fire()


@dataclass(frozen=True)
class Components:
    """The processes of a control plane that may fail by themselves."""

    api_server: Component
    """What people and programs wait for that ask the API server; kubelets are cut off from it one by one."""
    controller_manager: Component
    scheduler: Component
