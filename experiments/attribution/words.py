"""The stages of control planes beside Kubernetes, in their own words."""

from collections.abc import Mapping

from experiments.attribution.stages import Spell, Stage

WORDS: Mapping[str, Mapping[Stage, Stage]] = {
    "swarm": {
        Stage.UNDETECTED: Stage.NOT_DOWN,
        Stage.TERMINATING: Stage.OLD_TASK,
        Stage.NOT_CREATED: Stage.NO_TASK,
        Stage.QUEUED: Stage.PENDING,
        Stage.DELAYED: Stage.RESTART_DELAY,
        Stage.PREDECESSOR: Stage.OLD_TASK,
        Stage.RESTART: Stage.FAILED,
        Stage.NOT_READY: Stage.NOT_HEALTHY,
        Stage.NOT_LISTED: Stage.NOT_IN_VIP,
    },
    "plainHosts": {
        Stage.WAITING: Stage.HOST_DOWN,
        Stage.DELAYED: Stage.UNIT_FAILED,
        Stage.NOT_READY: Stage.NOT_UP,
        Stage.NOT_CREATED: Stage.NO_UNIT,
    },
    "nomad": {Stage.NOT_CREATED: Stage.DELAYED, Stage.WAITING: Stage.DELAYED},
}
"""By control plane: what it calls the stages that Kubernetes has other words for."""


def own_words(spells: list[Spell], control_plane: str) -> list[Spell]:
    """The spells with the stages as the control plane calls them."""
    words = WORDS.get(control_plane)
    return [spell._replace(stage=words.get(spell.stage, spell.stage)) for spell in spells] if words else spells
