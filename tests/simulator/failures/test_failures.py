"""What every failure mode and operation must do: a conformance suite over all that are registered."""

import gc
import inspect
import math
import pickle
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import MISSING, FrozenInstanceError, fields, is_dataclass, replace
from functools import cache
from typing import Any

import pytest

from models.claim import AccessMode, PersistentVolumeClaim
from models.cluster import Cluster
from models.configuration import ConfigurationReference, Via
from models.distributions import Distribution, Exponential, Fixed, Gamma, LogNormal, Uniform
from models.labels import LabelSelector
from models.node import HOSTNAME_LABEL, ZONE_LABEL
from models.protection import Cache
from models.traffic import RequestRate, Traffic
from models.volume import StorageClass
from simulator.failures.network_partition import Peer
from simulator.failures.outage_log import NodeOutage
from simulator.failures.spot_reclaim import SpotReclaim
from simulator.failures.stuck_terminating import StuckTerminating
from simulator.log import Kind
from simulator.operations.force_delete import ForceDelete
from simulator.operations.node_upgrade import NodeUpgrade
from simulator.operations.out_of_service import OutOfService
from simulator.operations.remove_node import RemoveNode
from simulator.processes import Process
from simulator.registry import UnknownName, classes, find, register
from simulator.run import Run, simulate
from simulator.stories.references import Refers, references
from tests.simulator.clusters import (
    DAY,
    EXACT,
    HOUR,
    Lab,
    Outages,
    behaviour,
    cluster,
    container,
    deployment,
    nodes,
    template,
)

ZONES = ("zone-a", "zone-b", "zone-c")
READS = tuple(ConfigurationReference(f"{kind}/default/app-1", Via.VOLUME, "server") for kind in ("ConfigMap", "Secret"))
APPS = tuple(f"app-{i}" for i in range(4))
LOAD = replace(
    cluster(
        nodes(6, ZONES),
        *(
            deployment(app, 3, pods=replace(template(app, claims=(app,)), configuration=READS if i == 1 else ()))
            for i, app in enumerate(APPS)
        ),
    ),
    storage_classes=(StorageClass("shares", "efs.csi.aws.com", is_default=True),),
    claims=tuple(PersistentVolumeClaim(app, access_modes=(AccessMode.READ_WRITE_MANY,)) for app in APPS),
)
DAYS = 20

SOME: dict[str, Any] = {
    "name": "some-name",
    "time_to_failure": Exponential(2 * DAY),
    "time_to_repair": Exponential(HOUR / 2),
    "maintenance": Fixed(600.0),
    "lifetime": 2 * DAY,
    "at": 1000.0,
    "lasting": 2 * HOUR,
    "every": 5 * DAY,
    "domain": ZONE_LABEL,
    "after": Fixed(60.0),
    "time_to_return": Exponential(HOUR / 2),
    "like": LabelSelector.of({HOSTNAME_LABEL: "node-0"}),
    "replicas": 3,
    "shortage": 2**30,
    "probability": 0.5,
    "outages": (NodeOutage("node-2", 1000.0, 5000.0), NodeOutage("node-4", 4000.0, 9000.0)),
    "detection": Fixed(60.0),
    "component": Process.CONTROLLER_MANAGER,
    "members": 1,
    "cut_from": tuple(Peer),
}
"""A value for every field of a policy that has no default, and for some that have, by name."""
TARGETS = {
    Refers.WORKLOAD: "Deployment/app-1",
    Refers.CONFIG_MAP: "ConfigMap/app-1",
    Refers.SECRET: "Secret/app-1",
    Refers.TRAFFIC: "app-1",
    Refers.CACHE: "app-1",
}
"""The same for a target, by what it is."""
REQUESTS = Traffic("app-1", RequestRate.constant(1.0), cache=Cache(hit_share=0.9, fill_time=600.0))
"""What is there for policies that are about traffic."""


def instance(policy: type, **other: Any) -> Any:
    wanted = {field.name: SOME[field.name] for field in fields(policy) if field.name in SOME}
    if (target := references(policy).get("target")) is not None:
        assert isinstance(target, Refers)
        wanted["target"] = TARGETS[target]
    missing = [f.name for f in fields(policy) if f.default is f.default_factory is MISSING and f.name not in wanted]
    assert not missing, f"say in SOME what {missing} of {policy.__name__} may be"
    wanted |= {field.name: other[field.name] for field in fields(policy) if field.name in other}
    return policy(**wanted)


