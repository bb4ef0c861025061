"""Problems: how they print, and in which order."""

import pickle

from models.input.problems import (
    LONGEST_LINE,
    InputError,
    Location,
    Problem,
    did_you_mean,
    dotted,
    nearest,
    printable,
    shown,
)


def test_a_problem_prints_its_place_its_path_and_its_message() -> None:
    problem = Problem(Location("shop.yaml", 9, 3), "spec.replicas", "must not be negative")
    assert str(problem) == "shop.yaml:9:3: spec.replicas: must not be negative"
    assert str(Problem(Location("shop.yaml"), "", "no such file")) == "shop.yaml: no such file"


def test_an_input_error_lists_every_problem_once_by_file_and_line() -> None:
    problems = [
        Problem(Location("b.yaml", 1, 1), "", "last"),
        Problem(Location("a.yaml", 10, 1), "", "third"),
        Problem(Location("a.yaml", 2, 5), "", "second"),
        Problem(Location("a.yaml", 2, 1), "", "first"),
        Problem(Location("a.yaml", 2, 1), "", "first"),
    ]
    error = InputError(problems)
    assert [p.message for p in error.problems] == ["first", "second", "third", "last"]
    assert str(error).count("\n") == 3
    assert pickle.loads(pickle.dumps(error)).problems == error.problems


def test_the_nearest_word_is_proposed() -> None:
    assert nearest("replcias", ["replicas", "selector"]) == "replicas"
    assert nearest("zzz", ["replicas"]) is None
    assert did_you_mean("replcias", ["replicas", "selector"]) == "; did you mean 'replicas'?"
    assert did_you_mean("Replicas", ["replicas"]) == "; did you mean 'replicas'?"
    assert did_you_mean("zzz", ["replicas"]) == ""
    assert did_you_mean("a", []) == ""


def test_a_path_is_written_as_people_write_it() -> None:
    assert dotted(("spec", "failures", 0, "zoen")) == "spec.failures[0].zoen"
    assert dotted(("metadata", "labels", "a.b/c")) == 'metadata.labels["a.b/c"]'
    assert dotted(()) == ""


def test_a_value_is_shown_shortly() -> None:
    assert [shown(v) for v in (None, True, {}, [], 1, "a")] == ["nothing", "true", "a mapping", "a list", "1", "'a'"]
    assert len(shown("x" * 10**6)) < 70


def test_a_problem_is_one_printable_line_whatever_it_quotes() -> None:
    problem = Problem(Location("a\x1b[31m.yaml", 1, 2), "spec.\x07", "no such file: a\nb\u2028\ud800")
    assert str(problem) == r"a\x1b[31m.yaml:1:2: spec.\x07: no such file: a\nb\u2028\ud800"
    assert dotted(("metadata", "labels", "\x1b")) == r'metadata.labels["\x1b"]'


def test_of_a_very_long_text_both_ends_are_shown() -> None:
    shortened = printable(f"begin{'x' * 100_000}end")
    assert shortened.startswith("beginx")
    assert shortened.endswith("xend")
    assert len(shortened) == LONGEST_LINE + len("...")
