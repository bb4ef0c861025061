"""What a policy says: changes of what stands already, short forms, one operation on many workloads."""

from pathlib import Path
from typing import Any

import pytest

from experiments import Experiment
from experiments.design.scenario import Scenario
from experiments.file.written import yaml_text
from experiments.runner.replication import arguments
from models.distributions import Empirical, Exponential, Fixed, LogNormal, Uniform, Weibull
from models.input.problems import InputError
from models.labels import LabelSelector
from simulator.failures.node_burst import NodeBurst
from simulator.failures.node_crash import NodeCrash
from simulator.log import Kind
from simulator.operations.rollout import Rollout
from simulator.run import simulate

ROOT = Path(__file__).resolve().parents[3]
SHOP = ROOT / "experiments" / "manifests" / "shop.yaml"
DAY = 86_400.0

HEAD = f"""\
apiVersion: kubenines/v1
kind: Experiment
metadata: {{name: x}}
spec:
  duration: 30d
  replications: 2
  cluster: {{pools: [{{name: general, count: 6, zones: [a, b, c], allocatable: {{cpu: "4", memory: 16Gi}}}}]}}
  manifests: ["{SHOP}"]
"""
FAILURES = """\
  failures:
  - name: node-crash
    type: nodeCrash
    timeToFailure: {kind: exponential, mean: 130d}
    timeToRepair: {kind: lognormal, median: 8m, sigma: 1}
  - {name: crash, type: containerCrash, timeToFailure: {kind: exponential, mean: 30d}}
  operations: [{name: release, type: rollout, target: Deployment/cart, every: 7d}]
"""
CRASH = NodeCrash("node-crash", Exponential(130 * DAY), LogNormal(480.0, 1.0))


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def of(spec: str) -> Experiment:
        (tmp_path / "e.yaml").write_text(HEAD + spec)
        return Experiment.from_yaml(tmp_path / "e.yaml")

    return of


def problems(read: Any, spec: str) -> list[str]:
    with pytest.raises(InputError) as error:
        read(spec)
    return [str(problem)[str(problem).index("e.yaml:") :] for problem in error.value.problems]


def told(read: Any, policy: str) -> tuple[Any, ...]:
    """The failure modes and operations under a policy that says so, beside `FAILURES`."""
    scenario = read(f"{FAILURES}  policies: [{{name: as-shipped}}, {{name: p, {policy}}}]\n").scenarios()[1]
    return *scenario.failures, *scenario.operations


# -------------------------------------------------------------------------------------------------------- changes


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("timeToFailure: {factor: 0.5}", NodeCrash("node-crash", Exponential(65 * DAY), CRASH.time_to_repair)),
        ("timeToRepair: {factor: 2}", NodeCrash("node-crash", CRASH.time_to_failure, LogNormal(960.0, 1.0))),
        ("timeToFailure: {mean: 10d}", NodeCrash("node-crash", Exponential(10 * DAY), CRASH.time_to_repair)),
        (
            "timeToRepair: {sigma: null, p95: 1h}",
            NodeCrash("node-crash", CRASH.time_to_failure, LogNormal.from_quantile(480.0, 3600.0)),
        ),
        (
            "timeToRepair: {kind: fixed, value: 5m}",
            NodeCrash("node-crash", CRASH.time_to_failure, Fixed(300.0)),
        ),
        (
            "timeToFailure: {preset: lanl-05, factor: 2}",
            NodeCrash("node-crash", Weibull(0.48, 2 * 816.6 * 3600), CRASH.time_to_repair),
        ),
        (
            "select: {labels: pool=general}, timeToRepair: {factor: 1}",
            NodeCrash("node-crash", CRASH.time_to_failure, CRASH.time_to_repair, LabelSelector.of({"pool": "general"})),
        ),
    ],
)
def test_a_policy_changes_a_failure_mode_by_its_name(read: Any, change: str, expected: NodeCrash) -> None:
    first, *others = told(read, f"failures: [{{name: node-crash, {change}}}]")
    assert first == expected
    assert [one.name for one in others] == ["crash", "release"]


def test_a_policy_removes_what_it_names(read: Any) -> None:
    found = told(read, "failures: [{name: crash, remove: true}], operations: [{name: release, remove: true}]")
    assert found == (CRASH,)


