"""The numbers behind the estimates of one Service under one policy."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from experiments.intervals import Floats


@dataclass(frozen=True)
class Sample:
    """One Service under one policy; times in seconds.

    An entry per replication: its number, the length of its window, its downtime and its outages. An entry per outage:
    the number of its replication in `owners`, start and end in the rows of `spans`.
    """

    replications: npt.NDArray[np.int64]
    windows: Floats
    downtimes: Floats
    counts: Floats
    owners: npt.NDArray[np.int64]
    spans: Floats

    @classmethod
    def empty(cls) -> "Sample":
        """Without any replication."""
        none, numbers = np.empty(0), np.empty(0, dtype=np.int64)
        return cls(numbers, none, none, none, numbers, np.empty((0, 2)))

    @cached_property
    def lengths(self) -> Floats:
        """Of every outage."""
        of: Floats = self.spans[:, 1] - self.spans[:, 0]
        return of

    @property
    def half(self) -> int:
        """How many outages, the longest, brought half of the downtime; 0 without any."""
        longest = np.cumsum(np.sort(self.lengths)[::-1])
        return int(np.searchsorted(longest, longest[-1] / 2)) + 1 if len(longest) else 0
