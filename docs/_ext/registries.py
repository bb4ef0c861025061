"""The reference of what is registered or declared, in Markdown: presets, metrics, columns, plugins, constants."""

import dataclasses
import inspect
from collections.abc import Callable

from pydantic.alias_generators import to_camel
from writing import entry, escaped, prose

from experiments import presets as all_presets
from experiments.design.objective import METRICS
from experiments.file.described import as_written
from experiments.metrics.cluster import ClusterObservation
from experiments.metrics.metric import metrics as all_metrics
from experiments.metrics.observation import Observation
from experiments.plots import KINDS, Plots
from experiments.store import sensitivity
from experiments.store.tables import COLUMNS
from models.manifests.conversion import converters
from models.timing import Timing
from simulator import registry


def presets() -> str:
    """Every preset: what it means, where it comes from, its file."""
    lines: list[str] = []
    for preset in map(all_presets.preset, all_presets.names()):
        lines += [f"## `{preset.name}`", "", escaped(preset.meaning), ""]
        lines += [f"Gives {', '.join(f'`{name}`' for name in preset.gives)}. From:", ""]
        lines += [f"- {escaped(source)}" for source in preset.source]
        lines += ["", "```yaml", preset.text.rstrip("\n"), "```", ""]
    return "\n".join(lines)


def objectives() -> str:
    """What objectives may be about."""
    lines: list[str] = []
    for name, metric in METRICS.items():
        limit = metric.written or ("atLeast" if metric.good == "at_least" else "atMost")
        lines += entry(name, f"limit: {limit}", escaped(metric.words.format("LIMIT")))
    return "\n".join(lines)


def metrics() -> str:
    """The metrics that are measured of a Service in a run, and of a whole run, by what they are about."""
    lines: list[str] = []
    for title, seen in (("Of a Service in a run", Observation), ("Of a whole run", ClusterObservation)):
        lines += [f"## {title}", ""]
        group = None
        for name, metric in all_metrics(seen).items():  # type: ignore[type-var]  # either of two
            if metric.group is not group:
                group = metric.group
                lines += [f"### {group.value.capitalize()}", ""]
            unit = f", in {metric.unit.name.lower()}" if metric.unit else ""
            lines += entry(name, f"{metric.column.type.__name__}{unit}", prose(metric.column.meaning))
    return "\n".join(lines)


def columns(table: str) -> str:
    """The columns of a table of a result folder."""
    lines: list[str] = []
    for column in COLUMNS[table].values():
        lines += entry(column.name, column.type.__name__, prose(column.meaning))
    return "\n".join(lines)


def columns_of_a_study(table: str) -> str:
    """The columns of a table of a study of uncertain inputs."""
    lines: list[str] = []
    for column in sensitivity.COLUMNS[table].values():
        lines += entry(column.name, column.type.__name__, prose(column.meaning))
    return "\n".join(lines)


def registered(kind: str) -> str:
    """What is registered of a kind: scheduler plugins, balancing policies, ..."""
    lines: list[str] = []
    for name, policy in registry.classes(kind).items():
        lines += entry(name, "", prose(inspect.getdoc(policy) or ""))
    return "\n".join(lines)


def plots() -> str:
    """The kinds of pictures."""
    lines: list[str] = []
    for name, parameters in KINDS.items():
        of = ", ".join(f"`{parameter}`" for parameter in sorted(parameters))
        lines += entry(name, f"of: {of}" if of else "", prose(inspect.getdoc(getattr(Plots, name)) or ""))
    return "\n".join(lines)


def timing() -> str:
    """The time constants of the control plane, their defaults and where they come from."""
    lines: list[str] = []
    written = as_written(Timing())
    for constant in dataclasses.fields(Timing):
        name, about = to_camel(constant.name), constant.metadata
        origin = "; ".join(text for text in (about["flag"], about["source"]) if text not in ("", "-"))
        lines += entry(name, f"by default `{written.get(name, '-')}`", prose(about["meaning"]), prose(origin))
    return "\n".join(lines)


def kinds() -> str:
    """The kinds of objects of manifests that act."""
    lines: list[str] = []
    for kind, convert in sorted(converters().items()):
        lines += entry(kind, "", prose(inspect.getdoc(convert) or ""))
    return "\n".join(lines)


WRITERS: dict[str, Callable[..., str]] = {
    write.__name__: write
    for write in (presets, objectives, metrics, columns, columns_of_a_study, registered, plots, timing, kinds)
}
