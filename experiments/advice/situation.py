"""What is to be mended: an experiment under one policy, what its run found, and what its manifests say."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from experiments.advice.loss import Yardstick
from experiments.attribution.stages import Stage
from experiments.design.goal import entry_of
from experiments.design.scenario import Scenario
from experiments.experiment import Experiment
from experiments.findings.findings import Findings
from experiments.lint.application import Application, Workload
from models.cluster import services_by_name
from models.service import Service
from models.units import format_percent

ENOUGH = 0.01
"""The share of the downtime from which on a mend is tried that may save it: less is not worth a simulation."""


@dataclass(frozen=True, eq=False)
class Situation:
    """An experiment as it is, under its only policy, and what a run of it found."""

    experiment: Experiment
    application: Application
    findings: Findings
    yardstick: Yardstick
    """What is to be saved, and of which Services."""

    @property
    def scenario(self) -> Scenario:
        """What was run."""
        return self.experiment.scenarios()[0]

    @property
    def policy(self) -> str:
        """The policy that is to be mended."""
        return self.scenario.policy

    @property
    def saw_any(self) -> bool:
        """Whether any downtime was seen: without any nobody knows where it will come from."""
        return any(self._parts.values())

    @property
    def lost_requests(self) -> bool:
        """Whether any request failed of those that count."""
        requests = self.findings.requests
        return bool(requests.loc[requests["service"].isin(self.yardstick.by_requests), "lost"].sum() > 0)

    def workloads(self) -> Iterator[Workload]:
        """The workloads that serve what is asked about: behind the Services, and behind those that these call."""
        for workload in self.application.workloads:
            if self.measured(workload) and not workload.runs_to_an_end:
                yield workload

    def measured(self, workload: Workload) -> list[str]:
        """What is asked about and needs the workload: Services, and chains that call one."""
        return [name for name in self.yardstick.services if self._needed(name) & {*map(_key, workload.services)}]

    def share(self, workload: Workload, *stages: Stage, causes: Iterable[str] | None = None) -> float:
        """Which share of the downtime of what needs the workload was lost in these stages, and to these causes.

        Without `stages`: in any; without `causes`: to any. 0 if no downtime was seen.
        """
        wanted = None if causes is None else {*causes}
        parts = [part for name in self.measured(workload) for part in self._parts[name]]
        total = math.fsum(part.per_year for part in parts)
        lost = math.fsum(
            part.per_year
            for part in parts
            if (not stages or part.stage in stages) and (wanted is None or part.cause in wanted)
        )
        return lost / total if total > 0 else 0.0

    def evidence(self, workload: Workload, *stages: Stage, causes: Iterable[str] | None = None) -> str:
        """In words, what such a mend may act on; "" if it is not worth a trial.

        If nothing at all was lost, whatever may act is worth one. If only requests were, their stage is not known.
        """
        if not self.saw_any:
            if not self.lost_requests:
                return "nothing was lost yet"
            return "" if stages else "requests fail, though some endpoint answers all the time"
        named = None if causes is None else sorted(causes)
        share = self.share(workload, *stages, causes=named)
        if share < ENOUGH:
            return ""
        kept = [stage for stage in stages if self.share(workload, stage, causes=named) >= ENOUGH]
        why = [*(f'"{stage}"' for stage in kept or stages), *(named or ())]
        shown = format_percent(round(share, 2))
        return f"{shown} of the downtime is due to {', '.join(why)}" if why else "it may act on any downtime"

    def operations(self, *types: type) -> list[str]:
        """The names of the operations of these types: causes of downtime are called by them."""
        return [story.name for story in self.scenario.operations if isinstance(story, types)]

    def traffic_of(self, workload: Workload) -> list[str]:
        """The Services before a workload whose requests count."""
        with_traffic = {one.service for one in self.scenario.traffic}
        by_key = {_key(of): name for name, of in self._services.items()}
        names = [by_key[_key(of)] for of in workload.services]
        return [name for name in names if name in with_traffic and name in self.yardstick.by_requests]

    @cached_property
    def _parts(self) -> Mapping[str, Any]:
        return {name: self.findings.parts(name, self.policy) for name in self.yardstick.services}

    @cached_property
    def _services(self) -> Mapping[str, Service]:
        return services_by_name(self.scenario.cluster)

    def _needed(self, name: str) -> set[tuple[str, str]]:
        """The Services without which one does not answer: itself, and of a chain those that it calls."""
        found, left = list[str](), [entry_of(name)]
        while left:
            found.append(left.pop())
            if name != entry_of(name):
                calls = [call.callee for call in self.scenario.calls if call.caller == found[-1] and call.required]
                left += [callee for callee in calls if callee not in found]
        return {_key(self._services[each]) for each in found if each in self._services}


def _key(service: Service) -> tuple[str, str]:
    return service.namespace, service.name
