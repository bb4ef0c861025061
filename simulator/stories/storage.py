"""What stories know of volumes, and do to their data."""

from models.labels import LabelSelector
from simulator.state.cluster import ClusterState
from simulator.state.objects import ClaimState, VolumeState
from simulator.stories.subject import Subject


class Storage:
    """The claims of pods, and whether the data of their volumes is there."""

    def __init__(self, state: ClusterState) -> None:
        self._state = state

    def claims(self, select: LabelSelector) -> list[str]:
        """The claims with a volume that the selected pods share or keep, as "namespace.name", in order of creation."""
        pods = (pod for pod in self._state.pods.values() if select.matches(pod.pod_class.labels))
        used = {key for pod in pods for key in pod.pod_class.claims}
        claims = self._state.volumes.claims
        return [".".join(key) for key, claim in claims.items() if key in used and claim.volume is not None]

    def has_copies(self, claim: str) -> bool:
        """Whether more than half of the claims that differ from this one in the ordinal at most have their data."""
        found = self._found(claim)
        return found is not None and self._state.volumes.has_quorum(found)

    def _found(self, claim: str) -> ClaimState | None:
        """None: it was deleted (a StatefulSet was scaled down), and with it its volume."""
        namespace, _, name = claim.partition(".")
        return self._state.volumes.claims.get((namespace, name))

    def lose(self, claim: str, subject: Subject) -> VolumeState | None:
        """The data of the claim's volume is gone; returns the volume. None: there is no such volume now."""
        found = self._found(claim)
        volume = None if found is None else found.volume
        if volume is not None:
            subject.strike()
            self._state.volumes.lose(volume, subject, self._state.cause(subject.cause))
        return volume

    def restore(self, volume: VolumeState, subject: Subject) -> None:
        """The data of a volume that the subject has lost is back."""
        self._state.volumes.restore(volume, subject, self._state.cause(subject.cause))
