"""Label selectors and node selector terms as objects write them."""

import re

from models.labels import LabelSelector, Operator, Requirement, wrong_label_key, wrong_label_value
from models.manifests.manifest import Field
from models.pod import NodeSelectorTerm

_LABEL_OPERATORS = (Operator.IN, Operator.NOT_IN, Operator.EXISTS, Operator.DOES_NOT_EXIST)


def check_labels(field: Field) -> dict[str, str]:
    """The labels; notes a problem for each that the API server refuses."""
    for key, value in field.entries():
        if check_label_key(value, key):
            check_label_value(value)
    return field.labels()


def check_label_key(field: Field, key: str) -> bool:
    """Whether the key, which stands at `field`, can be that of a label; notes a problem if not."""
    wrong = wrong_label_key(key)
    if wrong:
        field.problem(wrong)
    return not wrong


def check_label_value(field: Field) -> None:
    """Notes a problem if the text cannot be the value of a label."""
    if wrong := wrong_label_value(field.text()):
        field.problem(wrong)


def label_selector(field: Field) -> LabelSelector | None:
    """The selector, or None if there is none (which matches nothing); {} matches everything."""
    if not field.present:
        return None
    equal = LabelSelector.of(check_labels(field["matchLabels"]))
    expressions = tuple(_label_requirement(item, _LABEL_OPERATORS) for item in field["matchExpressions"])
    return LabelSelector((*equal.requirements, *expressions))


def node_selector_term(field: Field) -> NodeSelectorTerm:
    """One term of a node affinity."""
    names = []
    for item in field["matchFields"]:
        names.append(_requirement(item, (Operator.IN, Operator.NOT_IN)))
        if item["key"].text() != "metadata.name":
            item["key"].problem(f"not a valid field selector key: only metadata.name is (got {item['key'].text()!r})")
    expressions = tuple(_label_requirement(item, tuple(Operator)) for item in field["matchExpressions"])
    return NodeSelectorTerm(expressions, tuple(names))


def _label_requirement(field: Field, operators: tuple[Operator, ...]) -> Requirement:
    """A requirement of labels; notes keys and values that no label can have.

    Source: pkg/apis/core/validation (ValidateNodeSelectorRequirement), apimachinery/pkg/apis/meta/v1/validation.
    """
    if field["key"].text():
        check_label_key(field["key"], field["key"].text())
    for value in field["values"]:
        check_label_value(value)
    return _requirement(field, operators)


def _requirement(field: Field, operators: tuple[Operator, ...]) -> Requirement:
    key = field["key"].required().text()
    operator = Operator(field["operator"].required().choice(Operator.EXISTS, operators))
    values = field["values"].texts()
    if operator in (Operator.IN, Operator.NOT_IN) and not values:
        field["values"].problem(f"must be specified when `operator` is 'In' or 'NotIn' (it is {operator})")
    if operator in (Operator.EXISTS, Operator.DOES_NOT_EXIST) and values and field["operator"].value == operator:
        field["values"].problem("may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
    if operator in (Operator.GT, Operator.LT) and not (len(values) == 1 and re.fullmatch(r"[-+]?[0-9]+", values[0])):
        field["values"].problem("must be one whole number when `operator` is 'Gt' or 'Lt'")
    return Requirement(key, operator, values)
