"""Plots of findings: each takes `ax=` (or makes one) and returns it. The only package that imports matplotlib.

A new picture touches two files: its own, a function of the findings (`drawing` holds what all of them share), and this
one, where `Plots` gets a method marked as a `picture`. The method is what people call and complete in a notebook, so
its signature and docstring are written out; whatever is marked is a kind of `kubenines plot`.
"""

import inspect
from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from experiments.plots import (
    attribution,
    budget,
    comparison,
    downtime,
    drawing,
    gantt,
    look,
    outages,
    over_time,
    overview,
    pareto,
    rare,
    replicas,
    rollout,
    utilisation,
    waterfall,
    windowed,
)
from experiments.plots.drawing import BAND, COLOURS, GREY, RULE
from experiments.store.files import write

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from experiments.findings.findings import Findings
    from simulator.run import Run

__all__ = ["BAND", "COLOURS", "GREY", "KINDS", "RULE", "Plots", "attribution_file", "picture", "service_file"]

MOST_SERVICES = 12
"""Services that get plots of their own when all are saved: those with an objective first."""


KINDS: dict[str, tuple[str, ...]] = {}
"""The kinds of pictures, in the order in which they are offered -> the parameters that say what one is of."""

Draw = TypeVar("Draw", bound=Callable[..., Any])


def picture(method: Draw) -> Draw:
    """Register a method of `Plots` as a kind of picture, under its name."""
    parameters = inspect.signature(method).parameters
    KINDS[method.__name__] = tuple(name for name in parameters if name not in ("self", "ax", "figure"))
    return method


