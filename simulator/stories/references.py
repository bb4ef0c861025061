"""What a field of a failure mode or operation refers to: its type says so, and files are checked by it."""

from dataclasses import dataclass
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints


class Refers(Enum):
    """To what of the cluster a name refers."""

    WORKLOAD = "workload"
    ZONE = "zone"
    LABEL = "label"
    CONFIG_MAP = "ConfigMap"
    SECRET = "Secret"
    SERVICE_ACCOUNT = "ServiceAccount"
    TRAFFIC = "traffic"
    CACHE = "cache"
    CREW = "crew"
    RESPONSE = "response"


@dataclass(frozen=True)
class ValueOf:
    """To a value that nodes have of the label which another field names."""

    label: str
    """The name of that field."""


WorkloadName = Annotated[str, Refers.WORKLOAD]
"""A Deployment, StatefulSet, DaemonSet or Rollout: "Kind/name" or "Kind/namespace/name"."""
ZoneName = Annotated[str, Refers.ZONE]
"""A zone that has nodes."""
LabelKey = Annotated[str, Refers.LABEL]
"""A label that some node has."""

ConfigMapName = Annotated[str, Refers.CONFIG_MAP]
"""A ConfigMap that some pod reads: "ConfigMap/name" or "ConfigMap/namespace/name"."""
SecretName = Annotated[str, Refers.SECRET]
"""A Secret that some pod reads: "Secret/name" or "Secret/namespace/name"."""
ServiceAccountName = Annotated[str, Refers.SERVICE_ACCOUNT]
"""The name of a ServiceAccount of some pod."""
ServiceName = Annotated[str, Refers.TRAFFIC]
"""A Service that gets traffic, as `traffic` calls it."""
CachedServiceName = Annotated[str, Refers.CACHE]
"""A Service whose traffic has a cache before it."""
CrewName = Annotated[str, Refers.CREW]
"""A crew of the experiment's people."""
ResponseName = Annotated[str, Refers.RESPONSE]
"""A response of the experiment's people."""


def references(policy: type) -> dict[str, Refers | ValueOf]:
    """The fields of a failure mode or operation that refer to something: each holds a name, or a tuple of names."""
    hints = get_type_hints(policy, include_extras=True)
    found = {name: _reference(hint) for name, hint in hints.items()}
    return {name: reference for name, reference in found.items() if reference is not None}


def _reference(hint: Any) -> Refers | ValueOf | None:
    if get_origin(hint) in (tuple, Union, UnionType):
        return _reference(get_args(hint)[0])
    metadata = getattr(hint, "__metadata__", ())
    return next((each for each in metadata if isinstance(each, Refers | ValueOf)), None)
