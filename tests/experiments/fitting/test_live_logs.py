"""`kubenines fit` on logs of a live cluster: known laws are found again, within the intervals that it states."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from experiments.cli import main
from experiments.fitting.observations import CONTAINER_UP, Observations, Spell
from models.distributions import Distribution, Exponential, LogNormal, Weibull
from tests.experiments.fitting.live_logs import DAY, START, answer, as_list, event, of_nodes, outages, sampled, stamp


@pytest.fixture
def fit(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Any:
    def run(*values: Any, options: tuple[str, ...] = ()) -> tuple[int, str, str]:
        folder = tmp_path / "logs"
        folder.mkdir(exist_ok=True)
        for i, value in enumerate(values):
            (folder / f"{i}.json").write_text(json.dumps(value))
        capsys.readouterr()
        code = main(["fit", str(folder), *options])
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def learnt(fit: Any) -> Any:
    def run(*values: Any, options: tuple[str, ...] = ()) -> Any:
        code, out, err = fit(*values, options=("--format", "json", *options))
        assert (code, err) == (0, "")
        return json.loads(out)

    return run


def law(found: Any, key: str, kind: str) -> Any:
    return next(one for one in found["quantities"][key]["fits"] if one["kind"] == kind)


def holds(interval: list[float], value: float) -> bool:
    return interval[0] <= value <= interval[1]


UP, DOWN = Exponential(12 * DAY), LogNormal(600.0, 0.8)


def test_laws_of_nodes_are_found_again_in_events(learnt: Any) -> None:
    told = list(outages(UP, DOWN, 40, 120, np.random.default_rng(0)))
    found = learnt(as_list(of_nodes(told, 120)))
    up, down = law(found, "nodes.timeToFailure", "exponential"), law(found, "nodes.timeToRepair", "lognormal")
    assert found["quantities"]["nodes.timeToFailure"]["observed"] == len(told)
    assert holds(up["meanInterval"], UP.mean)
    assert holds(down["meanInterval"], DOWN.mean)
    assert up["mean"] == pytest.approx(UP.mean, rel=0.15)
    assert found["bursts"]["p"] > 0.01


@pytest.mark.slow
@pytest.mark.parametrize("up", [Exponential(12 * DAY), Weibull(0.7, 9 * DAY)], ids=repr)
def test_stated_intervals_hold_the_mean_as_often_as_they_say(up: Distribution) -> None:
    """95 %: of 60 logs between 52 and 60 (a binomial law puts 0.1 % below 52)."""
    from experiments.fitting.laws import fits
    from experiments.fitting.observations import NODE_UP, Observations
    from experiments.fitting.readers.events import read_events
    from experiments.fitting.readers.reader import _values
    from models.input.documents import Document

    held = 0
    for seed in range(60):
        told = list(outages(up, DOWN, 20, 120, np.random.default_rng(seed)))
        records = list(_values(as_list(of_nodes(told, 120)), Document("log", None), ()))
        found = Observations()
        read_events(records, found)
        [fit] = [one for one in fits(found.sample(NODE_UP, found.start, found.end)) if type(one.law) is type(up)]
        held += fit.interval[0] <= up.mean <= fit.interval[1]
    assert held >= 52


def test_laws_are_found_again_in_metrics_whose_step_is_as_long_as_a_repair(learnt: Any) -> None:
    """A repair that falls between two samples is not seen, so those that are seen are longer: of means above a step."""
    told = list(outages(Weibull(1.5, 4 * DAY), LogNormal(3600.0, 0.4), 25, 90, np.random.default_rng(2)))
    found = learnt(sampled(told, 25, 90, 600.0))
    up, down = law(found, "nodes.timeToFailure", "weibull"), law(found, "nodes.timeToRepair", "lognormal")
    assert found["quantities"]["nodes.timeToRepair"]["between"] > 100
    assert holds(up["meanInterval"], Weibull(1.5, 4 * DAY).mean)
    assert holds(down["meanInterval"], LogNormal(3600.0, 0.4).mean)
    assert up["shape"] == pytest.approx(1.5, rel=0.15)
    assert down["sigma"] == pytest.approx(0.4, rel=0.15)


def test_nodes_that_never_failed_count_in_metrics(learnt: Any) -> None:
    told = list(outages(Exponential(400 * DAY), LogNormal(3600.0, 0.4), 60, 60, np.random.default_rng(4)))
    found = learnt(sampled(told, 60, 60, 1800.0))
    assert holds(law(found, "nodes.timeToFailure", "exponential")["meanInterval"], 400 * DAY)
    assert found["quantities"]["nodes.timeToFailure"]["entities"] == 60


def test_repairs_of_two_kinds_are_two_laws_and_two_modes(fit: Any, learnt: Any) -> None:
    rng = np.random.default_rng(7)
    told = [
        (node, start, start + (LogNormal(240.0, 0.4) if rng.random() < 0.7 else LogNormal(6 * 3600.0, 0.5)).sample(rng))
        for node, start, _ in outages(Exponential(6 * DAY), DOWN, 40, 90, rng)
    ]
    log = as_list(of_nodes(told, 90))
    mixture = learnt(log)["quantities"]["nodes.timeToRepair"]["mixture"]
    short, long = mixture["laws"]
    assert short["share"] == pytest.approx(0.7, abs=0.08)
    assert (short["median"], long["median"]) == (pytest.approx(240, rel=0.1), pytest.approx(6 * 3600, rel=0.2))
    text = fit(log)[1]
    assert "no single law fits; two of kind lognormal do: 7" in text
    modes = [line.removeprefix("# ") for line in text.splitlines() if line.startswith("# - {name: node-")]
    assert [one["type"] for one in yaml.safe_load("\n".join(modes))] == ["nodeCrash", "nodeCrash"]


def test_one_law_is_enough_where_one_law_was(learnt: Any) -> None:
    for seed in range(5):
        told = list(outages(UP, DOWN, 30, 90, np.random.default_rng(seed)))
        found = learnt(as_list(of_nodes(told, 90)))
        assert found["quantities"]["nodes.timeToRepair"]["mixture"] is None


def test_failures_that_come_together_are_bursts(fit: Any, learnt: Any) -> None:
    rng = np.random.default_rng(3)
    told = list(outages(Exponential(40 * DAY), DOWN, 30, 90, rng))
    for _ in range(8):
        at = START + float(rng.uniform(1, 89)) * DAY
        told += [(f"n{node}", at + 20.0 * i, at + 20.0 * i + 400) for i, node in enumerate(rng.permutation(30)[:4])]
    log = as_list(of_nodes(told, 90))
    found = learnt(log)["bursts"]
    assert (found["p"] < 1e-6, found["largest"] >= 4) == (True, True)
    assert found["mean_size"] == pytest.approx(4, abs=0.5)
    assert "{type: nodeBurst, burstShare: 0." in fit(log)[1]


def test_pulls_and_starts_and_crashes_are_found_in_events_of_pods(learnt: Any) -> None:
    rng, events = np.random.default_rng(11), [event("Scheduled", "Pod", "first", START, 0)]
    pull, life = LogNormal(8.0, 0.6), Exponential(5 * DAY)
    for i in range(150):
        pod, at = f"web-{i}", START + float(rng.uniform(0, 5)) * DAY
        took = pull.sample(rng)
        said = f'Successfully pulled image "web:1" in {took:.3f}s ({took:.3f}s including waiting). Image size: 1 bytes.'
        more = {"container": "web", "component": "kubelet"}
        events.append(event("Pulling", "Pod", pod, at, len(events), **more))
        events.append(event("Pulled", "Pod", pod, at + took, len(events), message=said, **more))
        now = at + took
        while now < START + 60 * DAY:
            events.append(event("Started", "Pod", pod, now, len(events), message="Started container web", **more))
            now += life.sample(rng)
    events.append(event("Scheduled", "Pod", "last", START + 60 * DAY, len(events)))
    found = learnt(as_list(events))
    assert holds(law(found, "imagePull", "lognormal")["meanInterval"], pull.mean)
    assert holds(law(found, "containers.timeToFailure", "exponential")["meanInterval"], life.mean)
    assert found["quantities"]["startup"]["missing"] == "nothing of it is here"


def test_probes_that_fail_after_a_start_say_how_long_it_took(learnt: Any) -> None:
    rng, events = np.random.default_rng(1), []
    law_of_start = LogNormal(60.0, 0.5)
    for i in range(200):
        at, took = START + 500.0 * i, law_of_start.sample(rng)
        failed = [at + 10.0 * k for k in range(1, int(took / 10) + 1)]
        more = {"container": "web", "component": "kubelet"}
        events.append(event("Started", "Pod", f"web-{i}", at, len(events), **more))
        if failed:
            probe = {"message": "Readiness probe failed: HTTP 503", "count": len(failed), "last": failed[-1]}
            events.append(event("Unhealthy", "Pod", f"web-{i}", failed[0], len(events), **probe, **more))
    found = learnt(as_list(events))
    assert holds(law(found, "startup", "lognormal")["meanInterval"], law_of_start.mean)


def test_a_counter_of_restarts_gives_lives_between_samples(learnt: Any) -> None:
    rng, step, answers = np.random.default_rng(6), 3600.0, []
    life = Exponential(6 * DAY)
    for i in range(30):
        ends = START + np.cumsum([life.sample(rng) for _ in range(60)])
        times = np.arange(START, START + 60 * DAY, step)
        metric = {
            "__name__": "kube_pod_container_status_restarts_total",
            "namespace": "d",
            "pod": f"p{i}",
            "container": "c",
        }
        answers.append(answer(metric, [(float(t), float((ends <= t).sum())) for t in times]))
    found = learnt(*answers)
    assert holds(law(found, "containers.timeToFailure", "exponential")["meanInterval"], life.mean)
    assert found["quantities"]["containers.timeToFailure"]["between"] > 200


def test_a_container_of_which_no_start_is_told_has_no_life(learnt: Any) -> None:
    """Events are kept for an hour: what started before that may be told of by others only."""
    probe = {"container": "web", "message": "Readiness probe failed: HTTP 503"}
    found = learnt(as_list([event("Unhealthy", "Pod", "web", START + i, i, **probe) for i in range(2)]))["quantities"]
    assert found["containers.timeToFailure"]["missing"] == found["startup"]["missing"] == "nothing of it is here"


def test_names_with_braces_are_said_as_they_are(learnt: Any) -> None:
    metric = {"__name__": "{x}", "node": "n"}
    node = {"kind": "Node", "metadata": {"name": "n"}, "status": {}}
    known = answer({"condition": "Ready", "node": "n"}, [(START, 1.0), (START + 60, 1.0)])
    found = learnt(node, {"kind": "{}"}, 5, answer(metric, [(START, 1.0)]), known)
    assert {
        "{}: 1 left out, no reader knows them",
        "1 series of {x} left out: no reader knows them",
        "values of another form: 1 left out, no reader knows them",
    } <= {*found["notes"]}


def test_gaps_in_a_series_censor_what_lasts(learnt: Any) -> None:
    metric = {"__name__": "kube_node_status_condition", "condition": "Ready", "status": "true", "node": "n1"}
    times = [START + 60.0 * i for i in range(100) if not 40 <= i < 60]
    found = learnt(answer(metric, [(time, 1.0) for time in times]))
    assert found["quantities"]["nodes.timeToFailure"]["censored"] == 2
    assert any("1 gaps in series" in note for note in found["notes"])


def pods() -> list[dict[str, Any]]:
    """Twelve that were started again, and twelve that were not."""
    made = []
    for i in range(12):
        ended = {"startedAt": stamp(START), "finishedAt": stamp(START + 1000 * (i + 1)), "exitCode": 1}
        again = {"name": "c", "restartCount": 1, "lastState": {"terminated": ended}}
        again["state"] = {"running": {"startedAt": stamp(START + 1000 * (i + 1) + 10)}}
        fresh = {"name": "c", "restartCount": 0, "state": {"running": {"startedAt": stamp(START)}}}
        ready = [{"type": "Ready", "status": "True", "lastTransitionTime": stamp(START + 20 + 3 * i)}]
        for name, container in (("old", again), ("new", fresh)):
            status = {"containerStatuses": [container], "conditions": ready}
            metadata = {"name": f"{name}-{i}", "namespace": "d"}
            made.append({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "status": status})
    return made


def test_pods_tell_of_the_last_life_and_the_start(learnt: Any) -> None:
    found = learnt(as_list(pods()))["quantities"]
    assert (found["containers.timeToFailure"]["observed"], found["containers.timeToFailure"]["censored"]) == (12, 23)
    assert found["startup"]["between"] == 12


def container_that_ended(code: int, *, pod: str = "p", **more: Any) -> dict[str, Any]:
    """A pod whose container lived for 1000 s, ended with the exit code, and was started again."""
    ended = {"startedAt": stamp(START), "finishedAt": stamp(START + 1000), "exitCode": code}
    container = {"name": "c", "restartCount": 1, "lastState": {"terminated": ended}}
    container["state"] = {"running": {"startedAt": stamp(START + 1010)}}
    metadata = {"name": pod, "namespace": "default", **more}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "status": {"containerStatuses": [container]}}


def test_a_container_that_exits_with_zero_has_not_crashed(learnt: Any) -> None:
    """Two dumps of it, and the Events of both its starts, which know no exit code."""
    pod = container_that_ended(0)
    started = [event("Started", "Pod", "p", START + at, at, container="c") for at in (-1, 1010)]
    for logs in ([pod], [pod, pod], [pod, as_list(started)]):
        found = learnt(*logs)
        lives = found["quantities"]["containers.timeToFailure"]
        assert (lives["observed"], lives["censored"]) == (0, 1)  # the other has just begun
        assert [note for note in found["notes"] if note.startswith("1 lives of containers ended with exit code 0")]
    assert learnt(container_that_ended(1))["quantities"]["containers.timeToFailure"]["observed"] == 1


def test_a_container_that_was_killed_since_its_probe_failed_has_failed_whatever_it_exits_with(learnt: Any) -> None:
    why = "Container c failed liveness probe, will be restarted"
    killed = event("Killing", "Pod", "p", START + 999, 2, container="c", message=why)
    started = event("Started", "Pod", "p", START, 1, container="c")
    found = learnt(as_list([container_that_ended(0), started, killed]))["quantities"]
    assert found["containers.timeToFailure"]["observed"] == 1


@pytest.mark.parametrize("code", [0, 1])
def test_pods_of_jobs_tell_of_no_crash(learnt: Any, code: int) -> None:
    owner = [{"apiVersion": "batch/v1", "kind": "Job", "name": "j", "uid": "u", "controller": True}]
    metric = {"__name__": "kube_pod_container_status_restarts_total"}
    metric |= {"namespace": "default", "pod": "p", "container": "c"}
    counter = answer(metric, [(START + 60.0 * i, float(i > 10)) for i in range(20)])
    never = container_that_ended(code) | {"spec": {"restartPolicy": "OnFailure"}}
    created = event("SuccessfulCreate", "Job", "j", START, 1, message="Created pod: p")
    started = [event("Started", "Pod", "p", START + at, 2 + at, container="c") for at in (1, 500)]
    for logs in (
        [container_that_ended(code, ownerReferences=owner)],
        [container_that_ended(code, ownerReferences=owner), counter],
        [never],
        [as_list([created, *started])],
    ):
        found = learnt(*logs)
        lives = found["quantities"]["containers.timeToFailure"]
        assert (lives["observed"], lives["between"], lives["censored"], lives["entities"]) == (0, 0, 0, 0)
        assert [note for note in found["notes"] if note.startswith("1 pod runs to its end")]


def test_a_container_that_could_not_start_has_not_lived_since_1970(learnt: Any) -> None:
    pod = container_that_ended(128)
    pod["status"]["containerStatuses"][0]["lastState"]["terminated"]["startedAt"] = "1970-01-01T00:00:00Z"
    found = learnt(pod, pod)
    assert found["start"] == START + 1010
    assert found["quantities"]["containers.timeToFailure"]["observed"] == 0
    assert "1 containers of Pods left out: they ended without having started" in found["notes"]


def test_what_several_dumps_tell_of_counts_once(learnt: Any) -> None:
    """Pods are dumped every hour, and Events tell of the same lives."""
    started = [
        event("Started", "Pod", f"old-{i}", at, 2 * i + again, container="c")
        for i in range(12)
        for again, at in enumerate((START, START + 1000 * (i + 1) + 10))
    ]
    for one in started:
        one["involvedObject"]["namespace"] = "d"
    once = learnt(as_list(pods()))["quantities"]
    for several in (learnt(*[as_list(pods())] * 3), learnt(as_list(pods()), as_list(started))):
        for key in ("containers.timeToFailure", "startup"):
            for which in ("observed", "between", "censored"):
                assert several["quantities"][key][which] == once[key][which]


def test_a_life_that_began_soon_after_another_had_ended_counts() -> None:
    """It crashed right after its start, was started again, and has run ever since."""
    observations = Observations()
    crashed = Spell(CONTAINER_UP, "d/p/c", (0.0, 0.0), (20.0, 20.0))
    running = Spell(CONTAINER_UP, "d/p/c", (31.0, 31.0))
    again = Spell(CONTAINER_UP, "d/p/c", (1.0, 1.0))  # the first as it was seen before its end
    observations.spells += [crashed, running, again]
    assert observations.sample(CONTAINER_UP, None, 1000.0).size == 2


def test_outages_of_which_events_and_metrics_tell_count_once(learnt: Any) -> None:
    told = list(outages(Exponential(6 * DAY), LogNormal(1200.0, 0.5), 8, 60, np.random.default_rng(1)))
    found = learnt(as_list(of_nodes(told, 60)), sampled(told, 8, 60, 60.0))
    for key in ("nodes.timeToFailure", "nodes.timeToRepair"):
        assert found["quantities"][key]["observed"] == len(told)
    assert found["bursts"]["failures"] == len(told)


def test_problems_of_nodes_are_named_with_how_often_and_how_long(learnt: Any) -> None:
    events = []
    for i in range(8):
        at, more = START + i * DAY, {"component": "kernel-monitor"}
        events.append(event("OOMKilling", "Node", "n1", at + 60 * i * i, len(events), **more))
        for word, after in (("True", 100.0), ("False", 900.0 + 30 * i)):
            message = f"Node condition KernelDeadlock is now: {word}, reason: AUFSUmountHung"
            events.append(event("AUFSUmountHung", "Node", "n2", at + after, len(events), message=message, **more))
    found = learnt(as_list(events))["quantities"]
    assert found["problems.OOMKilling.timeToFailure"]["observed"] == 7
    assert found["problems.KernelDeadlock.timeToRepair"]["observed"] == 8


def test_a_condition_says_since_when_a_node_is_up(learnt: Any) -> None:
    assert learnt(ready_since("n1", START, START + DAY))["quantities"]["nodes.timeToFailure"]["censored"] == 1


def test_events_that_count_tell_only_what_is_known(learnt: Any) -> None:
    """A second dump of the same Event shows the times between."""
    first = event("Started", "Pod", "p", START, 1, container="c", count=2, last=START + 5000)
    later = event("Started", "Pod", "p", START, 1, container="c", count=5, last=START + 90_000)
    between = event("Started", "Pod", "p", START, 1, container="c", count=3, last=START + 20_000)
    assert learnt(as_list([later]))["quantities"]["containers.timeToFailure"]["observed"] == 0
    assert learnt(as_list([first, later]))["quantities"]["containers.timeToFailure"]["observed"] == 1
    assert learnt(as_list([first, between, later]))["quantities"]["containers.timeToFailure"]["observed"] == 2


def test_what_is_missing_is_said_with_where_it_could_be_read(fit: Any) -> None:
    told = list(outages(UP, DOWN, 10, 60, np.random.default_rng(1)))
    code, text, _ = fit(as_list(of_nodes(told, 60)))
    assert code == 0
    assert "missing: image pulls: nothing of it is here; imagePull of behaviour wants it: Pulling and Pulled" in text
    assert yaml.safe_load("\n".join(text.partition("\n# nodeCrash")[2].splitlines())).keys() == {
        "timeToFailure",
        "timeToRepair",
    }


def test_the_time_before_the_log_can_be_left_out(learnt: Any) -> None:
    told = list(outages(UP, DOWN, 10, 60, np.random.default_rng(1)))
    log = as_list(of_nodes(told, 60))
    all_, without = (learnt(log, options=("--observed-from", word)) for word in ("first", "none"))
    counts = [one["quantities"]["nodes.timeToFailure"]["observed"] for one in (all_, without)]
    assert counts[0] - counts[1] == len({node for node, *_ in told})


def ready_since(node: str, since: float, seen: float) -> dict[str, Any]:
    times = {"lastTransitionTime": stamp(since), "lastHeartbeatTime": stamp(seen)}
    status = {"conditions": [{"type": "Ready", "status": "True", **times}]}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": node}, "status": status}


def test_what_was_up_before_the_events_counts_from_the_first_of_them_whatever_else_tells_of_times_before(
    learnt: Any,
) -> None:
    """A Node that is Ready for a year says nothing of when the others failed in it."""
    told = list(outages(UP, DOWN, 10, 60, np.random.default_rng(1)))
    events = as_list(of_nodes(told, 60))
    alone, beside = learnt(events), learnt(events, ready_since("calm", START - 365 * DAY, START + 60 * DAY))
    assert beside["start"] == alone["start"] - 365 * DAY
    of = [one["quantities"]["nodes.timeToFailure"] for one in (alone, beside)]
    assert of[1]["observed"] == of[0]["observed"]
    total = [law(one, "nodes.timeToFailure", "exponential")["mean"] * of[0]["observed"] for one in (alone, beside)]
    assert total[1] - total[0] == pytest.approx((365 + 60) * DAY)  # the life of the calm node, which goes on
    assert beside["bursts"] == alone["bursts"]
    [note] = [note for note in beside["notes"] if "before the Events" in note]
    assert note == "what was up before the Events counts from 2026-01-01 00:00, as if it were new then"


def test_an_event_that_counts_was_not_logged_since_its_first_time(learnt: Any) -> None:
    """It is kept while it goes on; what else happened since its first time may be gone from the API server."""
    failed = event("NodeNotReady", "Node", "n", START + 5000, 2)
    held = event("BackOff", "Pod", "p", START - 30 * DAY, 1, container="c", count=9, last=START)
    [since] = [note for note in learnt(as_list([held, failed]))["notes"] if "before the Events" in note]
    assert "2026-01-01 00:00" in since


def test_nothing_is_said_of_what_was_before_where_no_event_is(learnt: Any) -> None:
    notes = learnt(ready_since("calm", START, START + DAY))["notes"]
    assert not [note for note in notes if "before the Events" in note]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"kind": "Deployment", "apiVersion": "apps/v1"}, "nothing of use in it; expected Events"),
        (as_list([{**event("NodeReady", "Node", "n", START, 1), "firstTimestamp": "soon"}]), "0.json:1:"),
        ({"status": "error", "error": "timeout", "data": {"resultType": "matrix"}}, "the query failed: timeout"),
        ({"status": "success", "data": {"resultType": "vector", "result": []}}, "expected a range query"),
        ({"status": "success", "data": {"resultType": "matrix", "result": [{"values": [1]}]}},
         'expected [[seconds, "value"], ...]'),
        ({"status": "success", "data": {"resultType": "matrix", "result": ["x"]}},
         'expected [[seconds, "value"], ...]'),
        (as_list([{**event("NodeReady", "Node", "n", START, 1), "involvedObject": "n"}]), "expected a mapping"),
        (as_list([{**event("NodeReady", "Node", "n", START, 1), "count": "many"}]),
         "items[0].count: expected a whole number (got 'many')"),
        (as_list([{**event("NodeReady", "Node", "n", START, 1), "series": {"count": "2"}}]),
         "items[0].series.count: expected a whole number (got '2')"),
        ({"kind": "List", "items": 5}, "0.json:1:27: items: expected a list of mappings"),
        ({"kind": "List", "items": ["x"]}, "items: expected a list of mappings"),
        (as_list([{"kind": "Pod", "status": {"containerStatuses": {"name": "c"}}}]), "expected a list of mappings"),
        (as_list([{"kind": "Pod", "status": {"containerStatuses": [{"restartCount": "3"}]}}]),
         "containerStatuses[0].restartCount: expected a whole number"),
        (as_list([{"kind": "Pod", "status": {"containerStatuses": [{"lastState": {"terminated": "x"}}]}}]),
         "lastState.terminated: expected a mapping"),
        (as_list([{"kind": "Node", "status": {"conditions": [{"lastTransitionTime": 5}]}}]),
         "conditions[0].lastTransitionTime: expected a time like"),
        ({"status": "success", "data": {"resultType": "matrix", "result": 5}}, "data.result: expected a list"),
        (answer({"node": 5}, [(START, 1.0)]), "texts as labels"),  # type: ignore[dict-item]
        (answer({}, [(START * 1000, 1.0)]), "in seconds since 1970"),
        (as_list([{"kind": "Pod", "status": {"containerStatuses": ["c"]}}]), "expected a list of mappings"),
        (as_list([{"kind": "Node", "metadata": "n", "status": {"conditions": []}}]), "expected a mapping"),
    ],
)  # fmt: skip
def test_bad_logs_are_exit_code_two_with_their_place(fit: Any, value: Any, said: str) -> None:
    code, out, err = fit(value)
    assert (code, out) == (2, "")
    assert said in err


def test_samples_that_are_no_number_are_left_out_and_said(learnt: Any) -> None:
    metric = {"__name__": "kube_pod_container_status_restarts_total", "namespace": "d", "pod": "p", "container": "c"}
    values = [0.0, float("nan"), 0.0, float("inf"), 1.0, 1.0, 1e9]
    found = learnt(answer(metric, [(START + 60.0 * i, value) for i, value in enumerate(values)]))
    assert found["quantities"]["containers.timeToFailure"]["between"] == 1
    assert "2 samples left out: their value is no finite number" in found["notes"]
    assert "1 rises of a counter left out: more than a restart each second is none" in found["notes"]


def test_problem_events_of_the_newer_api_are_recognised(learnt: Any) -> None:
    """events.k8s.io/v1 calls who reports reportingController, and the source deprecatedSource."""
    for by in ({"reportingController": "node-problem-detector"}, {"deprecatedSource": {"component": "kernel-monitor"}}):
        events = [
            {
                "apiVersion": "events.k8s.io/v1",
                "kind": "Event",
                "metadata": {"name": f"e{i}", "namespace": "default"},
                "regarding": {"kind": "Node", "name": "n1"},
                "reason": "OOMKilling",
                "eventTime": stamp(START + i * DAY),
                **by,
            }
            for i in range(3)
        ]
        assert "problems.OOMKilling.timeToFailure" in learnt(as_list(events))["quantities"]


@pytest.mark.parametrize(
    "options",
    [
        ("--start", "when"),
        ("--end", "until"),
        ("--entity", "node"),
        ("--time-format", "%Y"),
        ("--delimiter", ","),
        ("--observed-until", "none"),
    ],
)
def test_options_of_csv_logs_are_refused_with_a_live_log(fit: Any, options: tuple[str, str]) -> None:
    code, out, err = fit(as_list(pods()), options=options)
    assert (code, out) == (2, "")
    assert f"{options[0]} " in err
    assert "cannot act: only a CSV log of outages" in err


@pytest.mark.parametrize(
    "options",
    [
        ("--observed-from", "last"),
        ("--observed-from", ""),
        ("--observed-until", "first"),
        ("--observed-until", "2001-01-01"),
    ],
)
def test_bounds_that_are_none_of_a_live_log_are_refused(fit: Any, options: tuple[str, str]) -> None:
    code, out, err = fit(as_list(pods()), options=options)
    assert (code, out) == (2, "")
    assert options[0] in err
    assert "expected a time" in err


def test_what_ends_after_the_observation_is_censored_there(learnt: Any) -> None:
    """Twelve lives of 1000 s, 2000 s and so on from the start, and twelve that go on."""
    found = learnt(as_list(pods()), options=("--observed-until", stamp(START + 5500)))["quantities"]
    lives = found["containers.timeToFailure"]
    assert (lives["observed"], lives["censored"]) == (5, 5 + 7 + 12)


def test_several_csv_files_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "a.csv", "b.csv"]) == 2
    assert "expected one CSV file" in capsys.readouterr().err
