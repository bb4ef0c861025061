"""Images: pods wait for what their node does not have, or asks for anew."""

from collections.abc import Iterator
from typing import Any

from experiments.advice.candidate import Candidate, mend
from experiments.advice.change import Change
from experiments.advice.situation import Situation
from experiments.attribution.stages import Stage
from experiments.lint.rules.images import is_latest


@mend("image-pull-policy")
def image_pull_policy(situation: Situation) -> Iterator[Candidate]:
    """Images are taken from the node where it has them: of pods that ask the registry at each start for a fixed tag."""
    for workload in situation.workloads():
        because = situation.evidence(workload, Stage.IMAGE_PULL)
        asking = [
            place
            for place in (workload.containers if because else ())
            if place.means.image_pull_policy == "Always" and not is_latest(place.means.image)
        ]
        changes = [Change.of_container(workload, place, {"imagePullPolicy": "IfNotPresent"}) for place in asking]
        if changes:
            words = "imagePullPolicy IfNotPresent instead of Always"
            yield Candidate("image-pull-policy", (workload.title,), words, because, tuple(changes))


@mend("images-on-nodes")
def images_on_nodes(situation: Situation) -> Iterator[Candidate]:
    """A DaemonSet that has every node pull the images before they are needed: where pods wait for pulls.

    It runs `sleep`, which the images have to have.
    """
    for workload in situation.workloads():
        because = situation.evidence(workload, Stage.IMAGE_PULL)
        images = list(dict.fromkeys(place.means.image for place in workload.containers))
        if not because or not images:
            continue
        name = f"{workload.maker.name}-images"
        labels, namespace = {"app": name}, workload.maker.namespace
        holds = [
            {"name": f"image-{number}", "image": image, "command": ["sleep", "infinity"], "resources": _SMALL}
            for number, image in enumerate(images, start=1)
        ]
        pod: dict[str, Any] = {"containers": holds}
        for field in ("nodeSelector", "tolerations"):
            if written := workload.written(*workload.pod, field):
                pod[field] = written
        made = {
            "apiVersion": "apps/v1",
            "kind": "DaemonSet",
            "metadata": {"name": name, **({"namespace": namespace} if namespace != "default" else {})},
            "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}},
        }
        words = f"a DaemonSet that holds {', '.join(images)} on every node"
        yield Candidate("images-on-nodes", (workload.title,), words, because, added=(made,))


_SMALL = {"requests": {"cpu": "1m", "memory": "8Mi"}}
