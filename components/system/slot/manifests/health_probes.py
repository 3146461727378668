"""The probes of a container: how Kubernetes asks whether a program has started, can serve, and works."""

from __future__ import annotations

from pulumi_kubernetes import core

from slipway.settings.containers import Health, Timing
from slipway.settings.services import HTTP

PERIOD, LIVENESS_PERIOD = 5, 10
"""Seconds between two questions. Chosen: readiness notices in a few seconds, liveness is in no hurry to restart."""
TIMEOUT = 3
"""Seconds for an answer. Chosen: longer than a busy program takes, shorter than a period."""
READINESS_FAILURES, LIVENESS_FAILURES = 3, 6
"""Failures in a row. Chosen: 15 s until a pod gets no requests, a minute until it is restarted."""


def startup(health: Health, port: int | None) -> core.v1.ProbeArgs | None:
    """Returns the start-up probe; it may fail until the maximum start-up time is over."""
    period = health.startup.period_seconds or PERIOD
    return _probe(health, health.startup, health.path, port, period, max(1, health.startup_seconds // period))


def readiness(health: Health, port: int | None) -> core.v1.ProbeArgs | None:
    return _probe(health, health.readiness, health.ready_path or health.path, port, PERIOD, READINESS_FAILURES)


def liveness(health: Health, port: int | None) -> core.v1.ProbeArgs | None:
    return _probe(health, health.liveness, health.path, port, LIVENESS_PERIOD, LIVENESS_FAILURES)


def _probe(
    health: Health, timing: Timing, path: str, port: int | None, period: int, failures: int
) -> core.v1.ProbeArgs | None:
    """Returns a probe with the declared times over the usual ones; None if nothing is asked."""
    if health.by == "none":
        return None
    asked: int | str = health.port or HTTP
    number = health.port or port
    return core.v1.ProbeArgs(
        http_get=core.v1.HTTPGetActionArgs(path=path, port=asked) if health.by == "http" else None,
        tcp_socket=core.v1.TCPSocketActionArgs(port=asked) if health.by == "tcp" else None,
        grpc=core.v1.GRPCActionArgs(port=number) if health.by == "grpc" and number is not None else None,
        exec_=core.v1.ExecActionArgs(command=list(health.command)) if health.by == "exec" else None,
        initial_delay_seconds=timing.delay_seconds,
        period_seconds=timing.period_seconds or period,
        timeout_seconds=timing.timeout_seconds or TIMEOUT,
        failure_threshold=timing.failures or failures,
    )