def test_a_policy_changes_an_operation_by_its_name(read: Any) -> None:
    *_, release = told(read, "operations: [{name: release, every: 14d, newImage: false}]")
    assert release == Rollout("release", "Deployment/cart", every=14 * DAY, new_image=False)
    *_, once = told(read, "operations: [{name: release, every: null, at: 3d}]")
    assert once == Rollout("release", "Deployment/cart", at=3 * DAY)


def test_a_whole_entry_with_a_name_that_is_taken_replaces_what_stands_there(read: Any) -> None:
    burst, crash, _ = told(read, "failures: [{preset: google-2010-nodes, name: node-crash}]")
    assert isinstance(burst, NodeBurst)
    assert crash.name == "crash"


def test_changes_apply_in_the_order_of_the_lineage(read: Any) -> None:
    experiment = read(
        FAILURES
        + """\
  policies:
  - {name: often, failures: [{name: node-crash, timeToFailure: {factor: 0.5}}]}
  - {name: oftener, extends: [often], failures: [{name: node-crash, timeToFailure: {factor: 0.5}}]}
  - {name: never, extends: [oftener], failures: [{name: node-crash, remove: true}]}
  - name: again
    extends: [never]
    failures:
    - {name: node-crash, type: nodeCrash, timeToFailure: {kind: fixed, value: 9d}, timeToRepair: {preset: lanl-05}}
"""
    )
    firsts = [scenario.failures[0] for scenario in experiment.scenarios()]
    assert [(f.name, f.time_to_failure.mean / DAY) for f in firsts] == [
        ("node-crash", 65.0),
        ("node-crash", 32.5),
        ("crash", 30.0),
        ("node-crash", 9.0),
    ]


def test_a_mode_of_one_policy_is_changed_by_another(read: Any) -> None:
    experiment = read("""\
  policies:
  - {name: a, failures: [{name: own, type: containerCrash, timeToFailure: {kind: uniform, low: 1d, high: 3d}}]}
  - {name: b, extends: [a], failures: [{name: own, timeToFailure: {factor: 3}}]}
  - {name: c, extends: [b], failures: [{name: own, timeToFailure: {kind: empirical, values: [1d, 2d], factor: 2}}]}
""")
    laws = [scenario.failures[0].time_to_failure for scenario in experiment.scenarios()]
    assert laws == [Uniform(DAY, 3 * DAY), Uniform(3 * DAY, 9 * DAY), Empirical((2 * DAY, 4 * DAY))]


def test_a_stretched_law_meets_the_same_luck(read: Any) -> None:
    """The n-th crash of a node comes after half the time, as its stream is the same."""
    experiment = read("""\
  services: [{name: frontend}]
  failures:
  - name: node-crash
    type: nodeCrash
    timeToFailure: {kind: weibull, shape: 0.7, mean: 20d}
    timeToRepair: {kind: fixed, value: 0s}
  policies: [{name: a}, {name: b, failures: [{name: node-crash, timeToFailure: {factor: 0.5}}]}]
""")
    once, twice = (_crashes(scenario) for scenario in experiment.scenarios())
    assert sum(map(len, once.values())) >= 5
    for node, times in once.items():
        assert twice[node][: len(times)] == pytest.approx([time / 2 for time in times])


