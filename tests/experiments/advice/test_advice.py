"""Advice on applications with one weakness: its mend comes first, and does what was promised on other luck."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from experiments.advice import trial
from experiments.advice.advice import Advice
from experiments.advice.loss import Yardstick
from experiments.advice.page import sentences
from experiments.advice.pasting import policies
from experiments.advice.ranking import lost_a_year, standings
from experiments.advice.trial import Nothing, advise
from experiments.store.folder import PAIRS, PATCHES, POLICIES
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
def test_on_other_luck_each_mend_saves_what_was_promised(problem: Problem, tmp_path: Path) -> None:
    """Pasted as policies, with another seed: the promised interval and the new one meet, and what helped helps.

    That the patches of manifests are simulated like the policies is tested beside the mends.
    """
    advice = advice_of(problem.name)
    tried = [of.tried for of in advice.standings]
    pasted = {of["name"]: of for one in tried for of in policies(advice, one)}
    again = problem.experiment(tmp_path, seed=7, policies=[{"name": advice.policy}, *pasted.values()])
    scenarios = {of.policy: of for of in again.scenarios()}
    found = standings(tried, again.run(), scenarios, advice.yardstick)
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


def test_the_best_are_tried_in_pairs_if_the_best_leaves_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """About half of the time is lost to the toleration, half to a slow probe: one mend alone saves half of it."""
    monkeypatch.setattr(trial, "MOST_OF_IT", 0.95)  # a second replica saves both, but for a tenth
    slow = {"tcpSocket": {"port": 80}, "periodSeconds": 300}
    problem = Problem("two-weaknesses", "", web(1, readinessProbe=slow), {"failures": [crash("4d", "3h")]})
    ran: dict[int, int] = {}

    def counted(**arguments: Any) -> Any:
        ran[arguments["seed"]] = ran.get(arguments["seed"], 0) + 1
        return simulate(**arguments)

    out = tmp_path / "out"
    advice = advise(problem.experiment(tmp_path, replications=4, cluster=pool(3)), out=out, simulate=counted)
    saved = {of.name: of.saved.value for of in advice.standings}
    assert set(saved) == {
        *("replicas-web", "readiness-period-web", "toleration-web"),
        *("replicas-and-readiness-period", "replicas-and-toleration", "readiness-period-and-toleration"),
    }
    both = saved["readiness-period-and-toleration"]
    assert both > 1.5 * max(saved["readiness-period-web"], saved["toleration-web"])
    [pair] = [of.tried for of in advice.standings if of.name == "readiness-period-and-toleration"]
    assert len(pair.manifests()) == 2
    chosen_by, judged_by = ran  # pairs, which are chosen by what was seen, are judged on other luck
    assert ran == {chosen_by: 4 * (1 + 3), judged_by: 4 * (1 + 3)}
    assert advice.findings.policies == ["as-shipped", "readiness-period-web", "replicas-web", "toleration-web"]
    assert advice.of_pairs is not None
    assert advice.of_pairs.manifest.seed == judged_by
    pairs = [name for name in saved if "-and-" in name]
    assert {*advice.of_pairs.policies} == {"as-shipped", *pairs}
    before, after = (lost_a_year(advice.of_pairs, policy, advice.yardstick) for policy in ("as-shipped", pair.name))
    assert both == pytest.approx(before - after)
    assert (out / PAIRS / "cells.parquet").exists()
    singles = [of for of in advice.standings if of.name not in pairs]
    scenarios = {of.policy: of for of in advice.experiment.scenarios()}
    alone = {
        of.name: of for of in standings([of.tried for of in singles], advice.findings, scenarios, advice.yardstick)
    }
    for of in singles:  # with the pairs they are more, and all hold together
        assert of.saved.low < alone[of.name].saved.low
        assert of.p == pytest.approx(min(2 * alone[of.name].p, 1.0))
    assert any("3 pairs of the best on other luck than they were chosen by" in line for line in sentences(advice))
    assert [of["name"] for of in policies(advice, pair)] == ["readiness-period-web", "toleration-web", pair.name]


def test_a_sweep_is_refused(tmp_path: Path) -> None:
    experiment = BY_NAME["long-toleration"].experiment(
        tmp_path, sweep={"axes": [{"name": "n", "path": "cluster.pools[general].count", "values": [2, 3]}]}
    )
    with pytest.raises(Nothing, match="a single experiment"):
        advise(experiment)


def test_services_are_weighed_alike_without_traffic(tmp_path: Path) -> None:
    advice = advice_on(BY_NAME["long-toleration"], tmp_path, duration="1h", replications=2)
    assert advice.yardstick == Yardstick({"web": 1.0}, frozenset(), 3600.0)


def test_advice_that_was_pasted_before_does_not_stand_in_the_way(tmp_path: Path) -> None:
    base = {"name": "as-shipped"}
    pasted = [base, {"name": "toleration-web", "replicas": 2}, {"name": "toleration-web-2", "replicas": 3}]
    advice = advice_on(BY_NAME["long-toleration"], tmp_path, duration="1h", replications=2, policies=pasted)
    assert "toleration-web-3" in {of.name for of in advice.standings}
    assert advice.experiment.policies[0] == "as-shipped"
    assert "toleration-web" not in advice.experiment.policies


def test_where_nothing_breaks_and_nothing_is_done_that_is_said(tmp_path: Path) -> None:
    problem = Problem("calm", "", web(1), {"failures": [], "duration": "1d"})
    advice = advise(problem.experiment(tmp_path), replications=2)
    *_, last = sentences(advice)
    assert (advice.lost, advice.exit_code) == (0.0, 4)
    assert "spec.failures and spec.operations are empty" in last
