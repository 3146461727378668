"""The engine's side channel: log messages of the program and of the rehearsal itself.

Engine: pkg/host/host_server.go (Log).
"""

from __future__ import annotations

from google.protobuf import empty_pb2

from slipway.rehearsal.plan import Diagnostic
from slipway.rehearsal.redaction import Redactor
from slipway.rehearsal.wire import engine_pb2

SEVERITIES = {engine_pb2.INFO: "info", engine_pb2.WARNING: "warning", engine_pb2.ERROR: "error"}


class Engine:
    """Collects diagnostics with every known secret masked. Debug and ephemeral messages are dropped."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._seen: set[tuple[str, str]] = set()
        self._diagnostics: list[Diagnostic] = []

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Return the diagnostics in order of arrival, masked with all secrets that are known by now."""
        return tuple(
            Diagnostic(item.severity, self._redactor.masked(item.message), item.urn) for item in self._diagnostics
        )

    def report(self, severity: str, message: str, urn: str = "") -> None:
        """Record a message of the rehearsal; a message that repeats for the same resource is recorded once."""
        if (message, urn) not in self._seen:
            self._seen.add((message, urn))
            self._diagnostics.append(Diagnostic(severity, message, urn))

    def Log(self, request: engine_pb2.LogRequest) -> empty_pb2.Empty:
        """Record a message of the program."""
        severity = SEVERITIES.get(request.severity)
        if severity and not request.ephemeral:
            self._diagnostics.append(Diagnostic(severity, request.message, request.urn))
        return empty_pb2.Empty()

    def RequirePulumiVersion(self, request: object) -> empty_pb2.Empty:
        """Accept any range: no Pulumi CLI takes part in a rehearsal."""
        return empty_pb2.Empty()
