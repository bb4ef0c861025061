"""Problems with a known answer: the search finds it in at most a tenth of the grid's replications."""

from pathlib import Path

import pytest

from experiments.findings import pareto
from experiments.runner.sweep import run_sweep
from experiments.search.plain import plain
from experiments.search.search import search
from experiments.store.folder import ResultFolder
from experiments.store.kept import Kept
from tests.experiments.search.problems import PROBLEMS
from tests.experiments.small_results import without_pictures


@pytest.mark.parametrize("name", [name for name, problem in PROBLEMS.items() if problem.unavailable])
def test_the_closed_form_gives_the_answer(name: str, tmp_path: Path) -> None:
    assert PROBLEMS[name].known_answer(PROBLEMS[name].experiment(tmp_path)) == PROBLEMS[name].answer


@pytest.mark.slow
@pytest.mark.parametrize("name", PROBLEMS)
def test_the_known_answer_is_found_in_a_tenth_of_the_replications(name: str, tmp_path: Path) -> None:
    outcome = search(PROBLEMS[name].experiment(tmp_path))
    assert outcome.cheapest is not None
    assert outcome.cheapest.name == PROBLEMS[name].answer
    assert outcome.replications <= outcome.grid / 10
    dots = pareto.of_search(plain(outcome), "web")
    assert PROBLEMS[name].answer in [dot.name for dot in pareto.frontier(dots)]


@pytest.mark.slow
def test_two_processes_leave_the_same_bytes_as_one_and_a_sweep_shares_its_cells(tmp_path: Path) -> None:
    experiment = PROBLEMS["probes-and-replicas"].experiment(tmp_path)
    found = [search(experiment, out=tmp_path / str(workers), workers=workers) for workers in (1, 2)]
    one, two = ((tmp_path / name / "search.json").read_bytes() for name in ("1", "2"))
    assert one == two
    kept = Kept(ResultFolder(tmp_path / "1").sweep_cells)
    assert len(kept) == found[0].replications
    with without_pictures():
        run_sweep(experiment, out=tmp_path / "1", replications=2)
    points = len(found[0].standings)
    more = sum(max(standing.replications - 2, 0) for standing in found[0].standings)
    assert len(Kept(ResultFolder(tmp_path / "1").sweep_cells)) == 2 * points + more
