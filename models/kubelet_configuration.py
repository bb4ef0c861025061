"""KubeletConfiguration: how the kubelets of some nodes are set."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KubeletConfiguration:
    """What a kubelet does when the system of its node shuts down (kubelet.config.k8s.io/v1beta1); times in seconds.

    With both at 0, as by default, it does nothing, and its pods end with the machine.
    """

    shutdown_grace_period: float = 0.0
    """How long the kubelet holds the shutdown up so that its pods can end."""
    shutdown_grace_period_critical_pods: float = 0.0
    """The last part of that time, which is for critical pods (priority 2000000000 and above) alone."""

    def __post_init__(self) -> None:
        total, critical = self.shutdown_grace_period, self.shutdown_grace_period_critical_pods
        if any(0 < period < 1 for period in (total, critical)):
            raise ValueError("a shutdown_grace_period must be either 0 or at least 1s")
        if critical > total:
            raise ValueError("shutdown_grace_period_critical_pods must be at most shutdown_grace_period")

    @property
    def ends_pods(self) -> bool:
        """Whether pods are ended before the machine is off."""
        return self.shutdown_grace_period > 0
