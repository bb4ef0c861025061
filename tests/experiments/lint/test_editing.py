"""One value of a text is set; nothing else changes, or the text is refused."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from experiments.lint.editing import CannotEdit, with_value
from models.input.problems import Path


@pytest.mark.parametrize(
    ("text", "path", "value", "expected"),
    [
        ("a: 1 # one\nb: 2\n", ("a",), 3, "a: 3 # one\nb: 2\n"),
        ("a: 1 # one\n# end\n", ("b",), 3, "a: 1 # one\nb: 3\n# end\n"),
        ("a:\n  b: 1\n\n# c\nc: 2", ("a", "d"), "x", "a:\n  b: 1\n  d: x\n\n# c\nc: 2"),
        ("a:\n  b: 1", ("a", "d"), "x", "a:\n  b: 1\n  d: x\n"),
        ("a: {b: 1}\n", ("a", "c", "d"), 5, "a: {b: 1, c: {d: 5}}\n"),
        ("a: {}\n", ("a", "c"), "80%", "a: {c: 80%}\n"),
        ("a:\nb: 1\n", ("a", "c"), 1, "a: {c: 1}\nb: 1\n"),
        ("a: # none\nb: 1\n", ("a",), 1, "a: 1 # none\nb: 1\n"),
        ("- a: 1\n  b: |\n    text\n\n- c\n", (0, "d"), 2, "- a: 1\n  b: |\n    text\n\n  d: 2\n- c\n"),
        ("a: x\r\nb: 2\r\n", ("c",), 3, "a: x\r\nb: 2\r\nc: 3\r\n"),
        ("a:\n- b: 1\n  c:\n  - 2\nd: 1\n", ("a", 0, "e"), {"f": 1}, "a:\n- b: 1\n  c:\n  - 2\n  e:\n    f: 1\nd: 1\n"),
        ('{"a": {"b": 1}}', ("a", "c"), "x", '{"a": {"b": 1, "c": "x"}}'),
        ('a: "1"\n', ("a",), "IfNotPresent", "a: IfNotPresent\n"),
        ("é: ü\nb: {c: 'é'}\n", ("b", "d"), 1, "é: ü\nb: {c: 'é', d: 1}\n"),
    ],
)
def test_a_value_is_set_where_it_belongs(text: str, path: Path, value: Any, expected: str) -> None:
    assert with_value(text, 0, path, value) == expected
    assert with_value(expected, 0, path, value) == expected or isinstance(value, dict)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a: &x {b: 1}\nc: *x\n", ("c", "b")),
        ("x: &x {b: 1}\na:\n  <<: *x\n", ("a", "b")),
        ("a: [1]\n", ("a",)),
        ("a: 1\n", ("a", "b")),
        ("a: |\n  text\n", ("a",)),
        ("a: {{ b }}\n", ("c",)),
    ],
)
def test_what_no_single_place_can_change_is_refused(text: str, path: Path) -> None:
    try:
        changed = with_value(text, 0, path, 2)
    except CannotEdit:
        return
    # A key that a merge key gives may be written beside it: then it holds for this mapping alone.
    assert yaml.safe_load(changed) == {"x": {"b": 1}, "a": {"b": 2}}


def test_documents_are_numbered_without_the_empty_ones() -> None:
    assert with_value("---\n---\na: 1\n---\na: 1\n", 1, ("b",), 2) == "---\n---\na: 1\n---\na: 1\nb: 2\n"


_KEYS = st.sampled_from(["a", "b", "c", "d e", "é"])
_SCALARS = st.one_of(st.integers(-5, 5), st.booleans(), st.sampled_from(["x", "y z", "1", "a: b", "# no", "80%", ""]))
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_KEYS, inner, max_size=3))
)


@given(st.dictionaries(_KEYS, _VALUES, min_size=1, max_size=3), st.data())
def test_whatever_the_layout_the_text_says_the_value_and_nothing_else(
    document: dict[str, Any], data: st.DataObject
) -> None:
    style = data.draw(st.sampled_from([None, True, False]))
    text = yaml.safe_dump(
        document, default_flow_style=style, allow_unicode=True, indent=data.draw(st.sampled_from([2, 4]))
    )
    key, value = data.draw(_KEYS), data.draw(_SCALARS)
    if isinstance(document.get(key), dict | list):
        key = next(key for key in ("f", "g") if key not in document)
    assert yaml.safe_load(with_value(text, 0, (key,), value)) == {**document, key: value}
