"""The scheduler's profile in an experiment file."""

from pathlib import Path

import pytest

from experiments import Experiment
from models.input.problems import InputError
from models.labels import Operator, Requirement
from models.pod import Affinity, NodeSelectorTerm, TopologySpreadConstraint, WhenUnsatisfiable
from simulator.scheduling.plugins.node_affinity import NodeAffinity
from simulator.scheduling.plugins.pod_topology_spread import PodTopologySpread
from simulator.scheduling.profile import profile

SHOP = Path(__file__).resolve().parents[3] / "experiments" / "manifests" / "shop.yaml"
FILE = """\
apiVersion: kubenines/v1
kind: Experiment
metadata: {{name: profiles}}
spec:
  duration: 1d
  cluster:
    pools: [{{name: general, count: 3, allocatable: {{cpu: "4", memory: 16Gi}}}}]
  manifests: [{shop}]
  scheduler: {scheduler}
  policies:
  - {{name: same}}
  - {{name: other, scheduler: {other}}}
"""


def read(folder: Path, scheduler: str, other: str) -> Experiment:
    path = folder / "profiles.yaml"
    path.write_text(FILE.format(shop=SHOP, scheduler=scheduler, other=other))
    return Experiment.from_yaml(path)


def test_a_policy_has_the_experiment_s_profile_or_its_own(tmp_path: Path) -> None:
    experiment = read(
        tmp_path,
        "{score: {NodeResourcesFit: 5}, percentageOfNodesToScore: 40, ties: first}",
        "{disabled: [PodTopologySpread], arguments: {NodeResourcesFit: {scoringStrategy: MostAllocated}}}",
    )
    same, other = experiment.scenarios()
    assert same.scheduler == profile(score={"NodeResourcesFit": 5}, percentage_of_nodes_to_score=40, ties="first")
    most = {"NodeResourcesFit": {"scoring_strategy": "MostAllocated"}}
    assert other.scheduler == profile(disabled=["PodTopologySpread"], arguments=most)


def test_arguments_may_be_written_as_in_a_scheduler_s_own_configuration(tmp_path: Path) -> None:
    required = (
        "requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: "
        "[{key: disk, operator: In, values: [SSD]}]}]}"
    )
    experiment = read(
        tmp_path,
        "{arguments: {PodTopologySpread: {defaultingType: List, defaultConstraints: "
        "[{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule}]}}}",
        f"{{arguments: {{NodeAffinity: {{addedAffinity: {{{required.replace('SSD', 'ssd')}}}}}}}}}",
    )
    same, other = experiment.scenarios()
    hard = TopologySpreadConstraint(1, "zone", WhenUnsatisfiable.DO_NOT_SCHEDULE)
    term = NodeSelectorTerm((Requirement("disk", Operator.IN, ("ssd",)),))
    assert same.scheduler is not None
    assert other.scheduler is not None
    assert PodTopologySpread((hard,), "List") in same.scheduler.filters
    assert NodeAffinity(Affinity(node_required=(term,))) in other.scheduler.filters
    wrong = f"{{arguments: {{NodeAffinity: {{addedAffinity: {{{required.replace('SSD', '-')}}}}}}}}}"
    with pytest.raises(InputError, match=r"scheduler: NodeAffinity: addedAffinity.*'-' is not a valid label"):
        read(tmp_path, "{}", wrong)


def test_a_plugin_that_does_not_exist_is_named_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"profiles.yaml:12:\d+: spec.policies\[1\].scheduler: unknown plugin 'Nod'"):
        read(tmp_path, "{}", "{disabled: [Nod]}")
