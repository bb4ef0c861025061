"""What failure modes and operations refer to, and who responds: whether it is there."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pydantic.alias_generators import to_camel

from experiments.file.described import DescribedModel
from experiments.file.source import Source
from experiments.file.variant import Variant
from models.cluster import Cluster
from models.configuration import full_key
from models.input.problems import Path, Problem, did_you_mean
from simulator.stories.references import Refers, ValueOf, references


def check_unique(items: Iterable[tuple[Any, Path]], source: Source, problems: list[Problem]) -> None:
    """No two items may have the same name: the later one is a problem, at its place."""
    first: dict[str, Path] = {}
    for item, path in items:
        if first.setdefault(item.name, path) != path:
            line = source.document.where(source.path(*first[item.name])).line
            problems.append(source.problem((*path, "name"), f"the name {item.name!r} is taken (line {line})"))


def listed(there: Sequence[str]) -> str:
    """What there is, the first few of many, as an ending of a message; "" if there is nothing."""
    more = f" and {len(there) - 10} more" if there[10:] else ""
    return f"; there is: {', '.join(there[:10])}{more}" if there else ""


def check_people(variant: Variant, source: Source, problems: list[Problem]) -> None:
    """Crews and responses are named once, and who responds is a crew that there is."""
    for items in (variant.crews, variant.responses):
        check_unique(items, source, problems)
    for response, path in variant.responses:
        if response.crew is not None and (message := _missing_people(response.crew, Refers.CREW, variant)):
            problems.append(source.problem((*path, "crew"), message))


def _missing_people(name: str, reference: Refers, variant: Variant) -> str:
    """That there is no such crew or response; "" if there is."""
    known = [item.name for item, _ in (variant.crews if reference is Refers.CREW else variant.responses)]
    if name in known:
        return ""
    hint = did_you_mean(name, known) or listed(known) or f"; spec.people has no {reference.value}"
    return f"there is no {reference.value} {name!r}{hint}"


def check_stories(variant: Variant, source: Source, problems: list[Problem]) -> None:
    """What failure modes and operations refer to must exist, and their names must be ones that causes can tell."""
    stories = variant.failures + variant.operations
    check_unique(stories, source, problems)
    for story, path in stories:
        if "/" in story.name:  # in a cause what follows is what was struck
            problems.append(source.problem((*path, "name"), f"a name without '/' is expected (got {story.name!r})"))
        built = variant.built if not source.problems else None
        for holder, field, reference, where in _references(story, path):
            for name, place in _names(getattr(holder, field), where):
                if reference in (Refers.CREW, Refers.RESPONSE):
                    message = _missing_people(name, reference, variant)
                elif reference is Refers.WORKLOAD:
                    message = _wrong_workload(name, variant) or _refused_kind(name, story, variant)
                elif reference in (Refers.CONFIG_MAP, Refers.SECRET, Refers.SERVICE_ACCOUNT):
                    message = "" if built is None else _missing_of_pods(name, reference, built.cluster)
                elif reference in (Refers.TRAFFIC, Refers.CACHE):
                    message = _without_traffic(name, variant, cached=reference is Refers.CACHE)
                elif built is not None:
                    message = _missing_in_nodes(name, reference, story, built.cluster)
                else:
                    message = ""
                if message:
                    problems.append(source.problem(place, message))


def _references(model: DescribedModel, path: Path) -> Iterator[tuple[DescribedModel, str, Refers | ValueOf, Path]]:
    """The fields that refer to something, of what a file says and of all in it, and where they are."""
    for field, reference in references(model.described).items():
        yield model, field, reference, (*path, to_camel(field))
    for field in type(model).model_fields:
        if isinstance(inner := getattr(model, field), DescribedModel):
            yield from _references(inner, (*path, to_camel(field)))


def _names(value: str | Sequence[str] | None, path: Path) -> list[tuple[str, Path]]:
    """The names in a field, and where they are."""
    if value is None:
        return []
    return [(value, path)] if isinstance(value, str) else [(name, (*path, i)) for i, name in enumerate(value)]


def _wrong_workload(name: str, variant: Variant) -> str:
    """That no workload has the name, or several have; "" if it is right."""
    several = [full for short, full in variant.rollable() if short == name]
    if len(several) > 1:
        return f"there is more than one {name}: expected one of {', '.join(several)}"
    if not variant.complete or variant.targets(name):
        return ""
    shorts, fulls = ([pair[i] for pair in variant.rollable()] for i in (0, 1))
    return f"there is no {name}{did_you_mean(name, [*shorts, *fulls]) or listed(shorts)}"


def _without_traffic(service: str, variant: Variant, *, cached: bool) -> str:
    """That a Service has no traffic that could become more, or no cache before it; "" if it has."""
    known = {traffic.service: traffic for traffic, _ in variant.traffic}
    if service in known:
        lacking = cached and known[service].value().cache is None
        return f"the traffic to {service!r} has no cache that could be lost: say so in its `cache`" if lacking else ""
    return (
        f"there is no traffic to {service!r}{did_you_mean(service, known) or listed([*known])}: add it to spec.traffic"
    )


def _refused_kind(name: str, story: Any, variant: Variant) -> str:
    """Why this cannot be done to a workload of that kind, if the operation says so; "" if it can."""
    refusal = getattr(story.value(), "refusal", None)
    kinds = {full.partition("/")[0] for full in variant.targets(name)}
    return next((said for kind in sorted(kinds) if refusal is not None and (said := refusal(kind))), "")


def _missing_of_pods(name: str, reference: Refers, cluster: Cluster) -> str:
    """What is wrong with the name of a ConfigMap, Secret or ServiceAccount, by what pods read or have; "" if right."""
    templates = [maker.template for maker in cluster.pod_makers()]
    if reference is Refers.SERVICE_ACCOUNT:
        known, asked = {template.spec.service_account for template in templates}, name
        message = f"no pod has the ServiceAccount {name!r}"
    else:
        keys = {each.key for template in templates for each in template.configuration}
        known = {key for key in keys if key.startswith(f"{reference.value}/")}
        asked, message = full_key(name), f"no pod reads {name}"
    there = ", ".join(sorted(key.replace("/default/", "/") for key in known)) or f"no {reference.value}"
    return "" if asked in known else message + (did_you_mean(asked, known) or f"; there is {there}")


def _missing_in_nodes(name: str, reference: Refers | ValueOf, story: Any, cluster: Cluster) -> str:
    """What is wrong with the name of a zone, of a label of nodes or of a value of one; "" if it is right."""
    nodes = cluster.possible_nodes()
    match reference:
        case Refers.ZONE:
            known, message = sorted({node.zone for node in nodes}), f"there is no zone {name!r}"
        case ValueOf(field):
            label = getattr(story, field)
            known = sorted({node.labels[label] for node in nodes if label in node.labels})
            message = f"no node has {label}={name}"
            if not known:  # that is said of the label
                return ""
        case _:
            known, message = sorted({key for node in nodes for key in node.labels}), f"no node has the label {name!r}"
    if name in known:
        return ""
    there = known if reference is Refers.LABEL else map(repr, known)
    return message + (did_you_mean(name, known) or f"; there is {', '.join(there)}")
