"""YAML with places: what kubectl would read, and where each thing stands."""

import contextlib
import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from models.input import yaml_values
from models.input.documents import load_documents, parse_documents
from models.input.problems import InputError, Location


def read(text: str) -> Any:
    (document,) = parse_documents(text)
    return document.value


def refusal(text: str) -> str:
    with pytest.raises(InputError) as caught:
        parse_documents(text, "f.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12:30:45", "12:30:45"),
        ("2001-01-01", "2001-01-01"),
        ("2001-01-01T00:00:00Z", "2001-01-01T00:00:00Z"),
        ("08", "08"),
        ("010", 8),
        ("0o10", 8),
        ("0x10", 16),
        ("0x_", "0x_"),
        ("0b_", "0b_"),
        ("0o_", "0o_"),
        ("0x_1", 1),
        ("1_000", 1000),
        ("+7", 7),
        ("-7", -7),
        ("1e3", 1000.0),
        ("1.5", 1.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e400", "1e400"),
        (".inf", ".inf"),
        ("1.2.3", "1.2.3"),
        ("1e3m", "1e3m"),
        ("-", None),
        ("yes", True),
        ("Off", False),
        ("y", True),
        ("Y", True),
        ("n", False),
        ("N", False),
        ("yEs", "yEs"),
        ("'y'", "y"),
        ("'yes'", "yes"),
        ('"1"', "1"),
        ("!!str 12", "12"),
        ("! 12", "12"),
        ("!!int 12", 12),
        ("~", None),
        ("null", None),
        ("''", ""),
        ("|\n  a\n  b", "a\nb\n"),
        ("9" * 50, int("9" * 50)),
    ],
)
def test_a_scalar_is_read_as_kubectl_reads_it(text: str, value: object) -> None:
    assert read(f"- 0\n- {text}\n" if text != "-" else "- 0\n-\n")[1] == value


def test_keys_are_text() -> None:
    assert read("1: a\ntrue: b\n2.5: c\n'on': d\n") == {"1": "a", "true": "b", "2.5": "c", "on": "d"}


def test_every_key_and_value_has_its_place() -> None:
    (document,) = parse_documents("a: 1\nb:\n  c:   x\n  d:\n  - e: 2\n  - f\ng: {h: [1, 2]}\n", "f.yaml")
    places: dict[tuple[str | int, ...], tuple[int, int]] = {
        (): (1, 1),
        ("a",): (1, 4),
        ("b",): (2, 1),
        ("b", "c"): (3, 8),
        ("b", "d"): (4, 3),
        ("b", "d", 0): (5, 5),
        ("b", "d", 0, "e"): (5, 8),
        ("b", "d", 1): (6, 5),
        ("g",): (7, 4),
        ("g", "h", 1): (7, 12),
        ("b", "unknown", "deeper"): (2, 1),
        ("a", "b"): (1, 4),
    }
    assert {path: (document.where(path).line, document.where(path).column) for path in places} == places
    assert document.where_key(("b", "c")) == Location("f.yaml", 3, 3)
    assert document.where_key(("g", "h")) == Location("f.yaml", 7, 5)


def test_merge_keys_and_anchors_work_and_keep_the_places_of_the_original() -> None:
    (document,) = parse_documents("base: &b {x: 1, z: 2}\nmade:\n  <<: *b\n  z: 3\nalso: *b\n")
    assert document.value["made"] == {"x": 1, "z": 3}
    assert document.value["also"] == {"x": 1, "z": 2}
    assert document.where(("made", "x")).line == 1
    assert document.where(("made", "z")).line == 4
    assert document.where(("also",)) == Location("<string>", 5, 7)


def test_a_list_of_mappings_is_merged_first_one_wins() -> None:
    assert read("a: &a {x: 1}\nb: &b {x: 2, z: 2}\nc:\n  <<: [*a, *b]\n")["c"] == {"x": 1, "z": 2}


def test_in_a_file_that_is_not_for_kubectl_equal_keys_are_told_without_its_rule() -> None:
    (document,) = parse_documents("a: 1\na: 2\n", "f.yaml", y_is_text=True)
    assert list(map(str, document.warnings)) == ["f.yaml:2:1: duplicate key 'a' (first at f.yaml:1:1)"]


