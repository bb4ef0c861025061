"""`{preset: NAME}` in a file: read as what the preset gives for the field, with what stands beside it on top."""

from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from experiments import presets
from models.input.problems import did_you_mean, shown

TITLE = "Preset"
"""Title of the alternative "a preset" in the JSON Schema; it has no fields of its own to document."""


_MEANING = (
    "A preset (`kubenines explain presets`) stands for what it gives here; what is given beside it replaces that."
)


class FromPreset:
    """Annotation of a field, or of the items of one, that may be a preset."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_before_validator_function(_expanded, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        preset = {
            "title": TITLE,
            "type": "object",
            "properties": {"preset": {"enum": list(presets.names()), "description": _MEANING}},
            "required": ["preset"],
        }
        return {"anyOf": [handler(core), preset]}


def _expanded(value: Any, info: ValidationInfo) -> Any:
    if not isinstance(value, dict) or "preset" not in value:
        return value
    field, name = to_camel(info.field_name or ""), value["preset"]
    known = presets.giving(field)
    if not isinstance(name, str):
        raise _mistake(f"expected the name of a preset (got {shown(name)}); there is {', '.join(known)}")
    if name not in known:
        trouble = f"says nothing of {field!r}" if name in presets.names() else "is unknown"
        hint = did_you_mean(name, known) or f"; there is {', '.join(known)}"
        raise _mistake(f"the preset {shown(name)} {trouble}{hint}")
    given = presets.preset(name).gives[field]
    beside = {key: item for key, item in value.items() if key != "preset"}
    if beside and not isinstance(given, dict):
        raise _mistake("nothing can be given beside this preset")
    return {**given, **beside} if isinstance(given, dict) else given


def _mistake(message: str) -> PydanticCustomError:
    return inside("preset", message)


def inside(field: str, message: str) -> PydanticCustomError:
    """An error in a mapping that `mistakes.py` places at one of its fields."""
    return PydanticCustomError("inside", "{error}", {"error": message, "field": field})
