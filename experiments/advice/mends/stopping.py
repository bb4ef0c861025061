"""How pods stop: clients hear late that one is gone."""

import math
from collections.abc import Iterator
from typing import Any

from experiments.advice.candidate import Candidate, mend
from experiments.advice.change import Change
from experiments.advice.situation import Situation
from experiments.lint.application import Place
from experiments.lint.rules.stopping import TO_FINISH, endpoint_lag


@mend("pre-stop")
def pre_stop(situation: Situation) -> Iterator[Candidate]:
    """A preStop sleep until clients know, and the grace for it: where requests count and containers stop at once."""
    for workload in situation.workloads():
        behaviour = situation.application.behaviour_of(workload)
        if not situation.traffic_of(workload) or not workload.proxied or behaviour.answers_while_stopping:
            continue
        sleep = math.ceil(endpoint_lag(situation.application, workload))
        places = [place for place in workload.containers if place.path[-2] == "containers"]
        short = [place for place in places if place.means.pre_stop is not None and place.means.pre_stop < sleep]
        if not short:
            continue
        changes = [
            Change.of_container(workload, place, {"lifecycle": {"preStop": _hook(place, sleep)}}) for place in short
        ]
        grace = workload.spec.termination_grace_period
        words = f"preStop: sleep {sleep} s"
        if grace <= sleep:
            changes.append(Change.of_pods(workload, {"terminationGracePeriodSeconds": sleep + TO_FINISH}))
            words += f", and {sleep + TO_FINISH} s of grace"
        because = f"1 of 20 changes of the endpoints takes {sleep:g} s or more to reach clients"
        yield Candidate("pre-stop", (workload.title,), words, because, tuple(changes))


def _hook(place: Place, sleep: int) -> dict[str, Any]:
    """A hook that sleeps, in place of any other."""
    before = (place.written.get("lifecycle") or {}).get("preStop") or {}
    return {"sleep": {"seconds": sleep}, **{handler: None for handler in before if handler != "sleep"}}
