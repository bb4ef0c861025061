"""Requests: the share that was answered, and what the others were lost to."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from experiments.inference import estimate
from experiments.inference.estimate import STATED_OUTAGE, Estimate

if TYPE_CHECKING:
    import pandas as pd


def answered(
    requests: "pd.DataFrame", lost_requests: "pd.DataFrame", duration: float, confidence: float
) -> Estimate | None:
    """The share of the requests to a Service that is answered, in the long run; None without any request.

    `requests` and `lost_requests` are the rows of these tables that are about the Service under one policy, in runs of
    `duration` seconds each. A ratio of sums over replications, with the interval of `estimate.availability`: losses
    come in stretches of time as downtime comes in outages, so each stretch counts with its requests, in the time that
    it takes to send so many.
    """
    if len(requests) == 0 or not requests["offered"].sum() > 0:
        return None
    offered, lost = requests["offered"].to_numpy(), requests["lost"].to_numpy()
    seconds_each = len(requests) * duration / offered.sum()
    stretches = lost_requests.groupby(["replication", "start_s"])["lost"].sum()
    share = estimate.availability(
        lost * seconds_each,
        offered * seconds_each,
        np.sort(stretches.to_numpy()) * seconds_each,
        confidence,
        STATED_OUTAGE,
    )
    return replace(share, method=share.method.replace("no outage seen", "no request lost").replace("outages", "losses"))


def lost_to(lost_requests: "pd.DataFrame") -> list[tuple[str, float]]:
    """Why requests were lost, and the share of the lost: "dead endpoint (node-crash)", the greatest first.

    `lost_requests` are the rows of this table that are about one Service under one policy.
    """
    if len(lost_requests) == 0:
        return []
    why, by = lost_requests["why"], lost_requests["cause"]
    causes = by.where(why == "call", by.str.split("/").str[0])
    named = [f"{reason} ({cause})" if cause else reason for reason, cause in zip(why, causes, strict=True)]
    sums = lost_requests["lost"].groupby(np.array(named)).sum()
    return sorted(
        ((str(name), float(n / sums.sum())) for name, n in sums.items()), key=lambda item: (-item[1], item[0])
    )
