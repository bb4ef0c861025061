"""People at work: what they are paged for, in its order."""

from collections.abc import Callable

import numpy as np

from models.people import People as Declared
from models.people import Response
from simulator.kernel import Event, Kernel, Story
from simulator.repairs import Repairs
from simulator.stories.crew import Crew


class People:
    """The crews of an experiment, each the same for all who name it, and what they respond to."""

    def __init__(self, kernel: Kernel, repairs: Repairs, elapsed: Callable[[], float], declared: Declared) -> None:
        """`elapsed`: seconds since failures began."""
        self._kernel = kernel
        self._repairs = repairs
        self._elapsed = elapsed
        self._crews = {crew.name: Crew(kernel, crew.size) for crew in declared.crews}
        self._responses = {response.name: response for response in declared.responses}

    def crew(self, name: str) -> Crew:
        """The crew of this name; ValueError if there is none."""
        if name not in self._crews:
            raise ValueError(f"there is no crew {name!r}")
        return self._crews[name]

    def mend(self, response: str, mode: str, subject: str, rng: np.random.Generator) -> Event:
        """An event to yield: succeeds when people have mended what broke now. ValueError without such a response.

        All that is random is drawn now, so that every policy meets the same times, whoever is busy.
        """
        if response not in self._responses:
            raise ValueError(f"there is no response {response!r}")
        by = self._responses[response]
        page = by.page.sample(rng)
        late = by.hours is not None and by.hours.wait(self._elapsed() + page) > 0
        acknowledge = by.outside if late and by.outside is not None else by.acknowledge
        self._repairs.wait(mode, subject, (acknowledge, by.mend), rng)
        mended = self._kernel.event()
        self._kernel.tell(self._story(by, page, mode, subject, mended))
        return mended

    def _story(self, by: Response, page: float, mode: str, subject: str, mended: Event) -> Story:
        yield self._kernel.sleep(page)
        hours = by.hours if by.outside is None else None
        crew = None if by.crew is None else self.crew(by.crew)
        while True:
            while hours is not None and (closed := hours.wait(self._elapsed())) > 0:
                yield self._kernel.sleep(closed)
            if crew is None:
                break
            yield crew.turn()
            if hours is None or not hours.wait(self._elapsed()):
                break
            crew.done()  # who is free only after hours goes home
        yield self._kernel.sleep(self._repairs.begin(mode, subject))
        if crew is not None:
            crew.done()
        mended.succeed()
