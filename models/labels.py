"""Label selectors: which labelled things are meant."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

Labels = Mapping[str, str]


_INTEGER = re.compile(r"0|-?[1-9][0-9]*")
_NAME = r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_LABEL_KEY = re.compile(rf"(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?/)?{_NAME}")
_LABEL_VALUE = re.compile(rf"(?:{_NAME})?")


def wrong_label_key(key: str) -> str:
    """Why the API server refuses the key of a label; "" if it does not."""
    if _LABEL_KEY.fullmatch(key):
        return ""
    return f"{key!r} is not a valid label key: (prefix/)name of at most 63 letters, digits, '-', '_', '.'"


def wrong_label_value(value: str) -> str:
    """Why the API server refuses the value of a label; "" if it does not."""
    if _LABEL_VALUE.fullmatch(value):
        return ""
    return (
        f"{value!r} is not a valid label: a valid label must be an empty string or consist of at most "
        "63 alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
    )


def is_canonical_integer(text: str) -> bool:
    """Whether the text is a 64-bit integer without a plus and without leading zeros."""
    return _INTEGER.fullmatch(text) is not None and -(2**63) <= int(text) < 2**63


class Operator(StrEnum):
    """How a requirement compares a label's value. Gt and Lt are for node affinity and for tolerations only."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"
    GT = "Gt"
    LT = "Lt"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One expression of a selector."""

    key: str
    operator: Operator
    values: tuple[str, ...] = ()

    def matches(self, labels: Labels) -> bool:
        """Whether the labels satisfy it. NotIn also holds where the key is absent (as in Kubernetes)."""
        value = labels.get(self.key)
        match self.operator:
            case Operator.IN:
                return value is not None and value in self.values
            case Operator.NOT_IN:
                return value is None or value not in self.values
            case Operator.EXISTS:
                return value is not None
            case Operator.DOES_NOT_EXIST:
                return value is None
        try:
            left, right = int(value or ""), int(self.values[0])
        except (ValueError, IndexError):
            return False
        return left > right if self.operator is Operator.GT else left < right


@dataclass(frozen=True, slots=True)
class LabelSelector:
    """Requirements that must all hold; without any, it matches everything (`{}` in Kubernetes).

    "Matches nothing" (an absent selector) is None wherever a selector is optional.
    """

    requirements: tuple[Requirement, ...] = ()

    @classmethod
    def of(cls, match_labels: Labels) -> "LabelSelector":
        """The selector that asks for exactly these labels."""
        return cls(tuple(Requirement(k, Operator.IN, (v,)) for k, v in sorted(match_labels.items())))

    def asking_for(self, key: str, value: str) -> "LabelSelector":
        """The selector that asks for one more label."""
        return LabelSelector((*self.requirements, Requirement(key, Operator.IN, (value,))))

    def matches(self, labels: Labels) -> bool:
        """Whether all requirements hold for the labels."""
        return all(requirement.matches(labels) for requirement in self.requirements)


_KEY = r"[A-Za-z0-9](?:[A-Za-z0-9_./-]*[A-Za-z0-9])?"
_VALUE = r"[A-Za-z0-9_.-]*"
_TERM = re.compile(
    rf"\s*(?:!\s*(?P<absent>{_KEY})"
    rf"|(?P<key>{_KEY})\s*(?:(?P<compare>==|=|!=|<|>)\s*(?P<value>{_VALUE})"
    rf"|\s(?P<set>in|notin)\s*\((?P<values>[^()]*)\))?)\s*(?:,|$)"
)
_COMPARISONS = {
    "=": Operator.IN,
    "==": Operator.IN,
    "!=": Operator.NOT_IN,
    "in": Operator.IN,
    "notin": Operator.NOT_IN,
    ">": Operator.GT,
    "<": Operator.LT,
}


def parse_selector(text: str) -> LabelSelector:
    """The selector that kubectl's `-l` means: "app=web,tier in (a,b),!canary"; "" matches everything.

    Raises ValueError (k8s.io/apimachinery/pkg/labels has the grammar).
    """
    requirements = []
    position = 0
    while text.strip() and position < len(text):
        term = _TERM.match(text, position)
        if term is None or (term.end() == len(text) and text.endswith(",")):
            rest = text[position:].strip()
            raise ValueError(f"expected a label selector like app=web,tier in (a,b),!canary (cannot read {rest!r})")
        requirements.append(_requirement(term))
        position = term.end()
    return LabelSelector(tuple(requirements))


def _requirement(term: re.Match[str]) -> Requirement:
    if term["absent"]:
        return Requirement(term["absent"], Operator.DOES_NOT_EXIST)
    if term["set"]:
        values = tuple(sorted({value.strip() for value in term["values"].split(",")}))
        if invalid := [value for value in values if not re.fullmatch(_VALUE, value)]:
            raise ValueError(f"not a label value: {invalid[0]!r}")
        return Requirement(term["key"], _COMPARISONS[term["set"]], values)
    if not term["compare"]:
        return Requirement(term["key"], Operator.EXISTS)
    operator = _COMPARISONS[term["compare"]]
    if operator in (Operator.GT, Operator.LT) and not re.fullmatch(r"-?[0-9]+", term["value"]):
        raise ValueError(f"{term['key']}{term['compare']} needs a whole number (got {term['value']!r})")
    return Requirement(term["key"], operator, (term["value"],))
