"""configChange: another content of a ConfigMap."""

from dataclasses import dataclass

from simulator.registry import register
from simulator.stories.configuration_change import ConfigurationChange
from simulator.stories.references import ConfigMapName


@register("operation", "configChange")
@dataclass(frozen=True)
class ConfigChange(ConfigurationChange):
    """The content of a ConfigMap changes, once or at regular times; now and then it is bad, and is rolled back.

    With hot reload every pod reads a bad content within 90 s, so all replicas fail together. With a restart the rollout
    of the workloads stops at the first pods that do not become ready (`fails: start`, `readiness` or `both`), so no
    more than maxUnavailable are missing. An immutable object is never changed: that is counted as given up. The next
    change takes over from one that is not detected yet.

    Source: pkg/kubelet/configmap, pkg/apis/core/validation (ValidateConfigMapUpdate).
    """

    target: ConfigMapName
    """The ConfigMap: "ConfigMap/name" or "ConfigMap/namespace/name"."""
