"""Selectors, as objects hold them and as -l writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.labels import LabelSelector, Operator, Requirement, parse_selector

IN, NOT_IN, EXISTS, ABSENT = Operator.IN, Operator.NOT_IN, Operator.EXISTS, Operator.DOES_NOT_EXIST


@pytest.mark.parametrize(
    ("requirement", "labels", "matches"),
    [
        (Requirement("tier", IN, ("web", "db")), {"tier": "db"}, True),
        (Requirement("tier", IN, ("web",)), {"tier": "db"}, False),
        (Requirement("tier", IN, ("web",)), {}, False),
        (Requirement("tier", NOT_IN, ("db",)), {"tier": "db"}, False),
        (Requirement("tier", NOT_IN, ("db",)), {"tier": "web"}, True),
        (Requirement("tier", NOT_IN, ("db",)), {}, True),
        (Requirement("tier", EXISTS), {"tier": ""}, True),
        (Requirement("tier", EXISTS), {}, False),
        (Requirement("tier", ABSENT), {}, True),
        (Requirement("tier", ABSENT), {"tier": ""}, False),
        (Requirement("n", Operator.GT, ("4",)), {"n": "5"}, True),
        (Requirement("n", Operator.GT, ("5",)), {"n": "5"}, False),
        (Requirement("n", Operator.LT, ("5",)), {"n": "-5"}, True),
        (Requirement("n", Operator.LT, ("5",)), {"n": "many"}, False),
        (Requirement("n", Operator.LT, ("5",)), {}, False),
    ],
)
def test_a_requirement_matches_as_in_kubernetes(
    requirement: Requirement, labels: dict[str, str], matches: bool
) -> None:
    assert requirement.matches(labels) is matches


def test_an_empty_selector_matches_everything() -> None:
    assert LabelSelector().matches({})
    assert LabelSelector().matches({"a": "b"})


def test_all_requirements_must_hold() -> None:
    selector = LabelSelector.of({"app": "web", "tier": "front"})
    assert selector.matches({"app": "web", "tier": "front", "other": "x"})
    assert not selector.matches({"app": "web"})


@pytest.mark.parametrize(
    ("text", "requirements"),
    [
        ("", ()),
        (" ", ()),
        ("app=web", (Requirement("app", IN, ("web",)),)),
        ("app==web", (Requirement("app", IN, ("web",)),)),
        ("app!=web", (Requirement("app", NOT_IN, ("web",)),)),
        ("app", (Requirement("app", EXISTS),)),
        ("!canary", (Requirement("canary", ABSENT),)),
        ("app=", (Requirement("app", IN, ("",)),)),
        ("tier in (b,a)", (Requirement("tier", IN, ("a", "b")),)),
        ("tier notin (a)", (Requirement("tier", NOT_IN, ("a",)),)),
        ("n>5", (Requirement("n", Operator.GT, ("5",)),)),
        (
            "app=web,tier in (a,b),!canary",
            (Requirement("app", IN, ("web",)), Requirement("tier", IN, ("a", "b")), Requirement("canary", ABSENT)),
        ),
        ("a.b/c-d = e_f , x", (Requirement("a.b/c-d", IN, ("e_f",)), Requirement("x", EXISTS))),
    ],
)
def test_the_command_line_form_is_read(text: str, requirements: tuple[Requirement, ...]) -> None:
    assert parse_selector(text) == LabelSelector(requirements)


@pytest.mark.parametrize(
    "text", ["a b", "a=b,", ",a", "in (a)", "a=b c", "a in a", "a in (a", "a=$", "n>x", "a in ($)"]
)
def test_what_is_no_selector_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"selector|whole number|label value"):
        parse_selector(text)


@given(
    st.dictionaries(
        st.from_regex(r"[a-z][a-z0-9]{0,5}", fullmatch=True), st.from_regex(r"[a-z0-9]{0,5}", fullmatch=True)
    )
)
def test_equalities_read_as_match_labels(labels: dict[str, str]) -> None:
    text = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
    assert parse_selector(text) == LabelSelector.of(labels)
    assert parse_selector(text).matches(labels)