def _crashes(scenario: Scenario) -> dict[int, list[float]]:
    """Node -> when it crashes in the first replication."""
    log = simulate(**arguments(scenario), replication=0, duration=scenario.duration, warmup=0.0, keep_log=True).log
    assert log is not None
    times: dict[int, list[float]] = {node: [] for node in range(len(scenario.cluster.nodes))}
    for time, _, node, _, new, _ in log.of_kind(Kind.NODE_POWER):
        if not new and time > 0:
            times[int(node)].append(float(time))
    return times


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            "failures: [{name: node-crush, timeToFailure: {factor: 0.5}}]",
            "e.yaml:16:55: spec.policies[1].failures[0]: no failure 'node-crush' to change "
            "(a new one needs its 'type'); did you mean 'node-crash'?",
        ),
        (
            "operations: [{name: x, remove: true}]",
            "e.yaml:16:57: spec.policies[1].operations[0]: no operation 'x' to change "
            "(a new one needs its 'type'); there is 'release'",
        ),
        (
            "failures: [{name: node-crash, timeToFailurr: {factor: 0.5}}]",
            "e.yaml:16:74: spec.policies[1].failures[0].timeToFailurr: unknown field; did you mean 'timeToFailure'?",
        ),
        (
            "failures: [{name: node-crash, timeToFailure: {factor: -1}}]",
            "spec.policies[1].failures[0].timeToFailure.factor: expected a number not less than 0.0 (got -1)",
        ),
        (
            "failures: [{name: node-crash, timeToFailure: {median: 3d}}]",
            "spec.policies[1].failures[0].timeToFailure.median: unknown field; did you mean 'mean'?",
        ),
        (
            "failures: [{name: node-crash, timeToRepair: {p95: 1h}}]",
            "spec.policies[1].failures[0].timeToRepair: expected 'median' and 'sigma', 'median' and 'p95', or 'mean'",
        ),
        (
            "failures: [{name: node-crash, timeToFailure: {kind: exponental, mean: 3d}}]",
            "spec.policies[1].failures[0].timeToFailure: unknown 'kind' 'exponental'; expected one of",
        ),
        (
            "failures: [{name: node-crash, remove: true, select: {}}]",
            "spec.policies[1].failures[0]: what is removed cannot be changed too (got 'select')",
        ),
        ("failures: [{name: node-crash}]", "expected what is different, 'remove: true', or the 'type' of a new one"),
        ("failures: [{timeToFailure: {factor: 0.5}}]", "spec.policies[1].failures[0]: 'name' is required here"),
        (
            "failures: [{name: node-crash, remove: yes please}]",
            "spec.policies[1].failures[0].remove: expected true or false (got 'yes please')",
        ),
        (
            "operations: [{name: release, every: 0s}]",
            "spec.policies[1].operations[0].every: must be 1 s or more",
        ),
        (
            "operations: [{name: release, target: Deployment/crat}]",
            "spec.policies[1].operations[0].target: there is no Deployment/crat; did you mean 'Deployment/cart'?",
        ),
    ],
)
def test_a_change_that_makes_no_sense_is_named_with_its_place(read: Any, change: str, message: str) -> None:
    (found,) = problems(read, f"{FAILURES}  policies: [{{name: as-shipped}}, {{name: p, {change}}}]\n")
    assert message in found


def test_a_name_given_twice_in_one_list_is_still_a_mistake(read: Any) -> None:
    twice = "{name: own, type: containerCrash, timeToFailure: {kind: exponential, mean: 3d}}"
    (found,) = problems(read, f"  policies: [{{name: p, failures: [{twice}, {twice}]}}]\n")
    assert "the name 'own' is taken (line 9)" in found


def test_what_is_changed_wrongly_in_the_experiment_itself_is_not_said_to_be_missing(read: Any) -> None:
    spec = FAILURES.replace("mean: 130d", "mean: soon")
    found = problems(read, f"{spec}  policies: [{{name: p, failures: [{{name: node-crash, remove: true}}]}}]\n")
    assert len(found) == 1
    assert "spec.failures[0].timeToFailure.mean" in found[0]


# ---------------------------------------------------------------------------------------------------- short forms


def test_short_forms_are_for_every_deployment_each_with_its_own_selector(read: Any) -> None:
    experiment = read("""\
  policies:
  - {name: as-shipped}
  - {name: spread, replicas: 3, spread: zone, budget: {minAvailable: 1}}
  - name: cart-alone
    extends: [spread]
    patches: [{target: {kind: Deployment, name: cart}, replicas: 1, spread: node, budget: {maxUnavailable: 50%}}]
""")
    shipped, spread, alone = (scenario.cluster for scenario in experiment.scenarios())
    assert not shipped.budgets
    assert {d.replicas for d in spread.deployments} == {3}
    for deployment in spread.deployments:
        (constraint,) = deployment.template.spec.topology_spread_constraints
        assert constraint.topology_key == "topology.kubernetes.io/zone"
        assert constraint.selector.matches(deployment.template.labels)
        (budget,) = [b for b in spread.budgets if b.name == deployment.name]
        assert budget.selector.matches(deployment.template.labels)
    assert len(alone.budgets) == len(spread.budgets) == len(spread.deployments)
    (cart,) = [d for d in alone.deployments if d.name == "cart"]
    assert cart.replicas == 1
    assert len(cart.template.spec.topology_spread_constraints) == 2


