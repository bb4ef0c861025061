"""The rows of the tables about requests: what became of them, and of which stretches of time lost some."""

import math
from typing import TYPE_CHECKING, Any

from experiments.metrics.chain import chains
from experiments.metrics.column import Column, columns
from models.traffic import Traffic
from simulator.run import Run
from simulator.traffic.chain import chained
from simulator.traffic.run import expected, followed

if TYPE_CHECKING:
    from experiments.design.scenario import Scenario
    from simulator.traffic.fluid.fluid import Requests
    from simulator.traffic.requests.answers import Answers

REQUESTS = columns(
    Column("offered", float, "Requests in the measured window: expected, or counted if single requests are followed."),
    Column("lost", float, "Requests of which every attempt failed."),
    Column("retries", float, "Attempts beyond the first."),
    Column(
        "shed",
        float,
        "Attempts turned away by endpoints at their capacity, or without room (if single requests are followed).",
    ),
    Column("overloaded_s", float, "Seconds with some endpoint beyond its capacity (fluid traffic)."),
    Column(
        "peak_load", float, "Highest load of any endpoint in proportion to its capacity; 0 without one (fluid traffic)."
    ),
    Column("latency_p50_s", float, "Median time to the answer (if single requests are followed)."),
    Column("latency_p99_s", float, "Time that 99 of 100 answers do not exceed (if single requests are followed)."),
)
"""Columns of `requests`: a row per policy, replication and Service with traffic."""

LOST_REQUESTS = columns(
    Column("start_s", float, "Beginning of the stretch of time, in seconds since the start of the measured window."),
    Column(
        "end_s",
        float,
        "Its end: from here on every request is answered again (the window's, if single requests are followed).",
    ),
    Column(
        "why",
        str,
        "How the last attempt failed: dead endpoint, removed endpoint, no endpoint, overload, error, circuit open, "
        "reset or time-out; call: another Service did not answer.",
    ),
    Column("cause", str, "What had happened, as in `losses`; for call: the Service; empty if nothing broke."),
    Column("lost", float, "Requests."),
)
"""Columns of `lost_requests`: a row per stretch of time in which requests were lost, and reason."""

Tables = dict[str, list[dict[str, Any]]]


def tables(scenario: "Scenario", run: Run) -> Tables:
    """The rows of both tables for one run."""
    rows: Tables = {"requests": [], "lost_requests": []}
    given = {traffic.service: traffic for traffic in scenario.traffic}
    fluid: dict[str, Requests] = {}

    def expectation(service: str, entry: Traffic) -> "Requests":
        if service not in fluid:
            traffic = given.get(service) or Traffic(service, entry.rate)
            fluid[service] = expected(traffic, run, scenario.cluster)
        return fluid[service]

    for traffic in scenario.traffic:
        if traffic.requests is None:
            _add_expected(rows, expectation(traffic.service, traffic), run)
        else:
            _add_followed(rows, followed(traffic, run, scenario.cluster), run)
    for chain in chains(scenario):
        if entry := given.get(chain.entry.name):
            services = {name: expectation(name, entry) for name in chain.needs}
            _add_expected(rows, chained(chain.name, chain.entry.name, scenario.calls, services), run)
    return rows


def _add_expected(rows: Tables, found: "Requests", run: Run) -> None:
    rows["requests"].append(
        {
            "service": found.service,
            "offered": found.offered,
            "lost": found.lost,
            "retries": found.retries,
            "shed": found.shed,
            "overloaded_s": float(found.overloaded),
            "peak_load": found.peak,
            "latency_p50_s": math.nan,
            "latency_p99_s": math.nan,
        }
    )
    rows["lost_requests"] += [
        {
            "service": found.service,
            "start_s": loss.start - run.start,
            "end_s": loss.end - run.start,
            "why": loss.why,
            "cause": loss.cause,
            "lost": loss.requests,
        }
        for loss in found.losses
    ]


def _add_followed(rows: Tables, found: "Answers", run: Run) -> None:
    rows["requests"].append(
        {
            "service": found.service,
            "offered": float(found.sent),
            "lost": float(found.losses),
            "retries": float(found.retries),
            "shed": float(found.shed),
            "overloaded_s": 0.0,
            "peak_load": 0.0,
            "latency_p50_s": found.latencies.quantile(0.5),
            "latency_p99_s": found.latencies.quantile(0.99),
        }
    )
    window = {"start_s": 0.0, "end_s": run.end - run.start}
    rows["lost_requests"] += [
        {"service": found.service, **window, "why": why, "cause": cause, "lost": float(lost)}
        for (why, cause), lost in sorted(found.lost.items())
        if lost
    ]
