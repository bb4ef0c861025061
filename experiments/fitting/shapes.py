"""What form the fields have that readers read of objects of Kubernetes: an API server gives no other."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from models.input.problems import Path, shown


def instant(value: object) -> float | None:
    """Seconds since 1970 of a time as Kubernetes writes it; None where there is none. Raises ValueError."""
    if value is None or value == "":
        return None
    try:
        found = datetime.fromisoformat(str(value) if isinstance(value, str) else "")
    except ValueError:
        raise ValueError(f"expected a time like 2026-01-05T03:12:00Z (got {shown(value)})") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _text(value: object) -> None:
    if not isinstance(value, str):
        raise ValueError(f"expected text (got {shown(value)})")


def _whole(value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"expected a whole number (got {shown(value)})")


def _flag(value: object) -> None:
    if not isinstance(value, bool):
        raise ValueError(f"expected true or false (got {shown(value)})")


Shape = Mapping[str, Any] | list[Any] | Callable[[Any], Any]
"""Fields of a mapping with their shapes, a list of one such mapping, or what raises ValueError for a wrong scalar."""

_CONDITIONS: Shape = [{"type": _text, "status": _text, "lastTransitionTime": instant, "lastHeartbeatTime": instant}]
_STATE: Shape = {
    "running": {"startedAt": instant},
    "terminated": {"startedAt": instant, "finishedAt": instant, "exitCode": _whole},
}
_OBJECT: Shape = dict.fromkeys(("kind", "namespace", "name", "uid", "fieldPath"), _text)
SHAPES: Mapping[str, Shape] = {
    "Event": {
        "metadata": {"namespace": _text, "name": _text, "uid": _text},
        "involvedObject": _OBJECT,
        "regarding": _OBJECT,
        "source": {"component": _text},
        "deprecatedSource": {"component": _text},
        "series": {"count": _whole, "lastObservedTime": instant},
        **dict.fromkeys(("count", "deprecatedCount"), _whole),
        **dict.fromkeys(("reason", "message", "note", "reportingComponent", "reportingController"), _text),
        **dict.fromkeys(("firstTimestamp", "deprecatedFirstTimestamp"), instant),
        **dict.fromkeys(("lastTimestamp", "deprecatedLastTimestamp", "eventTime"), instant),
    },
    "Node": {"metadata": {"name": _text}, "status": {"conditions": _CONDITIONS}},
    "Pod": {
        "metadata": {"namespace": _text, "name": _text, "ownerReferences": [{"kind": _text, "controller": _flag}]},
        "spec": {"restartPolicy": _text},
        "status": {
            "conditions": _CONDITIONS,
            "containerStatuses": [{"name": _text, "restartCount": _whole, "state": _STATE, "lastState": _STATE}],
        },
    },
}
"""By kind. Fields that are not given, or null, are of any shape."""


def misshapen(value: Any, shape: Shape, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Everything in it that is of another shape: where it stands, and what was expected."""
    if value is None:
        return
    if isinstance(shape, Mapping):
        if not isinstance(value, dict):
            yield path, f"expected a mapping (got {shown(value)})"
            return
        for name, inner in shape.items():
            yield from misshapen(value.get(name), inner, (*path, name))
    elif isinstance(shape, list):
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            yield path, "expected a list of mappings"
            return
        for i, item in enumerate(value):
            yield from misshapen(item, shape[0], (*path, i))
    else:
        try:
            shape(value)
        except ValueError as error:
            yield path, str(error)
