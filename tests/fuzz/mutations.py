"""How inputs are made worse: trees of values, texts and bytes."""

import copy
import json
import random
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import yaml

from models.input.documents import parse_documents
from models.input.problems import InputError

ODD_TEXTS: tuple[str, ...] = (
    *("", " ", "-", "~", "null", "true", "no", "y", "0", "-1", "01", "0x10", "1e400", "-1e400", "1e-400", "nan", "inf"),
    *(".inf", "-.inf", ".nan", "NaN", "1_000", "12:30:45", "2001-01-01", "2001-12-14t21:59:43.10-05:00", "1/2", "٣"),
    *("$", "${HOME}", "$(A)", "{{ .Values.x }}", "%s", "%", "\\", "'", '"', "`", "#", ": ", "- a", "[", "{", "&a"),
    *("<<", "!!int x", "!x", "|", ">", "@", "=", "=1+1", "+1", "a=b", "a in (b)", "!a", "a,b", "a/b", "a/b/c", "*a"),
    *("a" * 63, "a" * 64, "a" * 254, "a" * 5000, "9" * 100, "9" * 500, "a.b", "-a", "a-", "A", "a_b", "ä", "日本"),
    *("\u202e", "\u200b", "\ufeff", "\u2028", "\x85", "\xa0", "\x1b[31m", "\x07", "\x00", "\x7f", "a\nb", "a\r\nb"),
    *("\ud800", "e\u0301" * 20, "🙂", "\t", "/a", "__proto__", "__class__", "None", "True", "[object Object]"),
    *("1s", "0s", "1ms", "1y", "30000000y", "-5m", "1Ki", "1Ei", "8Ei", "1m", "1n", "0%", "50%", "100%", "1e9%"),
    *("web", "default", "kube-system", "all", "*", "Deployment", "Deployment/web", "Always", "latest"),
)
ODD_NUMBERS: tuple[int | float, ...] = (
    *(0, 1, 2, 3, -1, 7, 10, 50, 100, 101, 1000, 65535, 65536, 2**31 - 1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64),
    *(10**30, -(2**31), -(2**63), -(10**30), 0.5, -0.5, 1.5, 1e-9, 5e-324, 1e15, 1e16, 1e308, -1e308, 0.1, 1.0, -0.0),
)
MILD_NUMBERS: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 8, 10, 12, 20, 30, 60, 80, 90, 100)
MILD_DURATIONS = ("0s", "1ms", "0.5s", "1s", "10s", "1m", "1h", "1d", "30d", "1y", "1000y")
_DURATION = re.compile(r"[0-9.]+(ms|s|m|h|d|y)")
_BYTES = [b"\x00", b"\xff", b"\xc3\x28", b"\xef\xbb\xbf", b"\r\n", b"\t", b"\n", b"  ", b": ", b"- ", b"{", b"}", b"["]
_BYTES += [
    b"]",
    b"&a ",
    b"*a",
    b"<<: *a",
    b"---\n",
    b"...\n",
    b"#",
    b"'",
    b'"',
    b"|\n",
    b">\n",
    b"!!",
    b"%",
    b"@",
    b",",
]


def odd_value(generator: random.Random) -> Any:
    """Any value that nobody expects: of any type, of any size."""
    match generator.randrange(10):
        case 0 | 1 | 2 | 3:
            return generator.choice(ODD_TEXTS)
        case 4 | 5 | 6:
            return generator.choice(ODD_NUMBERS)
        case 7:
            return generator.choice((None, True, False))
        case 8:
            return generator.choice(([], {}, [None], [[]], {"": ""}, [""], {"a": {"a": {}}}, [{}], [0, "a", None]))
        case _:
            return generator.choice((float("nan"), float("inf"), -float("inf"), generator.uniform(-1e6, 1e6)))


def text_mutant(generator: random.Random, text: str) -> str:
    """The text with a piece left out, doubled, put elsewhere, or another put in."""
    if not text:
        return generator.choice(ODD_TEXTS)
    begin = generator.randrange(len(text))
    end = min(len(text), begin + generator.choice((1, 1, 1, 2, 3, 8)))
    match generator.randrange(5):
        case 0:
            return text[:begin] + text[end:]
        case 1:
            return text[:end] + text[begin:]
        case 2:
            return text[:begin] + chr(generator.choice((0, 9, 10, 32, 46, 57, 92, 0xE4, 0x2028))) + text[begin:]
        case 3:
            return text[:begin] + text[begin:end] * generator.choice((2, 10, 100)) + text[end:]
        case _:
            return text[:begin] + generator.choice(ODD_TEXTS) + text[end:]