POLICIES = {f"{kind} {name}": policy for kind in ("failure", "operation") for name, policy in classes(kind).items()}
FAILURES = classes("failure")
EVERY = pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
CLOCKED = {name: policy for name, policy in FAILURES.items() if "time_to_failure" in {f.name for f in fields(policy)}}
"""Those that a clock decides; certificates run out on the day that is written on them."""
EVERY_CLOCKED_FAILURE = pytest.mark.parametrize("policy", CLOCKED.values(), ids=CLOCKED)


def run(*policies: Any, load: Cluster = LOAD, days: float = DAYS, seed: int = 5, **other: Any) -> Run:
    modes = [p for p in policies if not type(p).__module__.startswith("simulator.operations")]
    operations = [p for p in policies if p not in modes]
    if any(references(type(p)).get("target") in (Refers.TRAFFIC, Refers.CACHE) for p in policies):
        other["traffic"] = [REQUESTS]
    return simulate(load, failures=modes, operations=operations, duration=days * DAY, seed=seed, keep_log=True, **other)


def log_of(run: Run) -> bytes:
    assert run.log is not None
    return run.log.columns().tobytes()


TAKE_NODES_AWAY = (NodeUpgrade, RemoveNode, SpotReclaim)
HELPERS = (ForceDelete, OutOfService)
"""What only does something about nodes that are lost, and is not to blame for it."""
ON_TOP = (StuckTerminating,)
"""What makes worse what others do."""
LOST = FAILURES["nodeCrash"]("lost", Exponential(5 * DAY), Exponential(2 * HOUR))


def around(policy: type, *, seed: int = 5) -> Run:
    """A run with the policy alone, and what it needs."""
    policies = [instance(policy), *([LOST] if policy in HELPERS + ON_TOP else [])]
    return run(*policies, seed=seed)


@cache
def of_one(policy: type) -> Run:
    return around(policy)


@EVERY
def test_it_is_a_frozen_dataclass_that_can_be_pickled_compared_and_hashed(policy: type) -> None:
    one, other = instance(policy), instance(policy)
    assert is_dataclass(policy)
    assert pickle.loads(pickle.dumps(one)) == one == other
    assert hash(one) == hash(other)
    assert replace(one, name="another") != one
    with pytest.raises(FrozenInstanceError):
        one.name = "another"


@EVERY
def test_it_is_documented(policy: type) -> None:
    assert len(inspect.getdoc(policy) or "") > 40
    assert not (policy.__doc__ or "").startswith(f"{policy.__name__}(")  # what dataclass puts there
    source = "".join(inspect.getsource(part) for part in policy.__mro__[:-1]).split('"""')
    documented = {line.split(":")[0].strip() for part in source[2::2] for line in part.splitlines()[-2:] if ":" in line}
    undocumented = {field.name for field in fields(policy)} - {"name"} - documented
    assert not undocumented, "a docstring under every field is what users read"


@EVERY
def test_it_strikes_and_says_so(policy: type) -> None:
    assert of_one(policy).strikes["some-name"] > 0
    causes = {cause.split("/")[0] for cause in of_one(policy).log.causes}  # type: ignore[union-attr]
    assert causes >= {"", "lost" if policy in HELPERS else "some-name"}


@EVERY
def test_the_same_seed_gives_the_same_log_and_another_another(policy: type) -> None:
    assert log_of(of_one(policy)) == log_of(around(policy))
    assert log_of(of_one(policy)) != log_of(around(policy, seed=6))


@EVERY
def test_it_shifts_nobody_elses_luck(policy: type) -> None:
    """Node crashes beside it come when they would come anyway."""
    other = FAILURES["nodeCrash"]("other", Exponential(3 * DAY), Exponential(HOUR))

    def crashes(result: Run) -> list[tuple[float, float]]:
        log = result.log
        assert log is not None
        starts = log.columns()
        return [
            (time, node)
            for time, kind, node, _, new, cause in starts
            if kind == Kind.NODE_POWER and new == 0 and log.causes[int(cause)].startswith("other/")
            if node < len(LOAD.nodes)  # those that join have luck of their own
        ]

    alone = crashes(run(other))
    beside = crashes(run(instance(policy), other))
    # A crash of a node that is down already is not seen.
    assert len(alone) > 20
    assert set(beside) <= set(alone)
    assert len(beside) > 0.8 * len(alone) or policy in TAKE_NODES_AWAY