def test_of_equal_keys_the_last_counts_and_each_is_told_with_the_place_of_the_first() -> None:
    documents = parse_documents("a: 1\nb: {c: 1, c: 2}\na: 2\n---\nx: 1\nx: 2\n", "f.yaml")
    assert [document.value for document in documents] == [{"a": 2, "b": {"c": 2}}, {"x": 2}]
    assert [list(map(str, document.warnings)) for document in documents] == [
        [
            "f.yaml:2:11: duplicate key 'c': the last one counts, as in kubectl (first at f.yaml:2:5)",
            "f.yaml:3:1: duplicate key 'a': the last one counts, as in kubectl (first at f.yaml:1:1)",
        ],
        ["f.yaml:6:1: duplicate key 'x': the last one counts, as in kubectl (first at f.yaml:5:1)"],
    ]
    assert documents[0].where(("b", "c")) == Location("f.yaml", 2, 14)


def test_very_many_equal_keys_are_not_all_told() -> None:
    (document,) = parse_documents("a: 1\n" * 1000, "f.yaml")
    assert document.value == {"a": 1}
    assert len(document.warnings) == 101
    assert str(document.warnings[-1]) == "f.yaml:102:1: and more of this kind, after 100 in this file"


def test_a_plain_y_that_is_a_boolean_is_told() -> None:
    (document,) = parse_documents("paused: y\nn: 'y'\nyes: no\n", "f.yaml")
    assert document.value == {"paused": True, "false": "y", "true": False}
    assert [str(warning) for warning in document.warnings] == [
        'f.yaml:1:9: a plain y is true, as in kubectl; for text write "y"',
        'f.yaml:2:1: a plain n is false, as in kubectl; for text write "n"',
    ]


@pytest.mark.parametrize(
    ("text", "values", "places"),
    [
        ('{"a": 1}\n{"a": 2}', [{"a": 1}, {"a": 2}], [(1, 7), (2, 7)]),
        ('{"a": 1}{"a": 2}  {"a":\n3}\n\n', [{"a": 1}, {"a": 2}, {"a": 3}], [(1, 7), (1, 15), (2, 1)]),
        ('\n {"a": 1}\n\n  {"a": 2}\n---\na: 3\n', [{"a": 1}, {"a": 2}, {"a": 3}], [(2, 8), (4, 9), (6, 4)]),
        # What YAML cannot read is read without the places of its parts.
        (
            '{"a": 1}\n{\n"a": "\\ud83d\\ude00"\n}\n{"a": 3}',
            [{"a": 1}, {"a": "😀"}, {"a": 3}],
            [(1, 7), (2, 1), (5, 7)],
        ),
        ('{"a": 1}\n---\n{"a": 2}\n', [{"a": 1}, {"a": 2}], [(1, 7), (3, 7)]),
    ],
)
def test_json_objects_may_stand_one_after_the_other(
    text: str, values: list[object], places: list[tuple[int, int]]
) -> None:
    documents = parse_documents(text, "f.json")
    assert [document.value for document in documents] == values
    found = [document.where(("a",)) for document in documents]
    assert [(place.line, place.column) for place in found] == places


def test_what_is_wrong_in_a_json_stream_has_its_place() -> None:
    assert refusal('{"a": 1}\n{"a": 2}{"b": [}\n') == (
        "f.yaml:2:16: not valid YAML: did not find expected node content (while parsing a flow node at line 1)"
    )
    (_, second) = parse_documents('{"a": 1}\n{"b": 1, "b": 2}', "f.json")
    assert [str(warning) for warning in second.warnings] == [
        "f.json:2:10: duplicate key 'b': the last one counts, as in kubectl (first at f.json:2:2)"
    ]


