"""Pictures of a single run: pods on nodes, rollouts, and how full the nodes are."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.figure import Figure

from experiments import cli
from experiments.findings.moments import Moment, first_rollout, worst_outage
from experiments.plots import Plots, drawing, gantt, rollout, run_frame
from experiments.plots.look import at_an_outage, look
from experiments.plots.pods import Spell, State, selected_by, spells, stretches
from experiments.results import Results
from models.input.problems import Refusal
from simulator.log import Kind, Phase, TransitionLog
from simulator.run import Run, histories

ODD = r"a$_^{b$"
STORY = [
    (0.0, Kind.SERVICE_DESIRED, 0, 0, 1),
    (0.0, Kind.POD_PHASE, 0, Phase.ABSENT, Phase.PENDING),
    (1.0, Kind.POD_NODE, 0, -1, 1),
    (1.0, Kind.POD_PULLING, 0, 0, 1),
    (3.0, Kind.POD_PULLING, 0, 1, 0),
    (5.0, Kind.POD_ANSWERING, 0, 0, 1),
    (6.0, Kind.POD_READY, 0, 0, 1),
    (6.0, Kind.SERVICE_ANSWERING, 0, 0, 1),
    (20.0, Kind.NODE_POWER, 1, 1, 0),
    (20.0, Kind.POD_ANSWERING, 0, 1, 0),
    (20.0, Kind.SERVICE_ANSWERING, 0, 1, 0),
    (30.0, Kind.NODE_READY, 1, 1, 2),
    (30.0, Kind.POD_READY, 0, 1, 0),
    (40.0, Kind.POD_DELETING, 0, 0, 1),
    (45.0, Kind.NODE_POWER, 1, 0, 1),
    (45.0, Kind.POD_PHASE, 0, Phase.RUNNING, Phase.ABSENT),
    (46.0, Kind.NODE_READY, 1, 2, 1),
]


def told(service: str = "web") -> Run:
    """One pod on the second of two nodes, which is down from 20 s to 45 s; measured from 0 s to 60 s."""
    log = TransitionLog.of_columns(np.array([(*row, 0) for row in STORY], dtype=float))
    log.names = {
        "POD": [f"{service}-r0-0"],
        "REPLICASET": [f"{service}-r0"],
        "NODE": ["n-1", "n-2"],
        "SERVICE": [service],
    }
    log.zones, log.selected_by = ("", ""), [(0,)]
    log.in_front_of = {"STATEFULSET": [], "DAEMONSET": []}
    services = histories(log, 0.0, 60.0)
    return Run(1, 0, 0.0, 60.0, services, len(STORY), {}, (), {}, (), {}, log)


def log_of(run: Run) -> TransitionLog:
    assert run.log is not None
    return run.log


def test_a_pod_goes_through_its_states_on_its_node() -> None:
    found = [(spell.state, spell.node, spell.start, spell.end) for spell in spells(log_of(told()), None, 0.0, 60.0)]
    assert found == [
        (State.PENDING, -1, 0.0, 1.0),
        (State.PULLING, 1, 1.0, 3.0),
        (State.STARTING, 1, 3.0, 6.0),
        (State.READY, 1, 6.0, 20.0),
        (State.BELIEVED, 1, 20.0, 30.0),
        (State.NOT_READY, 1, 30.0, 40.0),
        (State.TERMINATING, 1, 40.0, 45.0),
    ]


def test_spells_are_cut_at_the_ends_of_the_stretch() -> None:
    found = spells(log_of(told()), {0}, 10.0, 25.0)
    assert [(spell.state, spell.start, spell.end) for spell in found] == [
        (State.READY, 10.0, 20.0),
        (State.BELIEVED, 20.0, 25.0),
    ]


def test_how_long_a_node_was_down_and_not_ready() -> None:
    log = log_of(told())
    assert {n: s.tolist() for n, s in stretches(log, Kind.NODE_POWER, {0}, 0.0, 60.0).items()} == {1: [[20.0, 45.0]]}
    unready = stretches(log, Kind.NODE_READY, {0, 2}, 35.0, 40.0)
    assert {n: s.tolist() for n, s in unready.items()} == {1: [[35.0, 40.0]]}
    assert stretches(log, Kind.NODE_POWER, {0}, 50.0, 60.0) == {}


def test_a_node_that_is_unready_in_two_ways_is_so_once() -> None:
    rows = [(1.0, Kind.NODE_READY, 0, 1, 0), (2.0, Kind.NODE_READY, 0, 0, 2), (3.0, Kind.NODE_READY, 0, 2, 1)]
    log = TransitionLog.of_columns(np.array([(*row, 0) for row in rows], dtype=float))
    assert stretches(log, Kind.NODE_READY, {0, 2}, 0.0, 9.0)[0].tolist() == [[1.0, 3.0]]


def bars(figure_axes: object, label: str) -> list[tuple[float, float]]:
    """Where the bars with a label begin and how wide they are."""
    containers = getattr(figure_axes, "containers")  # noqa: B009
    return [(bar.get_x(), bar.get_width()) for bars in containers if bars.get_label() == label for bar in bars]


def test_bars_and_bands_stand_where_things_happened() -> None:
    down = np.array([[20.0, 60.0]])
    ax = gantt.pods(told(), "web", 10.0, 60.0, "basis", down, Figure().add_subplot())
    assert bars(ax, "node down") == [(10.0, 25.0)]
    assert bars(ax, "node not Ready") == [(20.0, 16.0)]
    assert bars(ax, "outage of the Service") == [(10.0, 40.0)]
    assert bars(ax, "ready and answers") == [(0.0, 10.0)]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["web", "n-2"]
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == [
        *("ready and answers", "ready, but does not answer", "not ready", "terminating"),
        *("outage of the Service", "node not Ready", "node down"),
    ]


def test_of_many_pods_and_nodes_as_many_are_shown_as_fit() -> None:
    def lanes(count: int) -> list[list[Spell]]:
        return [[Spell(k, 0, State.READY, 0.0, 1.0)] for k in range(count)]

    few = {-1: lanes(2), 0: lanes(3), 7: []}
    assert gantt._fitting(few) == (few, [])
    shown, left_out = gantt._fitting({-1: lanes(900), **{node: lanes(50) for node in range(3)}, 9: []})
    assert {node: len(of) for node, of in shown.items()} == {-1: 30, 0: 50, 1: 40}
    assert left_out == ["left out: 2 further nodes", "left out: 930 further rows of pods"]
    shown, left_out = gantt._fitting({node: lanes(1) for node in range(31)})
    assert (len(shown), left_out) == (30, ["left out: 1 further node", "left out: 1 further row of pods"])


def test_names_are_drawn_as_they_are(tmp_path: Path) -> None:
    run = told(ODD)
    for draw in (
        lambda: gantt.pods(run, ODD, 0.0, 60.0, "basis", np.empty((0, 2))),
        lambda: rollout.stack(run, ODD, 0.0, 60.0, "basis"),
    ):
        drawing.save(draw().figure, tmp_path / "x.svg")
        text = "".join(ElementTree.parse(tmp_path / "x.svg").getroot().itertext())
        assert f"{ODD}-r0" in text
        assert "\\$" not in text


def test_pods_that_are_ready_and_answer_are_the_endpoints_that_answer(shop: Results) -> None:
    run = shop.stored_run("three", 0)
    of, (start, end) = selected_by(log_of(run), "web"), (run.start, run.end)
    ready = sum(spell.end - spell.start for spell in spells(log_of(run), of, start, end) if spell.state is State.READY)
    assert ready == pytest.approx(run.services["web"].answering.integral())


def test_a_gantt_is_around_the_worst_outage_of_the_runs_that_were_kept(shop: Results) -> None:
    worst = worst_outage(shop, "web", "as-shipped", {0, 1})
    assert worst is not None
    ax = shop.plot.gantt("web", ax=Figure().add_subplot())
    [(begin, width)] = bars(ax, "outage of the Service")
    assert width == pytest.approx(worst.end - worst.start)
    assert 0 < begin < begin + width < ax.get_xlim()[1]
    assert f"replication {worst.replication} under as-shipped, seed 4" in ax.texts[-1].get_text()
    lengths = shop.outages.loc[(shop.outages["policy"] == "as-shipped") & (shop.outages["service"] == "web")]
    assert worst_outage(shop, "web", "as-shipped").replication == 2  # type: ignore[union-attr]
    assert len(lengths) > 3


def test_without_an_outage_a_gantt_is_around_the_first_failure_of_a_node(shop: Results) -> None:
    calm = Results(shop.manifest, {**shop.tables, "outages": shop.outages.iloc[:0]}, shop.resolved, shop.path)
    ax = calm.plot.gantt("web", ax=Figure().add_subplot())
    (begin, width), *_ = bars(ax, "node down")
    assert width == pytest.approx(1200)
    assert begin == pytest.approx(0.3 * 1200)
    nothing = replace(told(), log=TransitionLog())
    assert at_an_outage.otherwise(nothing) == (0.0, 86400.0)


def test_runs_may_come_from_elsewhere(shop: Results) -> None:
    asked = []

    def runs(policy: str, replication: int) -> Run:
        asked.append((policy, replication))
        return replace(shop.stored_run(policy, 1), replication=replication)

    Plots(shop, runs).gantt("web", ax=Figure().add_subplot())
    Plots(shop, runs).gantt("web", replication=0, ax=Figure().add_subplot())
    Plots(shop, runs).rollout("store", policy="three", ax=Figure().add_subplot())
    assert asked == [("as-shipped", 2), ("as-shipped", 0), ("three", 0)]


@pytest.mark.parametrize("kind", ["gantt", "rollout", "utilisation"])
def test_the_command_simulates_a_run_again_whose_transitions_were_not_kept(
    shop: Results, tmp_path: Path, kind: str
) -> None:
    asked = ("--kind", kind, "--policy", "three", "--replication", "2", "--from", "2d", "--to", "2d12h")
    drawn = []
    for path in (tmp_path / "a.svg", tmp_path / "b.svg"):
        assert cli.main(["plot", str(shop.path), *asked, "-o", str(path)]) == 0
        drawn.append(path.read_bytes())
    assert drawn[0] == drawn[1]
    assert b"app: replication 2 under three, seed 4" in drawn[0]
    assert b"time since 2d after failures began" in drawn[0]


def test_a_rollout_is_drawn_from_its_first_pod_to_its_last(shop: Results) -> None:
    begun = first_rollout(shop, "web", "three")
    assert begun == Moment(0, 2 * 86400.0, pytest.approx(2 * 86400.0 + 10.131005))
    ax = shop.plot.rollout("web", ax=Figure().add_subplot())
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert {"web-r0, ready", "web-r1, ready", "web-r1, not ready", "endpoints that answer"} <= set(labels)
    answering = next(line for line in ax.lines if line.get_label() == "endpoints that answer")
    tops = {}
    for area in ax.collections:
        corners = area.get_paths()[0].vertices
        tops[area.get_label()] = [corners[corners[:, 0] == at, 1].max() for at in ax.get_xlim()]
    assert tops["web-r0, ready"] == [3, 0]
    assert tops["web-r1, ready"][1] == 3
    assert max(answering.get_ydata()) <= ax.get_ylim()[1]


def test_pods_of_a_stateful_set_are_of_the_revision_of_when_they_were_made(shop: Results) -> None:
    ax = shop.plot.rollout("store", ax=Figure().add_subplot())
    labels = {text.get_text() for text in ax.get_legend().get_texts()}
    assert {"revision 0, ready", "revision 1, ready"} <= labels


def test_a_stateful_set_may_be_called_like_a_replica_set() -> None:
    run = told("db")
    log_of(run).names["REPLICASET"] = []  # db-r0-0 is the first pod of the StatefulSet db-r0
    assert rollout._revisions(log_of(run), "db", {0}) == {0: (0, "revision 0")}


def test_a_policy_without_a_rollout_is_an_error_that_says_so(shop: Results) -> None:
    with pytest.raises(Refusal, match=r"no rollout of what is behind web began under as-shipped$"):
        shop.plot.rollout("web", policy="as-shipped")


def test_nothing_is_between_an_end_and_a_later_beginning(shop: Results) -> None:
    with pytest.raises(Refusal, match="nothing is between 2d and 1d since failures began: the run lasts until 5d"):
        shop.plot.gantt("web", start=2 * 86400.0, end=86400.0)


@pytest.mark.parametrize(
    ("start", "since"),
    [
        (0.0, "failures began"),
        (86400.0, "1d after failures began"),
        (604740.0, "6d23h59m after failures began"),
        (2396744.468, "27d17h45m44s after failures began"),
        (36000.0, "10h after failures began"),
    ],
)
def test_an_axis_counts_from_when_it_says(start: float, since: str) -> None:
    ax = Figure().add_subplot()
    run_frame.time(ax, start, start + 60)
    assert ax.get_xlabel() == f"time since {since}"


def test_a_stretch_may_be_given(shop: Results) -> None:
    found = look(shop, None, at_an_outage, "web", "three", 1, 90000.0, 1e9)
    assert (found.policy, found.run.replication, found.start, found.end) == ("three", 1, 90000.0, 5 * 86400.0)


def test_a_beginning_after_the_chosen_stretch_is_drawn_until_the_run_ends(shop: Results) -> None:
    late = look(shop, None, at_an_outage, "web", "three", 1, 4.9 * 86400, None)
    assert (late.start, late.end) == (4.9 * 86400, 5 * 86400.0)


def test_an_end_before_the_chosen_stretch_is_drawn_from_the_beginning_of_the_run(shop: Results) -> None:
    early = look(shop, None, at_an_outage, "web", "three", 1, None, 86460.0)
    assert (early.start, early.end) == (86400.0, 86460.0)


def test_what_is_requested_of_the_nodes_is_what_the_pods_on_them_request(shop: Results) -> None:
    upper, lower = shop.plot.utilisation("as-shipped", 0, figure=Figure()).axes
    shares = {line.get_label(): line.get_ydata() for line in upper.lines}
    assert shares["CPU, all nodes"][0] == pytest.approx(100 * (0.5 + 2 * 0.25) / 12)
    assert shares["memory, all nodes"][0] == pytest.approx(100 * 5 / 48)
    assert shares["CPU, fullest node"][0] == pytest.approx(100 * 0.5 / 4)
    assert max(lower.lines[0].get_ydata()) >= 1
    assert upper.get_xlim() == (0, 4 * 86400.0)


def test_a_scenario_is_read_from_the_folder_only(shop: Results) -> None:
    assert [one.replicas for one in shop.scenarios.of("three").cluster.deployments] == [3]
    with pytest.raises(Refusal, match="what ran is kept in result folders only"):
        Results(shop.manifest, shop.tables, shop.resolved).scenarios.of("three")


def test_a_run_without_transitions_cannot_be_drawn(shop: Results) -> None:
    with pytest.raises(Refusal, match="the run kept no transitions"):
        Plots(shop, lambda *of: replace(shop.stored_run("three", 0), log=None)).gantt("web")
    with pytest.raises(Refusal, match="run the experiment into a folder with --events sample:3"):
        shop.plot.gantt("web", replication=2)
