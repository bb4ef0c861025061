"""Where the downtime of rare outages comes from: degraded periods taken apart, and weighed as their downtime is."""

import json
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from experiments.attribution import losses
from experiments.attribution.missing import missing_replicas
from experiments.attribution.stages import Stage
from simulator.log import TransitionLog
from simulator.rare.excursions import Excursion

_ORDER = {stage: number for number, stage in enumerate(Stage)}


class RareLosses:
    """The losses of one Service in the degraded periods that were begun in a replication."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._parts: defaultdict[tuple[str, Stage], list[tuple[float, float]]] = defaultdict(list)
        """Cause and stage -> seconds lost in a degraded period, and what each of them counts for."""

    def add(self, excursion: Excursion, multiplier: float) -> None:
        """Takes one apart, and the sojourn after it; seconds count for `multiplier` times the weight of either."""
        for part in (excursion.period, excursion.sojourn):
            if excursion.log is not None and part is not None and part.outages:
                self._add(excursion.log, part.outages, multiplier * part.weight)

    def _add(self, log: TransitionLog, outages: Sequence[tuple[float, float]], weight: float) -> None:
        spells = missing_replicas(log, [self._service], outages[-1][1])[self._service]
        seconds: defaultdict[tuple[str, Stage], list[float]] = defaultdict(list)
        for loss in losses.attribute(spells, np.array(outages)):
            seconds[loss.cause.partition("/")[0], loss.stage].append(loss.seconds)
        for why, lost in seconds.items():
            self._parts[why].append((math.fsum(lost), weight))

    def rows(self) -> Iterator[dict[str, Any]]:
        """As rows of `LOSSES`: by cause, and within a cause in the order of stages."""
        for (cause, stage), found in sorted(self._parts.items(), key=lambda part: (part[0][0], _ORDER[part[0][1]])):
            lengths, weights = zip(*found, strict=True)
            yield {
                "cause": cause,
                "stage": str(stage),
                "lost": math.fsum(length * weight for length, weight in found),
                "lengths_s": json.dumps(lengths),
                "weights_per_s": json.dumps(weights),
            }
