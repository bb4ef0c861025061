"""Pods with a claim that is not there (kubernetes-behaviour-2, section 1.2: PreFilter of VolumeBinding)."""

from dataclasses import replace

from models.pod import PodTemplate
from models.reference import Absences
from simulator.state.objects import Phase
from tests.simulator.clusters import Lab, behaviour, cluster, container, deployment, nodes, template

CLAIM = 'persistentvolumeclaim "data" not found'


def without_claim(app: str, **spec: object) -> PodTemplate:
    return replace(template(app, container(cpu=3000), **spec), absences=Absences(unschedulable=CLAIM))


def test_a_pod_whose_claim_is_not_there_waits_in_the_words_of_the_scheduler() -> None:
    lab = Lab(cluster(nodes(3), deployment(replicas=2, pods=without_claim("web"))), behaviour()).run(1000.0)
    assert [(pod.phase, pod.node) for pod in lab.pods()] == [(Phase.PENDING, -1)] * 2
    assert set(lab.simulation.pending().values()) == {f"0/3 nodes are available: {CLAIM}."}


def test_it_neither_takes_room_nor_has_others_make_room() -> None:
    important = deployment("web", pods=without_claim("web", priority=1000))
    lab = Lab(cluster(nodes(1), deployment("low", pods=template("low", container(cpu=3000))), important), behaviour())
    [low] = lab.run(1000.0).pods("low")
    assert low.ready
    assert len(lab.simulation.pending()) == 1
