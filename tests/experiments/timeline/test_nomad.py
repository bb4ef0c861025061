"""A timeline of Nomad is told in its own words."""

from experiments.timeline.words import OWN, Words
from simulator.control_planes.nomad import Nomad
from simulator.log import Kind
from tests.simulator.clusters import Lab, cluster, deployment, down, nodes


def test_what_happens_under_nomad_has_its_words() -> None:
    lab = Lab(cluster(nodes(2), deployment()), failures=[down(0, at=100.0, lasting=300.0)], control_plane=Nomad())
    lab.run(1000.0)
    words = OWN[Nomad.called]
    [lost, back] = [new for *_, new, _ in lab.rows(Kind.NODE_READY, 1.0)]
    assert words[Kind.NODE_READY][lost].about("node-0", lost, "") == "Node node-0 is down: heartbeat missed"
    assert words[Kind.NODE_READY][back].about("node-0", back, "") == "Node node-0 is ready"
    assert all(isinstance(each, Words) for kind in words.values() for each in kind.values())