def test_a_budget_takes_the_place_of_one_of_that_name(read: Any) -> None:
    budgets = ROOT / "experiments" / "manifests" / "budgets.yaml"
    (scenario,) = read(f"  policies: [{{name: p, add: ['{budgets}'], budget: {{minAvailable: 2}}}}]\n").scenarios()
    names = [budget.name for budget in scenario.cluster.budgets]
    assert len(names) == len(set(names)) == 5
    assert {budget.min_available for budget in scenario.cluster.budgets} == {2}


def test_a_budget_takes_the_place_of_those_of_the_same_pods(read: Any) -> None:
    for_cart = "spec: {maxUnavailable: 1, selector: {matchLabels: {app: LABEL}}}"
    metadata = "apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: own}"
    policy = f"  policies: [{{name: p, add: [{{{metadata}, {for_cart}}}], budget: {{minAvailable: 2}}}}]\n"
    same = read(policy.replace("LABEL", "cart"))
    assert "own" not in [budget.name for budget in same.scenarios()[0].cluster.budgets]
    assert same.warnings == ()
    other = read(policy.replace("{matchLabels: {app: LABEL}}", "{}"))
    assert "Deployment/cart: more than one PodDisruptionBudget covers its pods (own, cart)" in str(other.warnings)


def test_python_and_yaml_say_the_same(read: Any) -> None:
    python = (
        Experiment.from_manifests(SHOP)
        .set("duration", "30d")
        .set("replications", 2)
        .policy("spread", replicas=3, spread="zone", budget={"minAvailable": 1})
    )
    file = read(
        "  policies: [{name: as-shipped}, {name: spread, replicas: 3, spread: zone, budget: {minAvailable: 1}}]\n"
    )
    assert [s.id for s in python.scenarios()] == [s.id for s in file.scenarios()]


def test_patches_of_a_policy_come_after_its_short_forms(read: Any) -> None:
    (scenario,) = read(
        "  policies:\n  - name: p\n    replicas: 3\n"
        "    patches: [{target: {kind: Deployment, name: cart}, set: {spec.replicas: 2}}]\n"
    ).scenarios()
    assert {d.name: d.replicas for d in scenario.cluster.deployments if d.name in ("cart", "frontend")} == {
        "cart": 2,
        "frontend": 3,
    }


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("spread: rack", "unknown 'spread' 'rack'; expected one of 'zone', 'node'"),
        ("replicas: many", "spec.policies[0].replicas: expected a whole number (got 'many')"),
        ("replicas: -1", "spec.policies[0].replicas: expected a number not less than 0"),
        ("budget: {}", "spec.policies[0].budget: expected exactly one of 'minAvailable' and 'maxUnavailable'"),
        (
            "budget: {minAvailabl: 1}",
            "spec.policies[0].budget.minAvailabl: unknown field; did you mean 'minAvailable'?",
        ),
        ("budget: {minAvailable: half}", "e.yaml:9:47: spec.policies[0].budget.minAvailable: PodDisruptionBudget/"),
        (
            "patches: [{target: {kind: Service}, replicas: 2}]",
            "e.yaml:9:70: spec.policies[0].patches[0].replicas: Service/",
        ),
    ],
)
def test_a_wrong_short_form_is_named_with_its_place(read: Any, policy: str, message: str) -> None:
    assert any(message in found for found in problems(read, f"  policies: [{{name: p, {policy}}}]\n"))


