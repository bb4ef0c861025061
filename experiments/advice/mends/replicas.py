"""More replicas."""

from collections.abc import Iterator

from experiments.advice.candidate import Candidate, mend
from experiments.advice.change import Change
from experiments.advice.situation import Situation
from experiments.lint.rules.volumes import exclusive_claims
from models.units import counted


@mend("replicas")
def replicas(situation: Situation) -> Iterator[Candidate]:
    """A replica more: of workloads whose downtime it may save, but for those whose volume one node has at a time.

    Where an autoscaler decides, its minReplicas. Whether the application can run twice is for its owner to know.
    """
    scaled = {id(of.manifest): manifest for manifest, _, of in situation.application.autoscalers() if of is not None}
    for workload in situation.workloads():
        because = situation.evidence(workload)
        if not because or not workload.is_replicated or exclusive_claims(situation.application, workload):
            continue
        more = workload.fewest + 1
        if workload.autoscaler is None:
            change = Change(workload.manifest, {"spec": {"replicas": more}})
        elif more <= workload.most and id(workload.manifest) in scaled:
            change = Change(scaled[id(workload.manifest)], {"spec": {"minReplicas": more}})
        else:
            continue
        words = f"{counted(more, 'replica')} instead of {workload.fewest}"
        yield Candidate("replicas", (workload.title,), words, because, (change,))
