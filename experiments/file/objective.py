"""How an objective is written in the experiment file."""

from typing import Annotated, Any

from pydantic import WithJsonSchema, model_validator
from pydantic.alias_generators import to_camel

from experiments.design.objective import METRICS, MetricName
from experiments.file.fields import Duration, FileModel, Share
from experiments.file.presets import FromPreset, inside

Limit = Annotated[Any, WithJsonSchema({"type": ["string", "number"], "title": "Limit", "examples": ["5h", 4]})]


class ObjectiveFile(FileModel):
    """What must come out of a Service, or of a Job; it decides the exit code."""

    service: str | None = None
    """The Service's name; `<service>+calls` for it with all that it requires."""
    job: str | None = None
    """A Job or CronJob, as Kind/name or Kind/namespace/name: `CronJob/backup`."""
    policy: str | None = None
    """Only for this policy; without it, for every policy."""
    metric: MetricName = "availability"
    """What is asked for (`kubenines explain metrics`). `atLeast` limits shares, `atMost` the others.
    `requestAvailability`, the share of the requests that is answered, needs traffic; `jobSuccess` and `jobLateness` are
    of a Job; `recoversWithin` is not given here, but by its limit."""
    at_least: Annotated[Share, FromPreset()] | None = None
    """For `availability`, `requestAvailability` and `jobSuccess`: 99.95%."""
    at_most: Limit | None = None
    """For `downtimePerYear` and `jobLateness` a duration: 5h; for `outagesPerYear` a number: 4."""

    recovers_within: Duration | None = None
    """Within this time 95 % of the disruptions of the Service by `disruption` have recovered: all replicas that it took
    away answer again, or others in their place."""
    disruption: str | None = None
    """With `recoversWithin`: a failure mode or operation, by its name or its type (`nodeCrash`), or a kind of
    disruption: container, node, rack, zone, network, volume, controlPlane, release, drain, overload, configuration."""

    @property
    def subject(self) -> str:
        """The Service or the Job."""
        return self.service or self.job or ""

    @property
    def limit(self) -> float:
        """What is asked for, in the metric's unit: a share, seconds or a number."""
        if self.metric == "recoversWithin":
            return self.recovers_within or 0.0
        metric = METRICS[self.metric]
        written = getattr(self, metric.good)
        return metric.read(written) if metric.good == "at_most" else float(written)

    @model_validator(mode="before")
    @classmethod
    def _asks_for_what_is_good(cls, written: Any) -> Any:
        if isinstance(written, dict) and {"recoversWithin", "disruption"} & written.keys():
            return {"metric": "recoversWithin", **written}
        name = written.get("metric", "availability") if isinstance(written, dict) else None
        if name in list(METRICS):
            low = METRICS[name].good == "at_most"
            wrong, right = ("atLeast", "atMost") if low else ("atMost", "atLeast")
            if wrong in written:
                message = f"{name!r} is good when it is {'low' if low else 'high'}; expected {right!r}"
                raise inside(wrong, message)
        return written

    @model_validator(mode="after")
    def _is_about_one_thing(self) -> "ObjectiveFile":
        wanted, other = ("job", "service") if METRICS[self.metric].of_jobs else ("service", "job")
        if getattr(self, other) is not None:
            raise inside(other, f"{self.metric!r} is a metric of a {wanted}; expected {wanted!r}")
        if getattr(self, wanted) is None:
            raise ValueError(f"{wanted!r} is required here")
        return self

    @model_validator(mode="after")
    def _recovers_from_something(self) -> "ObjectiveFile":
        if self.metric != "recoversWithin":
            if self.recovers_within is not None or self.disruption is not None:
                raise inside("metric", "'recoversWithin' is a limit of its own, without a metric")
            return self
        for field in ("at_least", "at_most"):
            if getattr(self, field) is not None:
                raise inside(to_camel(field), "the limit is 'recoversWithin'")
        for field in ("recovers_within", "disruption"):
            if getattr(self, field) is None:
                raise ValueError(f"{to_camel(field)!r} is required here")
        return self

    @model_validator(mode="after")
    def _has_a_limit(self) -> "ObjectiveFile":
        if self.metric == "recoversWithin":
            return self
        good = METRICS[self.metric].good
        if getattr(self, good) is None:
            raise ValueError(f"{to_camel(good)!r} is required here")
        try:
            _ = self.limit
        except ValueError as error:
            raise inside(to_camel(good), str(error)) from None
        return self
