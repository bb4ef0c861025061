"""Pods (`kubectl get pods -A -o json`): how long containers lived, and how long they took to be ready."""

from collections.abc import Mapping, Sequence
from typing import Any

from experiments.fitting.observations import CONTAINER_UP, STARTUP, Observations, Spell
from experiments.fitting.readers.reader import Record, instant, reads
from models.input.problems import InputError


@reads("pods", lambda value: value.get("kind") == "Pod" and isinstance(value.get("status"), dict))
def read_pods(records: Sequence[Record], found: Observations) -> None:
    """The last life of each container, the one that goes on, and its start."""
    problems = []
    for record in records:
        metadata, status = record.value.get("metadata") or {}, record.value["status"]
        ready: Mapping[str, Any] = next(
            (one for one in status.get("conditions") or () if one.get("type") == "Ready"), {}
        )
        try:
            since = instant(ready.get("lastTransitionTime")) if ready.get("status") == "True" else None
            starts = []
            for container in status.get("containerStatuses") or ():
                entity = f"{metadata.get('namespace')}/{metadata.get('name')}/{container.get('name')}"
                ended = (container.get("lastState") or {}).get("terminated") or {}
                first, last = instant(ended.get("startedAt")), instant(ended.get("finishedAt"))
                if first is not None and last is not None and last >= first:
                    found.saw(first, last)
                    found.spells.append(Spell(CONTAINER_UP, entity, (first, first), (last, last)))
                start = instant(((container.get("state") or {}).get("running") or {}).get("startedAt"))
                if start is not None:
                    found.saw(start)
                    found.spells.append(Spell(CONTAINER_UP, entity, (start, start)))
                    starts.append((entity, start, container.get("restartCount", 0)))
        except ValueError as error:
            problems.append(record.problem(str(error)))
            continue
        if since is not None and starts and not any(restarts for *_, restarts in starts):
            entity, start, _ = max(starts, key=lambda one: one[1])
            found.saw(since)
            found.spells.append(Spell(STARTUP, entity, (start, start), (max(start, since - 1), max(start, since) + 1)))
    if problems:
        raise InputError(problems)
