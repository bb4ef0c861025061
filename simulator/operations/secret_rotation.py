"""secretRotation: another content of a Secret."""

from dataclasses import dataclass

from simulator.registry import register
from simulator.stories.configuration_change import ConfigurationChange
from simulator.stories.references import SecretName


@register("operation", "secretRotation")
@dataclass(frozen=True)
class SecretRotation(ConfigurationChange):
    """A password, key or certificate in a Secret is replaced, once or at regular times; as configChange otherwise.

    The old one stays valid for those that hold it, unless a secretExpiry says when it runs out.

    Source: pkg/kubelet/secret, pkg/apis/core/validation (ValidateSecretUpdate).
    """

    target: SecretName
    """The Secret: "Secret/name" or "Secret/namespace/name"."""
