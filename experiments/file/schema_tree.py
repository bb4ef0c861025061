"""Ways through a JSON Schema: what it says of a field, of the items of a list, of an alternative."""

from collections.abc import Mapping
from typing import Any

from experiments.file.change import WHOLE

BESIDE = "beside"
"""Key of `schema_node`: the alternatives to what is described, such as a preset."""


def meant(alternative: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of values for which this alternative is meant, if a word tells; {} for what all others are."""
    if alternative.get("type") == "null":
        return {"type": "null"}
    if "preset" in alternative.get("properties", {}):
        return {"type": "object", "required": ["preset"]}
    if alternative.get("$ref", "").endswith("/ByPeople"):
        return {"type": "object", "required": ["response"]}
    if alternative.get("$ref", "").endswith("/ChangeFile"):
        return {"type": "object", "not": {"anyOf": [{"required": [word]} for word in sorted(WHOLE)]}}
    return {}


def schema_node(whole: Mapping[str, Any], node: Any) -> dict[str, Any]:
    """The node with its `$ref` followed; of alternatives the one that is not `meant` by a word, the others `BESIDE`."""
    while "$ref" in node:
        rest = {key: value for key, value in node.items() if key != "$ref"}
        node = {**whole["$defs"][node["$ref"].rsplit("/", 1)[-1]], **rest}
    alternatives = node.get("anyOf") or ([] if "discriminator" in node else node.get("oneOf", []))
    main = [alternative for alternative in alternatives if not meant(alternative)]
    if len(main) == 1:
        rest = {key: value for key, value in node.items() if key not in ("anyOf", "oneOf", "title")}
        inner = schema_node(whole, main[0])
        others = [schema_node(whole, a) for a in alternatives if a is not main[0] and a.get("type") != "null"]
        return {**inner, **rest, BESIDE: [*inner.get(BESIDE, ()), *others]}
    return dict(node)


def schema_child(whole: Mapping[str, Any], node: Mapping[str, Any], step: int | str) -> dict[str, Any]:
    """What the schema says of a member: a field, an item of a list, or a kind of a union. {} if there is none."""
    tags = node.get("discriminator", {}).get("mapping", {})
    if step in tags:
        return schema_node(whole, {"$ref": tags[step]})
    if isinstance(step, int):
        return schema_node(whole, node.get("items") or {})
    for alternative in (node, *node.get(BESIDE, ())):
        if step in alternative.get("properties", {}):
            return schema_node(whole, alternative["properties"][step])
    return {}


def children_of(whole: Mapping[str, Any], node: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The fields and kinds of a thing, or of the items of a list, by their names; those of its alternatives, too."""
    one = item_of(whole, node)
    beside = [name for alternative in one.get(BESIDE, ()) for name in alternative.get("properties", ())]
    names = (*one.get("properties", ()), *kinds_of(one), *beside)
    return {name: schema_child(whole, one, name) for name in names}


def item_of(whole: Mapping[str, Any], node: Mapping[str, Any]) -> dict[str, Any]:
    """The items of a list, or the thing itself."""
    return schema_child(whole, node, 0) if node.get("type") == "array" else dict(node)


def kinds_of(node: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The alternatives of a union by their tags; a registered policy that is the only one of its kind is one too."""
    if "const" in (only := node.get("properties", {}).get("type", {})):
        return {only["const"]: dict(node)}
    return {tag: {"$ref": to} for tag, to in node.get("discriminator", {}).get("mapping", {}).items()}


def values_of(node: Mapping[str, Any]) -> list[str]:
    """The words that a field may have as its value."""
    return [str(word) for word in node.get("enum", [node["const"]] if "const" in node else [])]
