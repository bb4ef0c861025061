"""Sensitivity: what the inputs that one is unsure of do to the downtime of each Service under each policy."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from experiments.design.pick_freeze import BLOCKS
from experiments.findings.tornado import Tornado, tornado_of
from experiments.inference.input_uncertainty import Split, split
from experiments.inference.intervals import Interval
from experiments.inference.sobol_indices import Indices, indices
from experiments.store.manifest import Manifest
from models.arrays import Floats
from models.input.problems import did_you_mean
from models.units import YEAR

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Influence:
    """What is known of one Service under one policy; downtimes in seconds a year."""

    service: str
    policy: str
    inputs: tuple[str, ...]
    tornado: Tornado
    """Of each input by itself."""
    answers: Floats
    """The downtimes at points that were drawn: A, B, mixed (an entry an input) x blocks x rows x replications."""
    replications: int
    """Of the run whose uncertainty is split."""
    confidence: float

    @cached_property
    def indices(self) -> Indices:
        """Which input the variance comes from, in the order of the inputs."""
        return indices(self.answers, self.confidence)

    @cached_property
    def split(self) -> Split:
        """What of a run's uncertainty is due to the inputs, and what to its few replications."""
        return split(self.answers[:2], self.replications, self.confidence)


class Sensitivity:
    """What a study of uncertain inputs found; `store.sensitivity.COLUMNS` documents the columns of its tables."""

    def __init__(self, manifest: Manifest, tables: "Mapping[str, pd.DataFrame]", path: Path | None = None) -> None:
        assert manifest.sensitivity is not None
        self.manifest, self.tables, self.path = manifest, tables, path
        self.inputs: tuple[str, ...] = tuple(of["name"] for of in manifest.sensitivity["inputs"])
        """The names of the inputs, in the order of the file."""
        self.policies, self.services = manifest.policies, manifest.services
        """Names in the order of the experiment; the first policy is the baseline."""
        self._known: dict[tuple[str, str], Influence] = {}

    def only(self, service: str | None = None, policy: str | None = None) -> Self:
        """These findings, told of one Service, or of one policy; KeyError if there is no such one."""
        self.of(service, policy)
        told = type(self)(self.manifest, self.tables, self.path)
        told.services = self.services if service is None else [service]
        told.policies = self.policies if policy is None else [policy]
        return told

    @property
    def replications(self) -> int:
        """How many each point of the tornado has; also the run whose uncertainty is told."""
        return self.manifest.replications

    @property
    def per_point(self) -> int:
        """Replications of each point that was drawn."""
        assert self.manifest.sensitivity is not None
        return int(self.manifest.sensitivity["perPoint"])

    @property
    def rows(self) -> int:
        """Rows of points that were drawn: inputs + 2 points each."""
        assert self.manifest.sensitivity is not None
        return int(self.manifest.sensitivity["rows"])

    @property
    def failed(self) -> int:
        """Runs that failed."""
        return self.manifest.counts.get("failed", 0)

    def of(self, service: str | None = None, policy: str | None = None) -> Influence:
        """What is known of a Service (the first) under a policy (the first); KeyError if there is no such one."""
        service, policy = service or self.services[0], policy or self.policies[0]
        for what, name, names in (("service", service, self.services), ("policy", policy, self.policies)):
            if name not in names:
                known = ", ".join(map(repr, names))
                raise KeyError(f"unknown {what} {name!r}; expected one of {known}{did_you_mean(name, names)}")
        if (service, policy) not in self._known:
            self._known[service, policy] = Influence(
                service,
                policy,
                self.inputs,
                tornado_of(self._rows("tornado", service, policy), self.manifest.confidence),
                self._answers(service, policy),
                self.replications,
                self.manifest.confidence,
            )
        return self._known[service, policy]

    def chances(self, influence: Influence) -> dict[float, Interval]:
        """The objectives about the downtime of a Service: most seconds a year -> share of the inputs that meet it."""
        limits = [
            (1 - of["at_least"]) * YEAR if of["metric"] == "availability" else of["at_most"]
            for of in self.manifest.objectives
            if of["metric"] in ("availability", "downtimePerYear") and of["service"] == influence.service
            if of["policy"] in (None, influence.policy)
        ]
        return {most: influence.split.chance(most, influence.confidence) for most in limits}

    def influences(self) -> "list[Influence]":
        """What is known of every Service under every policy, Service by Service."""
        return [self.of(service, policy) for service in self.services for policy in self.policies]

    def _rows(self, table: str, service: str, policy: str) -> "pd.DataFrame":
        frame = self.tables[table]
        return frame.loc[(frame["service"] == service) & (frame["policy"] == policy)]

    def _answers(self, service: str, policy: str) -> Floats:
        """The downtimes of the table `answers`, without rows of points of which a run failed.

        All blocks have equally many, so with a row goes that of the same number in every other block.
        """
        lost = np.asarray(self._rows("answers", service, policy)["downtime_s_per_year"], dtype=np.float64)
        by_row = lost.reshape(-1, BLOCKS, len(self.inputs) + 2, self.per_point)
        return by_row[~np.isnan(by_row).any(axis=(1, 2, 3))].transpose(2, 1, 0, 3)
