"""Remarks: what to know about some results before believing their table; nothing is skipped in silence."""

import json
from typing import TYPE_CHECKING

from experiments.findings import precision
from experiments.inference import estimate
from experiments.inference.estimate import STATED_OUTAGE, show_seconds
from experiments.inference.intervals import FEW_OUTAGES, NOT_RARE, rate_bound
from experiments.inference.sample import by_pair

if TYPE_CHECKING:
    from experiments.results import Results


def notes(results: "Results") -> list[str]:
    """All remarks, a sentence each."""
    m, found = results.manifest, []
    errors = results.failed.groupby("error", sort=False)
    for error, alike in list(errors)[:5]:
        first = alike.iloc[0]
        where = f"policy {first['policy']}, replication {first['replication']}, seed {first['seed']}"
        found.append(f"failed: {where}{f' and {len(alike) - 1} more' if len(alike) > 1 else ''}: {error}")
    if len(errors) > 5:
        found.append(f"failed: of {len(errors) - 5} more kinds, see cells.parquet")
    if m.status == "interrupted":
        found.append("interrupted: the table rests on what was finished")
    for policy, reasons in pending(results).items():
        for reason, (pods, replications) in reasons.items():
            found.append(f"not placed under {policy}: up to {pods} pods in {replications} replications: {reason}")
    struck = strikes(results)
    names = list(dict.fromkeys(name for counts in struck.values() for name in counts))
    for name in names:
        quiet = [policy for policy, counts in struck.items() if counts.get(name) == 0]
        if quiet:
            under = "" if len(quiet) == len(m.policies) else f" under {', '.join(quiet)}"
            found.append(f"{name} never struck{under}: the values in the table say nothing about it")
    if few := [f"{service} under {policy} ({count})" for service, policy, count in few_outages(results)]:
        found.append(
            f"few outages, fewer than {FEW_OUTAGES}: {', '.join(few)}: the interval is wide, as it must be; it holds "
            "the truth as often as it says, unless a cause has rare outages many times longer than those seen of it"
        )
    found += [
        f"the interval of {service} under {policy} is mostly for what was not seen: {mode} caused none of its outages "
        f"yet, and one is taken to last {show_seconds(length)}"
        for service, policy, mode, length in mostly_unseen(results)
    ]
    found += [
        f"half of the downtime of {service} under {policy} is from {half} of {count} outages: "
        "its availability rests on those few"
        for service, policy, count, half in uneven(results)
    ]
    if unseen := bounds(results):
        rows = len(m.services) * len(m.policies)
        found.append(
            f"no outage seen in {len(unseen)} of {rows} rows: their bounds (>=, <=) are the rule of three on how many "
            f"there may be, times {show_seconds(STATED_OUTAGE)} each (or the longest mean length seen, if longer)"
        )
    found += [
        f"{service} under {policy} was down when measuring began, in {count} replications: not settled; "
        "its downtime is partly start-up (a warm-up leaves that out)"
        for service, policy, count in down_at_start(results)
    ]
    if m.imprecise and m.precision:
        asked = f"+-{m.precision['relative']:.0%} after {m.replications} replications"
        open_ = precision.imprecise_rows(results, m.precision["relative"], m.precision["confidence"])
        found.append(f"precision not reached ({asked}): {', '.join(would_take(results, *row) for row in open_)}")
    if m.not_modelled:
        found.append(f"not modelled: {', '.join(m.not_modelled)}")
    return found + list(m.warnings)


def would_take(results: "Results", service: str, policy: str) -> str:
    """What the asked precision would take for one row of the table, in words."""
    asked = results.manifest.precision or {}
    name = f"{service} under {policy}"
    found = results.availability(service, policy, asked["confidence"])
    replications = precision.would_take(results.sample(service, policy), found, asked["relative"])
    if replications is None:
        return name
    years = _about(replications * results.manifest.duration / estimate.YEAR)
    if results.availability(service, policy).is_bound:
        return f"{name} (no outage seen: more than {_about(replications)} replications, {years} years)"
    return f"{name} (about {_about(replications)} replications in all, {years} years)"