def bytes_mutant(generator: random.Random, data: bytes, others: list[bytes]) -> bytes:
    """The bytes after a few changes: flips, cuts, doubled and foreign pieces."""
    changed = bytearray(data)
    for _ in range(generator.choice((1, 1, 2, 4, 8))):
        begin = generator.randrange(len(changed) + 1)
        end = min(len(changed), begin + generator.choice((1, 1, 2, 4, 16, 100)))
        match generator.randrange(7):
            case 0:
                del changed[begin:end]
            case 1:
                changed[begin:begin] = changed[begin:end]
            case 2 if begin < len(changed):
                changed[begin] ^= 1 << generator.randrange(8)
            case 3:
                changed[begin:end] = generator.choice(_BYTES)
            case 4:
                changed[begin:begin] = generator.choice(ODD_TEXTS).encode("utf-8", "surrogatepass")
            case 5:
                other = generator.choice(others)
                start = generator.randrange(len(other) + 1)
                changed[begin:end] = other[start : start + generator.choice((4, 20, 100))]
            case _:
                del changed[begin : begin + len(changed) // generator.choice((2, 4, 8))]
    return bytes(changed)


@lru_cache(maxsize=2000)
def parsed(text: bytes) -> list[Any] | None:
    """The values of the YAML documents in a seed, not to be changed; None if it is not YAML."""
    try:
        return [document.value for document in parse_documents(text.decode("utf-8"), y_is_text=True)]
    except (InputError, UnicodeDecodeError):
        return None


def dumped(generator: random.Random, documents: Any) -> bytes:
    """The documents as a file, in one of the ways in which files are written."""
    several = documents if isinstance(documents, list) else [documents]
    match generator.randrange(4):
        case 0:
            text = "\n---\n".join(map(json.dumps, several))
        case 1:
            text = "\n---\n".join(json.dumps(one, indent=1, ensure_ascii=False) for one in several)
        case way:
            flow = None if way == 2 else False
            try:
                text = yaml.dump_all(several, Dumper=yaml.CSafeDumper, default_flow_style=flow, sort_keys=False)
            except UnicodeEncodeError:  # half a surrogate pair
                text = "\n---\n".join(map(json.dumps, several))
    return text.replace("'<<'", "<<").encode("utf-8", "surrogatepass")


def places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """(mapping or list, key or index) of every value below a tree, in order."""
    keys = list(tree) if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    for key in keys:
        yield tree, key
        yield from places(tree[key])


def tree_mutant(generator: random.Random, tree: Any, donor: Any, *, mildness: float = 0.0) -> Any:
    """A copy of the tree after one to three changes; `donor` is a tree that values are borrowed from.

    A share `mildness` of the changes puts one plausible value in place of another.
    """
    changed = copy.deepcopy(tree)
    for _ in range(generator.choice((1, 1, 1, 2, 3))):
        there = list(places(changed))
        if not there:
            return odd_value(generator)
        parent, key = generator.choice(there)
        if generator.random() < mildness:
            _change_mildly(generator, parent, key, there)
        else:
            _change(generator, parent, key, there, donor)
    return changed


def _change_mildly(generator: random.Random, parent: Any, key: Any, there: list[tuple[Any, Any]]) -> None:
    value = parent[key]
    if isinstance(value, bool):
        parent[key] = not value
    elif isinstance(value, int):
        parent[key] = generator.choice((value + 1, max(0, value - 1), value * 10, generator.choice(MILD_NUMBERS)))
    elif isinstance(value, float):
        parent[key] = value * generator.choice((0.5, 2.0, 10.0))
    elif isinstance(value, str) and _DURATION.fullmatch(value) and generator.random() < 0.5:
        parent[key] = generator.choice(MILD_DURATIONS)
    elif isinstance(value, str) and any(c.isdigit() for c in value):
        digits = [i for i, c in enumerate(value) if c.isdigit()]
        at = generator.choice(digits)
        parent[key] = value[:at] + generator.choice("0123456789") + value[at + 1 :]
    elif isinstance(value, str):
        texts = [one[at] for one, at in there if at == key and isinstance(one[at], str)]
        parent[key] = generator.choice(texts)
    elif isinstance(parent, dict) or isinstance(value, dict):
        del parent[key]


def _change(generator: random.Random, parent: Any, key: Any, there: list[tuple[Any, Any]], donor: Any) -> None:
    match generator.randrange(12):
        case 0 | 1 | 2:
            parent[key] = odd_value(generator)
        case 3:
            del parent[key]
        case 4 if isinstance(parent, list):
            parent.insert(generator.randrange(len(parent) + 1), copy.deepcopy(parent[key]))
        case 4 | 5:
            other, at = generator.choice(there)
            parent[key] = copy.deepcopy(other[at])
        case 6:
            other, at = generator.choice(list(places(donor)) or there)
            parent[key] = copy.deepcopy(other[at])
        case 7 if isinstance(parent[key], str):
            parent[key] = text_mutant(generator, parent[key])
        case 7 | 8 if isinstance(parent[key], dict):
            parent[key][_key(generator, there)] = odd_value(generator)
        case 8 if isinstance(parent, dict):
            parent[_key(generator, there)] = parent.pop(key)
        case 9:
            parent[key] = [parent[key]] if generator.random() < 0.5 else {_key(generator, there): parent[key]}
        case 10 if isinstance(parent[key], int | float):
            parent[key] = generator.choice(ODD_NUMBERS)
        case 11:
            other, at = generator.choice(there)
            if not _holds(parent[key], other):  # the same value in two places: YAML writes an anchor and an alias
                other[at] = parent[key]
        case _:
            parent[key] = odd_value(generator)


def _key(generator: random.Random, there: list[tuple[Any, Any]]) -> str:
    known = [at for _, at in there if isinstance(at, str)]
    return generator.choice(known) if known and generator.random() < 0.6 else generator.choice(ODD_TEXTS)


def _holds(tree: Any, part: Any) -> bool:
    return tree is part or any(parent[key] is part for parent, key in places(tree))
