"""The blocks of an experiment file about the nodes of a live cluster, and what may break in it."""

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence

from experiments.file.written import yaml_text
from experiments.live.pools import SPOT, Machine, Pool, requests_of
from experiments.preflight.first import CRASH, ZONE_OUTAGE, comment
from models.manifests.manifest import Manifest
from models.units import counted, format_cpu, format_memory

_OF_NODES = """\
  # What breaks. Of your own nodes the dump knows nothing but their state of that
  # moment: these are figures of others, with their source (kubenines explain
  # presets). Yours, from events or metrics: kubenines fit EVENTS.json.
  failures:
"""


def nodes_block(
    pools: Sequence[Pool], named: Sequence[Machine], nodes: str, bound: Mapping[str, Sequence[Manifest]]
) -> str | None:
    """`cluster` of an experiment, with what was found in comments; None if there is no node. `nodes`: their file."""
    if not pools and not named:
        return None
    lines = ["  # The nodes, alike ones as a pool; all start healthy, and take pods."]
    every = [*(machine for pool in pools for machine in pool.machines), *named]
    lines += [line for sentence in (*_of_states(every), *_of_bound(bound)) for line in comment(sentence, "  ")]
    lines += ["  cluster:"]
    if pools:
        lines += ["    pools:"]
    for pool in pools:
        lines += [line for sentence in _of_pool(pool) for line in comment(sentence, "    ")]
        lines += textwrap.indent(yaml_text([pool.written()]), "    ").splitlines()
    if named:
        said = "Nodes that manifests or volumes name keep their names: " + _listed([one.name for one in named])
        lines += comment(f"{said}.", "    ")
        lines += [f"    nodes: [{json.dumps(nodes)}]"]
    return "\n".join(lines) + "\n"


def failures_block(pools: Sequence[Pool], named: Sequence[Machine]) -> str:
    """`failures` of an experiment: of nodes and zones as there are, from presets."""
    spots = [pool for pool in pools if pool.is_spot]
    zones = {machine.zone for pool in pools for machine in pool.machines} | {machine.zone for machine in named}
    text = _OF_NODES
    text += "  - {preset: google-2010-nodes, name: node-failure}\n"
    labels = sorted({min(SPOT & {*pool.machines[0].labels.items()}) for pool in spots})
    for number, (key, value) in enumerate(labels, start=1):
        name = "spot" if number == 1 else f"spot-{number}"
        text += "  # Machines that the provider takes back.\n"
        text += f"  - {{preset: spot-5, name: {name}, select: {{labels: {json.dumps(f'{key}={value}')}}}}}\n"
    return text + (ZONE_OUTAGE if len(zones - {""}) > 1 or not zones else "") + CRASH


def _of_states(every: Sequence[Machine]) -> Iterator[str]:
    """Nodes that were not as they are here."""
    for found, state in (
        ([one.name for one in every if not one.ready], "not Ready"),
        ([one.name for one in every if one.cordoned], "cordoned"),
    ):
        if found:
            then = f"Then {state}: {_listed(found)}"
            yield f"{then}. Where that is to stay so, take {counted(len(found), 'node')} off `count`."


def _of_bound(bound: Mapping[str, Sequence[Manifest]]) -> Iterator[str]:
    """What static pods take of the nodes that run them."""
    pods = [pod for each in bound.values() for pod in each]
    if pods:
        cpu, memory = (sum(amounts) for amounts in zip(*map(requests_of, pods), strict=True))
        yield (
            f"Taken off what is allocatable: {format_cpu(cpu)} CPU and {format_memory(memory)} in all, of "
            f"{counted(len(pods), 'pod')} that {counted(len(bound), 'node')} run without being asked (static pods)."
        )


def _of_pool(pool: Pool) -> Iterator[str]:
    names = [machine.name for machine in pool.machines]
    least, most = (of(machine.memory for machine in pool.machines) for of in (min, max))
    differ = f"; memory differs by up to {format_memory(most - least)}, the least is written" if most > least else ""
    yield f"{_listed(names)}{differ}."


def _listed(names: Sequence[str], most: int = 4) -> str:
    shown = names if len(names) <= most else [*names[: most - 1], f"and {len(names) - most + 1} more"]
    return ", ".join(shown)
