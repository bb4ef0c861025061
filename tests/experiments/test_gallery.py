"""The gallery: an experiment for every failure mode and operation, in which it strikes."""

from itertools import product
from pathlib import Path

import pytest

from experiments import Experiment
from experiments.design.goal import entry_of
from experiments.file.only_requests import only_requests_see
from experiments.report.remarks import strikes
from simulator.registry import classes

GALLERY = Path(__file__).parents[2] / "experiments" / "configs" / "gallery"
TYPES = {**classes("failure"), **classes("operation")}
FILES = sorted(GALLERY.glob("*.yaml"))
REPLICATIONS = 1
"""Of each policy that has what the file is about."""


def test_failure_modes_and_operations_have_no_name_in_common() -> None:
    assert not set(classes("failure")) & set(classes("operation"))


def test_every_failure_mode_and_operation_has_its_experiment_and_nothing_else_has() -> None:
    files = {path.stem for path in FILES}
    missing = [f"experiments/configs/gallery/{name}.yaml" for name in TYPES if name not in files]
    assert not missing, f"every type needs an experiment in which it strikes; missing: {', '.join(missing)}"
    unknown = sorted(files - set(TYPES))
    assert not unknown, f"named after no failure mode or operation: {', '.join(unknown)}"


EVERY = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


@EVERY
def test_it_begins_with_a_question_and_nothing_is_the_matter_with_it(path: Path) -> None:
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    assert first.startswith("# "), "the first line is a comment"
    assert first.endswith("?"), "the first line is a question"
    experiment = Experiment.from_yaml(path)
    seen_by_requests = {note for scenario in experiment.scenarios() for note in only_requests_see(scenario)}
    assert set(experiment.warnings) == seen_by_requests
    assert all("requests of Services with traffic" in note for note in seen_by_requests), "something sees it"


@pytest.mark.slow
@EVERY
def test_what_it_is_about_strikes_and_every_lost_second_has_its_cause(path: Path) -> None:
    experiment = Experiment.from_yaml(path, (f"replications={REPLICATIONS}",))
    stories = {
        (scenario.policy, story.name)
        for scenario in experiment.scenarios()
        for story in (*scenario.failures, *scenario.operations)
        if type(story) is TYPES[path.stem]
    }
    assert stories, f"no policy has a {path.stem}"
    found = experiment.only(*(policy for policy in experiment.policies if policy in dict(stories))).run(workers=1)
    assert found.failed.empty
    struck = strikes(found)
    assert sum(struck[policy].get(name, 0) for policy, name in stories) > 0
    services = [name for name in found.services if entry_of(name) == name]  # chains are not taken apart
    for service, policy in product(services, found.policies):
        lost = sum(part.downtimes.sum() for part in found.parts(service, policy))
        assert lost == pytest.approx(found.sample(service, policy).downtimes.sum(), rel=1e-9, abs=1e-6)
