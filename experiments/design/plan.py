"""A plan: what an experiment comes to, and what is kept of how it was written. The runner takes nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from experiments.design.objective import Objective
from experiments.design.scenario import Scenario
from experiments.design.search import Search
from models.manifests import Manifest, Named
from models.manifests.account import Account

Method = Literal["auto", "plain", "rare"]
"""How an unavailability is estimated: by outages as they come (plain), by outages that are begun on purpose and weighed
(rare; see `simulator.rare`), or rare where plain replications would not do (auto)."""


@dataclass(frozen=True)
class Precision:
    """Replicate until every interval's half-width is at most `relative` of the unavailability, or `at_most` times."""

    relative: float
    confidence: float
    at_most: int
    method: Method = "auto"


@dataclass(frozen=True)
class Design:
    """What an experiment file amounts to."""

    scenarios: tuple[Scenario, ...]
    objectives: tuple[Objective, ...]
    inputs: tuple[str, ...]
    """Every manifest file read, in order."""
    warnings: tuple[str, ...]
    accounts: tuple[Account, ...] = ()
    """What becomes of everything that the manifests say, per policy."""
    objects: Mapping[str, tuple[Manifest, ...]] = field(default_factory=dict)
    """By policy: the objects, as the policy leaves them."""
    named: tuple[Named, ...] = ()
    """What of it may matter and is not read, under any policy: by effect, the most frequent first."""
    search: Search = field(default_factory=Search)
    """What is looked for when the cheapest candidate is asked for."""


@dataclass(frozen=True)
class Plan:
    """What is to be run: a design, how often, and what a result folder says of its origin."""

    name: str
    design: Design
    confidence: float
    """Of all intervals, e.g. 0.95."""
    replications: int | None
    """Runs per policy; None if `precision` decides."""
    precision: Precision | None = None
    """When there are enough runs; None if their number is fixed."""
    resolved: Any = None
    """The experiment after settings, `extends` and defaults, as plain values."""
    source_text: str = ""
    """The experiment as it was written."""
    source_path: Path | None = None
    """Where it was written; None if it was put together in Python."""
    settings: tuple[str, ...] = ()
    """`path=value`, over what the file says."""

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """One per policy, in the order of the experiment; the first is the baseline."""
        return self.design.scenarios

    @property
    def inputs(self) -> tuple[Path, ...]:
        """Every manifest file read, in order."""
        return tuple(map(Path, self.design.inputs))