@EVERY
def test_what_it_did_is_over_in_the_end(policy: type) -> None:
    """No clock fires after the end of the run, so what goes on then are repairs."""
    one = instance(policy, every=None)
    is_failure = policy in FAILURES.values()
    told: dict[str, Any] = {"failures" if is_failure else "operations": [one], "end": 3 * DAY}
    if references(policy).get("target") in (Refers.TRAFFIC, Refers.CACHE):
        told["traffic"] = [REQUESTS]
    lab = Lab(LOAD, **told)
    lab.run(5 * DAY)
    nodes = lab.state.nodes
    there = [node for node, exists in enumerate(nodes.exists) if exists]
    assert len(there) >= 5  # one may have been taken away for good
    assert all(nodes.powered[node] and not nodes.down_causes[node] for node in there)
    assert not any(nodes.unschedulable[node] for node in there)
    assert not {nodes.names[node] for node in there} & lab.taints().keys()
    for name in ("app-0", "app-1", "app-2", "app-3"):
        assert lab.counts(name)[-1] == (3, 3, 3)
    assert not any(pod.deleting for pod in lab.pods())


@pytest.mark.parametrize("seed", range(4))
def test_all_of_them_at_once_leave_nothing_behind(seed: int) -> None:
    """In whatever order what they did is mended; machines that are taken back for good are replaced."""
    often = {"time_to_failure": Exponential(12 * HOUR), "time_to_repair": Exponential(HOUR)}
    chosen = {name: policy for name, policy in FAILURES.items() if name != "secretExpiry"}  # mended by people
    modes = [instance(policy, **often, name=name) for name, policy in chosen.items()]
    lab = Lab(LOAD, failures=modes, end=3 * DAY, seed=seed, traffic=[REQUESTS]).run(6 * DAY)
    struck = lab.simulation.strikes()
    assert {name for name in chosen if not struck.get(name)} == set()
    nodes = lab.state.nodes
    there = [node for node, exists in enumerate(nodes.exists) if exists]
    assert len(there) == 6
    for node in there:
        assert nodes.powered[node] and nodes.reporting[node] and nodes.healthy[node]  # noqa: PT018
        assert nodes.reachable[node] and not nodes.unschedulable[node]  # noqa: PT018
        assert not lab.simulation.control_plane.kubelet.hang.holds(node)
        for causes in (nodes.down_causes, nodes.silent_causes, nodes.unhealthy_causes, nodes.unreachable_causes):
            assert causes[node] == {}
    assert not {nodes.names[node] for node in there} & lab.taints().keys()
    for app in APPS:
        assert lab.counts(app)[-1] == (3, 3, 3)
    assert not any(pod.deleting for pod in lab.pods())
    assert all(pod.answering for pod in lab.pods() if not pod.is_over)


@EVERY
def test_a_run_that_ends_in_the_middle_reports_no_repair_that_never_was(policy: type) -> None:
    result = run(instance(policy, time_to_repair=Fixed(1e9), lasting=1e9), days=10)
    assert result.log is not None
    length = len(result.log)
    gc.collect()  # closes the stories that were waiting
    assert len(result.log) == length
    assert float(result.log.columns()[-1, 0]) <= 10 * DAY


@EVERY_CLOCKED_FAILURE
@pytest.mark.parametrize("law", [Fixed(DAY), Gamma(2.0, DAY), LogNormal.from_mean(DAY, 1.2), Uniform(0.0, DAY)])
def test_what_fired_balances_what_the_clocks_were_exposed_to(policy: type, law: Distribution) -> None:
    [name] = [name for name, known in FAILURES.items() if known is policy]
    result = run(instance(policy, time_to_failure=law), days=60)
    [(fired, hazard, seconds)] = result.exposure.values()
    struck = result.strikes["some-name"]
    assert fired < struck if name == "nodeBurst" else fired == struck  # companions in a burst have no clock
    assert fired > 12 * SUBJECTS[name](LOAD)
    assert abs(fired - hazard) < 4 * math.sqrt(hazard)
    assert 0 < seconds <= 60 * DAY * sum(spec.replicas for spec in LOAD.deployments)


