"""The numbers behind the estimates of one Service under one policy."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from models.arrays import Bools, Floats, Ints


@dataclass(frozen=True)
class Sample:
    """One Service under one policy; times in seconds.

    An entry per replication: its number, the length of its window, its downtime and its outages. An entry per outage:
    the number of its replication in `owners`, start and end in the rows of `spans`, and in `causes` the failure mode or
    operation that most of it is due to, one object for all that share it; no entries if that is not known.
    """

    replications: Ints
    windows: Floats
    downtimes: Floats
    counts: Floats
    owners: Ints
    spans: Floats
    causes: npt.NDArray[np.object_] = field(default_factory=lambda: np.empty(0, dtype=object))

    @classmethod
    def empty(cls) -> "Sample":
        """The sample of a Service under a policy that was not run: no replication, no outage."""
        none, numbers = np.empty(0), np.empty(0, dtype=np.int64)
        return cls(numbers, none, none, none, numbers, np.empty((0, 2)))

    @cached_property
    def lengths(self) -> Floats:
        """The length of every outage, in seconds, in the order of `spans`."""
        lengths: Floats = self.spans[:, 1] - self.spans[:, 0]
        return lengths

    def until(self, end: float) -> "Sample":
        """What was seen until `end`, in seconds since the start of the windows; an outage under way is cut there."""
        windows, began = np.minimum(self.windows, end), self.spans[:, 0] < end
        owners, spans = self.owners[began], np.minimum(self.spans[began], end)
        place = np.searchsorted(self.replications, owners)
        downtimes = np.bincount(place, spans[:, 1] - spans[:, 0], len(self.replications)).astype(float)
        counts = np.bincount(place[spans[:, 0] > 0], minlength=len(self.replications)).astype(float)
        causes = self.causes[began] if len(self.causes) else self.causes
        return Sample(self.replications, windows, downtimes, counts, owners, spans, causes)

    def by_cause(self) -> "list[Sample]":
        """A sample for each cause, in alphabetical order: all replications, with the outages of that cause only.

        Empty if causes are not known.
        """
        return [self._only(self.causes == cause) for cause in sorted(set(self.causes.tolist()))]

    def _only(self, kept: Bools) -> "Sample":
        owners, spans = self.owners[kept], self.spans[kept]
        place = np.searchsorted(self.replications, owners)
        downtimes = np.bincount(place, spans[:, 1] - spans[:, 0], len(self.replications)).astype(float)
        counts = np.bincount(place[spans[:, 0] > 0], minlength=len(self.replications)).astype(float)
        return replace(self, downtimes=downtimes, counts=counts, owners=owners, spans=spans, causes=self.causes[kept])

    @property
    def half(self) -> int:
        """How many outages, the longest, brought half of the downtime; 0 without any."""
        longest = np.cumsum(np.sort(self.lengths)[::-1])
        return int(np.searchsorted(longest, longest[-1] / 2)) + 1 if len(longest) else 0
