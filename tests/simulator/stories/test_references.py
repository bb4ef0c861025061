"""What failure modes and operations say that their fields refer to."""

from simulator.failures.domain_outage import DomainOutage
from simulator.failures.node_crash import NodeCrash
from simulator.failures.zone_outage import ZoneOutage
from simulator.operations.rollout import Rollout
from simulator.stories.references import Refers, ValueOf, references


def test_a_field_says_by_its_type_what_it_refers_to() -> None:
    assert references(Rollout) == {"target": Refers.WORKLOAD}
    assert references(ZoneOutage) == {"zones": Refers.ZONE}
    assert references(DomainOutage) == {"domain": Refers.LABEL, "values": ValueOf("domain")}
    assert references(NodeCrash) == {}
