"""Advice on applications with one weakness: its mend comes first, and does what was promised on other luck."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from experiments.advice.advice import Advice
from experiments.advice.loss import Yardstick
from experiments.advice.ranking import standings
from experiments.advice.trial import Nothing, advise
from experiments.store.folder import PATCHES, POLICIES
from simulator.run import simulate
from tests.experiments.advice.problems import BY_NAME, PROBLEMS, Problem, advice_on, crash, pool, web

QUICK = {"long-toleration", "drain-without-budget"}
"""Those that are asked about in every run of the tests."""
EACH = [
    pytest.param(problem, id=problem.name, marks=[pytest.mark.slow] * (problem.name not in QUICK))
    for problem in PROBLEMS
]


@cache
def advice_of(name: str) -> Advice:
    with TemporaryDirectory() as folder:
        return advice_on(BY_NAME[name], Path(folder))


@pytest.mark.parametrize("problem", EACH)
def test_the_mend_of_the_weakness_comes_first(problem: Problem) -> None:
    advice = advice_of(problem.name)
    assert advice.helping[0].name == problem.answer
    assert (advice.verdict, advice.exit_code) == ("found", 0)
    best = advice.helping[0]
    assert best.saved.low > 0
    assert best.share > 0.5


@pytest.mark.parametrize("problem", EACH)
def test_what_costs_nothing_comes_first_then_pods_then_nodes(problem: Problem) -> None:
    tiers = [(of.tier, -of.saved_per_hour) for of in advice_of(problem.name).helping]
    assert tiers == sorted(tiers)


@pytest.mark.slow
@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)
def test_on_other_luck_each_mend_saves_what_was_promised(problem: Problem) -> None:
    """The promised interval and that of another seed meet; what helped helps."""
    advice = advice_of(problem.name)
    again = advice.experiment.set("spec.seed", 7)
    results = again.run()
    found = standings(
        [of.tried for of in advice.standings],
        results,
        {of.policy: of for of in again.scenarios()},
        advice.yardstick,
    )
    anew = {of.name: of for of in found}
    for of in advice.standings:
        saved = anew[of.name].saved
        assert saved.low <= of.saved.high, of.name
        assert of.saved.low <= saved.high, of.name
        assert of.state != "helps" or saved.value > 0, of.name


def test_a_second_time_nothing_is_simulated_and_the_same_is_said(tmp_path: Path) -> None:
    calls = []

    def counted(**arguments: Any) -> Any:
        calls.append(arguments["replication"])
        return simulate(**arguments)

    experiment = BY_NAME["long-toleration"].experiment(tmp_path, replications=4)
    out = tmp_path / "out"
    advise(experiment, out=out, simulate=counted)
    first, said = len(calls), (out / "advice.json").read_bytes()
    assert first == 4 * 3
    advise(experiment, out=out, simulate=counted)
    assert len(calls) == first
    assert (out / "advice.json").read_bytes() == said
    assert {path.stem for path in (out / PATCHES).iterdir()} == {"toleration-web", "replicas-web"}
    whole = type(experiment).from_yaml(out / POLICIES)
    assert list(whole.policies) == ["as-shipped", "replicas-web", "toleration-web"]


def test_two_mends_are_tried_together_if_the_best_leaves_most(tmp_path: Path) -> None:
    """Half of the time is lost to the toleration, half to a start that no toleration makes shorter."""
    problem = Problem(
        "two-weaknesses",
        "",
        web(1, readinessProbe={"tcpSocket": {"port": 80}, "periodSeconds": 300}),
        {"failures": [crash("4d", "3h")]},
    )
    advice = advice_on(problem, tmp_path, replications=4, cluster=pool(3))
    names = {of.name for of in advice.standings}
    singles = {name for name in names if "-and-" not in name}
    assert {"toleration-web", "readiness-period-web"} <= singles
    shares = {of.name: of.share for of in advice.standings}
    assert (
        "readiness-period-web-and-toleration-web" in names or "toleration-web-and-readiness-period-web" in names
    ) == (max(shares[name] for name in singles) <= 0.5)


def test_a_sweep_is_refused(tmp_path: Path) -> None:
    experiment = BY_NAME["long-toleration"].experiment(
        tmp_path, sweep={"axes": [{"name": "n", "path": "cluster.pools[general].count", "values": [2, 3]}]}
    )
    with pytest.raises(Nothing, match="a single experiment"):
        advise(experiment)


def test_services_are_weighed_alike_without_traffic(tmp_path: Path) -> None:
    advice = advice_on(BY_NAME["long-toleration"], tmp_path, duration="1h", replications=2)
    assert advice.yardstick == Yardstick({"web": 1.0}, frozenset(), 3600.0)