def _about(number: float) -> str:
    """To two digits: what something would cost, not a promise."""
    return f"{float(f'{number:.2g}'):.10g}"


def strikes(results: "Results") -> dict[str, dict[str, int]]:
    """Policy -> failure mode or operation -> how often it struck in all replications."""
    total: dict[str, dict[str, int]] = {policy: {} for policy in results.policies}
    for policy, text in zip(results.cells["policy"], results.cells["strikes"], strict=True):
        for name, times in json.loads(text).items():
            total[policy][name] = total[policy].get(name, 0) + times
    return total


def pending(results: "Results") -> dict[str, dict[str, tuple[int, int]]]:
    """Policy -> reason -> (pods, replications): pods not placed at the end, the most in any replication."""
    found: dict[str, dict[str, tuple[int, int]]] = {policy: {} for policy in results.policies}
    for policy, text in zip(results.cells["policy"], results.cells["pending"], strict=True):
        reasons = list(json.loads(text).values()) if text != "{}" else []
        for reason in sorted(set(reasons)):
            pods, replications = found[policy].get(reason, (0, 0))
            found[policy][reason] = (max(pods, reasons.count(reason)), replications + 1)
    return found


def bounds(results: "Results") -> list[tuple[str, str]]:
    """Service and policy without any outage, of which only a bound is known."""
    return [
        (s, p) for s, p in _pairs(results) if len(results.sample(s, p).windows) and results.availability(s, p).is_bound
    ]


def few_outages(results: "Results") -> list[tuple[str, str, int]]:
    """Service, policy and number of outages where an interval rests on so few that it is wide."""
    counts = [(s, p, len(results.sample(s, p).lengths)) for s, p in _pairs(results)]
    return [(service, policy, n) for service, policy, n in counts if 0 < n < FEW_OUTAGES]


def uneven(results: "Results") -> list[tuple[str, str, int, int]]:
    """Service, policy, outages, and how many of them brought half of the downtime, where that is three or fewer."""
    samples = [(s, p, results.sample(s, p)) for s, p in _pairs(results)]
    rows = [(s, p, len(of.lengths), of.half) for s, p, of in samples if len(of.lengths) >= FEW_OUTAGES]
    return [row for row in rows if row[-1] <= 3]


def mostly_unseen(results: "Results") -> list[tuple[str, str, str, float]]:
    """Service, policy, failure mode and length of its outages, where most of the interval allows for that mode.

    Only rows with an outage: of the others all that is known is such a bound.
    """
    found = []
    for service, policy in _pairs(results):
        of, unseen = results.availability(service, policy), results.unseen(service, policy)
        if unseen and not of.is_bound and 1 - of.value <= NOT_RARE:
            mode = max(unseen, key=lambda mode: unseen[mode])
            most = rate_bound(float(results.sample(service, policy).windows.sum()), of.confidence) * unseen[mode]
            if 2 * most**2 > (of.value - of.low) ** 2:
                found.append((service, policy, mode, unseen[mode]))
    return found


def down_at_start(results: "Results") -> list[tuple[str, str, int]]:
    """Service, policy and replications that were down when measuring began, if more than one in ten were.

    Failures alone hardly do that: the cluster had not settled, and what is measured is partly its beginning.
    """
    cut = results.outages.loc[results.outages["start_s"] == 0.0]
    counts = {key: len(rows) for key, rows in by_pair(cut)}
    found = [(s, p, counts.get((s, p), 0)) for s, p in _pairs(results)]
    return [(s, p, n) for s, p, n in found if n > max(1, 0.1 * len(results.sample(s, p).windows))]


def _pairs(results: "Results") -> list[tuple[str, str]]:
    return [(service, policy) for service in results.services for policy in results.policies]
