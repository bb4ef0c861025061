"""How traffic and calls between Services are written in files."""

import dataclasses
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import Field, model_validator

from experiments.file.described import DescribedModel, file_model, one_of, registered_model, value_of
from experiments.file.fields import Cpu, Duration, FileModel, Number, PositiveDuration
from models.input.csv_files import CsvFile, number
from models.input.problems import InputError, shown
from models.request_level import (
    Batches,
    Bursts,
    FirstComeFirstServed,
    Poisson,
    ProcessorSharing,
    RecordedTimes,
    RequestLevel,
)
from models.traffic import Call, RequestRate, Traffic
from models.units import DAY

if TYPE_CHECKING:  # what the generated models below look like
    _Described: TypeAlias = DescribedModel
    _RequestLevel: TypeAlias = DescribedModel
    ArrivalsFile: TypeAlias = DescribedModel
    PodFile: TypeAlias = DescribedModel
    BalancingFile: TypeAlias = DescribedModel
    RouteFile: TypeAlias = DescribedModel
else:
    _Described, _RequestLevel = file_model(Traffic), file_model(RequestLevel)
    ArrivalsFile = one_of({"poisson": Poisson, "bursts": Bursts, "batches": Batches, "recorded": RecordedTimes})
    PodFile = one_of({"processorSharing": ProcessorSharing, "firstComeFirstServed": FirstComeFirstServed})
    BalancingFile, RouteFile = registered_model("balancing"), registered_model("routing")


class TraceProblem(ValueError):
    """A file of rates that cannot be used, and why."""


class ConstantRate(FileModel):
    """A rate that never changes."""

    kind: Literal["constant"]
    rate: Number = Field(alias="value")
    """Requests per second."""

    def value(self) -> RequestRate:
        """The rate itself."""
        return RequestRate.constant(self.rate)


class WaveRate(FileModel):
    """A sine that repeats, in quarter hours (of a day) that keep its integral."""

    kind: Literal["wave"]
    mean: Number
    """Requests per second on average."""
    peak: Number
    """Requests per second at the highest; at the lowest it is as much below the mean."""
    peak_at: Duration = 0.0
    """When it is highest first, since failures began."""
    period: PositiveDuration = DAY
    """From one peak to the next."""

    def value(self) -> RequestRate:
        """The rate itself; raises ValueError if its lowest point is below 0."""
        return RequestRate.wave(self.mean, self.peak, self.peak_at, self.period)


class RateStepFile(FileModel):
    """From this time on, so many requests per second."""

    at: Duration
    """Since failures began."""
    rate: Number
    """Requests per second."""


class StepRate(FileModel):
    """Constant between steps."""

    kind: Literal["steps"]
    steps: Annotated[list[RateStepFile], Field(min_length=1)]
    """In order of time; before the first it is as from the first on."""
    period: PositiveDuration | None = None
    """If the steps repeat: how long one round of them is."""

    def value(self) -> RequestRate:
        """The rate itself; raises ValueError if its steps are not in order of time."""
        return RequestRate(tuple((step.at, step.rate) for step in self.steps), self.period)


class TraceRate(FileModel):
    """Recorded: a CSV file with the columns `time` (seconds since failures began) and `rate` (requests per second)."""

    kind: Literal["trace"]
    path: str
    """Relative to this file."""
    period: PositiveDuration | None = None
    """If the trace repeats: how long one round of it is."""

    def value(self) -> RequestRate:
        """What stands for the trace until its file is read (`read`)."""
        return RequestRate.constant(0.0)

    def read(self, folder: str) -> RequestRate:
        """The rate in the file; raises TraceProblem."""
        steps = []
        try:
            table = CsvFile(self.file(folder))
            time, rate = (table.column(name) for name in ("time", "rate"))
            for line, row in table.rows():
                try:
                    steps.append((number(row[time]), number(row[rate])))
                except ValueError:
                    table.problem(line, f"expected two numbers (got {shown(row[time])} and {shown(row[rate])})")
            return RequestRate(tuple(steps), self.period)
        except InputError as error:
            raise TraceProblem("; ".join(map(str, error.problems))) from None
        except ValueError as error:
            raise TraceProblem(f"{self.file(folder)}: {error}") from None

    def file(self, folder: str) -> str:
        """The file, given the folder of the experiment."""
        return os.path.normpath(os.path.join(folder, self.path))


AnyRate = Annotated[ConstantRate | WaveRate | StepRate | TraceRate, Field(discriminator="kind")]


class RequestsFile(_RequestLevel):
    """What is needed to follow every single request."""

    arrivals: ArrivalsFile = Field({"type": "poisson"}, validate_default=True)
    """How requests come."""
    pod: PodFile = Field({"type": "processorSharing"}, validate_default=True)
    """What an endpoint does with its requests."""
    clients: int = 1000
    """Different clients (addresses) per place where clients are; each request is from any of them."""


class TrafficFile(_Described):
    """The requests to a Service, and how they find an endpoint."""

    service: str
    """The Service's name (`namespace/name` if the manifests have more than one namespace)."""
    rate: AnyRate
    """Requests per second, over time."""
    balancing: BalancingFile | None = None
    """How a client chooses among the endpoints; by default as the Service says: at random, or by sessionAffinity."""
    routing: list[RouteFile] | None = None
    """Which endpoints are left out for which clients, in this order; by default as the Service says, by
    internalTrafficPolicy, trafficDistribution and topology-mode. `[]`: none, whatever it says."""
    capacity: Number | None = None
    """Requests per second that an endpoint can answer; what is beyond is shed, that is, fails at once. While more come,
    requests wait at the endpoint (`queue`), and so do its probes."""
    idle_cpu: Cpu | None = None
    """CPU that an endpoint uses without any request."""
    requests: RequestsFile | None = None
    """To follow every single request (`{}`: with all defaults), with queues and latencies; without it traffic is fluid:
    exact expectations, given what happened to the endpoints."""

    def value(self) -> Traffic:
        """The traffic itself, but for a trace, whose file was not read yet; raises ValueError as `Traffic` does."""
        given = {f.name: getattr(self, f.name) for f in dataclasses.fields(Traffic)}
        rate = given.pop("rate").value()
        return Traffic(rate=rate, **{name: value_of(item) for name, item in given.items()})

    def read(self, folder: str) -> Traffic:
        """The traffic itself; raises TraceProblem if a trace cannot be used."""
        rate = self.rate.read(folder) if isinstance(self.rate, TraceRate) else self.rate.value()
        return dataclasses.replace(self.value(), rate=rate)


class CallFile(FileModel):
    """To answer a request, one Service asks another.

    How long it waits for the answer and how often it tries, the `traffic` of the other says: each hop has its own.
    """

    caller: str = Field(alias="from")
    """The Service that asks."""
    callee: str = Field(alias="to")
    """The Service that is asked."""
    required: bool = True
    """Without the other's answer the request fails; if not, it is answered all the same."""
    cached: PositiveDuration | None = None
    """For so long after the other has answered for the last time, requests are answered from its earlier answers (RFC
    5861, stale-if-error), as if all asked for the same. By default there is no cache."""

    def value(self) -> Call:
        """The call itself."""
        return Call(self.caller, self.callee, self.required, self.cached)

    @model_validator(mode="after")
    def _calls_another(self) -> "CallFile":
        if self.caller == self.callee:
            raise ValueError(f"the Service {self.caller!r} calls itself")
        self.value()
        return self


def trace_files(traffic: list[TrafficFile], folder: str) -> Iterator[str]:
    """The files of rates that these name."""
    for one in traffic:
        if isinstance(one.rate, TraceRate):
            yield one.rate.file(folder)
