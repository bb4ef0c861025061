"""Several experiments as one: the same Services under the policies of all of them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from experiments.findings.findings import Findings
from experiments.inference.estimate import show_seconds
from models.input.problems import InputError, Location, Problem

if TYPE_CHECKING:
    import pandas as pd


def _both(name: str, policy: str) -> str:
    return f"{name}/{policy}"


def merged(named: Mapping[str, Findings], called: Callable[[str, str], str] = _both) -> Findings:
    """All policies, named "NAME/POLICY" after the names of the findings, at the Services that all have; no objectives.

    Replications are paired by number. That is the same luck only where seeds are equal and clusters alike; elsewhere
    the pairs are independent, which costs precision but is not wrong (the correlation shows it). InputError if they
    measured for different times, at different confidence, or no Service in common. `called`: other names.
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
                each.tables[table].assign(policy=_renamed(each.tables[table]["policy"], name, called))
                for name, each in named.items()
            ],
            ignore_index=True,
        )
        for table in of.tables
    }
    manifest = replace(
        of.manifest,
        name=" and ".join(named),
        policies=[called(name, policy) for name, each in named.items() for policy in each.policies],
        services=services,
        replications=max(each.manifest.replications for each in named.values()),
        scenarios={called(name, p): of for name, each in named.items() for p, of in each.manifest.scenarios.items()},
        objectives=[],
        rare=[
            row | {"policy": called(name, row["policy"])} for name, each in named.items() for row in each.manifest.rare
        ],
        imprecise=[],
    )
    return Findings(manifest, tables)


def under(findings: Findings, policy: str) -> Findings:
    """What was found under one policy, as if it were the only one."""
    tables = {name: table.loc[table["policy"] == policy] for name, table in findings.tables.items()}
    m = findings.manifest
    rare = [row for row in m.rare if row["policy"] == policy]
    one = replace(m, policies=[policy], scenarios={policy: m.scenarios[policy]}, rare=rare)
    return Findings(one, tables, findings.resolved)


def _renamed(policies: "pd.Series[str]", name: str, called: Callable[[str, str], str]) -> "pd.Series[str]":
    return policies.map(lambda policy: called(name, policy)).astype("str")


def _different(one: Findings, other: Findings, name: str) -> list[str]:
    """What keeps two results from being compared."""
    mine, its = one.manifest, other.manifest
    reasons = []
    if mine.duration != its.duration:
        reasons.append(f"measured {show_seconds(mine.duration)} where {name} measured {show_seconds(its.duration)}")
    if mine.confidence != its.confidence:
        reasons.append(f"intervals at {mine.confidence:.0%} where those of {name} are at {its.confidence:.0%}")
    return reasons
