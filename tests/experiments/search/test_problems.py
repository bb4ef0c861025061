"""Problems with a known answer: the search finds it in at most a tenth of the grid's replications."""

from pathlib import Path

import pytest

from experiments.findings import pareto
from experiments.search.plain import plain
from experiments.search.search import search
from tests.experiments.search.problems import PROBLEMS


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
