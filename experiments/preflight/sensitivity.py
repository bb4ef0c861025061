"""What a study of uncertain inputs would take, from the cost of a run of each policy."""

from collections.abc import Sequence
from typing import Any

from experiments.experiment import Experiment
from experiments.preflight.planning import PolicyPlan
from models.input.problems import Refusal
from models.units import counted, format_duration


def priced(experiment: Experiment, plans: Sequence[PolicyPlan]) -> dict[str, Any] | None:
    """The runs of a policy in a study of the uncertain inputs, and the seconds of all on one core.

    None without any, or if the experiment has too few replications for it.
    """
    try:
        study = experiment.study()
    except Refusal:
        return None
    return {
        "inputs": list(study.names),
        "oneAtATime": (1 + 2 * len(study.inputs)) * study.replications,
        "drawn": study.runs,
        "time": sum(plan.seconds for plan in plans) * study.count(),
    }


def sentence(experiment: Experiment, plans: Sequence[PolicyPlan]) -> list[str]:
    """What `priced` says in a sentence, or why it says nothing; none without uncertain inputs."""
    if not experiment.uncertain:
        return []
    price = priced(experiment, plans)
    if price is None:
        return ["too few replications for `kubenines sensitivity`, which needs 2 of each input low and high"]
    inputs = counted(len(price["inputs"]), "uncertain input")
    return [
        f"{inputs}: `kubenines sensitivity` takes {price['oneAtATime']:,} + {price['drawn']:,} runs of each policy, in "
        f"all about {format_duration(price['time'])} on one core, and the time to make its points"
    ]
