"""What an attack found as plain values: `--format json`. `docs/json.md` documents the shape."""

from typing import Any

from experiments.attack.outage import Outage
from experiments.attack.verdict import Attack, Break, Verdict
from experiments.attack.way import Taken


def plain(of: Attack, exit_code: int) -> dict[str, Any]:
    """The attack, its verdicts in the order of the Services; `exit_code`: that of the command."""
    question = of.question
    return {
        "apiVersion": "kubenines/v1",
        "kind": "Attack",
        "experiment": of.experiment,
        "policy": question.scenario.policy,
        "replication": question.replication,
        "atMost": question.at_most,
        "simulations": of.simulations,
        "notTried": [{"steps": size, "ways": ways} for size, ways in of.not_tried.items()],
        "momentsNotTried": of.moments_left_out,
        "leftOut": list(of.left_out),
        "services": [_verdict(verdict, question.at_most) for verdict in of.verdicts],
        "exitCode": exit_code,
    }


def _verdict(of: Verdict, most: int) -> dict[str, Any]:
    return {
        "service": of.service,
        "survives": {f"n+{steps}": of.survives(steps) for steps in range(1, most + 1)},
        "steps": of.size,
        "ways": [_break(one) for one in of.breaks],
    }


def _break(of: Break) -> dict[str, Any]:
    return {
        "steps": [_taken(taken) for taken in of.way.taken],
        "outage": _outage(of.outage),
        "timeline": None if of.timeline is None else of.timeline.to_json(),
    }


def _taken(of: Taken) -> dict[str, Any]:
    action = of.step.action
    return {
        "name": action.name,
        "subject": action.subject,
        "bad": action.bad,
        "alike": list(of.alike),
        "after": of.after,
        "endpoints": {name: {"answering": up, "desired": desired} for name, (up, desired) in of.counts.items()},
    }


def _outage(of: Outage) -> dict[str, Any]:
    return {"start": of.start, "length": of.length, "ends": of.ends, "forEver": of.for_ever}
