"""Group q: Jobs whose pods fail, their limit of failures, and how late they are for it."""

from dataclasses import replace
from functools import partial

import numpy as np

from experiments import closed_form as exact
from experiments.verify.check import Check, Study
from experiments.verify.systems import INSTANT, PROMPT, behaviour, nodes
from models.cluster import Cluster
from models.distributions import Exponential
from models.job import Job
from models.pod import Container, PodSpec, PodTemplate
from simulator.job_run import Outcome
from simulator.run import simulate

RUN = 60.0
"""Mean seconds that a pod runs."""
JOBS, RUNS = 500, 10
"""Jobs, all begun at once, and runs."""
SYSTEMS = ((0.3, 1), (0.5, 3), (0.7, 6))
"""Probability that a pod fails, and backoffLimit."""


def _retried(p: float, limit: int, seed: int, effort: float) -> list[Check]:
    """Many Jobs of one completion, with room for all of them: each is a trial of its own."""
    template = PodTemplate(PodSpec((Container("server", image="work"),), restart_policy="Never"))
    jobs = tuple(Job(f"work-{number}", template, backoff_limit=limit) for number in range(JOBS))
    timing = replace(PROMPT, job_sync_batch_period=0.0)
    pods = replace(INSTANT, run=Exponential(RUN), failure_probability=p)
    found = [
        run
        for replication in range(max(1, round(RUNS * effort)))
        for run in simulate(
            Cluster(nodes=nodes(10), jobs=jobs),
            duration=7200.0 + exact.waits(limit),
            behaviour=behaviour(pods, timing),
            seed=seed,
            replication=replication,
        ).job_runs
    ]
    late = np.array([run.ended - run.due for run in found if run.outcome is Outcome.COMPLETE and run.ended is not None])
    failed = sum(run.outcome is Outcome.FAILED for run in found) / len(found)
    chance, (mean, variance) = exact.job_failure(p, limit), exact.job_lateness(p, limit, RUN)
    title = f"Job whose pods fail with {p:.0%}, backoffLimit {limit}"
    error = (chance * (1 - chance) / len(found)) ** 0.5
    return [
        Check(f"q1_{p}_{limit}", f"{title}: probability that it fails", chance, failed, error),
        Check(
            f"q2_{p}_{limit}",
            f"{title}: mean time until it is complete (s)",
            mean,
            float(late.mean()),
            (variance / len(late)) ** 0.5,
        ),
    ]


STUDIES = tuple(
    Study(f"Jobs tried again, {p:.0%}, {limit}", partial(_retried, p, limit), seconds=4) for p, limit in SYSTEMS
)