AT_ONCE = replace(EXACT, crash_loop_initial=0.0)
SUBJECTS: dict[str, Callable[[Cluster], int]] = {
    "nodeCrash": lambda load: len(load.nodes),
    "nodeBurst": lambda load: len(load.nodes),
    "nodeReboot": lambda load: len(load.nodes),
    "oomKill": lambda load: sum(spec.replicas for spec in load.deployments),
    "systemOOM": lambda load: len(load.nodes),
    "memoryPressure": lambda load: len(load.nodes),
    "diskPressure": lambda load: len(load.nodes),
    "networkPartition": lambda load: len({node.zone for node in load.nodes}),
    "kubeletOutage": lambda load: len(load.nodes),
    "commonCause": lambda load: len(load.nodes),
    "zoneOutage": lambda load: len({node.zone for node in load.nodes}),
    "domainOutage": lambda load: len({node.zone for node in load.nodes}),
    "containerCrash": lambda load: sum(spec.replicas for spec in load.deployments),
    "sandboxCrash": lambda load: sum(spec.replicas for spec in load.deployments),
    "volumeLoss": lambda load: len(load.claims),
    "accessRefused": lambda load: 1,
    "spotReclaim": lambda load: len(load.nodes),
    "controlPlaneOutage": lambda load: 1,
    "etcdQuorumLoss": lambda load: 1,
    "greyFailure": lambda load: sum(spec.replicas for spec in load.deployments),
    "greyNode": lambda load: len(load.nodes),
    "registryOutage": lambda load: 1,
    "registrySlow": lambda load: 1,
    "kubeProxyOutage": lambda load: len(load.nodes),
    "dnsOutage": lambda load: 1,
    "loadSpike": lambda load: 1,
    "cacheLoss": lambda load: 1,
}
"""How many clocks each failure mode has, when nothing strikes several nodes one after another."""


@EVERY_CLOCKED_FAILURE
def test_it_strikes_as_often_as_renewal_theory_says(policy: type) -> None:
    """Each subject alternates between up (gamma, so that counts are not Poisson) and down."""
    up, down = Gamma(3.0, 0.5 * DAY), Fixed(3 * HOUR)
    one = instance(policy, time_to_failure=up, time_to_repair=down, burst_share=0.0, common_share=0.0)
    [name] = [name for name, known in FAILURES.items() if known is policy]
    repaired = any(field.name == "time_to_repair" for field in fields(policy))
    days = 120
    under = behaviour(AT_ONCE, restart=Fixed(0.0), start=Fixed(0.0))
    result = run(one, days=days, behaviour=under)
    mean = up.mean + (down.value if repaired else 0.0)
    variance = up.shape * up.scale**2
    count = SUBJECTS[name](LOAD)
    # Delayed by nothing: the first cycle begins up, at age 0; E N(t) -> t/m + (v - m^2)/2m^2 for full cycles (Cox),
    time = days * DAY + (down.value if repaired else 0.0)
    expected = count * (time / mean + (variance - mean**2) / (2 * mean**2))
    deviation = math.sqrt(count * variance * time / mean**3)
    assert abs(result.strikes["some-name"] - expected) < 4 * deviation


NODE_2 = "node-2", {"select": LabelSelector.of({HOSTNAME_LABEL: "node-2"})}
APP_2 = "app-2", {"select": LabelSelector.of({"app": "app-2"})}
TOLD: dict[str, tuple[str, dict[str, Any]]] = {
    "nodeCrash": NODE_2,
    "nodeBurst": NODE_2,
    "nodeReboot": NODE_2,
    "oomKill": APP_2,
    "systemOOM": NODE_2,
    "memoryPressure": NODE_2,
    "diskPressure": NODE_2,
    "networkPartition": ("zone-a", {"values": ("zone-a",)}),
    "kubeletOutage": NODE_2,
    "commonCause": ("", {"select": LabelSelector.of({HOSTNAME_LABEL: "node-2"}), "common_share": 0.5}),
    "zoneOutage": ("zone-a", {"zones": ("zone-a",)}),
    "domainOutage": ("zone-a", {"values": ("zone-a",)}),
    "containerCrash": APP_2,
    "sandboxCrash": APP_2,
    "greyFailure": APP_2,
    "greyNode": NODE_2,
    "volumeLoss": APP_2,
    "spotReclaim": NODE_2,
    "kubeProxyOutage": NODE_2,
}
"""What to tell each failure mode, and what its causes then name."""
OF_ONE_OBJECT = {"accessRefused", "secretExpiry", "stuckTerminating", "outageLog", "loadSpike", "cacheLoss"}
"""Those that are told by their target whom they strike, or strike only what others do."""
OF_THE_CLUSTER = {"controlPlaneOutage", "etcdQuorumLoss", "registryOutage", "registrySlow", "dnsOutage"}
"""Those that strike what the whole cluster shares."""
POWER_STAYS = {
    *("kubeletOutage", "kubeProxyOutage", "networkPartition", "memoryPressure", "diskPressure", "systemOOM"),
    "greyNode",
}
"""Those of nodes that do not switch them off."""
NOBODY: dict[str, Any] = {
    "zones": ("nowhere",),
    "values": ("nothing",),
    "select": LabelSelector.of({"app": "nothing"}),
}


