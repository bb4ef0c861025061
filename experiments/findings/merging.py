"""Several experiments as one: the same Services under the policies of all of them."""

from collections.abc import Mapping
from dataclasses import replace

from experiments.findings.findings import Findings
from experiments.inference.estimate import show_seconds
from models.input.problems import InputError, Location, Problem


def merged(named: Mapping[str, Findings]) -> Findings:
    """All policies, named "NAME/POLICY" after the names of the findings, at the Services that all have; no objectives.

    Replications are paired by number. That is the same luck only where seeds are equal and clusters alike; elsewhere
    the pairs are independent, which costs precision but is not wrong (the correlation shows it). InputError if they
    measured for different times, at different confidence, or no Service in common.
    """
    import pandas as pd

    (first, of), *others = named.items()
    services = [name for name in of.services if all(name in other.services for _, other in others)]
    problems = [Problem(Location(name), "", text) for name, other in others for text in _different(other, of, first)]
    if not services:
        problems.append(Problem(Location(first), "", "the results have no Service in common"))
    if problems:
        raise InputError(problems)
    tables = {
        table: pd.concat(
            [
                each.tables[table].assign(policy=f"{name}/" + each.tables[table]["policy"])
                for name, each in named.items()
            ],
            ignore_index=True,
        )
        for table in of.tables
    }
    manifest = replace(
        of.manifest,
        name=" and ".join(named),
        policies=[f"{name}/{policy}" for name, each in named.items() for policy in each.policies],
        services=services,
        replications=max(each.manifest.replications for each in named.values()),
        scenarios={f"{name}/{p}": of for name, each in named.items() for p, of in each.manifest.scenarios.items()},
        objectives=[],
        rare=[
            row | {"policy": f"{name}/{row['policy']}"} for name, each in named.items() for row in each.manifest.rare
        ],
        imprecise=[],
    )
    return Findings(manifest, tables)


def _different(one: Findings, other: Findings, name: str) -> list[str]:
    """What keeps two results from being compared."""
    mine, its = one.manifest, other.manifest
    reasons = []
    if mine.duration != its.duration:
        reasons.append(f"measured {show_seconds(mine.duration)} where {name} measured {show_seconds(its.duration)}")
    if mine.confidence != its.confidence:
        reasons.append(f"intervals at {mine.confidence:.0%} where those of {name} are at {its.confidence:.0%}")
    return reasons
