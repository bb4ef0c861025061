"""Rare outages in a run: for which Services and policies they are looked for, and what that takes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from experiments.design.plan import Precision
from experiments.findings.precision import is_reached, would_take
from experiments.findings.rare import Choice
from experiments.rare.pilot import RarePlan
from experiments.rare.replication import RareSpec
from experiments.rare.study import Asking, RareFailed, plans, side_by_side
from experiments.store.rare_cell import RareCell

if TYPE_CHECKING:
    from experiments.design.scenario import Scenario
    from experiments.results import Results
    from experiments.runner.job import Job


FAR = 4
"""How many times more plain replications than are allowed it must take before a pilot of rare outages is made."""
WORTH_IT = 3.0
"""How many times the work plain replications must take: those of rare outages tell of nothing else, and a state change
costs more in them."""

_Chosen = tuple[Sequence[Choice], Sequence[RareCell]]
"""What was decided, and the replications that came of it."""


def look_for(job: "Job", results: "Results", precision: Precision) -> None:
    """Decides for which rows rare outages are looked for, and does so; what comes of it is in `job`."""
    policies: list[Asking[_Chosen]] = []
    for scenario in job.scenarios:
        services = [goal.name for goal in scenario.services]
        if precision.method == "auto":
            services = [name for name in services if _too_rare(results, name, scenario.policy, precision)]
        if services:
            policies.append(_policy(results, scenario, services, precision))
    chosen = side_by_side(policies, job.run_rare)
    job.manifest.rare[:] = [vars(choice) for choices, _ in chosen for choice in choices]
    job.rare += [cell for _, cells in chosen for cell in cells]


def _too_rare(results: "Results", service: str, policy: str, precision: Precision) -> bool:
    """Whether plain replications, as many as are allowed, would leave the interval far too wide, or may.

    Where no outage was seen nobody knows how many it would take, so a pilot has to say.
    """
    sample = results.sample(service, policy)
    availability = results.availability(service, policy, precision.confidence)
    if is_reached(sample, availability, precision.relative):
        return False
    if availability.is_bound:
        return True
    more = would_take(sample, availability, precision.relative)
    return more is not None and more > FAR * precision.at_most


def _policy(results: "Results", scenario: "Scenario", services: list[str], precision: Precision) -> Asking[_Chosen]:
    """Of the rows of one policy."""
    if scenario.control_plane is not None and not scenario.control_plane.restores:
        why = f"no degraded period can be begun under {scenario.control_plane.called}, of which no state tells all"
        return [Choice(service, scenario.policy, "plain", why) for service in services], []
    try:
        planned = yield from plans(scenario, services, precision.relative, precision.confidence)
    except RareFailed as error:
        return [Choice(service, scenario.policy, "plain", str(error)) for service in services], []
    choices = [_chosen(results, scenario, service, planned.get(service), precision) for service in services]
    chosen = {choice.service: choice.replications for choice in choices if choice.method == "rare"}
    settings = {service: plan.settings for service, plan in planned.items() if plan and service in chosen}
    specs = []
    for number in range(max(chosen.values(), default=0)):
        wanted = {service: settings[service] for service in chosen if number < chosen[service]}
        specs.append(RareSpec(scenario, "main", wanted, number))
    cells = (yield specs) if specs else []
    if errors := [cell.error for cell in cells if cell.status != "done"]:
        why = f"a replication failed: {errors[0]}"
        return [Choice(c.service, c.policy, "plain", why) if c.method == "rare" else c for c in choices], []
    return choices, cells


def _chosen(
    results: "Results", scenario: "Scenario", service: str, plan: RarePlan | None, precision: Precision
) -> Choice:
    policy = scenario.policy
    if plan is None:
        return Choice(service, policy, "plain", "no outage was met in a pilot of rare outages")
    if not plan.outages_per_year:
        return Choice(service, policy, "plain", "it is down, and no outage began in a pilot of rare outages")
    cells = results.cells.loc[results.cells["policy"] == policy]
    plain = plan.plain_replications(scenario.duration) * float(cells["transitions"].mean())
    replications = min(plan.replications, precision.at_most)
    if precision.method == "auto" and plain <= WORTH_IT * plan.work:
        return Choice(service, policy, "plain", "plain replications take hardly more", 0, plan.work, plain)
    saved = plain / plan.work
    why = f"about {saved:,.0f} times less work than plain replications for the same precision"
    if saved < 1.5:
        why = "as asked for, though plain replications take hardly more work, or less"
    return Choice(service, policy, "rare", why, replications, plan.work, plain)
