"""Remarks: what to know about findings before believing their table; nothing is skipped in silence."""

import json
from typing import TYPE_CHECKING

from experiments.findings import precision
from experiments.findings.pairs import by_pair
from experiments.inference.estimate import STATED_OUTAGE, show_seconds
from experiments.inference.intervals import FEW_OUTAGES, NOT_RARE, rate_bound
from experiments.report import difference, operations, rare
from models.units import YEAR, counted

if TYPE_CHECKING:
    import pandas as pd

    from experiments.findings.findings import Findings

_MORE_THAN_A_BOUND = (
    "; `precision: {relative: 30%, atMost: 500}` in place of `replications` begins rare outages on purpose"
)
_HELD_UP = {
    "FailedCreate": "not made",
    "FailedMount": "not started",
    "CreateContainerConfigError": "not started",
    "ImagePullBackOff": "not started",
    "CrashLoopBackOff": "not running",
}


def held_up(reason: str) -> str:
    """How far pods came that are held up for a reason in Kubernetes' words; the scheduler's begin otherwise."""
    return _HELD_UP.get(reason.partition(":")[0], "not placed")


def notes(findings: "Findings") -> list[str]:
    """All remarks, a sentence each."""
    return [*above(findings), *below(findings)]


def failed_runs(findings: "Findings") -> str:
    """How many runs failed; "" if none did."""
    failed, of = len(findings.failed), len(findings.cells)
    return f"{failed} of {counted(of, 'run')} failed" if failed else ""


def above(findings: "Findings") -> list[str]:
    """What to know before looking at the table: what failed, what is missing, which pods never had a place."""
    m, remarks = findings.manifest, []
    failed = findings.failed
    errors = failed.loc[failed["policy"].isin(findings.policies)].groupby("error", sort=False)
    for error, alike in list(errors)[:5]:
        first = alike.iloc[0]
        where = f"policy {first['policy']}, replication {first['replication']}, seed {first['seed']}"
        remarks.append(f"failed: {where}{f' and {len(alike) - 1} more' if len(alike) > 1 else ''}: {error}")
    if len(errors) > 5:
        remarks.append(f"failed: of {len(errors) - 5} more kinds, see cells.parquet")
    if m.status == "interrupted":
        remarks.append("interrupted: the table rests on what was finished")
    for policy, reasons in pending(findings).items():
        for reason, (pods, replications) in reasons.items():
            where = f"up to {counted(pods, 'pod')} in {counted(replications, 'replication')}"
            remarks.append(f"{held_up(reason)} under {policy}: {where}: {reason}")
    return remarks


def below(findings: "Findings") -> list[str]:
    """What to know of the numbers."""
    m, remarks = findings.manifest, difference.remarks(findings)
    struck = strikes(findings)
    names = list(dict.fromkeys(name for counts in struck.values() for name in counts))
    for name in names:
        quiet = [p for p, counts in struck.items() if counts.get(name) == 0 and not _made_to_strike(findings, p, name)]
        if quiet:
            under = "" if len(quiet) == len(findings.policies) else f" under {', '.join(quiet)}"
            remarks.append(f"{name} never struck{under}: the values in the table say nothing about it")
    remarks += [*operations.remarks(findings), *rare.remarks(findings)]
    if few := [f"{service} under {policy} ({count})" for service, policy, count in few_outages(findings)]:
        remarks.append(
            f"few outages, fewer than {FEW_OUTAGES}: {', '.join(few)}: the interval is wide, as it must be; it holds "
            "the truth as often as it says, unless a cause has rare outages many times longer than those seen of it"
        )
    remarks += [
        f"the interval of {service} under {policy} is mostly for what was not seen: {mode} caused none of its outages "
        f"yet, and one is taken to last {show_seconds(length)}"
        for service, policy, mode, length in mostly_unseen(findings)
    ]
    remarks += [
        f"half of the downtime of {service} under {policy} is from {half} of {count} outages: "
        "its availability rests on those few"
        for service, policy, count, half in uneven(findings)
    ]
    if unseen := bounds(findings):
        rows = len(_pairs(findings))
        remarks.append(
            f"no outage seen in {len(unseen)} of {rows} rows: their bounds (>=, <=) are the rule of three on how many "
            f"there may be, times {show_seconds(STATED_OUTAGE)} each (or the longest mean length seen, if longer)"
            + ("" if m.precision else _MORE_THAN_A_BOUND)
        )
    remarks += [
        f"{service} under {policy} was down when measuring began, in {counted(count, 'replication')}: not settled; "
        "its downtime is partly start-up (a warm-up leaves that out)"
        for service, policy, count in down_at_start(findings)
    ]
    if m.imprecise and m.precision:
        asked = f"+-{m.precision['relative']:.0%} after {counted(m.replications, 'replication')}"
        open_ = precision.imprecise_rows(findings, m.precision["relative"], m.precision["confidence"])
        takes = ", ".join(would_take(findings, *row) for row in open_)
        remarks += [f"precision not reached ({asked}): {takes}"] if takes else []
    return [*remarks, *m.warnings]


