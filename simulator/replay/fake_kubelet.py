"""The kubelets of the recordings were fakes, told by annotations of the pod template how to behave."""

from dataclasses import dataclass, replace

from models.behaviour import PodBehaviour
from models.distributions import Fixed
from models.job import COMPLETION_INDEX
from models.pod import PodTemplate, Probe
from models.timing import Timing

START, READY, STOP = "sim/start", "sim/ready", "sim/stop"
RUN, EXIT = "sim/run", "sim/exit"
NEVER = "never"
NEVER_SECONDS = 1e9


@dataclass(frozen=True)
class FakeKubelet:
    """Stands in for `Behaviour`: durations come from the template's annotations, in seconds.

    `sim/start`: bound to Running and Ready (default 2; "never": Running after 2 s, never ready). `sim/ready`: Running
    to Ready (default 0). `sim/stop`: deletion seen to gone (default 1, at most the grace period). `sim/run`: Running to
    the end of its containers (default: never), with the exit code `sim/exit` (default 0), or `sim/exit-N` of the pod
    with completion index N. Readiness gates are opened by actions alone.
    """

    timing: Timing

    def of(self, kind: str, name: str, namespace: str, template: PodTemplate) -> PodBehaviour:
        """The behaviour of the pods of this template."""
        start = template.annotations.get(START, "2")
        index = template.annotations.get(COMPLETION_INDEX)
        code = int(template.annotations.get(f"{EXIT}-{index}", template.annotations.get(EXIT, "0")))
        stop = Fixed(float(template.annotations.get(STOP, "1")))
        return PodBehaviour(
            image_pull=Fixed(0.0),
            start=Fixed(2.0 if start == NEVER else float(start)),
            init=Fixed(0.0),
            startup=Fixed(_ready_delay(template)),
            restart=Fixed(0.0),
            run=Fixed(float(template.annotations.get(RUN, NEVER_SECONDS))),
            failure_probability=float(code != 0),
            exit_code=code or 1,
            readiness_gate=Fixed(NEVER_SECONDS),
            stop=stop,
            stop_unstarted=stop,
            provision=Fixed(0.0),
            attach=Fixed(0.0),
            detach=Fixed(0.0),
        )


def _ready_delay(template: PodTemplate) -> float:
    if template.annotations.get(START) == NEVER:
        return NEVER_SECONDS
    return float(template.annotations.get(READY, "0"))


def with_readiness(template: PodTemplate) -> PodTemplate:
    """The template with a readiness probe that finds out when the fake kubelet would say so."""
    delay = _ready_delay(template)
    if delay == 0:
        return template
    containers = tuple(replace(c, readiness=Probe(period=delay)) for c in template.spec.containers)
    return replace(template, spec=replace(template.spec, containers=containers))