@pytest.mark.parametrize("name", sorted(FAILURES.keys() - OF_ONE_OBJECT - OF_THE_CLUSTER))
@pytest.mark.parametrize("nobody", [False, True])
def test_it_strikes_only_what_it_is_told_to(name: str, nobody: bool) -> None:
    mine, told = TOLD[name]
    result = run(instance(FAILURES[name], **({key: NOBODY[key] for key in told if key in NOBODY} if nobody else told)))
    assert result.log is not None
    rows = [row for row in result.log.columns() if row[5]]
    struck = {result.log.causes[int(row[5])] for row in rows}
    assert (result.strikes.get("some-name", 0) == 0) is nobody
    assert {mine in cause for cause in struck} == (set() if nobody else {True})
    down = {int(row[2]) for row in rows if row[1] == Kind.NODE_POWER and row[4] == 0}
    allowed = {"node-2": {2}, "zone-a": {0, 3}, "": {2}}.get(mine, set())
    assert down == (set() if nobody or name in POWER_STAYS else allowed)


@pytest.mark.parametrize("name", ["nodeCrash", "nodeBurst", "commonCause", "zoneOutage", "domainOutage"])
def test_a_mode_that_finds_nobody_to_strike_is_listed_all_the_same(name: str) -> None:
    assert run(instance(FAILURES[name], **NOBODY), days=1).strikes == {"some-name": 0}


def test_overlapping_outages_add_up() -> None:
    """A zone outage over a node crash: up again when both are over."""
    script = Outages(((100.0, 1000.0, (0, 3)), (200.0, 100.0, (0,)), (900.0, 500.0, (0,))))
    lab = Lab(LOAD, failures=[script]).run(2 * HOUR)
    assert lab.log(Kind.NODE_POWER) == [
        (100.0, "node-0", 0),
        (100.0, "node-3", 0),
        (1100.0, "node-3", 1),
        (1400.0, "node-0", 1),
    ]


def test_two_modes_of_one_kind_have_each_their_own_luck() -> None:
    one, two = (FAILURES["nodeCrash"](name, Exponential(2 * DAY), Fixed(60.0)) for name in ("one", "two"))
    lab = Lab(LOAD, failures=[one, two], end=30 * DAY).run(30 * DAY)
    first, second = (lab.caused(Kind.NODE_POWER, name) for name in ("one", "two"))
    assert not set().union(*first.values()) & set().union(*second.values())


def test_crash_clocks_start_with_every_container() -> None:
    two = template("web", container("a"), container("b"))
    load = cluster(nodes(2), deployment(replicas=2, pods=two))
    result = simulate(
        load,
        failures=[FAILURES["containerCrash"]("crash", Fixed(HOUR))],
        behaviour=behaviour(AT_ONCE),
        duration=10.5 * HOUR,
    )
    assert result.strikes == {"crash": 4 * 10}


# The registry


def test_an_unknown_name_is_an_error_that_helps() -> None:
    with pytest.raises(UnknownName, match=r"unknown failure 'nodeCrsh'.*did you mean 'nodeCrash'\?"):
        find("failure", "nodeCrsh")
    assert find("failure", "nodeCrash") is FAILURES["nodeCrash"]


def test_a_name_can_be_taken_only_once() -> None:
    class Other:
        pass

    with pytest.raises(ValueError, match="registered twice"):
        register("failure", "nodeCrash")(Other)
    assert find("failure", "nodeCrash") is FAILURES["nodeCrash"]


def test_names_are_listed_in_order() -> None:
    for kind in ("failure", "operation", "plugin"):
        names: Sequence[str] = list(classes(kind))
        assert names == sorted(names)
        assert Counter(names).most_common(1)[0][1] == 1