def would_take(findings: "Findings", service: str, policy: str) -> str:
    """What the asked precision would take for one row of the table, in words."""
    asked = findings.manifest.precision or {}
    name = f"{service} under {policy}"
    availability = findings.availability(service, policy, asked["confidence"])
    replications = precision.would_take(findings.sample(service, policy), availability, asked["relative"])
    if replications is None:
        return name
    if findings.rare.of(service, policy) is not None:
        return f"{name} (about {_about(replications)} replications for rare outages in all)"
    years = _about(replications * findings.manifest.duration / YEAR)
    if findings.availability(service, policy).is_bound:
        return f"{name} (no outage seen: more than {_about(replications)} replications, {years} years)"
    return f"{name} (about {_about(replications)} replications in all, {years} years)"


def _about(number: float) -> str:
    """To two digits: what something would cost, not a promise."""
    return f"{float(f'{number:.2g}'):.10g}"


def strikes(findings: "Findings") -> dict[str, dict[str, int]]:
    """Policy -> failure mode or operation -> how often it struck in all replications."""
    total: dict[str, dict[str, int]] = {policy: {} for policy in findings.policies}
    cells = _cells(findings)
    for policy, text in zip(cells["policy"], cells["strikes"], strict=True):
        for name, times in json.loads(text).items():
            total[policy][name] = total[policy].get(name, 0) + times
    return total


def pending(findings: "Findings") -> dict[str, dict[str, tuple[int, int]]]:
    """Policy -> reason -> (pods, replications): pods held up at the end, the most in any replication."""
    most: dict[str, dict[str, tuple[int, int]]] = {policy: {} for policy in findings.policies}
    cells = _cells(findings)
    for policy, text in zip(cells["policy"], cells["pending"], strict=True):
        reasons = list(json.loads(text).values()) if text != "{}" else []
        for reason in sorted(set(reasons)):
            pods, replications = most[policy].get(reason, (0, 0))
            most[policy][reason] = (max(pods, reasons.count(reason)), replications + 1)
    return most


def bounds(findings: "Findings") -> list[tuple[str, str]]:
    """Service and policy without any outage, of which only a bound is known."""
    return [
        (s, p)
        for s, p in _pairs(findings)
        if len(findings.sample(s, p).windows) and findings.availability(s, p).is_bound
    ]


def few_outages(findings: "Findings") -> list[tuple[str, str, int]]:
    """Service, policy and number of outages where an interval rests on so few that it is wide."""
    counts = [(s, p, len(findings.sample(s, p).lengths)) for s, p in _plain(findings)]
    return [(service, policy, n) for service, policy, n in counts if 0 < n < FEW_OUTAGES]


def uneven(findings: "Findings") -> list[tuple[str, str, int, int]]:
    """Service, policy, outages, and how many of them brought half of the downtime, where that is three or fewer."""
    samples = [(s, p, findings.sample(s, p)) for s, p in _plain(findings)]
    rows = [(s, p, len(of.lengths), of.half) for s, p, of in samples if len(of.lengths) >= FEW_OUTAGES]
    return [row for row in rows if row[-1] <= 3]


def mostly_unseen(findings: "Findings") -> list[tuple[str, str, str, float]]:
    """Service, policy, failure mode and length of its outages, where most of the interval allows for that mode.

    Only rows with an outage: of the others all that is known is such a bound.
    """
    rows = []
    for service, policy in _plain(findings):
        of, unseen = findings.availability(service, policy), findings.unseen(service, policy)
        if unseen and not of.is_bound and 1 - of.value <= NOT_RARE:
            mode = max(unseen, key=lambda mode: unseen[mode])
            most = rate_bound(float(findings.sample(service, policy).windows.sum()), of.confidence) * unseen[mode]
            if 2 * most**2 > (of.value - of.low) ** 2:
                rows.append((service, policy, mode, unseen[mode]))
    return rows


def down_at_start(findings: "Findings") -> list[tuple[str, str, int]]:
    """Service, policy and replications that were down when measuring began, if more than one in ten were.

    Failures alone hardly do that: the cluster had not settled, and what is measured is partly its beginning.
    """
    cut = findings.outages.loc[findings.outages["start_s"] == 0.0]
    counts = {key: len(rows) for key, rows in by_pair(cut)}
    found = [(s, p, counts.get((s, p), 0)) for s, p in _pairs(findings)]
    return [(s, p, n) for s, p, n in found if n > max(1, 0.1 * len(findings.sample(s, p).windows))]


def _made_to_strike(findings: "Findings", policy: str, name: str) -> bool:
    """Whether all rows of the policy are estimated by rare outages, and the failure mode was made to begin some."""
    rare = [findings.rare.of(service, policy) for service in findings.services]
    return all(rare) and any(name in of.modes for of in rare if of)


def _cells(findings: "Findings") -> "pd.DataFrame":
    return findings.cells.loc[findings.cells["policy"].isin(findings.policies)]


def _pairs(findings: "Findings") -> list[tuple[str, str]]:
    return [(service, policy) for service in findings.services for policy in findings.policies]


def _plain(findings: "Findings") -> list[tuple[str, str]]:
    """Those of the rows that rest on outages as they came."""
    return [(service, policy) for service, policy in _pairs(findings) if findings.rare.of(service, policy) is None]
