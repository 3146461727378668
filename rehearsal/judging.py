"""Policies seen from the monitor: each resource's inputs while it registers, all outputs once at the end."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

from google.protobuf.struct_pb2 import Struct

from rehearsal import options, urns
from rehearsal.findings import Finding, PolicyFailure
from rehearsal.providers import Providers
from rehearsal.registry import Registered
from rehearsal.wire import (
    AnalyzeRequest,
    AnalyzerPropertyDependencies,
    AnalyzerProviderResource,
    AnalyzerResource,
    AnalyzerResourceOptions,
    Options,
)


class PackHost(Protocol):
    """What runs the policy packs (see `analyzers.PackHost`)."""

    def remediate(self, request: AnalyzeRequest) -> Struct | None: ...

    def analyze(self, request: AnalyzeRequest) -> None: ...

    def analyze_stack(self, resources: Iterable[AnalyzerResource]) -> None: ...

    def findings(self) -> tuple[Finding, ...]: ...

    def close(self) -> None: ...


class Judge:
    """Asks the packs and keeps the time; without packs it does nothing."""

    def __init__(self, host: PackHost | None, providers: Providers) -> None:
        self._host, self._providers = host, providers
        self._judged_providers: set[str] = set()
        self.seconds = 0.0
        self.failure: Exception | None = None

    def judge(self, urn: str, inputs: Struct, settled: Options, parent: str, provider: str) -> Struct:
        """Let the packs remediate a resource's inputs, then analyse them; the inputs to go on with are returned."""
        if self._host is None:
            return inputs
        with self._timed():
            self._judge_default_provider(provider)
            request = AnalyzeRequest(
                type=urns.type_of(urn),
                properties=inputs,
                urn=urn,
                name=urns.name_of(urn),
                options=_options(settled, parent),
                provider=self._provider(provider),
            )
            altered = self._host.remediate(request)
            if altered is not None:
                request.properties.CopyFrom(altered)
            self._host.analyze(request)
            return inputs if altered is None else altered

    def judge_stack(self, resources: Iterable[Registered]) -> None:
        """Let the packs analyse the stack as a whole, on outputs."""
        if self._host is not None:
            with self._timed():
                self._host.analyze_stack([self._resource(resource) for resource in resources])

    def findings(self) -> tuple[Finding, ...]:
        """All that the packs found, once they have answered."""
        if self._host is None:
            return ()
        with self._timed():
            return self._host.findings()

    @contextmanager
    def _timed(self) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        except Exception as error:
            self.failure = self.failure or error
            raise PolicyFailure from error
        finally:
            self.seconds += time.perf_counter() - started

    def _judge_default_provider(self, reference: str) -> None:
        """The engine registers a default provider like any resource, so policies see it too, once."""
        urn = reference.rpartition("::")[0]
        inputs = self._providers.inputs(reference)
        if self._host is None or inputs is None or urn in self._judged_providers:
            return
        self._judged_providers.add(urn)
        if urns.name_of(urn).startswith("default"):
            type_, name = urns.type_of(urn), urns.name_of(urn)
            self._host.analyze(AnalyzeRequest(type=type_, properties=inputs, urn=urn, name=name))

    def _resource(self, resource: Registered) -> AnalyzerResource:
        state = resource.step.state
        return AnalyzerResource(
            type=resource.step.type,
            properties=resource.outputs,
            urn=resource.urn,
            name=resource.step.name,
            options=_options(resource.options, resource.parent),
            provider=self._provider(resource.provider),
            parent=resource.parent,
            dependencies=state.get("dependencies", ()),
            propertyDependencies={
                key: AnalyzerPropertyDependencies(urns=found)
                for key, found in state.get("propertyDependencies", {}).items()
            },
        )

    def _provider(self, reference: str) -> AnalyzerProviderResource | None:
        inputs = self._providers.inputs(reference) if reference else None
        if inputs is None:
            return None
        urn = reference.rpartition("::")[0]
        return AnalyzerProviderResource(type=urns.type_of(urn), properties=inputs, urn=urn, name=urns.name_of(urn))


def _options(settled: Options, parent: str) -> AnalyzerResourceOptions:
    return AnalyzerResourceOptions(
        protect=bool(options.protect_of(settled)),
        ignoreChanges=settled.ignore_changes,
        deleteBeforeReplace=settled.delete_before_replace,
        deleteBeforeReplaceDefined=settled.HasField("delete_before_replace"),
        additionalSecretOutputs=settled.additional_secret_outputs,
        customTimeouts=AnalyzerResourceOptions.CustomTimeouts(**options.timeouts(settled)),
        parent=parent,
    )
