"""Containers of a pod: how each is asked whether it works, what it may use, and those beside a service's own."""

from __future__ import annotations

from typing import Literal as OneOf

from pydantic import Field

from slipway.settings.fields import Cpu, Memory, Port, Positive, Seconds, Text, UrlPath, UserId
from slipway.settings.files import Files
from slipway.settings.images import Image
from slipway.settings.references import Environment
from slipway.settings.setting import OVERRIDABLE, Setting


class Timing(Setting):
    """When a probe asks, and what its answers come to."""

    delay_seconds: Seconds | None = None
    """Seconds after the start of the container before the first question; by default none, because the start-up probe
    waits for the program."""
    period_seconds: Seconds | None = None
    """Seconds between two questions; by default 5, and 10 for liveness."""
    timeout_seconds: Seconds | None = None
    """Seconds for an answer; by default 3, since a probe asks for little."""
    failures: Positive | None = None
    """Failures in a row that count; by default 3 for readiness, 6 for liveness, and for start-up as many as fit into
    `startupSeconds`."""


class Health(Setting):
    """Health checks of a pod."""

    by: OneOf["http", "grpc", "tcp", "exec", "none"] = "http"
    """How it is asked: a path over HTTP, gRPC's health service, a connection, a command in the container, or not at all,
    with a `reason`. By default over HTTP."""
    path: UrlPath = "/health"
    """Path that returns 200 while the process works (liveness); for `http` only. By default the path that most
    frameworks use."""
    ready_path: UrlPath | None = None
    """Path that returns 200 while it can serve (readiness); by default the same."""
    port: Port | None = None
    """Port that is asked; by default the service's `port`."""
    command: list[Text] = Field(default_factory=list)
    """Command that ends with status 0 while the program works; for `exec` only, and required there."""
    reason: Text | None = None
    """Why nothing can be asked, such as that the program ends when it cannot work; required for `none`. Kubernetes then
    restarts what ends, and nothing else."""
    startup_seconds: Seconds = 120
    """Maximum start-up time in seconds. 120 by default, so that a slow start is not taken for a hang."""
    startup: Timing = Field(default_factory=Timing)
    """The start-up probe, before which the others do not ask."""
    readiness: Timing = Field(default_factory=Timing)
    """The readiness probe, without which a pod gets no requests."""
    liveness: Timing = Field(default_factory=Timing)
    """The liveness probe, without which a container is restarted."""


class Resources(Setting):
    """Requests and limits of one replica."""

    cpu: Cpu = Field(default="100m", json_schema_extra=OVERRIDABLE)
    """CPU request; the base of `cpuPercent`. 100m by default, enough for a program that mostly waits."""
    memory: Memory = Field(default="256Mi", json_schema_extra=OVERRIDABLE)
    """Memory request; the base of `memoryPercent`. 256Mi by default, enough for a small program in most languages."""
    cpu_limit: Cpu = Field(default="1", json_schema_extra=OVERRIDABLE)
    """CPU limit. One core by default, so that a busy pod does not starve its neighbours."""
    memory_limit: Memory = Field(default="512Mi", json_schema_extra=OVERRIDABLE)
    """Memory limit; a pod above it is killed and restarted. 512Mi by default, twice the request, for peaks."""


class Companion(Setting):
    """A container beside the one of a service, in the same pod: it has the pod's identity, network and `writable`
    folders, and no variables but its own."""

    image: Image | None = None
    """Its image, as that of a service; by default the service's own, at the service's version."""
    command: list[Text] = Field(default_factory=list)
    """Overrides the image's entry point; by default the image's own."""
    args: list[Text] = Field(default_factory=list)
    """Arguments of the entry point, in place of the image's; by default the image's own."""
    environment: Environment = Field(default_factory=dict, json_schema_extra=OVERRIDABLE)
    """Its variables, none by default: it has none of the service's or the system's, so that it sees no secret that it
    does not need."""
    resources: Resources = Field(default_factory=Resources, json_schema_extra=OVERRIDABLE)
    """Its requests and limits; by default a tenth of a core and 256Mi."""
    files: Files = Field(default_factory=dict)
    """Its files by whole path, as those of a service; none by default, and none of the service's."""
    user: UserId | None = None
    """User id that it runs as, never root; by default the service's."""


class Init(Companion):
    """A program that must end with success before the service's container starts."""


class Sidecar(Companion):
    """A program that runs beside the service's container: Kubernetes starts it before, and ends it after."""

    health: Health = Field(examples=[{"by": "tcp", "port": 9000}])
    """How it is asked, with a port of its own; required, since a pod serves only once all its sidecars can."""