def test_short_forms_need_a_deployment(tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text(
        "{apiVersion: v1, kind: Service, metadata: {name: w}, spec: {ports: [{port: 80}]}}"
    )
    file = HEAD.replace(str(SHOP), "app.yaml") + "  policies: [{name: p, replicas: 2}]\n"
    (tmp_path / "e.yaml").write_text(file)
    with pytest.raises(InputError, match=r"e.yaml:9:\d+: spec.policies\[0\].replicas: no object of kind 'Deployment'"):
        Experiment.from_yaml(tmp_path / "e.yaml")


def test_the_resolved_experiment_holds_what_stands_under_each_policy(read: Any, tmp_path: Path) -> None:
    experiment = read(
        FAILURES
        + """\
  policies:
  - {name: as-shipped}
  - name: often
    replicas: 2
    scheduler: {disabled: [ImageLocality]}
    failures: [{name: node-crash, timeToFailure: {factor: 0.5}}]
    operations: [{name: release, target: "Deployment/*"}]
  - {name: oftener, extends: [often], spread: node, failures: [{name: node-crash, timeToFailure: {factor: 0.5}}]}
  - {name: calm, extends: [oftener], budget: {minAvailable: 1}, failures: [{name: node-crash, remove: true}]}
"""
    )
    (tmp_path / "again.yaml").write_text(yaml_text(experiment.resolved))
    again = Experiment.from_yaml(tmp_path / "again.yaml")
    assert [s.id for s in again.scenarios()] == [s.id for s in experiment.scenarios()]
    assert again.resolved == experiment.resolved
    policies = {policy["name"]: policy for policy in experiment.resolved["spec"]["policies"]}
    assert policies["oftener"]["failures"][0]["timeToFailure"] == {
        "kind": "exponential",
        "mean": "130d",
        "factor": 0.25,
    }
    assert policies["calm"]["failures"] == [{"name": "node-crash", "remove": True}]


# -------------------------------------------------------------------------------------------------- many targets


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("Deployment/cart", "Deployment/cart"),
        ("[Deployment/cart]", ("Deployment/cart",)),
        (
            "[Deployment/default/cart, Deployment/frontend, Deployment/cart]",
            ("Deployment/frontend", "Deployment/default/cart"),
        ),
        (
            "[Deployment/c*, Deployment/default/front???]",
            ("Deployment/frontend", "Deployment/catalogue", "Deployment/cart"),
        ),
        (
            '"Deployment/*"',
            (
                "Deployment/frontend",
                "Deployment/catalogue",
                "Deployment/cart",
                "Deployment/payment",
                "Deployment/store",
            ),
        ),
    ],
)
def test_an_operation_has_one_target_or_many(read: Any, target: str, expected: Any) -> None:
    (scenario,) = read(f"  operations: [{{name: r, type: rollout, target: {target}, every: 7d}}]\n").scenarios()
    (found,) = scenario.operations
    assert isinstance(found.target, type(expected))
    assert ([found.target] if isinstance(expected, str) else sorted(found.target)) == (
        [expected] if isinstance(expected, str) else sorted(expected)
    )


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ('"Deploymnt/*"', "e.yaml:9:49: spec.operations[0].target: there is no Deploymnt/*"),
        (
            "[Deployment/cart, Deployment/crat]",
            "spec.operations[0].target[1]: there is no Deployment/crat; did you mean",
        ),
        ("[]", "spec.operations[0]: a rollout needs a `target`"),
        ("5", "spec.operations[0].target: expected a name or a list of names (got 5)"),
    ],
)
def test_a_target_that_means_nothing_is_named_with_its_place(read: Any, target: str, message: str) -> None:
    (found,) = problems(read, f"  operations: [{{name: r, type: rollout, target: {target}, every: 7d}}]\n")
    assert message in found


def test_a_name_that_two_namespaces_have_is_refused(read: Any) -> None:
    spec = "spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: SPEC}}"
    pods = "{containers: [{name: c, image: i}]}"
    web = f"{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: cart, namespace: shop}}, {spec}}}"
    policy = f"{{name: p, add: [{web.replace('SPEC', pods)}]}}"
    (found,) = problems(read, f"{FAILURES}  policies: [{policy}]\n")
    assert (
        "there is more than one Deployment/cart: expected one of Deployment/default/cart, Deployment/shop/cart" in found
    )


def test_many_targets_are_released_at_the_same_times_each_by_itself(read: Any) -> None:
    experiment = read("""\
  policies:
  - {name: one, operations: [{name: r, type: rollout, target: Deployment/cart, every: 7d}]}
  - {name: all, operations: [{name: r, type: rollout, target: "Deployment/*", every: 7d}]}
""")
    one, every = (
        simulate(**arguments(s), replication=0, duration=s.duration, warmup=0.0).attempts
        for s in experiment.scenarios()
    )
    subjects = {attempt.subject for attempt in every}
    assert len(subjects) == 5
    assert len(every) == 5 * len(one) == 20
    assert [a.asked for a in every if a.subject == "Deployment/store"] == [a.asked for a in one]
    assert next(a for a in every if a.subject == "Deployment/cart").begun == one[0].begun