class Plots:
    """The plots of an experiment; `service` is the first Service unless said otherwise.

    Those of a single run take it from `runs`, by policy and replication: without it, from the transitions that the
    result folder holds.
    """

    def __init__(self, findings: "Findings", runs: "Callable[[str, int], Run] | None" = None) -> None:
        self._findings, self._runs = findings, runs

    @picture
    def comparison(self, service: str | None = None, figure: "Figure | None" = None) -> "Figure":
        """`nines` and `difference` side by side: of one Service, or of all."""
        return comparison.side_by_side(self._findings, self._services(service), figure)

    @picture
    def nines(self, service: str | None = None, ax: "Axes | None" = None) -> "Axes":
        """Availability of every policy as nines with its interval: of one Service, or of all.

        Where no outage was seen, an arrow begins at the lower bound.
        """
        return comparison.nines(self._findings, self._services(service), ax)

    @picture
    def difference(self, service: str | None = None, ax: "Axes | None" = None) -> "Axes":
        """Yearly downtime against the baseline's, paired by replication: of one Service, or of all.

        Filled: the sign is known; hollow: not resolved.
        """
        return comparison.difference(self._findings, self._services(service), ax)

    @picture
    def service(self, service: str | None = None, figure: "Figure | None" = None) -> "Figure":
        """One Service: over time, downtime, outages, worst window, and where they tell replicas and error budget."""
        return overview.of_service(self._findings, self._first(service), figure)

    @picture
    def availability(self, service: str | None = None, ax: "Axes | None" = None, windows: int = 52) -> "Axes":
        """Availability over time: what was known at the end of so many equal windows, with its interval, in nines."""
        return over_time.availability(self._findings, self._first(service), ax, windows)

    @picture
    def replicas(self, service: str | None = None, ax: "Axes | None" = None) -> "Axes":
        """Nines against desired replicas, with what they would be if replicas were missing independently."""
        return replicas.nines(self._findings, self._first(service), ax)

    @picture
    def pareto(self, service: str | None = None, ax: "Axes | None" = None) -> "Axes":
        """Cost against downtime: the policies that none beats in both, and the others behind them in grey."""
        return pareto.of_policies(self._findings, self._first(service), ax)

    @picture
    def downtime(self, service: str | None = None, ax: "Axes | None" = None) -> "Axes":
        """How likely a year's downtime stays below a value (of shorter replications: the downtime of one)."""
        return downtime.distribution(self._findings, self._first(service), ax)

    @picture
    def outage_lengths(self, service: str | None = None, ax: "Axes | None" = None) -> "Axes":
        """Share of the outages that last longer than a time."""
        return outages.lengths(self._findings, self._first(service), ax)

    @picture
    def windowed(self, service: str | None = None, ax: "Axes | None" = None, points: int = 40) -> "Axes":
        """Worst availability in any window of a length: median of the replications, what 95 % keep, what is asked."""
        return windowed.worst(self._findings, self._first(service), ax, points)

    @picture
    def budget(self, service: str | None = None, ax: "Axes | None" = None, points: int = 100) -> "Axes":
        """Share of the error budget spent in the last period of the SLO, over time: median and 5-95 % band."""
        return budget.spent(self._findings, self._first(service), ax, points)

    @picture
    def rare(self, service: str | None = None, figure: "Figure | None" = None) -> "Figure":
        """Rare outages: which modes began their downtime, and how even the weights are that it rests on."""
        return rare.causes_and_weights(self._findings, self._first(service), figure)

    @picture
    def waterfall(self, service: str | None = None, policy: str | None = None, ax: "Axes | None" = None) -> "Axes":
        """The downtime of one policy (the first) by cause and stage, each from where the one above it ends."""
        return waterfall.waterfall(self._findings, self._first(service), self._first_policy(policy), ax)

    @picture
    def attribution(self, service: str | None = None, figure: "Figure | None" = None) -> "Figure":
        """`losses` and `loss_shares` side by side."""
        return attribution.side_by_side(self._findings, self._first(service), figure)

    @picture
    def losses(self, service: str | None = None, ax: "Axes | None" = None) -> "Axes":
        """Seconds lost in a year under every policy, by stage: undetected, tolerated, ..."""
        return attribution.seconds(self._findings, self._first(service), ax)

    @picture
    def loss_shares(self, service: str | None = None, ax: "Axes | None" = None) -> "Axes":
        """Share of each stage in the downtime, under every policy."""
        return attribution.shares(self._findings, self._first(service), ax)

    @picture
    def what_if(self, service: str | None = None, policy: str | None = None, ax: "Axes | None" = None) -> "Axes":
        """What shorter stages, or one cause less, would save under a policy (the first), to first order."""
        return attribution.savings(self._findings, self._first(service), self._first_policy(policy), ax)

    # --- of a single run ---------------------------------------------------------------------------------------------

    @picture
    def gantt(
        self,
        service: str | None = None,
        policy: str | None = None,
        replication: int | None = None,
        start: float | None = None,
        end: float | None = None,
        ax: "Axes | None" = None,
    ) -> "Axes":
        """The pods of a Service on their nodes, with what befell these; by default around the worst outage.

        `start` and `end` are in seconds since failures began.
        """
        of = self._look(look.at_an_outage, service, policy, replication, start, end)
        return gantt.pods(of.run, of.service, of.start, of.end, of.basis, of.down, ax)

    @picture
    def rollout(
        self,
        service: str | None = None,
        policy: str | None = None,
        replication: int | None = None,
        start: float | None = None,
        end: float | None = None,
        ax: "Axes | None" = None,
    ) -> "Axes":
        """Pods behind a Service by revision, ready or not; by default around the first rollout.

        `start` and `end` are in seconds since failures began.
        """
        of = self._look(look.at_a_rollout, service, policy, replication, start, end)
        return rollout.stack(of.run, of.service, of.start, of.end, of.basis, ax)

    @picture
    def utilisation(
        self,
        policy: str | None = None,
        replication: int | None = None,
        start: float | None = None,
        end: float | None = None,
        figure: "Figure | None" = None,
    ) -> "Figure":
        """Requested CPU and memory of the nodes, and pods without a node; by default of the whole run.

        `start` and `end` are in seconds since failures began.
        """
        of = self._look(look.at_all, None, policy, replication, start, end)
        cluster = self._findings.scenarios.of(of.policy).cluster
        return utilisation.shares(of.run, cluster, of.start, of.end, of.basis, figure)

    def _look(self, at: "look.Chooser", service: str | None, *of: Any) -> "look.Look":
        return look.look(self._findings, self._runs, at, self._first(service), *of)

    # --- files -------------------------------------------------------------------------------------------------------

    @cached_property
    def drawings(self) -> dict[str, str]:
        """Name -> SVG: `comparison`, and for each of `featured` `service-*` and, if it was ever down, `attribution-*`.

        Equal findings give equal text.
        """
        drawings = {"comparison": drawing.svg(self.comparison)}
        for name in self.featured():
            drawings[service_file(name)] = drawing.svg(partial(self.service, name))
            if any(self._findings.parts(name, policy) for policy in self._findings.policies):
                drawings[attribution_file(name)] = drawing.svg(partial(self.attribution, name))
        return drawings

    def save(self, folder: Path) -> list[Path]:
        """Write the `drawings`."""
        for name, text in self.drawings.items():
            write(folder / f"{name}.svg", text)
        return [folder / f"{name}.svg" for name in self.drawings]

    def draw(self, kind: str, path: Path, **of: Any) -> Path:
        """Write the picture of a kind to a file: SVG, PNG or PDF by its ending.

        `kind` is one of `KINDS`, `of` what it is to be of, by the parameters of the kind.
        """
        drawn = getattr(self, kind)(**of)
        return drawing.save(getattr(drawn, "figure", drawn), path)

    def featured(self) -> list[str]:
        """At most `MOST_SERVICES` Services: those with an objective, then the others in their order."""
        asked = [o["service"] for o in self._findings.manifest.objectives]
        wanted = dict.fromkeys(name for name in asked if name in self._findings.services)
        return list(wanted | dict.fromkeys(self._findings.services))[: max(MOST_SERVICES, len(wanted))]

    def _first(self, service: str | None) -> str:
        return self._findings.services[0] if service is None else service

    def _first_policy(self, policy: str | None) -> str:
        return self._findings.policies[0] if policy is None else policy

    def _services(self, service: str | None) -> list[str]:
        return self._findings.services if service is None else [service]


def service_file(service: str) -> str:
    """The name, without its ending, of the file with the plots of a Service."""
    return f"service-{service.replace('/', '.')}"


def attribution_file(service: str) -> str:
    """The name, without its ending, of the file that shows where the downtime of a Service comes from."""
    return f"attribution-{service.replace('/', '.')}"