def test_empty_documents_are_left_out() -> None:
    assert [d.value for d in parse_documents("---\n---\n# only a comment\n---\na: 1\n---\n")] == [{"a": 1}]
    assert parse_documents("") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1, 2\nb: 3\n", "f.yaml:2:2: not valid YAML: "),
        ("a: b: c\n", "f.yaml:1:5: not valid YAML: mapping values are not allowed in this context"),
        ("a:\n\tb: 1\n", "YAML indents with spaces, not tabs"),
        ("a: *b\n", "f.yaml:1:4: the alias *b has no anchor before it"),
        ("a: &a [*a]\n", "f.yaml:1:8: the alias *a refers to itself"),
        ("<<: 1\n", "f.yaml:1:1: a merge key (<<) needs a mapping"),
        ("? [1]\n: 2\n", "f.yaml:1:3: a key must be text, not a mapping or list"),
        ("~: 2\n", "f.yaml:1:1: a key must be text"),
        ("a: !Ref b\n", "f.yaml:1:4: the YAML tag '!Ref' is not supported here"),
        ("a: \x01\n", "f.yaml:1:4: not a YAML text file"),
        ("[" * 100_000, "nested more than 100 levels deep"),
        ("- " * 500 + "1", "nested more than 100 levels deep"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(text: str, message: str) -> None:
    assert message in refusal(text)


def test_aliases_cannot_stand_for_more_than_memory_holds() -> None:
    lines = ["a0: &a0 [1]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 30)]
    assert "its aliases stand for more than" in refusal("\n".join(lines))


@pytest.mark.parametrize(
    "text",
    [
        "replicas: {{ .Values.replicas }}\n",
        "image: {{ .Values.image }}:{{ .Values.tag }}\n",
        "{{- if .Values.enabled }}\na: 1\n{{- end }}\n",
        'a: 1\n{{ include "x" . }}\nb: 2\n',
        "spec:\n  {{- toYaml .Values.spec | nindent 2 }}\n",
    ],
)
def test_a_helm_template_is_recognised(text: str) -> None:
    assert "this is a Helm template; run `helm template` first" in refusal(text)


def test_braces_inside_text_are_no_helm_template() -> None:
    assert read("a: |\n  {{ $labels.pod }} is down\nb: '{{ x }}'\n")["b"] == "{{ x }}"
    assert "Helm" not in refusal("a: |\n  {{ $labels.pod }} is down\n  more\nb: [1\nc: 2\n")


@pytest.mark.parametrize("value", [r'"\ud800"', "[" * 101 + "]" * 101, "[" * 900 + "]" * 900])
def test_json_that_yaml_does_not_allow_is_read_within_its_bounds(value: str) -> None:
    with pytest.raises(InputError, match=r"f.json:1:\d+: (not valid YAML|nested more than 100 levels deep)"):
        parse_documents(f'{{"a":\t{value}}}', "f.json")


def test_numbers_of_such_json_are_those_of_yaml() -> None:
    long = "9" * 5_000
    (document,) = parse_documents(f'{{"a":\t[1, 1.5, 1e400, NaN, -Infinity, {long}]}}')
    assert document.value == {"a": [1, 1.5, "1e400", "NaN", "-Infinity", long]}


def test_json_that_yaml_does_not_allow_is_read_too() -> None:
    value = {"a": "\N{GRINNING FACE}", "b": ["/", "\t"]}
    assert read(json.dumps(value, indent="\t")) == value


def test_a_file_in_utf_16_or_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    for encoding in ("utf-16", "utf-8-sig"):
        path = tmp_path / f"{encoding}.yaml"
        path.write_text("a: é\n", encoding)
        assert load_documents(path)[0].value == {"a": "é"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty: no YAML document in it"),
        (b"# nothing\n---\n", "the file is empty: no YAML document in it"),
        (b"\x7fELF\0\0", "not a text file (it has NUL bytes); expected YAML or JSON"),
        (b"a: 1\nb: \xff\n", "f.yaml:2:4: not UTF-8 text; expected YAML or JSON"),
    ],
)
def test_junk_is_refused_in_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        load_documents(path)
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(path))


def test_a_file_that_is_too_large_is_not_parsed(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    with path.open("wb") as stream:
        stream.truncate(100 * 2**20)
    with pytest.raises(InputError, match="larger than 64 MiB"):
        load_documents(path)


def test_a_missing_file_and_a_directory_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.yaml: no such file or directory"):
        load_documents(tmp_path / "none.yaml")
    with pytest.raises(InputError, match="is a directory"):
        load_documents(tmp_path)


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a: 1\n")))
    (document,) = load_documents("-")
    assert (document.value, document.file) == ({"a": 1}, "<stdin>")


# PyYAML leaves 1e3, 0o7 and y without quotes, since to it they are text; to kubectl they are numbers and a boolean.
_TEXT = st.text().filter(lambda text: not re.match(r"[-+]?[0-9._]+[eEo]|[yYnN]$", text))
_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(_PLAIN.filter(lambda value: value is not None))
def test_what_yaml_writes_reads_back(value: object) -> None:
    assert read(yaml.safe_dump(value, allow_unicode=False)) == value


@given(_PLAIN.filter(lambda value: value is not None))
def test_what_json_writes_reads_back(value: object) -> None:
    assert read(json.dumps([value]))[0] == value


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_problems_only(text: str) -> None:
    with contextlib.suppress(InputError):
        parse_documents(text)


def test_without_libyaml_the_same_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: &x {b: 1}\nc: [*x, 'd']\n"
    expected = parse_documents(text)

    class PurePython(yaml.reader.Reader, yaml.scanner.Scanner, yaml.parser.Parser):
        def __init__(self, stream: str) -> None:
            yaml.reader.Reader.__init__(self, stream)
            yaml.scanner.Scanner.__init__(self)
            yaml.parser.Parser.__init__(self)

    monkeypatch.setattr(yaml_values, "_Parser", PurePython)
    (document,) = parse_documents(text)
    assert document.value == expected[0].value
    assert document.where(("c", 0, "b")) == expected[0].where(("c", 0, "b"))
