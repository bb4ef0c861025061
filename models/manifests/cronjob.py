"""CronJobs."""

from models.cronjob import ConcurrencyPolicy, CronJob
from models.manifests.conversion import Admission, converts
from models.manifests.job import job_of
from models.manifests.manifest import Field
from models.manifests.schedule import parse_schedule
from models.schedule import Schedule

_LONGEST_NAME = 52
"""What the Jobs are called is longer by the minute that they are due at."""


@converts("CronJob")
def cron_job(field: Field, admission: Admission) -> CronJob:
    """A CronJob: a Job whenever its schedule says, by a clock that begins at `timing.clockAtStart`.

    With the API server's defaults (pkg/apis/batch/v1/defaults.go).
    """
    spec = field["spec"]
    if len(field.manifest.name) > _LONGEST_NAME:
        field["metadata"]["name"].problem(f"must be no more than {_LONGEST_NAME} characters")
    deadline = spec["startingDeadlineSeconds"]
    return CronJob(
        name=field.manifest.name,
        namespace=field.manifest.namespace,
        labels=field["metadata"].checked["labels"].labels(),
        job=job_of(spec["jobTemplate"], admission),
        schedule=_schedule(spec),
        concurrency_policy=ConcurrencyPolicy(
            spec["concurrencyPolicy"].choice(ConcurrencyPolicy.ALLOW, ConcurrencyPolicy)
        ),
        starting_deadline=float(deadline.integer(0)) if deadline.present else None,
        suspended=spec["suspend"].flag(),
        successful_jobs_history_limit=spec["successfulJobsHistoryLimit"].integer(3),
        failed_jobs_history_limit=spec["failedJobsHistoryLimit"].integer(1),
    )


def _schedule(spec: Field) -> Schedule:
    """Without a timeZone, that of the controller manager: UTC."""
    zone = spec["timeZone"].text("UTC")
    try:
        parse_schedule("@daily", zone)
    except ValueError as error:
        spec["timeZone"].problem(str(error))
        zone = "UTC"
    return spec["schedule"].required().parsed(lambda written: parse_schedule(str(written), zone), Schedule())
