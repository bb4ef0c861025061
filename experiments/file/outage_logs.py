"""Logs of outages that failure modes replay: read, and put on the nodes of a cluster."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from experiments.design.scenario import Scenario
from experiments.file.outages import Clock, Format, Outage, read_outages
from experiments.file.outages import OutageLog as Read
from experiments.file.source import Source
from models.cluster import Cluster
from models.input.problems import InputError, Location, Path, Problem, did_you_mean
from models.units import counted
from simulator.failures.outage_log import Assign, NodeOutage, OutageLog


class OutageLogs:
    """The logs that failure modes of an experiment name, relative to `folder`; each is read once."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._read: dict[tuple[str, Format], Read] = {}

    def replayed(self, mode: Any, cluster: Cluster) -> Any:
        """The failure mode, with the outages of the file that it names; raises InputError with all problems."""
        if not isinstance(mode, OutageLog) or mode.path is None:
            return mode
        log = self._log(mode.path, mode)
        first = 0.0 if log.clock is Clock.SECONDS else min(outage.start for outage in log.outages)
        if problems := list(_without_node(mode, log.file, log.outages, [node.name for node in cluster.nodes], first)):
            raise InputError(problems)
        outages = tuple(
            NodeOutage(one.entity, one.start - first, None if one.end is None else one.end - first)
            for one in log.outages
        )
        return replace(mode, path=None, outages=outages)

    def check(
        self, failures: Sequence[tuple[Any, Path]], cluster: Cluster, source: Source, problems: list[Problem]
    ) -> None:
        """Every log can be read, and its nodes are nodes of the cluster."""
        for item, path in failures:
            if item.described is not OutageLog:
                continue
            mode = item.value()
            try:
                self.replayed(mode, cluster)
            except InputError as error:
                missing = mode.path is not None and not os.path.exists(self._file(mode.path))
                found = [source.problem((*path, "path"), str(error.problems[0]))] if missing else error.problems
                problems += found
            if mode.outages:
                try:
                    mode.nodes([node.name for node in cluster.nodes])
                except ValueError as error:
                    problems.append(source.problem((*path, "outages"), str(error)))

    def files(self, failures: Sequence[tuple[Any, Path]]) -> Iterator[str]:
        """The files that these failure modes name."""
        for item, _ in failures:
            if item.described is OutageLog and item.path is not None:
                yield self._file(item.path)

    def _log(self, path: str, mode: OutageLog) -> Read:
        written = Format(mode.start_column, mode.end_column, mode.node_columns, mode.time_format, mode.delimiter)
        key = self._file(path), written
        if key not in self._read:
            self._read[key] = read_outages(*key)
        return self._read[key]

    def _file(self, path: str) -> str:
        return os.path.normpath(os.path.join(self._folder, path))


def _without_node(
    mode: OutageLog, file: str, outages: Sequence[Outage], known: Sequence[str], first: float
) -> Iterator[Problem]:
    """Rows about nodes that there are not, the first of each, and rows before time 0."""
    seen: dict[str, None] = {}
    for outage in outages:
        place = Location(file, outage.line, 1)
        if outage.start - first + mode.offset < 0:
            yield Problem(place, "", f"the outage starts before failures begin ({outage.start:g} s)")
        if outage.entity in seen:
            continue
        seen[outage.entity] = None
        if mode.assign is Assign.BY_NAME and outage.entity not in known:
            hint = did_you_mean(outage.entity, known) or "; `assign: inOrder` takes any names"
            yield Problem(place, "", f"there is no node {outage.entity!r}{hint}")
        elif mode.assign is Assign.IN_ORDER and len(seen) == len(known) + 1:
            yield Problem(place, "", f"{outage.entity!r} is one node more than the {len(known)} of the cluster")


def after_the_end(scenario: Scenario) -> Iterator[str]:
    """A sentence on each log of which a part is not met, since the run is over before."""
    end = scenario.warmup + scenario.duration
    for mode in scenario.failures:
        if isinstance(mode, OutageLog):
            late = sum(outage.start + mode.offset >= end for outage in mode.outages)
            if late:
                yield f"{mode.name} (outageLog): {counted(late, 'outage')} of its log not met: the run is over before"
