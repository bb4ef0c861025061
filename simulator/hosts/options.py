"""What people write into haproxy.cfg, keepalived.conf, unit files and playbooks, for all workloads of an experiment."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Checks:
    """The checks of HAProxy: `server ... check inter 2s fall 3 rise 2`."""

    inter: float = 2.0
    """From one check of a server to the next."""
    fall: int = 3
    """So many failed checks in a row, and the server is DOWN."""
    rise: int = 2
    """So many good checks in a row, and it is UP."""
    timeout: float = 2.0
    """How long a check of a host that says nothing waits: the smaller of `timeout connect` and `inter`."""

    def __post_init__(self) -> None:
        if self.inter <= 0 or not 0 <= self.timeout <= self.inter:
            raise ValueError("`inter` must be positive, and `timeout` from 0 to `inter`")
        if self.fall < 1 or self.rise < 1:
            raise ValueError("`fall` and `rise` must be at least 1")


@dataclass(frozen=True)
class Vrrp:
    """keepalived on both load balancer hosts, of equal priority: who is MASTER stays it until lost."""

    advert_interval: float = 1.0
    """advert_int: from one advertisement of the MASTER to the next."""
    priority: int = 100
    """Of both; the lower, the longer the skew."""

    def __post_init__(self) -> None:
        if self.advert_interval <= 0 or not 1 <= self.priority <= 254:
            raise ValueError("`advertInterval` must be positive, and `priority` from 1 to 254")

    @property
    def skew(self) -> float:
        """Seconds that a BACKUP waits after a MASTER that has said that it goes."""
        return (256 - self.priority) / 256

    @property
    def down(self) -> float:
        """Seconds without an advertisement after which a BACKUP is MASTER."""
        return 3 * self.advert_interval + self.skew


@dataclass(frozen=True)
class Playbook:
    """The scripted rolling update (Ansible): batch by batch, and no way back by itself."""

    serial: int = 1
    """How many hosts are in a batch."""
    drain_wait: float = 10.0
    """From weight 0 at the load balancers to the stop, also where a host is drained."""
    timeout: float = 300.0
    """A host whose server is not UP so long after its unit was started has failed."""
    max_fail_percentage: int = 0
    """The update stops after a batch of which a greater share of hosts has failed."""

    def __post_init__(self) -> None:
        if self.serial < 1:
            raise ValueError("`serial` must be at least 1")
        if self.drain_wait < 0 or self.timeout <= 0:
            raise ValueError("`drainWait` must not be negative, and `timeout` must be positive")
        if not 0 <= self.max_fail_percentage <= 100:
            raise ValueError("`maxFailPercentage` must be from 0 to 100")


@dataclass(frozen=True)
class Systemd:
    """Unit files: Restart=on-failure, and for how long that is kept up."""

    restart_sec: float = 0.1
    """RestartSec: from the end of a process to its next start. There is no back-off."""
    start_limit_burst: int = 5
    """So many starts within the interval; the next one fails the unit, which stays down until people reset it."""
    start_limit_interval: float = 10.0
    """StartLimitIntervalSec: counted from the first start after the last interval ran out."""
    timeout_start: float = 90.0
    """TimeoutStartSec: a unit with a watchdog (a liveness probe) that has not started up by then is stopped."""

    def __post_init__(self) -> None:
        if self.restart_sec < 0 or self.start_limit_interval < 0 or self.timeout_start <= 0:
            raise ValueError("`restartSec` and `startLimitInterval` must not be negative, `timeoutStart` be positive")
        if self.start_limit_burst < 1:
            raise ValueError("`startLimitBurst` must be at least 1")
