"""Pods (`kubectl get pods -A -o json`): how long containers lived, and how long they took to be ready.

A container that exits with 0 has completed. A kubelet starts it again where the restartPolicy is Always, with the
back-off of a crash, but nothing has failed. Pods of Jobs, and others that are not to run for ever (restartPolicy Never,
OnFailure), run to their end: those that failed are not told from those that did their work late, and are left out.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from experiments.fitting.observations import CONTAINER_UP, STARTUP, Observations, Spell
from experiments.fitting.readers.reader import Record, reads
from experiments.fitting.shapes import instant


@reads("pods", lambda value: value.get("kind") == "Pod" and isinstance(value.get("status"), dict))
def read_pods(records: Sequence[Record], found: Observations) -> None:
    """The last life of each container, the one that goes on, and its start."""
    completed, unborn = set[tuple[str, float]](), set[tuple[str, float | None]]()
    for record in records:
        metadata, status = record.value.get("metadata") or {}, record.value["status"]
        pod = f"{metadata.get('namespace')}/{metadata.get('name')}"
        if _runs_to_its_end(record.value):
            found.to_end.add(pod)
        ready: Mapping[str, Any] = next(
            (one for one in status.get("conditions") or () if one.get("type") == "Ready"), {}
        )
        since = instant(ready.get("lastTransitionTime")) if ready.get("status") == "True" else None
        starts = []
        for container in status.get("containerStatuses") or ():
            entity = f"{pod}/{container.get('name')}"
            ended = (container.get("lastState") or {}).get("terminated") or {}
            first, last = instant(ended.get("startedAt")), instant(ended.get("finishedAt"))
            if ended and not first:  # the runtime's time of what never ran is none, or 1970
                unborn.add((entity, last))
            elif first is not None and last is not None and last >= first:
                found.saw(first, last)
                well = ended.get("exitCode") == 0
                found.spells.append(Spell(CONTAINER_UP, entity, (first, first), (last, last), completed=well))
                if well and pod not in found.to_end:
                    completed.add((entity, first))
            start = instant(((container.get("state") or {}).get("running") or {}).get("startedAt"))
            if start is not None:
                found.saw(start)
                found.spells.append(Spell(CONTAINER_UP, entity, (start, start)))
                starts.append((entity, start, container.get("restartCount")))
        if since is not None and starts and not any(restarts for *_, restarts in starts):
            entity, start, _ = max(starts, key=lambda one: one[1])
            found.saw(since)
            found.spells.append(Spell(STARTUP, entity, (start, start), (max(start, since - 1), max(start, since) + 1)))
    found.remarks[
        "{} lives of containers ended with exit code 0, which is no crash: they are censored there, though their "
        "kubelet starts them again"
    ] += len(completed)
    found.remarks["{} containers of Pods left out: they ended without having started"] += len(unborn)


def _runs_to_its_end(pod: Mapping[str, Any]) -> bool:
    owners = (pod.get("metadata") or {}).get("ownerReferences") or ()
    of_job = any(one.get("kind") == "Job" and one.get("controller") for one in owners)
    return of_job or (pod.get("spec") or {}).get("restartPolicy") in ("Never", "OnFailure")
